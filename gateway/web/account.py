"""One's own account: who one is, password, second factor, passkeys, a provider to sign in at, where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, May
from gateway.api.v1.session import to_provider
from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import ForbiddenError
from gateway.identity import accounts, passkeys, ties, totp
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.web import words
from gateway.web.certificate import qr_svg
from gateway.web.depends import gone, router_of_pages
from gateway.web.render import render

__all__ = ["router"]

router = router_of_pages()
Me = Annotated[Principal, May(Action.ME)]


@router.get("/account")
def account(request: Request, who: Me, gateway: Here, db: Db) -> HTMLResponse:
    """What one is, and how one signs in."""
    user = _person(db, who)
    return render(
        request,
        "account.html",
        user=user,
        passkeys=table.passkeys_of(db, user.id),
        sessions=table.recent_sessions(db, user.id),
        here_session=who.session,
        providers=gateway.providers.all(),
        words=words,
    )


def _person(db: Session, who: Principal) -> User:
    user = table.user_of(db, who.org, who.id)
    if user is None:
        raise ForbiddenError("PEOPLE_ONLY", "a machine has no account page: sign in as a person")
    return user


def _guarded(db: Session, who: Principal) -> User:
    """The same, to change how it opens."""
    user = _person(db, who)
    accounts.require_shown(db, user, strong=who.strong)
    return user


@router.post("/account/password")
def change_password(
    who: Me,
    gateway: Here,
    db: Db,
    current: Annotated[str, Form(max_length=512)],
    new: Annotated[str, Form(max_length=512)],
) -> Response:
    """A new password; every other session ends."""
    user = _person(db, who)
    accounts.change_password(gateway.database, user, current, new)
    table.end_sessions(db, user.id, but=who.session)
    return gone("/")


@router.post("/account/passkeys/{passkey_id}/removal")
def remove_passkey(who: Me, db: Db, passkey_id: str) -> Response:
    """Forget a passkey."""
    passkeys.forget(db, _guarded(db, who), passkey_id)
    return gone("/account")


@router.post("/account/sessions/end")
def end_sessions(who: Me, db: Db, session: Annotated[str | None, Form(max_length=48)] = None) -> Response:
    """Sign out a browser, or all others."""
    table.end_sessions(db, _person(db, who).id, but=who.session, only=session)
    return gone("/account")


@router.post("/account/provider")
def connect(who: Me, gateway: Here, db: Db, provider: Annotated[str, Form(max_length=64)]) -> Response:
    """Go to a provider, so that one may sign in there from now on."""
    user = _guarded(db, who)
    response = Response()
    response.headers["HX-Redirect"] = to_provider(db, gateway, provider, response, "/account", user.id)
    return response


@router.post("/account/provider/removal")
def disconnect(who: Me, db: Db) -> Response:
    """Sign in there no more."""
    ties.untie(db, _person(db, who))
    return gone("/account")


@router.post("/account/totp/removal")
def remove_totp(who: Me, gateway: Here, db: Db, code: Annotated[str, Form(max_length=32)]) -> Response:
    """Turn the second factor off, with a code of it."""
    user = _person(db, who)
    accounts.check_second_factor(gateway.database, gateway.sealing, user, code.strip())
    totp.remove(db, user)
    return gone("/account")


@router.post("/account/totp")
def begin_totp(request: Request, who: Me, gateway: Here, db: Db) -> HTMLResponse:
    """The secret for the app, as a QR code, shown this once."""
    enrolment = totp.begin(gateway.sealing, _guarded(db, who))
    return render(request, "account_totp.html", qr=qr_svg(enrolment.uri), secret=enrolment.secret)


@router.post("/account/totp/confirm")
def confirm_totp(
    request: Request, who: Me, gateway: Here, db: Db, code: Annotated[str, Form(max_length=32)]
) -> HTMLResponse:
    """The second factor is on; the recovery codes, shown this once."""
    codes = totp.confirm(db, gateway.sealing, _person(db, who), code.strip(), who.session)
    return render(request, "account_codes.html", codes=codes)
