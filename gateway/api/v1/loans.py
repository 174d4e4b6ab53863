"""Loan accounts: for borrower and lender what is owed, for the lender its acts from contract to the last receipt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Document, Hex32, Money, Running, placed
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import Loan
from gateway.errors import UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import loans, receiving
from gateway.service.loans import account_of, flows, today

__all__ = ["router"]

router = APIRouter(tags=["loans"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.LOANS_READ)]
Contractor = Annotated[Principal, May(Action.LOANS_CONTRACT)]
Operator = Annotated[Principal, May(Action.LOANS_OPERATE)]
Reference = Annotated[str, Field(min_length=1, max_length=128)]


class LineOut(BaseModel):
    """A payment of the schedule."""

    due: date
    principal: str
    interest: str


class ReceiptOut(BaseModel):
    """Money that the lender received."""

    reference: str
    date: date
    amount: str


class LoanOut(BaseModel):
    """A loan; `position` is what is owed today, null before it is drawn."""

    loan_id: str
    application_id: str
    decision_id: str
    lender: Hex32
    borrower: Hex32
    product: str
    state: str
    amount: str
    rate_bps: int
    days: int
    pledge_id: Hex32 | None
    drawn_on: date | None
    schedule: list[LineOut]
    receipts: list[ReceiptOut]
    position: Document | None
    at: Time

    @classmethod
    def of(cls, home: Installation, session: Session, row: Loan) -> LoanOut:
        """As the database has it, and as it stands today."""
        names = ("loan_id", "application_id", "decision_id", "lender", "borrower", "state", "pledge_id", "at")
        came = credit.receipts_of(session, [row.loan_id])[row.loan_id]
        said = {name: row.content[name] for name in ("product", "amount", "rate_bps", "days", "drawn_on")}
        owed = account_of(row).position(flows(came), today(home)) if said["drawn_on"] else None
        return cls.model_validate(
            {
                **{name: getattr(row, name) for name in names},
                **said,
                "schedule": [
                    {name: one[name] for name in LineOut.model_fields} for one in row.content["schedule"]
                ],
                "receipts": [
                    {"reference": one.reference, "date": one.day, "amount": one.amount} for one in came
                ],
                "position": owed.to_json() if owed is not None else None,
            }
        )


class Drawdown(Strict):
    """The bank's reference of the payment."""

    reference: Reference


class NewReceipt(Strict):
    """Money received; the bank's reference makes it one, however often it is told."""

    reference: Reference
    date: date
    amount: Money


class Booked(BaseModel):
    """A receipt that is booked; `closed` where it settled the loan, with the pledge that was released."""

    loan_id: str
    reference: str
    existing: bool
    position: Document
    closed: Document | None = None


@router.get("/loans")
def list_loans(caller: Reader, home: Installed, db: Db, at: Paged) -> Page[LoanOut]:
    """Loans in which one's organisation is borrower or lender."""
    rows = table.loans(db, caller.org, placed(at.after), at.more)
    return at.page(rows, lambda row: LoanOut.of(home, db, row), lambda row: f"{row.at}:{row.loan_id}")


@router.get("/loans/{loan_id}")
def get_loan(caller: Reader, home: Installed, loan_id: str) -> LoanOut:
    """One loan."""
    return _loan(home, caller.organisation, loan_id)


@router.post("/loans/{loan_id}/contract", status_code=201)
def contract(caller: Contractor, home: Installed, jobs: Running, loan_id: str) -> LoanOut:
    """Verify what is offered and take the pledge. A refusal names the check that stands in the way."""
    loans.contract(home, caller.organisation, loan_id, caller.user)
    jobs.tell()
    return _loan(home, caller.organisation, loan_id)


@router.post("/loans/{loan_id}/drawdown", status_code=201)
def draw(caller: Operator, home: Installed, loan_id: str, asked: Drawdown) -> LoanOut:
    """Pay out, after everything pledged was verified once more."""
    loans.draw(home, caller.organisation, loan_id, asked.reference, caller.user)
    return _loan(home, caller.organisation, loan_id)


@router.post("/loans/{loan_id}/receipts", status_code=201)
def receive(caller: Operator, home: Installed, jobs: Running, loan_id: str, asked: NewReceipt) -> Booked:
    """Book money received. A loan that is settled is closed, and its pledge released by the same act."""
    amount = Decimal(asked.amount)
    if not amount:
        raise UsageError("AMOUNT", "an amount above nothing is due")
    one = receiving.Receipt(loan_id, asked.reference, asked.date, amount)
    (done,) = receiving.receive(home, caller.organisation, [one], caller.user)
    jobs.tell()
    return Booked.model_validate(done)


def _loan(home: Installation, party: Organisation, loan_id: str) -> LoanOut:
    row = loans.loan(home, party, loan_id)
    with home.database.session() as session:
        return LoanOut.of(home, session, row)
