"""Tables of credit, and their SQL: products, readings, applications, decisions, human acts, loans. Portable to PostgreSQL.

Only this database holds these rows; a decision's digest stands on the ledger besides. Money is canonical decimal text, so that no driver
rounds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    exists,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, object_mapper

from gateway.db.models import Asset, Base, Batch, Id

__all__ = [
    "Act",
    "Application",
    "CreditDecision",
    "CreditReading",
    "Loan",
    "LoanReceipt",
    "PolicyDocument",
    "ProductVersion",
    "acts_on",
    "anchored_ids",
    "application",
    "approvals",
    "assets",
    "context",
    "decisions_by",
    "decisions_of",
    "extracts",
    "facts_of",
    "in_state",
    "latest_decision",
    "loans_of",
    "moved",
    "products_of",
    "readings",
    "receipts_of",
    "review_of",
    "stands",
    "unread",
]

DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"
_CHUNK = 500


class ProductVersion(Base):
    """One version of a loan product; its id is the digest of `content`. Whoever made it does not publish it."""

    __tablename__ = "credit_products"

    product_id: Mapped[str] = mapped_column(Id, primary_key=True)
    lender: Mapped[str] = mapped_column(Id, index=True)
    code: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    maker: Mapped[str] = mapped_column(Text)
    checker: Mapped[str | None] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)


class PolicyDocument(Base):
    """A scorecard or rule pack by its digest, so that a decision can be replayed under it."""

    __tablename__ = "credit_policies"

    digest: Mapped[str] = mapped_column(Id, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class CreditReading(Base):
    """What a version of the readers read in a certified document: facts and trace, packed. A decision reads no documents."""

    __tablename__ = "credit_readings"

    asset_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class Application(Base):
    """An application; `key` is the applicant's own, so that sending it twice makes one. `consent` as it was signed."""

    __tablename__ = "credit_applications"

    application_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    applicant: Mapped[str] = mapped_column(Id, index=True)
    key: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    consent: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("applicant", "key"),)


class CreditDecision(Base):
    """One lender's decision: the record's canonical text, its digest, and the lender's asset that anchors it once it stands.

    `reviews`: the decision in whose place a person's stands; nobody reviews one twice.
    """

    __tablename__ = "credit_decisions"

    decision_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(40), index=True)
    lender: Mapped[str] = mapped_column(Id, index=True)
    applicant: Mapped[str] = mapped_column(Id, index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    amount: Mapped[str] = mapped_column(String(40), server_default="0")
    score: Mapped[int] = mapped_column(server_default="0")
    record: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Id)
    asset_id: Mapped[str | None] = mapped_column(Id)
    reviews: Mapped[str | None] = mapped_column(String(40))
    latency: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("decisions_by_outcome", "lender", "outcome", "at"),
        Index("decisions_by_score", "lender", "at", "reviews", "score"),
        Index("decisions_by_applicant", "lender", "applicant", "at", "decision_id"),
        Index("decisions_reviewed", "reviews", unique=True),
    )


class Act(Base):
    """What a person did about a decision, an application or a loan, and the state before and after."""

    __tablename__ = "credit_acts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(40), index=True)
    who: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    at: Mapped[int] = mapped_column(BigInteger)


class Loan(Base):
    """A loan account; `content` holds its terms, its schedule and what it rests on."""

    __tablename__ = "credit_loans"

    loan_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    decision_id: Mapped[str] = mapped_column(String(40), unique=True)
    application_id: Mapped[str] = mapped_column(String(40))
    lender: Mapped[str] = mapped_column(Id, index=True)
    borrower: Mapped[str] = mapped_column(Id, index=True)
    product_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16))
    pledge_id: Mapped[str | None] = mapped_column(Id)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int] = mapped_column(BigInteger)


class LoanReceipt(Base):
    """Money received on a loan; the bank's reference makes it one, however often it is told."""

    __tablename__ = "credit_receipts"

    loan_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    reference: Mapped[str] = mapped_column(String(128), primary_key=True)
    day: Mapped[str] = mapped_column(String(10))
    amount: Mapped[str] = mapped_column(String(40))

    __table_args__ = (Index("receipts_by_loan", "loan_id", "day"),)


def moved(session: Session, row: Application | Loan | ProductVersion, state: str, **values: object) -> bool:
    """Bring a row from the state it was read in to another one; False where somebody was first, and nothing is done."""
    mapper, model = object_mapper(row), type(row)
    same = zip(mapper.primary_key, mapper.primary_key_from_instance(row), strict=True)
    unchanged = (*(column == value for column, value in same), model.state == row.state)
    done = session.execute(update(model).where(*unchanged).values(state=state, **values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _anchored(org: str) -> tuple[ColumnElement[bool], ...]:
    return Asset.org == org, Asset.root.is_not(None), Asset.sealed_secret.is_not(None)


def anchored_ids(session: Session, org: str) -> list[str]:
    """An organisation's assets that stand on the ledger and are not shredded, in order of id."""
    return list(session.scalars(select(Asset.asset_id).where(*_anchored(org)).order_by(Asset.asset_id)))


def assets(session: Session, ids: Sequence[str]) -> list[Asset]:
    """Assets by their ids."""
    parts = (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
    return [row for part in parts for row in session.scalars(select(Asset).where(Asset.asset_id.in_(part)))]


def extracts(session: Session, org: str, until: int) -> list[Asset]:
    """Those up to a block that may be extracts of a register: without facts, and no record of a decision."""
    query = (
        select(Asset).where(*_anchored(org), _no_record(org), Asset.kind == "other").order_by(Asset.asset_id)
    )
    query = query.join(Batch, (Batch.org == Asset.org) & (Batch.root == Asset.root))
    return list(session.scalars(query.where(Batch.block <= until)))


def _no_record(org: str) -> ColumnElement[bool]:
    records = select(CreditDecision.asset_id).where(
        CreditDecision.lender == org, CreditDecision.asset_id.is_not(None)
    )
    return Asset.asset_id.not_in(records)


def unread(session: Session, org: str, version: str) -> list[Asset]:
    """Those of which there is no reading of this version; nobody reads a lender's own records of decisions."""
    known = exists().where(CreditReading.asset_id == Asset.asset_id, CreditReading.version == version)
    return list(
        session.scalars(
            select(Asset).where(*_anchored(org), _no_record(org), ~known).order_by(Asset.asset_id)
        )
    )


def context(session: Session, org: str, until: int) -> list[tuple[str, int]]:
    """Other organisations' invoices and payments up to a block, by id, with their blocks: who trades with whom, and nothing else."""
    query = (
        select(Asset.asset_id, Batch.block)
        .join(Batch, (Batch.org == Asset.org) & (Batch.root == Asset.root))
        .where(Asset.org != org, Asset.kind.in_(("invoice", "payment")), Asset.sealed_secret.is_not(None), Batch.block <= until)
        .order_by(Asset.asset_id)
    )  # fmt: skip
    return [(asset, block) for asset, block in session.execute(query) if block is not None]


def facts_of(session: Session, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Certified fields by asset id, of those that are not shredded."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(Asset.asset_id, Asset.fields).where(Asset.asset_id.in_(ids[start : start + _CHUNK]))
        found |= {asset: fields for asset, fields in session.execute(query) if fields is not None}
    return found


def readings(session: Session, version: str, ids: Sequence[str]) -> dict[str, bytes]:
    """Packed readings by asset id, as far as there are any of this version."""
    found: dict[str, bytes] = {}
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        query = select(CreditReading).where(
            CreditReading.version == version, CreditReading.asset_id.in_(part)
        )
        found |= {row.asset_id: row.packed for row in session.scalars(query)}
    return found


def products_of(
    session: Session, lender: str | None = None, state: str | None = PUBLISHED
) -> list[ProductVersion]:
    """Product versions by lender, code and version."""
    query = select(ProductVersion).order_by(
        ProductVersion.lender, ProductVersion.code, ProductVersion.version
    )
    if lender is not None:
        query = query.where(ProductVersion.lender == lender)
    if state is not None:
        query = query.where(ProductVersion.state == state)
    return list(session.scalars(query))


def application(session: Session, applicant: str, key: str) -> Application | None:
    """The application of an applicant under its own key."""
    where = (Application.applicant == applicant, Application.key == key)
    return session.scalars(select(Application).where(*where)).one_or_none()


def in_state(session: Session, applicant: str, state: str) -> list[Application]:
    """An applicant's applications that are in a state, the oldest first."""
    where = (Application.applicant == applicant, Application.state == state)
    return list(session.scalars(select(Application).where(*where).order_by(Application.at)))


def stands() -> ColumnElement[bool]:
    """That no person's decision stands in the place of this one."""
    later = aliased(CreditDecision)
    return ~exists().where(later.reviews == CreditDecision.decision_id)


def decisions_of(session: Session, application_id: str) -> list[CreditDecision]:
    """The decisions on an application that stand, by lender."""
    query = select(CreditDecision).where(CreditDecision.application_id == application_id, stands())
    return list(session.scalars(query.order_by(CreditDecision.lender)))


def review_of(session: Session, decision_id: str) -> str | None:
    """The person's decision that stands in the place of this one."""
    query = select(CreditDecision.decision_id).where(CreditDecision.reviews == decision_id)
    return session.scalars(query).one_or_none()


def decisions_by(session: Session, lender: str, since: int) -> list[CreditDecision]:
    """A lender's decisions since then that no person made, the older first."""
    where = (CreditDecision.lender == lender, CreditDecision.at >= since, CreditDecision.reviews.is_(None))
    return list(session.scalars(select(CreditDecision).where(*where).order_by(CreditDecision.at)))


def scores(session: Session, lender: str, since: int, until: int) -> list[int]:
    """What a lender's decisions scored from one moment to another, people's left out."""
    within = (CreditDecision.at >= since, CreditDecision.at < until, CreditDecision.reviews.is_(None))
    return list(session.scalars(select(CreditDecision.score).where(CreditDecision.lender == lender, *within)))


def approvals(session: Session, lender: str, since: int) -> list[Decimal]:
    """What a lender's decisions since then approve without a person: the amount of each."""
    where = (
        CreditDecision.lender == lender,
        CreditDecision.at >= since,
        CreditDecision.outcome == "approve",
        CreditDecision.reviews.is_(None),
    )
    return [Decimal(one) for one in session.scalars(select(CreditDecision.amount).where(*where))]


def latest_decision(session: Session, lender: str, applicant: str) -> str | None:
    """The decision before this one of the same two."""
    where = (CreditDecision.lender == lender, CreditDecision.applicant == applicant)
    order = (CreditDecision.at.desc(), CreditDecision.decision_id.desc())
    return session.scalars(select(CreditDecision.decision_id).where(*where).order_by(*order).limit(1)).first()


def loans_of(session: Session, **where: str) -> list[Loan]:
    """Loans whose columns have these values, the older first."""
    query = select(Loan).filter_by(**where).order_by(Loan.at, Loan.loan_id)
    return list(session.scalars(query))


def receipts_of(session: Session, loan_ids: Sequence[str]) -> Mapping[str, list[LoanReceipt]]:
    """Receipts of loans, in order of day and reference."""
    query = (
        select(LoanReceipt)
        .where(LoanReceipt.loan_id.in_(loan_ids))
        .order_by(LoanReceipt.day, LoanReceipt.reference)
    )
    found: dict[str, list[LoanReceipt]] = {one: [] for one in loan_ids}
    for row in session.scalars(query):
        found[row.loan_id].append(row)
    return found


def acts_on(session: Session, subject: str) -> list[Act]:
    """Human acts on something, in order."""
    return list(session.scalars(select(Act).where(Act.subject == subject).order_by(Act.number)))
