"""Loan products, what a firm can borrow, applications, decisions: each organisation sees its own.

An applicant is told its offers and its reasons; the whole record is its lender's, and an auditor's. Publishing a product and deciding a case
are people's acts.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Document, Hex32, not_found, placed
from gateway.api.v1.jobs import Prefer, seconds_of
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import Application, CreditDecision, ProductVersion
from gateway.identity.principal import Principal
from gateway.identity.roles import Action, UserRole
from gateway.service import cases, loans, products
from gateway.service.lending import Order

__all__ = ["Money", "router"]

router = APIRouter(tags=["credit"], route_class=Guarded)
ProductReader = Annotated[Principal, May(Action.PRODUCTS_READ)]
ProductEditor = Annotated[Principal, May(Action.PRODUCTS_EDIT)]
ProductPublisher = Annotated[Principal, May(Action.PRODUCTS_PUBLISH)]
ApplicationReader = Annotated[Principal, May(Action.APPLICATIONS_READ)]
Applicant = Annotated[Principal, May(Action.APPLICATIONS_MAKE)]
DecisionReader = Annotated[Principal, May(Action.DECISIONS_READ)]
Decider = Annotated[Principal, May(Action.DECISIONS_DECIDE)]
Replayer = Annotated[Principal, May(Action.DECISIONS_REPLAY)]

Money = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}(\.[0-9]{1,2})?$")]
"""An amount in yuan, as text: no driver rounds it."""
Days = Annotated[int, Field(ge=1, le=3650)]
Outcome = Literal["approve", "refer", "decline"]
_WAIT = 10.0


class ProductOut(BaseModel):
    """A version of a loan product; who made and who published it is its lender's to know."""

    product_id: Hex32
    lender: Hex32
    product: str
    version: int
    state: Literal["draft", "published", "withdrawn"]
    maker: str | None
    checker: str | None
    content: Document

    @classmethod
    def of(cls, row: ProductVersion, org: str) -> ProductOut:
        """As an organisation sees it."""
        mine = row.lender == org
        return cls.model_validate(
            {
                "product_id": row.product_id,
                "lender": row.lender,
                "product": row.code,
                "version": row.version,
                "state": row.state,
                "maker": row.maker if mine else None,
                "checker": row.checker if mine else None,
                "content": row.content,
            }
        )


class NewProduct(Strict):
    """A product's document (`assetcert/loan-product/1`)."""

    content: Document


class Simulated(Strict):
    """A product's document, and how many days of decisions to look back."""

    content: Document
    days: Days = 90


class Simulation(BaseModel):
    """How many of the lender's decisions would pass, for how much, and why not; nothing is decided."""

    product: str
    product_id: Hex32
    days: int
    decisions: int
    passed: int
    amount: str
    reasons: dict[str, int]


class BorrowingPower(BaseModel):
    """What could be borrowed now. `available` is the largest offer, `person` whether somebody at its lender has to look at it first; the base
    is that of its product."""

    available: str
    person: bool
    days: int
    borrowing_base: Document | None
    offers: list[Document]
    refused: list[Document]
    reasons: list[Document]


class NewApplication(Strict):
    """What is asked for. Sending it is signing the consent: each lender of the products may use the facts of the offered papers to decide."""

    amount: Money
    days: Days
    purpose: Annotated[str, Field(min_length=1, max_length=64)] = "working-capital"
    products: Annotated[list[str], Field(max_length=50)] | None = None
    assets: Annotated[list[Hex32], Field(max_length=500)] | None = None
    declared_debt: Money = "0"
    payee_account: Annotated[str, Field(max_length=64)] | None = None
    person: bool = False

    def order(self, key: str) -> Order:
        """As the service takes it."""
        return Order(
            amount=Decimal(self.amount), days=self.days, key=key, purpose=self.purpose, products=self.products, offered=self.assets,
            declared_debt=Decimal(self.declared_debt), payee_account=self.payee_account, asks_for_person=self.person,
        )  # fmt: skip


class StepOut(BaseModel):
    """A step, when it was done, and who is next where it is the open one."""

    name: Literal["applied", "decided", "accepted", "contracted", "drawn", "closed"]
    at: Time | None
    next: Literal["applicant", "lender"] | None


class ApplicationOut(BaseModel):
    """An application as its applicant sees it: decisions by lender, offers of all in order of rank."""

    application_id: str
    state: str
    amount: str
    days: int
    purpose: str
    at: Time
    consent: Document
    decisions: list[Document]
    offers: list[Document]
    steps: list[StepOut]
    loan_id: str | None

    @classmethod
    def of(cls, session: Session, row: Application) -> ApplicationOut:
        """As the database has it."""
        made = credit.decisions_of(session, row.application_id)
        found = credit.loans_of(session, application_id=row.application_id)
        loan = found[-1] if found else None
        return cls.model_validate(
            {
                **{name: row.content[name] for name in ("amount", "days", "purpose")},
                "application_id": row.application_id,
                "state": row.state,
                "at": row.at,
                "consent": row.consent,
                "decisions": [cases.told(one) for one in made],
                "offers": cases.offers_of(row.application_id, made),
                "steps": [asdict(one) for one in cases.steps(session, row, made, loan)],
                "loan_id": loan.loan_id if loan is not None else None,
            }
        )


class DecisionOut(BaseModel):
    """A decision in its lender's list. `verdicts` counts the checks of all inputs; `anchored_as` is null until its record stands on the ledger."""

    decision_id: str
    application_id: str
    applicant: Hex32
    lender: Hex32
    outcome: Outcome
    asked: str
    amount: str
    score: int
    grade: str | None
    verdicts: dict[str, int]
    digest: Hex32
    anchored_as: Hex32 | None
    at: Time

    @classmethod
    def of(cls, row: CreditDecision) -> DecisionOut:
        """Of its record."""
        record = json.loads(row.record)
        names = ("decision_id", "application_id", "applicant", "lender", "outcome", "digest", "at")
        return cls.model_validate(
            {
                **{name: getattr(row, name) for name in names},
                **{name: record[name] for name in ("amount", "score", "grade")},
                "asked": record["application"]["amount"],
                "verdicts": cases.counts(record),
                "anchored_as": row.asset_id,
            }
        )


class ActOut(BaseModel):
    """What a person did about a case, and why."""

    who: str
    role: str
    code: str
    text: str
    before: str
    after: str
    at: Time


class CaseOut(DecisionOut):
    """A decision with its record as it was anchored, and what people did since."""

    record: Document
    acts: list[ActOut]


class Review(Strict):
    """A person's word; the reason stays with the case."""

    outcome: Literal["approve", "decline"]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


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


class Chosen(Strict):
    """The offer that is accepted, by its product."""

    product: Annotated[str, Field(min_length=1, max_length=80)]


class Accepted(BaseModel):
    """The loan that acceptance made."""

    loan_id: str
    state: str


# ── products


@router.get("/products")
def list_products(caller: ProductReader, db: Db, at: Paged) -> Page[ProductOut]:
    """Published products of every lender, and all versions of one's own."""
    rows = table.products(db, caller.org, placed(at.after), at.more)
    return at.page(rows, lambda row: ProductOut.of(row, caller.org), lambda row: f"{row.at}:{row.product_id}")


@router.get("/products/{product_id}")
def get_product(caller: ProductReader, db: Db, product_id: Hex32) -> ProductOut:
    """One version."""
    if (row := table.product(db, caller.org, product_id)) is None:
        raise not_found("product", product_id)
    return ProductOut.of(row, caller.org)


@router.post("/products", status_code=201)
def propose_product(caller: ProductEditor, home: Installed, asked: NewProduct) -> ProductOut:
    """Propose a version of one's own organisation's product; a second person publishes it."""
    made = Product.of(asked.content)
    products.propose(home, caller.organisation, made, caller.user)
    return _product(home, caller, made.id)


@router.post("/products/{product_id}/publication", status_code=201)
def publish_product(caller: ProductPublisher, home: Installed, product_id: Hex32) -> ProductOut:
    """Publish what somebody else has proposed."""
    products.publish(home, caller.organisation, product_id, caller.user)
    return _product(home, caller, product_id)


@router.post("/products/{product_id}/withdrawal", status_code=201)
def withdraw_product(caller: ProductEditor, home: Installed, product_id: Hex32) -> ProductOut:
    """Offer it no more; loans under it stand."""
    products.withdraw(home, caller.organisation, product_id, caller.user)
    return _product(home, caller, product_id)


@router.post("/product-simulations")
def simulate_product(caller: ProductEditor, home: Installed, asked: Simulated) -> Simulation:
    """What a product would have made of one's own decisions of the last days."""
    found = products.simulate(home, caller.organisation, Product.of(asked.content), asked.days)
    return Simulation.model_validate(found)


def _product(home: Installed, caller: Principal, product_id: str) -> ProductOut:
    with home.database.session() as session:
        row = table.product(session, caller.org, product_id)
    assert row is not None
    return ProductOut.of(row, caller.org)


# ── applications


@router.get("/borrowing-power")
def borrowing_power(
    caller: ApplicationReader, gateway: Here, days: Annotated[int, Query(ge=1, le=3650)] = 90
) -> BorrowingPower:
    """What one's own papers would be lent now for so many days; no lender is told."""
    records = gateway.deciding.estimate(caller.organisation, days, 30.0) or []
    return BorrowingPower.model_validate(cases.power(records, days))


@router.post(
    "/applications",
    status_code=201,
    responses={202: {"model": ApplicationOut, "description": "Still being decided: ask for it again"}},
    openapi_extra=body_limit(2**20, streamed=True),
)
def apply(
    caller: Applicant,
    gateway: Here,
    asked: NewApplication,
    response: Response,
    prefer: Prefer = None,
    idempotency_key: Annotated[str, Header(max_length=128)] = "",
) -> ApplicationOut:
    """Apply: consent, decision, offers. The same Idempotency-Key is the same application; 202 where the decision takes longer than the wait."""
    row, decided = gateway.deciding.apply(
        caller.organisation, asked.order(idempotency_key), caller.user, seconds_of(prefer, _WAIT)
    )
    response.status_code = 201 if decided else 202
    response.headers["Location"] = f"/api/v1/applications/{row.application_id}"
    with gateway.database.session() as session:
        return ApplicationOut.of(session, _application(session, caller, row.application_id))


@router.get("/applications")
def list_applications(caller: ApplicationReader, db: Db, at: Paged) -> Page[ApplicationOut]:
    """One's own applications, the newest first."""
    rows = table.applications(db, caller.org, placed(at.after), at.more)
    return at.page(rows, lambda row: ApplicationOut.of(db, row), lambda row: f"{row.at}:{row.application_id}")


@router.get("/applications/{application_id}")
def get_application(caller: ApplicationReader, db: Db, application_id: str) -> ApplicationOut:
    """One application."""
    return ApplicationOut.of(db, _application(db, caller, application_id))


@router.post("/applications/{application_id}/acceptance", status_code=201)
def accept(caller: Applicant, home: Installed, application_id: str, asked: Chosen) -> Accepted:
    """Accept one offer: its receivables are offered to that lender alone."""
    made = loans.accept(home, caller.organisation, application_id, asked.product, caller.user)
    return Accepted(loan_id=made.loan_id, state=made.state)


@router.post("/applications/{application_id}/withdrawal", status_code=201)
def withdraw_application(caller: Applicant, home: Installed, application_id: str) -> ApplicationOut:
    """Withdraw an application that is not contracted."""
    loans.withdraw(home, caller.organisation, application_id, caller.user)
    with home.database.session() as session:
        return ApplicationOut.of(session, _application(session, caller, application_id))


def _application(session: Session, caller: Principal, application_id: str) -> Application:
    if (row := table.application(session, caller.org, application_id)) is None:
        raise not_found("application", application_id[:80])
    return row


# ── decisions


@router.get("/decisions")
def list_decisions(
    caller: DecisionReader, db: Db, at: Paged, outcome: Annotated[Outcome | None, Query()] = None
) -> Page[DecisionOut]:
    """A lender's own decisions, the newest first; for an auditor, all."""
    rows = table.decisions(db, _scope(caller), placed(at.after), at.more, outcome)
    return at.page(rows, DecisionOut.of, lambda row: f"{row.at}:{row.decision_id}")


@router.get("/decisions/{decision_id}")
def get_decision(caller: DecisionReader, db: Db, decision_id: str) -> CaseOut:
    """One decision: the record, and what people did about it."""
    row = _decision(db, caller, decision_id)
    acts = [
        {name: getattr(act, name) for name in ActOut.model_fields} for act in credit.acts_on(db, decision_id)
    ]
    members = DecisionOut.of(row).model_dump() | {"at": row.at}
    return CaseOut.model_validate({**members, "record": json.loads(row.record), "acts": acts})


@router.post("/decisions/{decision_id}/review", status_code=201)
def review(caller: Decider, home: Installed, decision_id: str, asked: Review) -> DecisionOut:
    """Approve or decline a case with a reason. Above the product's limit a second person approves too."""
    role = cases.role_of(caller.roles)
    row = loans.review(home, caller.organisation, decision_id, asked.outcome, asked.reason, caller.user, role)
    return DecisionOut.of(row)


@router.post("/decisions/{decision_id}/replay")
def replay(caller: Replayer, gateway: Here, decision_id: str) -> ReplayOut:
    """Recompute a decision from the ledger at its block."""
    with gateway.database.session() as session:
        _decision(session, caller, decision_id)
    done = gateway.deciding.lending.replay(decision_id)
    differing = [{"field": path, "recorded": old, "recomputed": new} for path, old, new in done.differences]
    verdict = "identical" if done.identical else "differs"
    return ReplayOut.model_validate(
        {
            "decision_id": decision_id,
            "verdict": verdict,
            "block": done.block,
            "anchored": done.anchored,
            "differences": differing,
        }
    )


def _scope(caller: Principal) -> str | None:
    """Whose decisions somebody sees: an auditor all, everybody else their own organisation's."""
    return None if UserRole.AUDITOR in caller.roles else caller.org


def _decision(session: Session, caller: Principal, decision_id: str) -> CreditDecision:
    if (row := table.decision(session, _scope(caller), decision_id)) is None:
        raise not_found("decision", decision_id[:80])
    return row
