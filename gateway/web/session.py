"""Sign in and out, switch the language, the account page. A session that has ended in the middle of a form begins again in place."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.api import cookies
from gateway.api.depends import Anybody, Db, Here, May
from gateway.api.state import Gateway
from gateway.api.v1.session import inside, open_session
from gateway.db import identity as table
from gateway.errors import GatewayError
from gateway.identity import accounts
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.identity.sessions import PASSWORD, PASSWORD_AND_CODE
from gateway.web.depends import gone, router_of_pages
from gateway.web.faults import fault_of
from gateway.web.language import LANGUAGES
from gateway.web.navigation import start_of
from gateway.web.render import is_partial, language_of, render

__all__ = ["router"]

router = router_of_pages()
_YEAR = 365 * 86_400


@router.get("/")
def start(who: Anybody) -> Response:
    """Where somebody begins."""
    return RedirectResponse(start_of(who) if who is not None else "/login", 303)


@router.get("/login")
def form(request: Request, _: Anybody, gateway: Here, next: str = "/", again: bool = False) -> HTMLResponse:
    """The form; `again` is the one that opens over a page whose session has ended."""
    template, providers = "login_again.html" if again else "login.html", gateway.providers.all()
    return render(request, template, next=inside(next), again=again, user="", fault=None, providers=providers)


@router.get("/login/done")
def done(request: Request, _: Anybody) -> HTMLResponse:
    """Where a provider's sign-in ends that was begun over a page whose session had ended."""
    return render(request, "login_done.html")


@router.post("/login")
def sign_in(
    request: Request,
    _: Anybody,
    gateway: Here,
    db: Db,
    user: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=512)],
    code: Annotated[str, Form(max_length=40)] = "",
    next: Annotated[str, Form()] = "/",
    again: Annotated[bool, Form()] = False,
) -> Response:
    """Begin a session, then go on to where somebody was going."""
    try:
        found = accounts.sign_in(gateway.database, user, password)
        accounts.check_second_factor(gateway.database, gateway.sealing, found, code or None)
    except GatewayError as error:
        return _refused(request, gateway, error, user, next)
    response = Response(status_code=204) if again else gone("/account" if found.must_change else inside(next))
    method = PASSWORD if found.totp is None else PASSWORD_AND_CODE
    begun = open_session(db, gateway, found, method, request, response)
    if again:
        said = {"signed-in": {"csrf": begun.csrf, "user": found.name}}
        response.headers["HX-Trigger"] = json.dumps(said)
    return response


def _refused(request: Request, gateway: Gateway, error: GatewayError, user: str, next: str) -> Response:
    fault = fault_of(language_of(request), error.code, str(error))
    if is_partial(request):
        return render(request, "error.html", status=error.status, block="fragment", fault=fault)
    return render(
        request, "login.html", status=error.status, next=inside(next), again=False, user=user, fault=fault,
        providers=gateway.providers.all(),
    )  # fmt: skip


@router.post("/logout")
def sign_out(who: Annotated[Principal, May(Action.ME)], gateway: Here, db: Db) -> Response:
    """End this session."""
    if who.session is not None:
        table.end_sessions(db, who.id, only=who.session)
    response = gone("/login")
    cookies.clear(response, gateway.settings)
    return response


@router.post("/language")
def language(
    who: Anybody, gateway: Here, db: Db, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    """Read on in another language; who is signed in finds it so the next time."""
    response = gone(inside(back))
    if language in LANGUAGES:
        response.set_cookie(
            "language", language, max_age=_YEAR, httponly=True, samesite="lax", secure=gateway.settings.secure
        )
        if who is not None and who.kind == "person" and (user := db.get(table.User, who.id)) is not None:
            user.locale = language
    return response
