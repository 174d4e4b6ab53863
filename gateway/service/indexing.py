"""The index: the ledger's organisations, assets, pledges and accesses as tables, rebuilt from its events (`reindex`) or brought up to date.

The index answers lists and searches; whoever needs to be sure asks the verifier, which reads the ledger itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from certifier.receipt import Receipt
from certifier.verify import Code
from gateway.db import index
from gateway.db.models import IndexPosition
from gateway.errors import RefusedError
from gateway.installation import Installation
from gateway.service.verifying import of_installation
from ledger.errors import BlockGoneError
from ledger.events import (
    AnyEvent,
    Claimed,
    Closed,
    Ended,
    Granted,
    OrganisationSet,
    Pledged,
    Read,
    Registered,
    Shredded,
    StandingChanged,
)
from ledger.membership import Role
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["liens_of", "liens_on", "organisations", "reindex", "sync"]


def sync(installation: Installation) -> int:
    """Bring the index to the newest final block; after a reorganisation it is rebuilt. Answers how many events were new."""
    with installation.database.session() as session:
        stand = index.hold(session)
        if stand is not None and not _is_of(installation, stand):
            index.clear(session)
            stand = None
        return _take(installation, session, 0 if stand is None else stand.number + 1)


def _is_of(installation: Installation, stand: IndexPosition) -> bool:
    """Whether the block up to which the index stands is still of the chain."""
    try:
        return installation.ledger.chain.block(stand.number).hash == parse_hex32(stand.hash)
    except BlockGoneError:
        return False


def reindex(installation: Installation, advance: Callable[[int], None] = lambda _: None) -> int:
    """Rebuild the index from block 0, in one transaction: who looks meanwhile sees it as it was."""
    with installation.database.session() as session:
        index.clear(session)
        return _take(installation, session, 0, advance)


def _take(
    installation: Installation,
    session: Session,
    first: int,
    advance: Callable[[int], None] = lambda _: None,
) -> int:
    pinned = installation.ledger.pin()
    count = 0
    for event in events(installation.ledger, first, pinned):
        _apply(session, event)
        count += 1
        advance(1)
    index.stand(session, pinned.number, hex32(pinned.hash))
    return count


def _apply(session: Session, event: AnyEvent) -> None:
    match event:
        case OrganisationSet():
            index.organisation(
                session, hex32(event.org), event.identifier, event.name, int(event.roles), event.suspended
            )
        case Registered():
            index.registered(
                session,
                hex32(event.org),
                hex32(event.root),
                event.at.block,
                [hex32(one) for one in event.asset_ids],
            )
        case StandingChanged():
            index.standing(session, hex32(event.org), hex32(event.asset_id), event.standing.name.lower())
        case Pledged():
            index.pledged(
                session, hex32(event.pledge_id), hex32(event.debtor), hex32(event.lender), event.expires_at
            )
        case Claimed():
            index.claimed(
                session,
                hex32(event.pledge_id),
                hex32(event.fingerprint),
                hex32(event.asset_id),
                event.share,
                event.rank,
            )
        case Closed():
            index.closed(session, hex32(event.pledge_id), event.status.name.lower())
        case Granted():
            index.access(session, event.at, "granted", hex32(event.grant_id), hex32(event.owner))
        case Ended() | Read():
            index.access(
                session, event.at, type(event).__name__.lower(), hex32(event.grant_id), hex32(event.org)
            )
        case Shredded():
            index.access(session, event.at, "shredded", hex32(event.commitment), hex32(event.org))


def liens_on(installation: Installation, receipt: Receipt) -> list[dict[str, Any]]:
    """Liens on a receipt's receivable, earliest first; who lends is left out: only the lien's parties list it by themselves.

    RefusedError for a receipt that is not genuine, or hides its fingerprint: no answer is better than a wrong one.
    """
    report = of_installation(installation).verify(receipt)
    if (fault := report.fault((Code.COMMITMENT, Code.REGISTRATION))) is not None:
        raise RefusedError(fault.code.name, f"no liens can be told of this receipt: {fault.message}")
    exact = receipt.values.get("fingerprint.exact")
    if exact is None:
        if any(field.path == "fingerprint.exact" for field in receipt.fields):
            raise RefusedError(
                "NOT_SUPPLIED", "the receipt hides its fingerprint: ask its issuer for one that shows it"
            )
        return []
    with installation.database.session() as session:
        rows = index.claims_on(session, hex32(receipt.org), exact)
    return [{name: value for name, value in row._asdict().items() if name != "lender"} for row in rows]


def liens_of(installation: Installation, org: str) -> list[dict[str, Any]]:
    """Pledges in which an organisation is debtor or lender."""
    with installation.database.session() as session:
        return [row._asdict() for row in index.claims_of(session, org)]


def organisations(installation: Installation) -> list[dict[str, Any]]:
    """Organisations on the ledger, with the short names this home has for them."""
    short = {one.hex: one.short for one in installation.book.all()}
    with installation.database.session() as session:
        return [
            {
                "org": row.org,
                "short": short.get(row.org),
                "identifier": row.identifier,
                "name": row.name,
                "roles": [str(role.name).lower() for role in Role if Role(row.roles) & role],
                "suspended": row.suspended,
            }
            for row in index.organisations(session)
        ]
