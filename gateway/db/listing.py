"""SQL of lists and searches that pages show. Reads only; whoever needs to be sure asks the verifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from gateway.db.models import (
    Asset,
    DossierAsset,
    Grant,
    IndexedAccess,
    IndexedAsset,
    IndexedClaim,
    IndexedOrganisation,
    IndexedPledge,
    IndexPosition,
    Offer,
)

__all__ = [
    "Held",
    "accesses",
    "accesses_on",
    "assets_with_fingerprints",
    "batches_of",
    "bills_numbered",
    "counts",
    "dossiers_of",
    "grants_by",
    "grants_to",
    "held",
    "holding",
    "ids_with",
    "index_block",
    "jobs",
    "locked",
    "number_of",
    "numbers",
    "offer",
    "offers",
    "organisation_names",
    "pledges_where",
    "registered_where",
]

MOST = 500
_NUMBER = func.coalesce(
    Asset.fields["fact.number"].as_string(),
    Asset.fields["fact.order.0001.number"].as_string(),
    Asset.fields["fact.device.0001.id"].as_string(),
)


class Held(NamedTuple):
    """A certified asset of an organisation, with its standing and block as the index has them (None until it is there)."""

    asset: Asset
    standing: str | None
    block: int | None


def _held(org: str) -> Select[Asset, str | None, int | None]:
    joined = select(Asset, IndexedAsset.standing, IndexedAsset.block).outerjoin(
        IndexedAsset, (IndexedAsset.org == Asset.org) & (IndexedAsset.asset_id == Asset.asset_id)
    )
    return joined.where(Asset.org == org)


def held(session: Session, org: str, *, text: str = "", kind: str = "", limit: int = MOST) -> list[Held]:
    """An organisation's assets, the newest first; `text` is part of a number, or the beginning of an id."""
    query = _held(org)
    if text:
        query = query.where(
            or_(_NUMBER.contains(text, autoescape=True), Asset.asset_id.startswith(text, autoescape=True))
        )
    if kind:
        query = query.where(Asset.kind == kind)
    newest = func.coalesce(IndexedAsset.block, 2**62).desc()
    return [Held._make(row) for row in session.execute(query.order_by(newest, Asset.asset_id).limit(limit))]


def holding(session: Session, org: str, asset_id: str) -> Held | None:
    """One of an organisation's assets; None for another's."""
    row = session.execute(_held(org).where(Asset.asset_id == asset_id)).first()
    return Held._make(row) if row is not None else None


def jobs(session: Session, org: str) -> dict[str, list[Asset]]:
    """An organisation's dossiers by name, each with its assets."""
    joined = select(DossierAsset.name, Asset).join(Asset, Asset.asset_id == DossierAsset.asset_id)
    found: dict[str, list[Asset]] = {}
    for name, asset in session.execute(joined.where(DossierAsset.org == org).order_by(DossierAsset.name)):
        found.setdefault(name, []).append(asset)
    return found


def grants_by(session: Session, org: str, asset_ids: Collection[str] | None = None) -> list[Grant]:
    """Grants an organisation has given, the latest end first."""
    query = select(Grant).where(Grant.owner == org)
    if asset_ids is not None:
        query = query.where(Grant.asset_id.in_(asset_ids))
    return list(session.scalars(query.order_by(Grant.expires_at.desc(), Grant.grant_id)))


def grants_to(session: Session, org: str) -> list[Grant]:
    """Grants an organisation was given: those that stand on the ledger."""
    granted = select(IndexedAccess.subject).where(IndexedAccess.event == "granted")
    query = select(Grant).where(Grant.grantee == org, Grant.grant_id.in_(granted))
    return list(session.scalars(query.order_by(Grant.owner, Grant.expires_at.desc(), Grant.grant_id)))


def offers(session: Session, org: str, party: str) -> list[tuple[Offer, str | None]]:
    """Offers whose `party` (debtor, lender) is the organisation, each with its pledge's status, None while it is open."""
    joined = select(Offer, IndexedPledge.status).outerjoin(
        IndexedPledge, IndexedPledge.pledge_id == Offer.pledge_id
    )
    query = joined.where(Offer.content[party].as_string() == org).order_by(
        Offer.content["accept_by"].as_integer().desc()
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def offer(session: Session, pledge_id: str) -> tuple[Offer, str | None] | None:
    """One offer with its pledge's status."""
    joined = select(Offer, IndexedPledge.status).outerjoin(
        IndexedPledge, IndexedPledge.pledge_id == Offer.pledge_id
    )
    row = session.execute(joined.where(Offer.pledge_id == pledge_id)).first()
    return (row[0], row[1]) if row is not None else None


def locked(session: Session, asset_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Of these assets those with a live lien: its lender and pledge."""
    query = (
        select(IndexedClaim.asset_id, IndexedPledge.lender, IndexedPledge.pledge_id)
        .join(IndexedPledge, IndexedPledge.pledge_id == IndexedClaim.pledge_id)
        .where(IndexedPledge.status == "live", IndexedClaim.asset_id.in_(asset_ids))
    )
    return {asset_id: (lender, pledge_id) for asset_id, lender, pledge_id in session.execute(query)}


def accesses(session: Session, limit: int = MOST) -> Sequence[IndexedAccess]:
    """Grants, ends, reads and shreddings, the newest first."""
    newest = (IndexedAccess.block.desc(), IndexedAccess.position.desc())
    return session.scalars(select(IndexedAccess).order_by(*newest).limit(limit)).all()


def accesses_on(session: Session, subjects: Collection[str]) -> list[IndexedAccess]:
    """What was done with these grants, in order."""
    query = select(IndexedAccess).where(IndexedAccess.subject.in_(subjects))
    return list(session.scalars(query.order_by(IndexedAccess.block, IndexedAccess.position)))


def index_block(session: Session) -> int | None:
    """The block up to which the index stands."""
    return session.scalars(select(IndexPosition.number)).first()


def counts(session: Session) -> dict[str, dict[str, int]]:
    """Assets and pledges (as debtor) by organisation."""
    assets = session.execute(select(IndexedAsset.org, func.count()).group_by(IndexedAsset.org))
    pledges = session.execute(select(IndexedPledge.debtor, func.count()).group_by(IndexedPledge.debtor))
    return {"assets": {org: n for org, n in assets}, "pledges": {org: n for org, n in pledges}}  # noqa: C416


def batches_of(session: Session, org: str | None) -> list[tuple[str, str, int, int]]:
    """Batches on the ledger: organisation, root, block, how many assets; the newest first."""
    query = select(IndexedAsset.org, IndexedAsset.root, IndexedAsset.block, func.count())
    if org:
        query = query.where(IndexedAsset.org == org)
    grouped = query.group_by(IndexedAsset.org, IndexedAsset.root, IndexedAsset.block)
    rows = session.execute(grouped.order_by(IndexedAsset.block.desc()).limit(MOST))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def registered_where(
    session: Session,
    *,
    org: str = "",
    prefix: str = "",
    ids: Collection[str] | None = None,
    limit: int = MOST,
) -> list[IndexedAsset]:
    """Registered assets, the newest first: of one issuer, with an id that begins so, or of a list."""
    query = select(IndexedAsset)
    if org:
        query = query.where(IndexedAsset.org == org)
    if prefix:
        query = query.where(
            or_(
                IndexedAsset.asset_id.startswith(prefix, autoescape=True),
                IndexedAsset.root.startswith(prefix, autoescape=True),
            )
        )
    if ids is not None:
        query = query.where(IndexedAsset.asset_id.in_(ids))
    return list(
        session.scalars(query.order_by(IndexedAsset.block.desc(), IndexedAsset.asset_id).limit(limit))
    )


def pledges_where(
    session: Session, *, party: str = "", prefix: str = "", limit: int = MOST
) -> list[tuple[IndexedPledge, list[IndexedClaim]]]:
    """Pledges with their claims: of one debtor or lender, with an id or fingerprint that begins so."""
    query = select(IndexedPledge, IndexedClaim).join(
        IndexedClaim, IndexedClaim.pledge_id == IndexedPledge.pledge_id
    )
    if party:
        query = query.where(or_(IndexedPledge.debtor == party, IndexedPledge.lender == party))
    if prefix:
        query = query.where(
            or_(
                IndexedPledge.pledge_id.startswith(prefix, autoescape=True),
                IndexedClaim.fingerprint.startswith(prefix, autoescape=True),
                IndexedClaim.asset_id.startswith(prefix, autoescape=True),
            )
        )
    found: dict[str, tuple[IndexedPledge, list[IndexedClaim]]] = {}
    for pledge, claim in session.execute(query.order_by(IndexedPledge.pledge_id, IndexedClaim.rank)):
        found.setdefault(pledge.pledge_id, (pledge, []))[1].append(claim)
    return list(found.values())[:limit]


def organisation_names(session: Session) -> dict[str, IndexedOrganisation]:
    """Every organisation on the ledger by id."""
    return {row.org: row for row in session.scalars(select(IndexedOrganisation))}


def dossiers_of(session: Session, asset_id: str) -> list[str]:
    """Names of the jobs that an asset is in."""
    return list(session.scalars(select(DossierAsset.name).where(DossierAsset.asset_id == asset_id)))


def numbers(session: Session, asset_ids: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Kind and number of this home's assets."""
    query = select(Asset.asset_id, Asset.kind, _NUMBER).where(Asset.asset_id.in_(asset_ids))
    return {asset_id: (kind, number) for asset_id, kind, number in session.execute(query)}


def bills_numbered(session: Session, org: str, found: Collection[str]) -> list[Asset]:
    """An organisation's invoices and credit notes with one of these numbers that stand."""
    where = (Asset.org == org, Asset.live.is_not(None), Asset.kind.in_(("invoice", "credit-note")))
    return list(session.scalars(select(Asset).where(*where, _NUMBER.in_(found))))


def assets_with_fingerprints(session: Session, org: str, fingerprints: Sequence[str]) -> list[Asset]:
    """An organisation's assets that stand for these receivables, in their order, as far as this home holds them."""
    exact = Asset.fields["fingerprint.exact"].as_string()
    where = (Asset.org == org, Asset.root.is_not(None), exact.in_(fingerprints))
    found = {
        (row.fields or {})["fingerprint.exact"]: row for row in session.scalars(select(Asset).where(*where))
    }
    return [found[one] for one in fingerprints if one in found]


def ids_with(session: Session, *, number: str, sha256: str) -> list[str]:
    """Ids of this home's assets with that number, or of a document with that hash."""
    hashed = Asset.fields["content.sha256"].as_string() == sha256
    found = or_(_NUMBER.in_([number]), hashed) if number else hashed
    return list(session.scalars(select(Asset.asset_id).where(found)))


def number_of(asset: Asset) -> str | None:
    """The number by which people call a paper: its own, else its first work order's, else its first device's name."""
    fields = asset.fields or {}
    names = ("fact.number", "fact.order.0001.number", "fact.device.0001.id")
    return next((fields[name] for name in names if name in fields), None)
