"""Signing in and out: by password and second factor, by passkey, at an OpenID provider."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api import cookies
from gateway.api.depends import Anybody, Db, Here, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Strict
from gateway.api.state import Gateway
from gateway.api.v1.me import Code, Me, PasskeyBegun, Password, me_of, principal_of
from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import NotFoundError, UnauthenticatedError
from gateway.identity import accounts, passkeys, sessions, ties
from gateway.identity.principal import Principal
from gateway.identity.roles import Action

__all__ = ["inside", "open_session", "router", "to_provider"]

router = APIRouter(tags=["session"], route_class=Guarded)
_OIDC_COOKIE = "oidc"
_OIDC_PATH = "/api/v1/session/oidc"
Provider = Annotated[str, Path(max_length=64)]


class SignIn(Strict):
    """A name and a password; the code of the second factor where the account has one (else 401 `CODE_REQUIRED`)."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Password
    code: Code | None = None


class PasskeySignIn(Strict):
    """The device's answer (`PublicKeyCredential.toJSON()`)."""

    ceremony: Annotated[str, Field(max_length=64)]
    credential: dict[str, Any]


class SignedIn(BaseModel):
    """Who is signed in, and what each write of this session shows in the header `X-CSRF-Token`."""

    me: Me
    csrf: str


class ProviderOut(BaseModel):
    """A provider; `href` begins the sign-in there."""

    name: str
    label: str
    href: str


class ProviderList(BaseModel):
    """All that are set up."""

    items: list[ProviderOut]


@router.post("/session", status_code=201)
def sign_in(
    said: SignIn, _: Anybody, gateway: Here, db: Db, request: Request, response: Response
) -> SignedIn:
    """Sign in by password; the session is in the cookie."""
    user = accounts.sign_in(gateway.database, said.name, said.password.get_secret_value())
    accounts.check_second_factor(gateway.database, gateway.sealing, user, said.code)
    method = sessions.PASSWORD if user.totp is None else sessions.PASSWORD_AND_CODE
    return open_session(db, gateway, user, method, request, response)


@router.post("/session/passkey/options")
def begin_passkey_sign_in(_: Anybody, gateway: Here, db: Db, request: Request) -> PasskeyBegun:
    """Begin to sign in by passkey: what `navigator.credentials.get({publicKey: options})` takes."""
    ceremony, options = passkeys.begin_sign_in(db, gateway.settings.party(request.headers.get("host")))
    return PasskeyBegun(ceremony=ceremony, options=options)


@router.post("/session/passkey", status_code=201)
def sign_in_by_passkey(
    said: PasskeySignIn, _: Anybody, gateway: Here, db: Db, request: Request, response: Response
) -> SignedIn:
    """Sign in by passkey."""
    party = gateway.settings.party(request.headers.get("host"))
    user = passkeys.sign_in(gateway.database, db, party, said.ceremony, said.credential)
    return open_session(db, gateway, user, sessions.PASSKEY, request, response)


@router.get("/session/oidc")
def list_providers(_: Anybody, gateway: Here) -> ProviderList:
    """OpenID providers that one can sign in at."""
    return ProviderList(
        items=[
            ProviderOut(name=one.name, label=one.label, href=f"{_OIDC_PATH}/{one.name}")
            for one in gateway.providers.all()
        ]
    )


@router.get("/session/oidc/{provider}", status_code=303, response_class=RedirectResponse)
def begin_oidc(
    provider: Provider, _: Anybody, gateway: Here, db: Db, next: Annotated[str, Query(max_length=2000)] = "/"
) -> RedirectResponse:
    """Send the browser to a provider; once signed in it goes on to `next`, a path of this site."""
    response = RedirectResponse("/", 303)
    response.headers["Location"] = to_provider(db, gateway, provider, response, inside(next))
    return response


def to_provider(
    db: Session, gateway: Gateway, provider: str, response: Response, onward: str, user_id: str | None = None
) -> str:
    """Begin at a provider: its address; what finishes it is in a cookie of `response`."""
    redirect = _redirect(gateway, provider)
    token, url = gateway.providers.begin(db, provider, redirect, onward, user_id)
    response.set_cookie(
        _OIDC_COOKIE,
        token,
        max_age=600,
        path=_OIDC_PATH,
        secure=gateway.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return url


def inside(path: str) -> str:
    """A path of this site, whatever was asked for."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc
    return path if ours and "\\" not in path and path.isprintable() else "/"


@router.get("/session/oidc/{provider}/callback", status_code=303, response_class=RedirectResponse)
def finish_oidc(provider: Provider, _: Anybody, gateway: Here, db: Db, request: Request) -> RedirectResponse:
    """Where the provider sends the browser back to: signed in, or one's account connected; then on to where one was going."""
    token = request.cookies.get(_OIDC_COOKIE, "")
    answer = dict(request.query_params)
    known = gateway.providers.finish(gateway.database, provider, _redirect(gateway, provider), token, answer)
    response = RedirectResponse(known.onward, 303)
    if known.user_id is None:
        open_session(db, gateway, ties.account_of(db, known), f"oidc:{provider}", request, response)
    else:
        ties.tie(db, _signed_in(db, request), known)
    response.delete_cookie(_OIDC_COOKIE, path=_OIDC_PATH)
    return response


def _signed_in(db: Session, request: Request) -> User:
    """Whose account is to be connected."""
    who: Principal | None = getattr(request.state, "principal", None)
    user = table.user_of(db, who.org, who.id) if who is not None else None
    if user is None:
        raise UnauthenticatedError("UNAUTHENTICATED", "sign in, then connect your account again")
    return user


@router.get("/session")
def current(caller: Annotated[Principal, May(Action.ME)], request: Request) -> SignedIn:
    """The session of this browser, for a page that was loaded anew."""
    csrf: str | None = getattr(request.state, "csrf", None)
    if csrf is None:
        raise NotFoundError("NOT_FOUND", "a machine has no session")
    return SignedIn(me=me_of(caller), csrf=csrf)


@router.delete("/session", status_code=204)
def sign_out(caller: Annotated[Principal, May(Action.ME)], gateway: Here, db: Db, response: Response) -> None:
    """End this session."""
    if caller.session is not None:
        table.end_sessions(db, caller.id, only=caller.session)
    cookies.clear(response, gateway.settings)


def open_session(
    db: Session, gateway: Gateway, user: User, method: str, request: Request, response: Response
) -> SignedIn:
    """A new session in the cookie; the one that the browser had before ends."""
    accounts.succeeded(db, user.name)
    before: Principal | None = getattr(request.state, "principal", None)
    if before is not None and before.session is not None:
        table.end_sessions(db, before.id, only=before.session)
    opened = sessions.begin(db, user, method, cookies.device_of(request))
    cookies.keep(response, gateway.settings, opened)
    principal = principal_of(user, gateway.organisation(user.org), opened.session_id)
    return SignedIn(me=me_of(principal), csrf=opened.csrf)


def _redirect(gateway: Gateway, provider: str) -> str:
    return f"{gateway.settings.origin}{_OIDC_PATH}/{provider}/callback"
