"""One's own account: who one is, password, second factor, passkeys."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, May
from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import ForbiddenError
from gateway.identity import accounts, totp
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.web.certificate import qr_svg
from gateway.web.depends import gone, router_of_pages
from gateway.web.render import render

__all__ = ["router"]

router = router_of_pages()
Me = Annotated[Principal, May(Action.ME)]


@router.get("/account")
def account(request: Request, who: Me, db: Db) -> HTMLResponse:
    """What one is, and how one signs in."""
    user = _person(db, who)
    return render(
        request,
        "account.html",
        passkeys=len(table.passkeys_of(db, user.id)),
        totp_on=user.totp is not None,
        must_change=user.must_change,
    )


def _person(db: Session, who: Principal) -> User:
    user = table.user_of(db, who.org, who.id)
    if user is None:
        raise ForbiddenError("PEOPLE_ONLY", "a machine has no account page: sign in as a person")
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


@router.post("/account/totp")
def begin_totp(request: Request, who: Me, gateway: Here, db: Db) -> HTMLResponse:
    """The secret for the app, as a QR code, shown this once."""
    enrolment = totp.begin(gateway.sealing, _person(db, who))
    return render(request, "account_totp.html", qr=qr_svg(enrolment.uri), secret=enrolment.secret)


@router.post("/account/totp/confirm")
def confirm_totp(
    request: Request, who: Me, gateway: Here, db: Db, code: Annotated[str, Form(max_length=32)]
) -> HTMLResponse:
    """The second factor is on; the recovery codes, shown this once."""
    codes = totp.confirm(db, gateway.sealing, _person(db, who), code.strip())
    return render(request, "account_codes.html", codes=codes)
