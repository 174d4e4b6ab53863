"""SQL of lists and searches that pages show. Reads only; whoever needs to be sure asks the verifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, or_, select
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
from gateway.db.paging import WHOLE, Cut, Part, part

__all__ = [
    "DATES",
    "NUMBERS",
    "OFFERS",
    "Held",
    "Wanted",
    "accesses",
    "accesses_on",
    "assets_with_fingerprints",
    "batches_of",
    "bills_numbered",
    "counts",
    "grant_to",
    "grants_by",
    "grants_on",
    "grants_to",
    "held",
    "held_among",
    "holding",
    "ids_with",
    "index_block",
    "jobs",
    "locked",
    "number_of",
    "numbers",
    "of_organisation",
    "offer",
    "offers",
    "organisation_names",
    "pledges_where",
    "registered_where",
]

NUMBERS = ("number", "order.0001.number", "payment.0001.number", "device.0001.id")
"""What people call a paper by: the facts that may state it, the first that does."""
DATES = (
    "issue_date", "inspected_at", "inspected_at_local", "calibrated_date", "searched_at", "payment.0001.date",
    "start", "start_local", "order.0001.start",
)  # fmt: skip
"""Its date: a day, or an instant in UTC."""
_NAMES = (
    "buyer_name", "seller_name", "supplier_name", "laboratory_name", "payment.0001.payer_name", "payment.0001.payee_name",
)  # fmt: skip


def _fact(name: str) -> ColumnElement[str]:
    found: ColumnElement[str] = Asset.fields[f"fact.{name}"].as_string()
    return found


_NUMBER = func.coalesce(*map(_fact, NUMBERS))
_DATE = func.coalesce(*map(_fact, DATES))


class Held(NamedTuple):
    """A certified asset of an organisation, with its standing and block as the index has them (None until it is there)."""

    asset: Asset
    standing: str | None
    block: int | None


def of_organisation(org: str) -> Select[Asset, str | None, int | None]:
    """An organisation's assets as `Held`."""
    joined = select(Asset, IndexedAsset.standing, IndexedAsset.block).outerjoin(
        IndexedAsset, (IndexedAsset.org == Asset.org) & (IndexedAsset.asset_id == Asset.asset_id)
    )
    return joined.where(Asset.org == org)


@dataclass(frozen=True)
class Wanted:
    """What is looked for: part of a number or a name, a job, the beginning of an id; a kind; days in Shanghai, both within."""

    text: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    def where(self) -> list[ColumnElement[bool]]:
        """The conditions on `Asset`."""
        made: list[ColumnElement[bool]] = [Asset.kind == self.kind] if self.kind else []
        if self.text:
            jobs = select(DossierAsset.asset_id).where(DossierAsset.name == self.text)
            parts = [one.icontains(self.text, autoescape=True) for one in (_NUMBER, *map(_fact, _NAMES))]
            made.append(
                or_(*parts, Asset.asset_id.startswith(self.text, autoescape=True), Asset.asset_id.in_(jobs))
            )
        if self.since is not None:
            made.append(_bound(self.since, "00:00:00") <= _DATE)
        if self.until is not None:
            made.append(_bound(self.until, "23:59:59") >= _DATE)
        return made


def _bound(day: date, hour: str) -> ColumnElement[str]:
    """A day as the date of a paper states it: by itself, or as the instant in UTC at which it is that hour in Shanghai."""
    local = datetime.fromisoformat(f"{day.isoformat()}T{hour}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    instant = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return case((_DATE.endswith("Z"), instant), else_=day.isoformat())


def held(session: Session, org: str, wanted: Wanted, cut: Cut) -> Part[Held]:
    """An organisation's assets, the newest first."""
    key = (func.coalesce(IndexedAsset.block, 2**62), Asset.asset_id)
    return part(session, of_organisation(org).where(*wanted.where()), key, cut).map(Held._make)


def held_among(session: Session, org: str, asset_ids: Collection[str]) -> list[Held]:
    """Those of an organisation's assets."""
    query = of_organisation(org).where(Asset.asset_id.in_(asset_ids))
    return [Held._make(row) for row in session.execute(query)]


def holding(session: Session, org: str, asset_id: str) -> Held | None:
    """One of an organisation's assets; None for another's."""
    row = session.execute(of_organisation(org).where(Asset.asset_id == asset_id)).first()
    return Held._make(row) if row is not None else None


def jobs(session: Session, org: str) -> dict[str, list[Asset]]:
    """An organisation's dossiers by name, each with its assets."""
    joined = select(DossierAsset.name, Asset).join(Asset, Asset.asset_id == DossierAsset.asset_id)
    found: dict[str, list[Asset]] = {}
    for name, asset in session.execute(joined.where(DossierAsset.org == org).order_by(DossierAsset.name)):
        found.setdefault(name, []).append(asset)
    return found


def grants_by(session: Session, org: str, cut: Cut = WHOLE, asset_id: str | None = None) -> Part[Grant]:
    """Grants an organisation has given, of one asset where it is named, the latest end first."""
    query = select(Grant).where(Grant.owner == org)
    if asset_id is not None:
        query = query.where(Grant.asset_id == asset_id)
    return _first(part(session, query, (Grant.expires_at, Grant.grant_id), cut))


def _first(found: Part[Any]) -> Part[Any]:
    return found.map(lambda row: row[0])


def _to(org: str) -> Select[Grant]:
    """Grants an organisation was given, that stand on the ledger and were not withdrawn."""
    granted = select(IndexedAccess.subject).where(IndexedAccess.event == "granted")
    return select(Grant).where(Grant.grantee == org, Grant.grant_id.in_(granted))


def grants_to(session: Session, org: str, cut: Cut) -> Part[Grant]:
    """Grants by which an organisation may read now, the latest end first."""
    query = _to(org).where(Grant.sealed.is_not(None))
    return _first(part(session, query, (Grant.expires_at, Grant.grant_id), cut))


def grant_to(session: Session, org: str, grant_id: str) -> Grant | None:
    """One of the grants an organisation was given."""
    return session.scalars(_to(org).where(Grant.grant_id == grant_id)).first()


def grants_on(session: Session, org: str, asset_ids: Collection[str]) -> list[Grant]:
    """Those of some assets by which an organisation may read now."""
    return list(session.scalars(_to(org).where(Grant.sealed.is_not(None), Grant.asset_id.in_(asset_ids))))


OFFERS = select(Offer, IndexedPledge.status).outerjoin(
    IndexedPledge, IndexedPledge.pledge_id == Offer.pledge_id
)
"""Offers, each with its pledge's status."""


def offers(
    session: Session, org: str, party: str, cut: Cut, *, status: str = ""
) -> Part[tuple[Offer, str | None]]:
    """Offers whose `party` (debtor, lender) is the organisation, each with its pledge's status, None while it is open."""
    query = OFFERS.where(Offer.content[party].as_string() == org)
    if status:
        query = query.where(IndexedPledge.status == status)
    return part(session, query, (Offer.content["accept_by"].as_integer(), Offer.pledge_id), cut)


def offer(session: Session, pledge_id: str) -> tuple[Offer, str | None] | None:
    """One offer with its pledge's status."""
    row = session.execute(OFFERS.where(Offer.pledge_id == pledge_id)).first()
    return (row[0], row[1]) if row is not None else None


def locked(session: Session, debtor: str) -> dict[str, tuple[str, str]]:
    """Of an organisation's assets those with a live lien: its lender and pledge."""
    query = (
        select(IndexedClaim.asset_id, IndexedPledge.lender, IndexedPledge.pledge_id)
        .join(IndexedPledge, IndexedPledge.pledge_id == IndexedClaim.pledge_id)
        .where(IndexedPledge.status == "live", IndexedPledge.debtor == debtor)
    )
    return {asset_id: (lender, pledge_id) for asset_id, lender, pledge_id in session.execute(query)}


def accesses(session: Session, prefix: str, cut: Cut) -> Part[IndexedAccess]:
    """Grants, ends, reads and shreddings whose subject begins so, the newest first."""
    query = select(IndexedAccess).where(IndexedAccess.subject.startswith(prefix, autoescape=True))
    return _first(part(session, query, (IndexedAccess.block, IndexedAccess.position), cut))


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


def batches_of(session: Session, prefix: str, cut: Cut) -> Part[tuple[str, str, int, int]]:
    """Batches on the ledger whose root begins so: organisation, root, block, how many assets; the newest first."""
    columns = (IndexedAsset.org, IndexedAsset.root, IndexedAsset.block)
    query = select(*columns, func.count()).where(IndexedAsset.root.startswith(prefix, autoescape=True))
    key = (IndexedAsset.block, IndexedAsset.root, IndexedAsset.org)
    return part(session, query.group_by(*columns), key, cut)


def registered_where(
    session: Session, cut: Cut, *, prefix: str = "", ids: Collection[str] | None = None
) -> Part[IndexedAsset]:
    """Registered assets, the newest first: those whose id or root begins so, or of a list."""
    query = select(IndexedAsset)
    if prefix:
        query = query.where(_begins(prefix, IndexedAsset.asset_id, IndexedAsset.root))
    if ids is not None:
        query = query.where(IndexedAsset.asset_id.in_(ids))
    key = (IndexedAsset.block, IndexedAsset.asset_id, IndexedAsset.org)
    return _first(part(session, query, key, cut))


def _begins(prefix: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(column.startswith(prefix, autoescape=True) for column in columns))


def pledges_where(
    session: Session, cut: Cut, *, prefix: str = ""
) -> Part[tuple[IndexedPledge, list[IndexedClaim]]]:
    """Pledges with their claims, the latest end first: those whose id, or a fingerprint or asset of which, begins so."""
    query = select(IndexedPledge)
    if prefix:
        claimed = select(IndexedClaim.pledge_id).where(
            _begins(prefix, IndexedClaim.fingerprint, IndexedClaim.asset_id)
        )
        query = query.where(
            or_(_begins(prefix, IndexedPledge.pledge_id), IndexedPledge.pledge_id.in_(claimed))
        )
    found = _first(part(session, query, (IndexedPledge.expires_at, IndexedPledge.pledge_id), cut))
    claims: dict[str, list[IndexedClaim]] = {pledge.pledge_id: [] for pledge in found.rows}
    ordered = select(IndexedClaim).order_by(IndexedClaim.pledge_id, IndexedClaim.rank)
    if cut.size is not None:
        ordered = ordered.where(IndexedClaim.pledge_id.in_(claims))
    for claim in session.scalars(ordered):
        if claim.pledge_id in claims:
            claims[claim.pledge_id].append(claim)
    return found.map(lambda pledge: (pledge, claims[pledge.pledge_id]))


def organisation_names(session: Session) -> dict[str, IndexedOrganisation]:
    """Every organisation on the ledger by id."""
    return {row.org: row for row in session.scalars(select(IndexedOrganisation))}


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
    """The number by which people call a paper."""
    fields = asset.fields or {}
    return next((fields[f"fact.{name}"] for name in NUMBERS if f"fact.{name}" in fields), None)
