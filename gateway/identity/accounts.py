"""Accounts of people: made by their organisation's administrator, opened by password. Every other way in stands beside this.

Several failures under one name make it wait, longer each time, whether an account has that name or not; the answer never says which part
of what was shown was wrong.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import Throttle, User
from gateway.db.session import Database
from gateway.errors import ConflictError, OverloadedError, UnauthenticatedError, UsageError
from gateway.identity import passwords
from gateway.identity.roles import UserRole
from gateway.identity.tokens import digest, new_id, now
from gateway.installation import Organisation

__all__ = ["create", "one_time_password", "sign_in", "try_again_later"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_FREE = 5
_LONGEST = 900
_FORGOTTEN = 3600


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
        must_change=must_change and password is not None,
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
    return user


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
    """Count a failure: from the sixth on the name waits, twice as long each time."""
    at = now()
    with database.session() as session:
        row = session.get(Throttle, digest(name))
        if row is None:
            session.execute(insert(Throttle).values(digest=digest(name), failures=1, until=0, at=at))
            return
        row.failures = 1 if at - row.at > _FORGOTTEN else row.failures + 1
        row.at = at
        row.until = at + min(_LONGEST, 2 ** (row.failures - _FREE)) if row.failures >= _FREE else 0


def succeeded(session: Session, name: str) -> None:
    """Forget the failures of a name."""
    if (row := session.get(Throttle, digest(name))) is not None:
        session.delete(row)
