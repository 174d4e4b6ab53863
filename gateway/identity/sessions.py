"""Sessions of people: kept in the database, known to the browser by a random token. Idle and absolute ends; a new token at each sign-in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import User, UserSession
from gateway.identity.tokens import digest, new_id, new_token, now

__all__ = [
    "ABSOLUTE",
    "IDLE",
    "PASSKEY",
    "PASSWORD",
    "PASSWORD_AND_CODE",
    "Device",
    "Opened",
    "begin",
    "csrf_holds",
    "resume",
    "strong",
]

IDLE = 30 * 60
ABSOLUTE = 12 * 3600
PASSWORD = "password"  # noqa: S105 (a way in)
PASSWORD_AND_CODE = "password+totp"  # noqa: S105 (a way in)
PASSKEY = "passkey"
_NOTED = 60  # seconds between two notes of when it was seen


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from, as shown to them in the list of their sessions."""

    agent: str
    address: str


@dataclass(frozen=True)
class Opened:
    """A session that has begun. The token is for the cookie and nothing else."""

    token: str
    csrf: str
    user: User
    session_id: str

    def __repr__(self) -> str:
        return f"Opened(session_id={self.session_id!r})"


def begin(session: Session, user: User, method: str, device: Device) -> Opened:
    """A new session under a new token, whatever the browser held before."""
    token, csrf, at = new_token(), new_token(), now()
    row = UserSession(
        digest=digest(token),
        id=new_id("session"),
        user_id=user.id,
        csrf=csrf,
        method=method,
        agent=device.agent[:200],
        address=device.address[:64],
        created_at=at,
        seen_at=at,
        ends_at=at + ABSOLUTE,
    )
    session.add(row)
    return Opened(token, csrf, user, row.id)


def resume(session: Session, token: str) -> tuple[UserSession, User] | None:
    """The session of a token and who it is of; None once it is over."""
    found = table.session_of(session, digest(token))
    if found is None:
        return None
    row, user = found
    at = now()
    if at >= row.ends_at or at - row.seen_at >= IDLE:
        return None
    if at - row.seen_at >= _NOTED:
        row.seen_at = at
    return row, user


def strong(method: str) -> bool:
    """Whether more than a password has opened a session. What a provider asks for is the provider's to say."""
    return method != PASSWORD


def csrf_holds(expected: str, shown: str | None) -> bool:
    """Whether a request shows the session's own token."""
    return shown is not None and hmac.compare_digest(expected.encode(), shown.encode())
