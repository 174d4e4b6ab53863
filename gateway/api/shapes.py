"""Shapes that all routers share: times as RFC 3339, lists with cursors, ETags of what changes.

@router.get("/users")
def listed(caller: …, db: Db, at: Paged) -> Page[UserOut]:
    return at.page(table.users_of(db, caller.org, after=at.after, limit=at.more), UserOut.of, lambda row: row.id)

@router.patch("/users/{user_id}")
def changed(…, match: IfMatch, response: Response) -> UserOut:
    match.check(row.version)            # 412 STALE where somebody else was first
    …
    response.headers["ETag"] = etag(row.version)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Query
from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from gateway.errors import StaleError, UsageError
from gateway.service.times import instant

__all__ = [
    "Cursor",
    "IfMatch",
    "Match",
    "Page",
    "Paged",
    "Strict",
    "Time",
    "decoded",
    "encoded",
    "etag",
]

_Row = TypeVar("_Row")
_Out = TypeVar("_Out")


class Strict(BaseModel):
    """A request's body: a member that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


Time = Annotated[
    int,
    PlainSerializer(instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A member of an answer: seconds inside, RFC 3339 outside, UTC."""


class Page(BaseModel, Generic[_Out]):
    """A part of a list. `next` asks for the following part; null at the end."""

    items: list[_Out]
    next: str | None


class Cursor:
    """Where a list goes on, and how much of it is asked for."""

    def __init__(
        self,
        cursor: Annotated[str | None, Query(max_length=400, description="`next` of the part before")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> None:
        self.after = decoded(cursor) if cursor is not None else None
        self.limit = limit

    @property
    def more(self) -> int:
        """Ask for one more than is shown: it says whether there is a next part."""
        return self.limit + 1

    def page(
        self, rows: Sequence[_Row], shown: Callable[[_Row], _Out], key: Callable[[_Row], str]
    ) -> Page[_Out]:
        """Of `more` rows after `after`."""
        here = rows[: self.limit]
        following = encoded(key(here[-1])) if len(rows) > self.limit else None
        return Page(items=[shown(row) for row in here], next=following)


Paged = Annotated[Cursor, Depends()]


def encoded(key: str) -> str:
    """A key as the cursor that a caller brings back."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """The key of a cursor. UsageError for one that is none of ours."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise UsageError("CURSOR", "this cursor is none of ours: take `next` of the part before") from error


def etag(version: int | str) -> str:
    """The ETag of a version."""
    return f'"{version}"'


class Match:
    """The header If-Match: the caller changes what it has seen."""

    def __init__(
        self, if_match: Annotated[str | None, Header(description="The ETag that was seen")] = None
    ) -> None:
        self._tags = None if if_match is None else {tag.strip() for tag in if_match.split(",")}

    def check(self, version: int | str) -> None:
        """StaleError where the caller has seen another version. Without the header nothing is compared."""
        if self._tags is not None and not self._tags & {"*", etag(version)}:
            raise StaleError("STALE", "this has changed since you read it: read it again, then decide")


IfMatch = Annotated[Match, Depends()]
