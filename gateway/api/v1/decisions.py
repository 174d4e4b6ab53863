"""Decisions: the whole record is its lender's; an auditor sees what was checked and what came of it, never what papers say.

Deciding a case is a person's act. Recomputing a decision is open to both: to its lender with both values where they differ.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Days, Document, Hex32, Money, not_found, placed
from gateway.credit.review import Terms
from gateway.db import cases as table
from gateway.db.credit import CreditDecision
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import cases, exceptions, recording, reviewing
from gateway.service.exceptions import Late, Override
from gateway.service.loans import today
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = APIRouter(tags=["credit"], route_class=Guarded)
DecisionReader = Annotated[Principal, May(Action.DECISIONS_READ)]
Decider = Annotated[Principal, May(Action.DECISIONS_DECIDE)]
Discloser = Annotated[Principal, May(Action.DECISIONS_DISCLOSE)]
Replayer = Annotated[Principal, May(Action.DECISIONS_REPLAY)]

Outcome = Literal["approve", "refer", "decline"]


class DecisionOut(BaseModel):
    """A decision in its lender's list. `verdicts` counts the checks of all inputs; `anchored_as` is null until its record stands on the ledger.

    `asked` and `amount` are null for an auditor. `reviews`: the decision in whose place a person's stands.
    """

    decision_id: str
    application_id: str
    applicant: Hex32
    lender: Hex32
    outcome: Outcome
    automated: bool
    reviews: str | None
    asked: str | None
    amount: str | None
    score: int
    grade: str | None
    verdicts: dict[str, int]
    digest: Hex32
    anchored_as: Hex32 | None
    at: Time

    @classmethod
    def of(cls, row: CreditDecision, *, whole: bool) -> DecisionOut:
        """Of its record."""
        record = json.loads(row.record)
        names = ("decision_id", "application_id", "applicant", "lender", "outcome", "reviews", "digest", "at")
        return cls.model_validate(
            {
                **{name: getattr(row, name) for name in names},
                **{name: record[name] for name in ("automated", "score", "grade")},
                "asked": record["application"]["amount"] if whole else None,
                "amount": record["amount"] if whole else None,
                "verdicts": cases.counts(record),
                "anchored_as": row.asset_id,
            }
        )


class CaseOut(DecisionOut):
    """A decision with its record as it was anchored; for an auditor, what of it no paper is read from (`cases.audited`)."""

    record: Document


class NewTerms(Strict):
    """A counter-offer: of which of the products asked for, how much, for how many days."""

    product_id: Hex32
    amount: Money
    days: Days


class Review(Strict):
    """A person's word. `code` is one of the outcome's (`gateway.credit.review`) and is told to the applicant; the reason stays with the case."""

    outcome: Literal["approve", "counter", "decline", "refer"]
    code: Annotated[str, Field(pattern="^[A-Z][0-9]$")]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    terms: NewTerms | None = None

    def opinion(self) -> reviewing.Opinion:
        """As the service takes it."""
        given = self.terms
        terms = None if given is None else Terms(given.product_id, Decimal(given.amount), given.days)
        return reviewing.Opinion(self.outcome, self.code, self.reason, terms)


class Disclosure(Strict):
    """Which auditor may read the whole record, for what, and for how many days."""

    auditor: Hex32
    purpose: Annotated[str, Field(min_length=1, max_length=200)]
    days: Annotated[int, Field(ge=1, le=90)] = 30


class Disclosed(BaseModel):
    """The grant with which the auditor reads the record: the read stands on the ledger first."""

    grant_id: Hex32


class Difference(BaseModel):
    """A field that the recomputation gives another value."""

    field: str
    recorded: Any
    recomputed: Any


class ReplayOut(BaseModel):
    """A decision recomputed from the ledger at its block."""

    decision_id: str
    verdict: Literal["identical", "differs"]
    block: int
    anchored: bool
    differences: list[Difference]


class OverrideOut(BaseModel):
    """A person's word against the engine's. `lifted`: a rule that declines was set aside."""

    decision_id: str
    lender: Hex32
    applicant: Hex32
    engine: Outcome
    outcome: Outcome
    lifted: bool
    code: str
    who: str
    role: str
    at: Time

    @classmethod
    def of(cls, one: Override) -> OverrideOut:
        """Of what was found."""
        names = ("decision_id", "lender", "applicant", "outcome", "at")
        said = {name: getattr(one.row, name) for name in names} | {"engine": one.engine, "lifted": one.lifted}
        return cls.model_validate(said | {name: getattr(one.word, name) for name in ("code", "who", "role")})


class LateOut(BaseModel):
    """A loan that was paid off, and whose lock was released late; `released` is null where it still stands."""

    loan_id: str
    lender: Hex32
    borrower: Hex32
    settled: date
    released: date | None
    working_days: int

    @classmethod
    def of(cls, one: Late) -> LateOut:
        """Of what was found."""
        row = one.row
        return cls(
            loan_id=row.loan_id, lender=row.lender, borrower=row.borrower, settled=one.settled, released=one.released, working_days=one.days
        )  # fmt: skip


class Exceptions(BaseModel):
    """What went another way than it should, the newest and the longest first."""

    overrides: list[OverrideOut]
    late_releases: list[LateOut]


@router.get("/decisions")
def list_decisions(
    caller: DecisionReader, db: Db, at: Paged, outcome: Annotated[Outcome | None, Query()] = None
) -> Page[DecisionOut]:
    """A lender's own decisions that stand, the newest first; for an auditor, all lenders', without amounts."""
    rows, whole = (
        table.decisions(db, cases.scope(caller), placed(at.after), at.more, outcome),
        cases.whole(caller),
    )
    return at.page(
        rows, lambda row: DecisionOut.of(row, whole=whole), lambda row: f"{row.at}:{row.decision_id}"
    )


@router.get("/decisions/{decision_id}")
def get_decision(caller: DecisionReader, db: Db, decision_id: str) -> CaseOut:
    """One decision with its record."""
    row, whole = _decision(db, caller, decision_id), cases.whole(caller)
    record = json.loads(row.record)
    members = DecisionOut.of(row, whole=whole).model_dump() | {"at": row.at}
    return CaseOut.model_validate({**members, "record": record if whole else cases.audited(record)})


@router.get("/exceptions")
def list_exceptions(caller: DecisionReader, home: Installed, db: Db) -> Exceptions:
    """What people decided against the engine, and locks that were not released within two working days: of all lenders for an auditor."""
    lender = cases.scope(caller)
    return Exceptions(
        overrides=[OverrideOut.of(one) for one in exceptions.overrides(db, lender)],
        late_releases=[LateOut.of(one) for one in exceptions.late_releases(db, today(home), lender)],
    )


@router.post("/decisions/{decision_id}/review", status_code=201)
def review(caller: Decider, gateway: Here, decision_id: str, asked: Review) -> DecisionOut:
    """Decide a case in person: a record of its own, anchored like the engine's. Above the product's limit two people say the same."""
    row = gateway.deciding.review(
        caller.organisation, decision_id, asked.opinion(), caller.user, cases.role_of(caller.roles)
    )
    return DecisionOut.of(row, whole=True)


@router.post("/decisions/{decision_id}/grants", status_code=201)
def disclose(caller: Discloser, home: Installed, decision_id: str, asked: Disclosure) -> Disclosed:
    """Let an auditor read the whole record of one's own decision."""
    made = recording.disclose(
        home, caller.organisation, decision_id, parse_hex32(asked.auditor), asked.purpose, asked.days
    )
    return Disclosed(grant_id=hex32(made.grant_id))


@router.post("/decisions/{decision_id}/replay")
def replay(caller: Replayer, gateway: Here, decision_id: str) -> ReplayOut:
    """Recompute a decision from the ledger at its block. An auditor is told where it differs, its lender also how."""
    with gateway.database.session() as session:
        _decision(session, caller, decision_id)
    done = gateway.deciding.lending.replay(decision_id)
    return ReplayOut.model_validate((done if cases.whole(caller) else done.without_values()).to_json())


def _decision(session: Session, caller: Principal, decision_id: str) -> CreditDecision:
    if (row := table.decision(session, cases.scope(caller), decision_id)) is None:
        raise not_found("decision", decision_id[:80])
    return row
