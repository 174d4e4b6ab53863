"""SQL of the API's lists: pages by key, never by offset, so that what is added meanwhile shifts nothing. Reads only.

Each function takes the key of the last row seen and answers up to `limit` rows behind it; every list is of one organisation.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from gateway.db.listing import OFFERS, Held, of_organisation
from gateway.db.models import (
    Asset,
    Batch,
    Dossier,
    DossierAsset,
    Grant,
    IndexedAccess,
    IndexedAsset,
    IndexedClaim,
    IndexedOrganisation,
    IndexedPledge,
    Offer,
)

__all__ = [
    "accesses",
    "asset",
    "assets",
    "batch",
    "batches",
    "claims",
    "dossier",
    "dossiers",
    "grant",
    "grants",
    "offer",
    "offers",
    "order",
    "organisation",
    "organisations",
    "pledge",
    "pledges",
]

_MOST = 10_000
_PENDING = 2**62
"""The block of what is not on the ledger yet: newer than all that is."""


def assets(
    session: Session,
    org: str,
    *,
    after: tuple[int, str] | None,
    limit: int,
    kind: str | None = None,
    standing: str | None = None,
    dossier_name: str | None = None,
    number: str | None = None,
    sha256: str | None = None,
) -> list[Held]:
    """An organisation's assets, the newest first."""
    order = func.coalesce(IndexedAsset.block, _PENDING)
    query = of_organisation(org).order_by(order.desc(), Asset.asset_id).limit(limit)
    if after is not None:
        query = query.where(or_(order < after[0], and_(order == after[0], Asset.asset_id > after[1])))
    if kind is not None:
        query = query.where(Asset.kind == kind)
    if standing is not None:
        query = query.where(IndexedAsset.standing == standing)
    if number is not None:
        query = query.where(Asset.fields["fact.number"].as_string() == number)
    if sha256 is not None:
        query = query.where(Asset.fields["content.sha256"].as_string() == sha256)
    if dossier_name is not None:
        joined = select(DossierAsset.asset_id).where(
            DossierAsset.org == org, DossierAsset.name == dossier_name
        )
        query = query.where(Asset.asset_id.in_(joined))
    return [Held._make(row) for row in session.execute(query)]


def asset(session: Session, org: str, asset_id: str) -> Held | None:
    """One of an organisation's assets; None for another's."""
    row = session.execute(of_organisation(org).where(Asset.asset_id == asset_id)).first()
    return Held._make(row) if row is not None else None


def batches(session: Session, org: str, *, after: tuple[int, str] | None, limit: int) -> list[Batch]:
    """An organisation's batches, the newest first, those on their way before them."""
    order = func.coalesce(Batch.block, _PENDING)
    query = select(Batch).where(Batch.org == org).order_by(order.desc(), Batch.root).limit(limit)
    if after is not None:
        query = query.where(or_(order < after[0], and_(order == after[0], Batch.root > after[1])))
    return list(session.scalars(query))


def order(block: int | None) -> int:
    """The place of what stands in that block in lists of the newest first."""
    return _PENDING if block is None else block


def batch(session: Session, org: str, root: str) -> Batch | None:
    """One of an organisation's batches; None for another's."""
    return session.get(Batch, (org, root))


def dossier(session: Session, org: str, name: str) -> Dossier | None:
    """An organisation's dossier of that name."""
    return session.get(Dossier, (org, name))


def dossiers(session: Session, org: str, *, after: str | None, limit: int) -> list[tuple[str, list[Asset]]]:
    """An organisation's dossiers by name, each with its assets."""
    query = select(Dossier.name).where(Dossier.org == org).order_by(Dossier.name).limit(limit)
    if after is not None:
        query = query.where(Dossier.name > after)
    found: dict[str, list[Asset]] = {name: [] for name in session.scalars(query)}
    joined = select(DossierAsset.name, Asset).join(Asset, Asset.asset_id == DossierAsset.asset_id)
    for name, one in session.execute(
        joined.where(DossierAsset.org == org, DossierAsset.name.in_(list(found)))
    ):
        found[name].append(one)
    return list(found.items())


def offers(session: Session, org: str, *, after: str | None, limit: int) -> list[tuple[Offer, str | None]]:
    """Offers that an organisation made or got, by pledge id, each with its pledge's status (None: not taken)."""
    party = or_(Offer.content["debtor"].as_string() == org, Offer.content["lender"].as_string() == org)
    query = OFFERS.where(party).order_by(Offer.pledge_id).limit(limit)
    if after is not None:
        query = query.where(Offer.pledge_id > after)
    return [(row[0], row[1]) for row in session.execute(query)]


def offer(session: Session, org: str, pledge_id: str) -> tuple[Offer, str | None] | None:
    """One offer of an organisation; None for others'."""
    row = session.execute(OFFERS.where(Offer.pledge_id == pledge_id)).first()
    if row is None or org not in (row[0].content["debtor"], row[0].content["lender"]):
        return None
    return row[0], row[1]


def pledges(
    session: Session, org: str, *, after: str | None, limit: int, status: str | None = None
) -> list[IndexedPledge]:
    """Pledges in which an organisation is debtor or lender, by id."""
    party = or_(IndexedPledge.debtor == org, IndexedPledge.lender == org)
    query = select(IndexedPledge).where(party).order_by(IndexedPledge.pledge_id).limit(limit)
    if after is not None:
        query = query.where(IndexedPledge.pledge_id > after)
    if status is not None:
        query = query.where(IndexedPledge.status == status)
    return list(session.scalars(query))


def pledge(session: Session, org: str, pledge_id: str) -> IndexedPledge | None:
    """One pledge of an organisation; None for others'."""
    row = session.get(IndexedPledge, pledge_id)
    return row if row is not None and org in (row.debtor, row.lender) else None


def claims(session: Session, pledge_ids: Sequence[str]) -> dict[str, list[IndexedClaim]]:
    """The claims of these pledges, in order."""
    found: dict[str, list[IndexedClaim]] = {one: [] for one in pledge_ids}
    query = select(IndexedClaim).where(IndexedClaim.pledge_id.in_(pledge_ids))
    for row in session.scalars(query.order_by(IndexedClaim.rank, IndexedClaim.fingerprint)):
        found[row.pledge_id].append(row)
    return found


def grants(
    session: Session, org: str, *, given: bool, after: str | None, limit: int, asset_id: str | None = None
) -> list[Grant]:
    """Grants that an organisation has given, or else been given, by id."""
    query = select(Grant).where((Grant.owner if given else Grant.grantee) == org)
    query = query.order_by(Grant.grant_id).limit(limit)
    if after is not None:
        query = query.where(Grant.grant_id > after)
    if asset_id is not None:
        query = query.where(Grant.asset_id == asset_id)
    return list(session.scalars(query))


def grant(session: Session, org: str, grant_id: str) -> Grant | None:
    """One grant that an organisation gave or was given; None for others'."""
    row = session.get(Grant, grant_id)
    return row if row is not None and org in (row.owner, row.grantee) else None


def accesses(session: Session, org: str, asset_id: str | None) -> list[tuple[IndexedAccess, Grant]]:
    """What was done with the grants that an organisation gave, in the ledger's order."""
    query = select(IndexedAccess, Grant).join(Grant, Grant.grant_id == IndexedAccess.subject)
    query = query.where(Grant.owner == org)
    if asset_id is not None:
        query = query.where(Grant.asset_id == asset_id)
    ordered = query.order_by(IndexedAccess.block, IndexedAccess.position).limit(_MOST)
    return [(row[0], row[1]) for row in session.execute(ordered)]


def organisations(session: Session, *, after: str | None, limit: int) -> list[IndexedOrganisation]:
    """Organisations on the ledger by identifier."""
    query = select(IndexedOrganisation).order_by(IndexedOrganisation.identifier).limit(limit)
    if after is not None:
        query = query.where(IndexedOrganisation.identifier > after)
    return list(session.scalars(query))


def organisation(session: Session, org: str) -> IndexedOrganisation | None:
    """One organisation on the ledger."""
    return session.get(IndexedOrganisation, org)
