"""One page or one fragment of it: templates, the request's language, who is signed in.

A template's blocks are its fragments: asked by htmx for a part of the page, the block that the route names is all that is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.api.depends import gateway_of
from gateway.db import signing
from gateway.identity.principal import Principal, may
from gateway.identity.roles import ADMINISTRATION, Action
from gateway.signing.places import InBrowser
from gateway.web import formats, words
from gateway.web.language import LANGUAGES, choose, translations
from gateway.web.navigation import items

__all__ = ["HERE", "environment", "is_partial", "language_of", "principal_of", "render", "say"]

HERE = Path(__file__).parent
_LISTS = {
    "causes": words.CAUSES,
    "checks": words.CHECKS,
    "facts": words.FACTS,
    "kinds": words.KINDS,
    "pledges": words.PLEDGES,
    "purposes": words.PURPOSES,
    "relations": words.RELATIONS,
    "roles": words.ROLES,
    "standings": words.STANDINGS,
    "stations": words.STATIONS,
    "user_roles": words.USER_ROLES,
    "verdicts": words.VERDICTS,
}


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """The templates in a language."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {name: getattr(formats, name) for name in formats.__all__}
    made.globals |= _LISTS | {"languages": LANGUAGES, "language": language, "static": _static}
    made.globals["ui"] = made.get_template("includes/ui.html").module
    return made


@lru_cache(maxsize=64)
def _static(name: str) -> str:
    """The address of a file that changes with its content, so that browsers may keep it."""
    return f"/static/{name}?{sha256((HERE / 'static' / name).read_bytes()).hexdigest()[:10]}"


def language_of(request: Request) -> str:
    """The language of who is signed in, else of the cookie, else of the browser."""
    principal = principal_of(request)
    asked = request.cookies.get("language") or (principal.locale if principal else None)
    return choose(asked, request.headers.get("accept-language"))


def say(request: Request, text: str, **values: object) -> str:
    """A text in the request's language."""
    found = translations(language_of(request)).gettext(text)
    return found % values if values else found


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type") != "full"


def principal_of(request: Request) -> Principal | None:
    """Who is signed in, None for a stranger."""
    found: Principal | None = getattr(request.state, "principal", None)
    return found


def render(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    block: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """The page; where htmx asks for a part and the route names a `block`, that block alone."""
    found = environment(language_of(request)).get_template(template)
    values = found.new_context(dict(_common(request)) | context)
    if block is not None and is_partial(request):
        body = "".join(found.blocks[block](values))
    else:
        body = "".join(found.root_render_func(values))
    kept = {"Vary": "HX-Request, Cookie, Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(body, status, kept | dict(headers or {}))


def _to_sign(request: Request, principal: Principal | None) -> int | None:
    """How much waits for a signature in the browser, where one's organisation signs there."""
    if principal is None or not may(principal, Action.SIGNATURES_READ):
        return None
    home = gateway_of(request).installation
    if not isinstance(home.places.of(principal.organisation.short), InBrowser):
        return None
    with home.database.session() as session:
        return signing.count(session, principal.org)


def _common(request: Request) -> Mapping[str, object]:
    principal = principal_of(request)
    entries = list(items(principal, request.url.path, _to_sign(request, principal)))
    guarded = any(item.current and not ADMINISTRATION.isdisjoint(item.actions) for item in entries)
    return {
        "principal": principal,
        "navigation": entries,
        "factor_first": principal is not None and guarded and not principal.strong,
        "csrf": getattr(request.state, "csrf", None) or "",
        "may": lambda action: principal is not None and may(principal, Action(action)),
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
