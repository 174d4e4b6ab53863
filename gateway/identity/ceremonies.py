"""What is remembered between the two halves of a sign-in or a registration: for minutes, for one use, under a token that the browser brings back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import Ceremony
from gateway.db.session import Database
from gateway.errors import ConflictError
from gateway.identity.tokens import digest, new_token, now

__all__ = ["Remembered", "finish", "start"]

_MINUTES = 10


@dataclass(frozen=True)
class Remembered:
    """What was said at the start, and of whom."""

    user_id: str | None
    data: dict[str, Any]


def start(session: Session, kind: str, data: dict[str, Any], user_id: str | None = None) -> str:
    """The token that finishes it."""
    token = new_token()
    row = Ceremony(
        digest=digest(token), kind=kind, user_id=user_id, data=data, expires_at=now() + 60 * _MINUTES
    )
    session.add(row)
    session.flush()
    return token


def finish(database: Database, kind: str, token: str) -> Remembered:
    """ConflictError for a token that is unknown, used or too old. It is used up even where what follows is refused."""
    with database.session() as session:
        row = table.take_ceremony(session, digest(token), kind)
    if row is None:
        raise ConflictError("CEREMONY", "this took too long, or was done already: begin again")
    return Remembered(row.user_id, row.data)
