"""An organisation's people, for its administrators: invite, change, give an account back, sign out, end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.state import Gateway
from gateway.db import identity as table
from gateway.db import staff
from gateway.db.identity import User
from gateway.db.paging import Part
from gateway.errors import NotFoundError, StaleError, UsageError
from gateway.identity import accounts, ties
from gateway.identity.logins import admitted
from gateway.identity.principal import Principal
from gateway.identity.roles import Action, UserRole
from gateway.web import words
from gateway.web.depends import As, Shown, Sought, gone, router_of_pages
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.USERS_READ)]
Administrator = Annotated[Principal, May(Action.USERS_MANAGE)]
Roles = Annotated[list[UserRole], Form()]
Called = Annotated[str, Form(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Locale = Annotated[str, Form(pattern="^(zh|en)$")]


@router.get("/people")
def people(request: Request, who: Reader, db: Db, cut: Shown, q: Sought = "", form: As = "") -> Response:
    """Everybody with an account whose name has the text in it, ended accounts last."""
    made = _listed(request, staff.people(db, who.org, q, cut))
    if form:
        return export(made, form, "people")
    return render(request, "people.html", table=made, q=q)


def _listed(request: Request, rows: Part[User]) -> Table:
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def roles(row: User) -> str:
        return ", ".join(say(request, words.USER_ROLES[role]) for role in row.roles)

    columns = (
        Column(say(request, "User name"), lambda row: row.name, lambda row: cells.linked(f"/people/{row.id}", row.name)),
        Column(say(request, "Name"), lambda row: row.display_name),
        Column(say(request, "Roles"), roles),
        Column(say(request, "Second factor"), lambda row: say(request, "on") if row.totp else ""),
        Column(say(request, "State"), lambda row: say(request, _state(row)[0]), lambda row: cells.state(_state(row))),
    )  # fmt: skip
    return Table.of(say(request, "People"), columns, rows, say(request, "Nobody is called so."))


def _state(row: User) -> tuple[str, str]:
    if row.ended_at is not None:
        return words.ACCOUNT_ENDED
    return words.ACCOUNT_INVITED if row.email is not None or row.must_change else words.ACCOUNT_OPEN


@router.get("/people/new")
def invite_form(request: Request, who: Administrator, gateway: Here) -> HTMLResponse:
    """Who it is, as what, and how they come in."""
    allowed = sorted(admitted(gateway.installation, who.organisation))
    ways = [("", say(request, "a one-time password, then their own"))]
    ways += [(one.name, one.label) for one in gateway.providers.all()]
    return render(request, "person_new.html", allowed=allowed, ways=ways)


@router.post("/people/new")
def invite(
    request: Request,
    who: Administrator,
    gateway: Here,
    db: Db,
    name: Annotated[str, Form(min_length=1, max_length=64)],
    roles: Roles,
    display_name: Called = "",
    locale: Locale = "zh",
    provider: Annotated[str, Form(max_length=64)] = "",
    whom: Annotated[str, Form(max_length=255)] = "",
) -> HTMLResponse:
    """A new account: its one-time password, shown this once, or the provider that opens it."""
    allowed = admitted(gateway.installation, who.organisation)
    password = None if provider else accounts.one_time_password()
    user = accounts.create(
        db, who.organisation, name.strip(), roles, password=password, display_name=display_name, locale=locale
    )
    accounts.set_roles(user, roles, allowed, who.id)
    if provider:
        _expect(db, gateway, user, provider, whom.strip())
    return render(request, "person_made.html", block="fragment", user=user, password=password)


def _expect(db: Session, gateway: Gateway, user: User, provider: str, whom: str) -> None:
    """An e-mail address is an invitation, anything else what the provider calls the person."""
    if not whom:
        raise UsageError("SIGN_IN_AT", "say whom the provider signs in: subject, or email")
    act = ties.invite if "@" in whom else ties.expect
    act(db, user, gateway.providers.named(provider), whom)


@router.get("/people/{user_id}")
def person(request: Request, who: Reader, installation: Installed, db: Db, user_id: str) -> HTMLResponse:
    """One account: what it is, and what an administrator may do with it."""
    user = _person(db, who, user_id)
    return render(
        request,
        "person.html",
        user=user,
        state=_state(user),
        own=user.id == who.id,
        allowed=sorted(admitted(installation, who.organisation)),
        sessions=len(table.recent_sessions(db, user.id)),
        passkeys=len(table.passkeys_of(db, user.id)),
    )


def _person(db: Session, who: Principal, user_id: str) -> User:
    if (user := table.user_of(db, who.org, user_id)) is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such account")
    return user


@router.post("/people/{user_id}")
def change(
    who: Administrator,
    installation: Installed,
    db: Db,
    user_id: str,
    version: Annotated[int, Form()],
    roles: Roles,
    display_name: Called = "",
) -> Response:
    """Other roles, another name."""
    user = _person(db, who, user_id)
    if user.version != version:
        raise StaleError("STALE", "this has changed since you read it: read it again, then decide")
    accounts.set_roles(user, roles, admitted(installation, who.organisation), who.id)
    user.display_name = display_name or user.display_name
    user.version += 1
    return gone(f"/people/{user_id}")


@router.post("/people/{user_id}/recovery")
def recover(request: Request, who: Administrator, db: Db, user_id: str) -> HTMLResponse:
    """A one-time password, shown this once; nothing else opens the account any more."""
    user = _person(db, who, user_id)
    password = accounts.recover(db, user, who.id)
    return render(request, "person_made.html", block="fragment", user=user, password=password)


@router.post("/people/{user_id}/sessions/end")
def sign_out(who: Administrator, db: Db, user_id: str) -> Response:
    """Sign somebody out everywhere."""
    table.end_sessions(db, _person(db, who, user_id).id)
    return gone(f"/people/{user_id}")


@router.post("/people/{user_id}/end")
def end(who: Administrator, db: Db, user_id: str) -> Response:
    """Close the account now."""
    accounts.end(db, _person(db, who, user_id), who.id)
    return gone("/people")
