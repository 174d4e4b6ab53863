"""What went another way than it should, for whoever looks over lenders' shoulders (PRODUCT 1c, job 4): overrides, and releases that came late.

No amount and nothing of a paper: who, when, by which code. Registrations and alerts that are late come with registrations and alerts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from gateway.credit.review import OVERRIDES, Word
from gateway.db import cases, credit
from gateway.service.loans import account_of, flows
from gateway.service.times import business_day

__all__ = ["MOST_DAYS", "Late", "Override", "late_releases", "overrides"]

MOST_DAYS = 2
"""Working days from the payment to the release."""


@dataclass(frozen=True)
class Override:
    """A person's word that stands against the engine's, or lifts a knock-out. `engine`, `outcome`: what each said."""

    row: credit.CreditDecision
    word: Word
    engine: str

    @property
    def lifted(self) -> bool:
        """Whether a rule that declines was set aside."""
        return self.word.code in OVERRIDES


@dataclass(frozen=True)
class Late:
    """A loan that was paid off on `settled` and whose lock was not released within two working days; `released` is None where it still is."""

    row: credit.Loan
    settled: date
    released: date | None
    days: int


def overrides(session: Session, lender: str | None = None) -> list[Override]:
    """Those that stand, of one lender or of all, the newest first."""
    found = []
    for row in cases.reviewed(session, lender):
        words = [Word.of(one) for one in json.loads(row.record)["human"]]
        made = Override(row, words[-1], words[0].before)
        if made.lifted or {made.engine, row.outcome} == {"approve", "decline"}:
            found.append(made)
    return found


def late_releases(session: Session, today: date, lender: str | None = None) -> list[Late]:
    """Those of one lender or of all, the longest first."""
    rows = credit.loans_of(session, **({} if lender is None else {"lender": lender}))
    pledged = [row for row in rows if row.pledge_id is not None]
    receipts = credit.receipts_of(session, [row.loan_id for row in pledged])
    found = (_late(session, row, receipts[row.loan_id], today) for row in pledged if receipts[row.loan_id])
    return sorted((one for one in found if one is not None), key=lambda one: (-one.days, one.row.loan_id))


def _late(session: Session, row: credit.Loan, came: list[credit.LoanReceipt], today: date) -> Late | None:
    settled = date.fromisoformat(came[-1].day)
    if account_of(row).position(flows(came), settled).payoff:
        return None
    closed = next((act.at for act in credit.acts_on(session, row.loan_id) if act.code == "PAYOFF"), None)
    released = None if closed is None else business_day(closed)
    days = sum(1 for _ in _working_days(settled, released or today))
    return Late(row, settled, released, days) if days > MOST_DAYS else None


def _working_days(after: date, until: date) -> Iterator[date]:
    """Mondays to Fridays after a day, up to another; public holidays count."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return (day for day in days if day.weekday() < 5)
