"""Accounts of people: made by their organisation's administrator, opened by password. Every other way in stands beside this.

Several failures under one name make it wait, longer each time, whether an account has that name or not; the answer never says which part
of what was shown was wrong.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import Throttle, User
from gateway.db.repository import insert_new
from gateway.db.session import Database
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    UnauthenticatedError,
    UsageError,
)
from gateway.identity import passwords, totp
from gateway.identity.roles import ADMINISTRATORS, UserRole
from gateway.identity.sealing import Sealing
from gateway.identity.tokens import digest, new_id, now
from gateway.installation import Organisation

__all__ = [
    "change_password",
    "check_second_factor",
    "create",
    "end",
    "failed",
    "one_time_password",
    "recover",
    "require_shown",
    "set_roles",
    "sign_in",
    "succeeded",
    "try_again_later",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_FREE = 5
_FIRST = 30
_LONGEST = 900
_FORGOTTEN = 3600
_GIVEN = 7 * 86_400


def create(
    session: Session,
    organisation: Organisation,
    name: str,
    roles: Collection[UserRole],
    *,
    password: str | None,
    display_name: str = "",
    locale: str = "zh",
    must_change: bool = True,
) -> User:
    """A new account. Without a password it is entered by an identity provider or a passkey. ConflictError for a name that is taken."""
    folded = name.lower()
    if not _NAME.fullmatch(folded):
        raise UsageError("USER_NAME", "a user's name has 2 to 64 letters, digits, or . _ @ - between them")
    if password is not None:
        passwords.check_policy(password, folded)
    user = User(
        id=new_id("user"),
        org=organisation.hex,
        name=folded,
        display_name=display_name or folded,
        roles=sorted(roles),
        locale=locale,
        password=passwords.hashed(password) if password is not None else None,
        one_time_until=_week() if must_change and password is not None else None,
        created_at=now(),
        version=1,
        totp_step=0,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError(
            "USER_NAME_TAKEN", f"somebody is called {folded!r} already: take another name"
        ) from error
    return user


def _week() -> int:
    """Until when a password counts that somebody else has given."""
    return now() + _GIVEN


def one_time_password() -> str:
    """Random, 100 bits, in groups that can be read aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def sign_in(database: Database, name: str, password: str) -> User:
    """The account whose name and password these are. UnauthenticatedError, or OverloadedError while the name has to wait."""
    folded = name.lower()[:64]
    try_again_later(database, folded)
    with database.session() as session:
        user = table.user_named(session, folded)
    if not passwords.verified(user.password if user is not None else None, password) or user is None:
        failed(database, folded)
        raise UnauthenticatedError("BAD_CREDENTIALS", "name, password or code is not right")
    if user.one_time_until is not None and now() >= user.one_time_until:
        raise UnauthenticatedError(
            "ONE_TIME_PASSWORD", "this one-time password has ended: ask your administrator for another"
        )
    return user


def check_second_factor(database: Database, sealing: Sealing, user: User, code: str | None) -> None:
    """For an account that has one. UnauthenticatedError CODE_REQUIRED without a code, BAD_CREDENTIALS with a wrong one."""
    if user.totp is None:
        return
    if code is None:
        raise UnauthenticatedError("CODE_REQUIRED", "enter the code of your app, or a recovery code")
    try_again_later(database, user.name)
    with database.session() as session:
        right = totp.check(session, sealing, user, code)
    if not right:
        failed(database, user.name)
        raise UnauthenticatedError("BAD_CREDENTIALS", "name, password or code is not right")


def require_shown(session: Session, user: User, *, strong: bool) -> None:
    """Before another way in is made or one taken away. ForbiddenError where a passkey guards the account and a password has opened it."""
    if not strong and table.passkeys_of(session, user.id):
        raise ForbiddenError("SECOND_FACTOR", "sign in with your passkey, then change how your account opens")


def change_password(database: Database, user: User, current: str, new: str) -> None:
    """By who knows the present one. A guess counts as a failure to sign in."""
    try_again_later(database, user.name)
    if not passwords.verified(user.password, current):
        failed(database, user.name)
        raise ForbiddenError("BAD_PASSWORD", "the present password is not right")
    passwords.check_policy(new, user.name)
    if new == current:
        raise UsageError("PASSWORD_SAME", "the new password is the present one: choose another")
    user.password, user.one_time_until = passwords.hashed(new), None
    user.version += 1


def recover(session: Session, user: User, recoverer: str | None = None) -> str:
    """Give somebody their account back: a one-time password, to be changed at once; nothing else opens it any more."""
    if user.id == recoverer:
        raise ForbiddenError("OWN_ACCOUNT", "another administrator has to do this for you")
    if user.ended_at is not None and recoverer is not None:
        raise NotFoundError("NOT_FOUND", "this account has ended")
    password = one_time_password()
    user.password, user.one_time_until, user.version = passwords.hashed(password), _week(), user.version + 1
    totp.remove(session, user)
    for passkey in table.passkeys_of(session, user.id):
        session.delete(passkey)
    user.provider = user.subject = user.email = None
    table.end_sessions(session, user.id)
    succeeded(session, user.name)
    return password


def set_roles(user: User, roles: Collection[UserRole], allowed: Collection[UserRole], changer: str) -> None:
    """UsageError for a role that this organisation's users cannot have; ForbiddenError for one's own administration."""
    if not roles:
        raise UsageError("ROLES", "an account has one role at least: end it instead")
    if not set(roles) <= set(allowed):
        raise UsageError(
            "ROLES", f"users of this organisation can be: {', '.join(sorted(allowed)) or 'nothing'}"
        )
    if user.id == changer and ADMINISTRATORS.isdisjoint(roles):
        raise ForbiddenError(
            "OWN_ACCOUNT", "you cannot take the administration from yourself: ask another administrator"
        )
    user.roles = sorted(roles)


def end(session: Session, user: User, ender: str) -> None:
    """Close an account and its sessions; its name stays taken, so that old acts keep their author."""
    if user.id == ender:
        raise ForbiddenError("OWN_ACCOUNT", "you cannot end your own account: ask another administrator")
    if user.ended_at is None:
        user.ended_at, user.version = now(), user.version + 1
    table.end_sessions(session, user.id)


def try_again_later(database: Database, name: str) -> None:
    """OverloadedError while a name has to wait."""
    with database.session() as session:
        row = session.get(Throttle, digest(name))
        wait = row.until - now() if row is not None else 0
    if wait > 0:
        raise OverloadedError(
            "TOO_MANY_ATTEMPTS",
            f"too many attempts failed: try again in {wait} s, or ask your administrator",
            wait,
        )


def failed(database: Database, name: str) -> None:
    """Count a failure: from the fifth on the name waits, twice as long each time."""
    at = now()
    with database.session() as session:
        insert_new(session, Throttle, [{"digest": digest(name), "failures": 0, "until": 0, "at": at}])
        row = session.get(Throttle, digest(name), with_for_update=True)
        if row is None:  # a sign-in has just forgotten them
            return
        row.failures = 1 if at - row.at > _FORGOTTEN else row.failures + 1
        row.at = at
        over = row.failures - _FREE
        row.until = at + min(_LONGEST, _FIRST * 2 ** min(over, 10)) if over >= 0 else 0


def succeeded(session: Session, name: str) -> None:
    """Forget the failures of a name."""
    if (row := session.get(Throttle, digest(name))) is not None:
        session.delete(row)
