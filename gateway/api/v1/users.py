"""The people of an organisation, kept by its administrators (`gateway.identity.roles.ADMINISTRATORS`)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import IfMatch, Page, Paged, Strict, Time, etag
from gateway.api.state import Gateway
from gateway.api.v1.me import Label, SessionList, SessionOut
from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import NotFoundError, UsageError
from gateway.identity import accounts, ties
from gateway.identity.logins import admitted
from gateway.identity.principal import Principal
from gateway.identity.roles import Action, UserRole

__all__ = ["router"]

router = APIRouter(tags=["users"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.USERS_READ)]
Administrator = Annotated[Principal, May(Action.USERS_MANAGE)]
Roles = Annotated[list[UserRole], Field(min_length=1, max_length=len(UserRole))]


class SignInAt(Strict):
    """An OpenID provider by its name in our setting, and whom it signs in: the claim `sub`, or the first with this verified e-mail address."""

    provider: Annotated[str, Field(min_length=1, max_length=64)]
    subject: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class UserIn(Strict):
    """A new account; without `sign_in_at` it is opened by a one-time password."""

    name: Annotated[str, Field(min_length=2, max_length=64)]
    display_name: Label | None = None
    roles: Roles
    locale: Literal["zh", "en"] = "zh"
    sign_in_at: SignInAt | None = None


class UserChange(Strict):
    """What an administrator changes of an account."""

    display_name: Label | None = None
    roles: Roles | None = None
    locale: Literal["zh", "en"] | None = None


class UserOut(BaseModel):
    """An account."""

    id: str
    name: str
    display_name: str
    roles: list[UserRole]
    locale: str
    totp: bool
    must_change_password: bool
    created_at: Time
    ended_at: Time | None

    @classmethod
    def of(cls, row: User) -> UserOut:
        """Of a row."""
        return cls(
            id=row.id,
            name=row.name,
            display_name=row.display_name,
            roles=[UserRole(role) for role in row.roles],
            locale=row.locale,
            totp=row.totp is not None,
            must_change_password=row.must_change,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )


class UserCreated(BaseModel):
    """The account; its one-time password is shown this once."""

    user: UserOut
    one_time_password: str | None


class Recovered(BaseModel):
    """Shown this once, to be handed over in person."""

    one_time_password: str


@router.get("/users")
def list_users(caller: Reader, db: Db, at: Paged) -> Page[UserOut]:
    """The accounts of one's organisation."""
    rows = table.users_of(db, caller.org, after=at.after, limit=at.more)
    return at.page(rows, UserOut.of, lambda row: row.id)


@router.post("/users", status_code=201)
def create_user(
    said: UserIn, caller: Administrator, db: Db, gateway: Here, installation: Installed, response: Response
) -> UserCreated:
    """A new account of one's organisation."""
    allowed = admitted(installation, caller.organisation)
    password = None if said.sign_in_at else accounts.one_time_password()
    user = accounts.create(
        db,
        caller.organisation,
        said.name,
        said.roles,
        password=password,
        display_name=said.display_name or "",
        locale=said.locale,
    )
    accounts.set_roles(user, said.roles, allowed, caller.id)
    if said.sign_in_at is not None:
        _expect(db, gateway, user, said.sign_in_at)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    response.headers["ETag"] = etag(user.version)
    return UserCreated(user=UserOut.of(user), one_time_password=password)


def _expect(db: Session, gateway: Gateway, user: User, at: SignInAt) -> None:
    provider = gateway.providers.named(at.provider)
    if at.subject is not None:
        ties.expect(db, user, provider, at.subject)
    elif at.email is not None:
        ties.invite(db, user, provider, at.email)
    else:
        raise UsageError("SIGN_IN_AT", "say whom the provider signs in: subject, or email")


@router.get("/users/{user_id}")
def get_user(user_id: str, caller: Reader, db: Db, response: Response) -> UserOut:
    """An account."""
    user = _user(db, caller, user_id)
    response.headers["ETag"] = etag(user.version)
    return UserOut.of(user)


@router.patch("/users/{user_id}")
def change_user(
    user_id: str,
    said: UserChange,
    caller: Administrator,
    db: Db,
    installation: Installed,
    match: IfMatch,
    response: Response,
) -> UserOut:
    """Change an account."""
    user = _user(db, caller, user_id)
    match.check(user.version)
    if said.roles is not None:
        accounts.set_roles(user, said.roles, admitted(installation, caller.organisation), caller.id)
    user.display_name = said.display_name or user.display_name
    user.locale = said.locale or user.locale
    user.version += 1
    response.headers["ETag"] = etag(user.version)
    return UserOut.of(user)


@router.delete("/users/{user_id}", status_code=204)
def end_user(user_id: str, caller: Administrator, db: Db, match: IfMatch) -> None:
    """Close an account; its sessions end now."""
    user = _user(db, caller, user_id)
    match.check(user.version)
    accounts.end(db, user, caller.id)


@router.post("/users/{user_id}/recovery")
def recover_user(user_id: str, caller: Administrator, db: Db) -> Recovered:
    """Give somebody their account back: a one-time password; second factor, passkeys and sessions are gone."""
    user = _user(db, caller, user_id)
    return Recovered(one_time_password=accounts.recover(db, user, caller.id))


@router.get("/users/{user_id}/sessions")
def list_user_sessions(user_id: str, caller: Reader, db: Db) -> SessionList:
    """Where somebody is signed in."""
    rows = table.recent_sessions(db, _user(db, caller, user_id).id)
    return SessionList(items=[SessionOut.of(row, caller.session) for row in rows])


@router.delete("/users/{user_id}/sessions", status_code=204)
def end_user_sessions(user_id: str, caller: Administrator, db: Db) -> None:
    """Sign somebody out everywhere."""
    table.end_sessions(db, _user(db, caller, user_id).id)


def _user(db: Session, caller: Principal, user_id: str) -> User:
    user = table.user_of(db, caller.org, user_id)
    if user is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such account")
    return user
