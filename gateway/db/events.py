"""Tables of what organisations are told, and their SQL: events, webhooks, how far the ledger's events were told. Portable to PostgreSQL.

Events are numbered by organisation, from 1 and without a gap, in the transaction that makes what they report. Only this database holds
these rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Text, case, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.models import Base, Id
from gateway.db.repository import insert_new

__all__ = [
    "Event",
    "EventHead",
    "LedgerPosition",
    "NewEvent",
    "Webhook",
    "add_events",
    "due_webhooks",
    "events_after",
    "head",
    "hold_position",
    "webhook",
    "webhook_backlog",
    "webhooks_of",
]


class EventHead(Base):
    """The number of an organisation's newest event: writing it keeps others from numbering theirs until the transaction ends."""

    __tablename__ = "event_heads"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class Event(Base):
    """One thing that an organisation is told: the `number`-th."""

    __tablename__ = "events"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(48))
    at: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class LedgerPosition(Base):
    """The one block up to which the ledger's events were told. Independent of the index, which may be dropped."""

    __tablename__ = "event_position"

    id: Mapped[int] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger)


class Webhook(Base):
    """An address that an organisation's events are posted to, in order: `cursor` is the last one that was taken."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    org: Mapped[str] = mapped_column(Id, index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    cursor: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(default=0)
    due: Mapped[float] = mapped_column(default=0.0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)

    def __repr__(self) -> str:
        return f"Webhook(id={self.id!r})"


@dataclass(frozen=True)
class NewEvent:
    """An event that has no number yet."""

    org: str
    kind: str
    at: int
    data: Mapping[str, Any]


def add_events(session: Session, events: Iterable[NewEvent]) -> None:
    """Number and keep events; they are told once the transaction is committed."""
    by_org: dict[str, list[NewEvent]] = {}
    for one in events:
        by_org.setdefault(one.org, []).append(one)
    for org in sorted(by_org):  # one order for all writers: none waits for another in a circle
        first = _take_numbers(session, org, len(by_org[org]))
        rows = [
            {"org": org, "number": first + at, "kind": one.kind, "at": one.at, "data": dict(one.data)}
            for at, one in enumerate(by_org[org])
        ]
        session.execute(insert(Event), rows)


def _take_numbers(session: Session, org: str, count: int) -> int:
    """The first of `count` numbers that follow each other."""
    following = update(EventHead).where(EventHead.org == org).values(last=EventHead.last + count)
    if not session.execute(following).rowcount:  # type: ignore[attr-defined]
        insert_new(session, EventHead, [{"org": org, "last": 0}])
        session.execute(following)
    return session.scalars(select(EventHead.last).where(EventHead.org == org)).one() - count + 1


def head(session: Session, org: str) -> int:
    """The number of the newest event; 0 where there is none."""
    return session.scalars(select(EventHead.last).where(EventHead.org == org)).first() or 0


def events_after(session: Session, org: str, number: int, limit: int) -> list[Event]:
    """Events after that number, in order."""
    query = select(Event).where(Event.org == org, Event.number > number).order_by(Event.number).limit(limit)
    return list(session.scalars(query))


def hold_position(session: Session) -> LedgerPosition | None:
    """Where the telling of the ledger's events stands, locked until the transaction ends; None before its first time."""
    held = session.execute(update(LedgerPosition).values(block=LedgerPosition.block))
    return session.get(LedgerPosition, 1) if held.rowcount else None  # type: ignore[attr-defined]


def webhook_backlog(session: Session) -> tuple[int, int]:
    """Events that active webhooks have not taken yet, and how many webhooks have refused the last one."""
    waits = func.coalesce(func.sum(EventHead.last - Webhook.cursor), 0)
    failing = func.coalesce(func.sum(case((Webhook.failures > 0, 1), else_=0)), 0)
    joined = select(waits, failing).join(EventHead, EventHead.org == Webhook.org)
    waiting, refused = session.execute(joined.where(Webhook.active)).one()
    return int(waiting), int(refused)


def webhook(session: Session, org: str, webhook_id: str) -> Webhook | None:
    """An organisation's webhook; None for another's."""
    row = session.get(Webhook, webhook_id)
    return row if row is not None and row.org == org else None


def webhooks_of(session: Session, org: str, *, after: str | None, limit: int) -> list[Webhook]:
    """An organisation's webhooks, the oldest first."""
    query = select(Webhook).where(Webhook.org == org).order_by(Webhook.id).limit(limit)
    if after is not None:
        query = query.where(Webhook.id > after)
    return list(session.scalars(query))


def due_webhooks(session: Session) -> list[Webhook]:
    """Active webhooks that have something to be told and whose turn it is."""
    behind = select(Webhook).join(EventHead, EventHead.org == Webhook.org)
    return list(
        session.scalars(
            behind.where(Webhook.active, Webhook.cursor < EventHead.last, Webhook.due <= time.time())
        )
    )
