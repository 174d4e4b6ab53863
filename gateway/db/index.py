"""SQL of the index: what the ledger's events say, as rows. See `gateway.service.indexing` for who writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from gateway.db.models import (
    Base,
    IndexedAccess,
    IndexedAsset,
    IndexedClaim,
    IndexedOrganisation,
    IndexedPledge,
    IndexPosition,
)
from gateway.db.repository import insert_new
from ledger.chain import Position

__all__ = [
    "Lien",
    "access",
    "claimed",
    "claimed_asset",
    "claims_of",
    "claims_on",
    "clear",
    "closed",
    "hold",
    "lenders_on",
    "organisation",
    "organisations",
    "owner_of_grant",
    "parties",
    "pledged",
    "registered",
    "stand",
    "standing",
    "standing_of",
]

TABLES = (IndexedAccess, IndexedClaim, IndexedPledge, IndexedAsset, IndexedOrganisation, IndexPosition)


class Lien(NamedTuple):
    """A claim with its pledge."""

    pledge_id: str
    debtor: str
    lender: str
    fingerprint: str
    asset_id: str
    share: int
    rank: int
    expires_at: int
    status: str


def clear(session: Session) -> None:
    """Empty the whole index; a table of it that was dropped is made again."""
    Base.metadata.create_all(
        session.connection(), [Base.metadata.tables[one.__tablename__] for one in TABLES]
    )
    for table in TABLES:
        session.execute(delete(table))


def hold(session: Session) -> IndexPosition | None:
    """The block up to which the index stands. Writing before reading keeps any other writer out until the session ends."""
    session.execute(update(IndexPosition).values(number=IndexPosition.number))
    return session.get(IndexPosition, 1)


def stand(session: Session, number: int, block_hash: str) -> None:
    """The index now stands at that block."""
    session.merge(IndexPosition(id=1, number=number, hash=block_hash))


def organisation(session: Session, org: str, identifier: str, name: str, roles: int, suspended: bool) -> None:
    """An organisation's record, new or changed."""
    session.merge(
        IndexedOrganisation(org=org, identifier=identifier, name=name, roles=roles, suspended=suspended)
    )


def organisations(session: Session) -> Sequence[IndexedOrganisation]:
    """All organisations, by identifier."""
    return session.scalars(select(IndexedOrganisation).order_by(IndexedOrganisation.identifier)).all()


def registered(session: Session, org: str, root: str, block: int, ids: Sequence[str]) -> None:
    """The assets of a batch; an id that the issuer registered before keeps its first batch."""
    rows = [{"org": org, "asset_id": one, "root": root, "block": block, "standing": "good"} for one in ids]
    insert_new(session, IndexedAsset, rows)


def standing(session: Session, org: str, asset_id: str, word: str) -> None:
    """An asset's standing changed."""
    where = (IndexedAsset.org == org, IndexedAsset.asset_id == asset_id)
    session.execute(update(IndexedAsset).where(*where).values(standing=word))


def standing_of(session: Session, asset_ids: Sequence[str]) -> dict[str, str]:
    """How registered assets stand, whoever issued them; what is not registered is left out."""
    issuers = select(IndexedOrganisation.org)  # by issuer and id, as they are keyed
    where = (IndexedAsset.org.in_(issuers), IndexedAsset.asset_id.in_(asset_ids))
    rows = session.execute(select(IndexedAsset.asset_id, IndexedAsset.standing).where(*where))
    return dict(rows.tuples().all())


def pledged(session: Session, pledge_id: str, debtor: str, lender: str, expires_at: int) -> None:
    """A pledge; its claims follow."""
    session.add(
        IndexedPledge(pledge_id=pledge_id, debtor=debtor, lender=lender, expires_at=expires_at, status="live")
    )


def claimed(session: Session, pledge_id: str, fingerprint: str, asset_id: str, share: int, rank: int) -> None:
    """One claim of a pledge."""
    session.add(
        IndexedClaim(pledge_id=pledge_id, fingerprint=fingerprint, rank=rank, asset_id=asset_id, share=share)
    )


def closed(session: Session, pledge_id: str, status: str) -> None:
    """A pledge ended."""
    session.execute(update(IndexedPledge).where(IndexedPledge.pledge_id == pledge_id).values(status=status))


def access(session: Session, at: Position, event: str, subject: str, org: str) -> None:
    """A grant, its end, a read or a shredding."""
    session.add(IndexedAccess(block=at.block, position=at.index, event=event, subject=subject, org=org))


def claims_on(session: Session, debtor: str, fingerprint: str) -> list[Lien]:
    """Liens on one receivable, earliest first."""
    where = (IndexedPledge.debtor == debtor, IndexedClaim.fingerprint == fingerprint)
    return [Lien._make(row) for row in session.execute(_liens().where(*where))]


def claims_of(session: Session, org: str) -> list[Lien]:
    """Liens in which an organisation is debtor or lender."""
    where = or_(IndexedPledge.debtor == org, IndexedPledge.lender == org)
    return [Lien._make(row) for row in session.execute(_liens().where(where))]


def claimed_asset(session: Session, fingerprint: str) -> str | None:
    """The asset by which a receivable was first pledged."""
    claims = select(IndexedClaim.asset_id).where(IndexedClaim.fingerprint == fingerprint)
    return session.scalars(claims.order_by(IndexedClaim.rank)).first()


def lenders_on(session: Session, debtor: str, asset_id: str) -> list[str]:
    """Lenders with a live pledge that claims an asset."""
    live = select(IndexedPledge.lender).join(IndexedClaim, IndexedClaim.pledge_id == IndexedPledge.pledge_id)
    where = (
        IndexedPledge.debtor == debtor,
        IndexedClaim.asset_id == asset_id,
        IndexedPledge.status == "live",
    )
    return list(session.scalars(live.where(*where).distinct()))


def parties(session: Session, pledge_id: str) -> tuple[str, ...]:
    """Debtor and lender of a pledge; nobody where the index has none."""
    row = session.get(IndexedPledge, pledge_id)
    return () if row is None else (row.debtor, row.lender)


def owner_of_grant(session: Session, grant_id: str) -> str | None:
    """Who gave a grant."""
    given = select(IndexedAccess.org).where(
        IndexedAccess.event == "granted", IndexedAccess.subject == grant_id
    )
    return session.scalars(given).first()


def _liens() -> Select[str, str, str, str, str, int, int, int, str]:
    columns = select(
        IndexedPledge.pledge_id,
        IndexedPledge.debtor,
        IndexedPledge.lender,
        IndexedClaim.fingerprint,
        IndexedClaim.asset_id,
        IndexedClaim.share,
        IndexedClaim.rank,
        IndexedPledge.expires_at,
        IndexedPledge.status,
    )
    return columns.join(IndexedClaim, IndexedClaim.pledge_id == IndexedPledge.pledge_id).order_by(
        IndexedClaim.rank
    )
