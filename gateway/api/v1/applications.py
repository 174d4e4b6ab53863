"""What a firm can borrow, and its applications: consent, offers, acceptance. An applicant is told its offers and its reasons."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Days, Document, Hex32, Money, not_found, placed
from gateway.api.v1.jobs import Prefer, seconds_of
from gateway.credit.matching import SCOPE
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import Application
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import applying, cases, loans
from gateway.service.applying import Order

__all__ = ["router"]

router = APIRouter(tags=["credit"], route_class=Guarded)
ApplicationReader = Annotated[Principal, May(Action.APPLICATIONS_READ)]
Applicant = Annotated[Principal, May(Action.APPLICATIONS_MAKE)]

Declared = Annotated[str, Field(max_length=32)]
_WAIT = 10.0


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
    """What is asked for. Sending it is signing the consent: each lender of the products may use the facts of the offered papers to decide.

    `region` (GB/T 2260), `industry` (GB/T 4754) and `enterprise_size` are the applicant's own word, for products that ask for them.
    """

    amount: Money
    days: Days
    purpose: Annotated[str, Field(min_length=1, max_length=64)] = "working-capital"
    products: Annotated[list[str], Field(max_length=50)] | None = None
    assets: Annotated[list[Hex32], Field(max_length=500)] | None = None
    declared_debt: Money = "0"
    payee_account: Annotated[str, Field(max_length=64)] | None = None
    person: bool = False
    region: Declared = ""
    industry: Declared = ""
    enterprise_size: Declared = ""

    def order(self, key: str) -> Order:
        """As the service takes it."""
        return Order(
            amount=Decimal(self.amount), days=self.days, key=key, purpose=self.purpose, products=self.products, offered=self.assets,
            declared_debt=Decimal(self.declared_debt), payee_account=self.payee_account, asks_for_person=self.person,
            profile={name: getattr(self, name) for name in SCOPE},
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


class Chosen(Strict):
    """The offer that is accepted, by its product."""

    product: Annotated[str, Field(min_length=1, max_length=80)]


class Accepted(BaseModel):
    """The loan that acceptance made."""

    loan_id: str
    state: str


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
    applying.withdraw(home, caller.organisation, application_id, caller.user)
    with home.database.session() as session:
        return ApplicationOut.of(session, _application(session, caller, application_id))


def _application(session: Session, caller: Principal, application_id: str) -> Application:
    if (row := table.application(session, caller.org, application_id)) is None:
        raise not_found("application", application_id[:80])
    return row
