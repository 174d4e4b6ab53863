"""The ledger's events as each organisation's: who is told what of registrations, standings, pledges, grants, members and keys.

Told exactly once, whoever sent the transaction, this gateway, the command line or another home: the events and the block up to which they
were told are written together. The stream of an organisation of this home begins at block 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from gateway.db import events as table
from gateway.db import index
from gateway.db.events import LedgerPosition, NewEvent
from gateway.installation import Installation
from gateway.service import indexing
from gateway.signing.browser import NEEDED
from ledger.events import (
    AnyEvent,
    Closed,
    Ended,
    Granted,
    KeyRevoked,
    KeySet,
    OrganisationSet,
    Pledged,
    Read,
    Registered,
    Shredded,
    StandingChanged,
)
from ledger.replay import events
from ledger.types import hex32

__all__ = ["KINDS", "tell"]

KINDS = (
    "asset.shredded",
    "asset.standing",
    "batch.registered",
    "grant.ended",
    "grant.given",
    "grant.read",
    "job.done",
    "job.failed",
    "key.changed",
    "organisation.changed",
    "pledge.closed",
    "pledge.opened",
    NEEDED,
)
"""Every kind of event there is."""


@dataclass(frozen=True)
class _Told:
    """An event for the organisations that it concerns."""

    kind: str
    concerns: tuple[str, ...]
    data: Mapping[str, Any]


def tell(installation: Installation, now: Callable[[], int]) -> int:
    """Tell what has happened on the ledger since the last time; how many events that made."""
    with installation.database.session() as session:
        stand = session.get(LedgerPosition, 1)
    first = 0 if stand is None else stand.block + 1
    pinned = installation.ledger.pin()
    if pinned.number < first:
        return 0
    indexing.sync(installation)
    happened = list(events(installation.ledger, first, pinned))
    served = {one.hex for one in installation.book.all()}
    with installation.database.session() as session:
        if not _take(session, first, pinned.number):
            return 0
        at = now()
        made = [
            NewEvent(org, told.kind, at, {**told.data, "block": event.at.block})
            for event in happened
            for told in _told(session, event)
            for org in dict.fromkeys(told.concerns)
            if org in served
        ]
        table.add_events(session, made)
    return len(made)


def _take(session: Session, first: int, last: int) -> bool:
    """Whether nobody has told these blocks meanwhile; they are taken until the transaction ends."""
    held = table.hold_position(session)
    if (0 if held is None else held.block + 1) != first:
        return False
    session.merge(LedgerPosition(id=1, block=last))
    return True


def _told(session: Session, event: AnyEvent) -> Iterator[_Told]:
    match event:
        case Registered():
            assets = [hex32(one) for one in event.asset_ids]
            yield _Told(
                "batch.registered", (hex32(event.org),), {"root": hex32(event.root), "assets": assets}
            )
        case StandingChanged():
            yield _standing(session, event)
        case Pledged():
            yield _pledged(event)
        case Closed():
            pledge_id = hex32(event.pledge_id)
            data = {"pledge_id": pledge_id, "status": event.status.name.lower()}
            yield _Told("pledge.closed", index.parties(session, pledge_id), data)
        case Granted() | Ended() | Read():
            yield _access(session, event)
        case Shredded():
            yield _Told("asset.shredded", (hex32(event.org),), {"commitment": hex32(event.commitment)})
        case OrganisationSet():
            named = {"org": hex32(event.org), "name": event.name, "suspended": event.suspended}
            yield _Told("organisation.changed", (hex32(event.org),), named)
        case KeySet() | KeyRevoked():
            key = {"key_id": hex32(event.key_id), "valid_until": event.valid_until}
            yield _Told("key.changed", (hex32(event.org),), key)


def _standing(session: Session, event: StandingChanged) -> _Told:
    """Its issuer, and lenders whose live pledge claims the asset."""
    org, asset_id = hex32(event.org), hex32(event.asset_id)
    data = {"org": org, "asset_id": asset_id, "standing": event.standing.name.lower()}
    return _Told("asset.standing", (org, *index.lenders_on(session, org, asset_id)), data)


def _pledged(event: Pledged) -> _Told:
    debtor, lender = hex32(event.debtor), hex32(event.lender)
    data = {
        "pledge_id": hex32(event.pledge_id),
        "debtor": debtor,
        "lender": lender,
        "expires_at": event.expires_at,
    }
    return _Told("pledge.opened", (debtor, lender), data)


def _access(session: Session, event: Granted | Ended | Read) -> _Told:
    grant_id = hex32(event.grant_id)
    if isinstance(event, Granted):
        parties = (hex32(event.owner), hex32(event.grantee))
        data = {
            "grant_id": grant_id,
            "owner": parties[0],
            "grantee": parties[1],
            "expires_at": event.expires_at,
        }
        return _Told("grant.given", parties, data)
    owner = index.owner_of_grant(session, grant_id)
    concerns = (hex32(event.org),) if owner is None else (owner, hex32(event.org))
    kind = "grant.read" if isinstance(event, Read) else "grant.ended"
    return _Told(kind, concerns, {"grant_id": grant_id, "org": hex32(event.org)})
