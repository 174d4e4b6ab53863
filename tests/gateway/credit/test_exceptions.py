"""Overrides and late releases are found, and nothing else is: over rows as reviews, loans and receipts leave them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from certifier.evidence.paper import SHANGHAI
from gateway.credit.review import Word
from gateway.db import credit
from gateway.db.session import Database
from gateway.home import Home
from gateway.service.exceptions import late_releases, overrides

L1, L2, FIRM, ID = ("0x" + two * 32 for two in ("01", "02", "03", "04"))
PAID = date(2026, 9, 4)
"""A Friday: two working days later it is Tuesday the 8th."""


@pytest.fixture()
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database.open(Home(tmp_path))
    with database.session() as opened:
        yield opened
    database.close()


def second(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI).timestamp())


def said(name: str, lender: str, engine: str, *words: tuple[str, str]) -> credit.CreditDecision:
    """A person's decision; `words`: outcome and code of each, one after another."""
    human, before = [], engine
    for at, (outcome, code) in enumerate(words):
        human.append(
            Word(f"who-{at}", "risk", outcome, code, "seen", "2026-09-01T00:00:00Z", before).to_json()
        )
        before = outcome
    return credit.CreditDecision(
        decision_id=name, application_id="app", lender=lender, applicant=FIRM, outcome=before, record=json.dumps({"human": human}),
        digest=ID, asset_id=None, reviews=f"engine of {name}", latency={}, at=second(PAID),
    )  # fmt: skip


def test_overrides(session: Session) -> None:
    session.add_all(
        [
            said("lifted", L1, "decline", ("refer", "E2"), ("approve", "O1")),
            said("against", L2, "approve", ("decline", "D1")),
            said("as it was", L1, "decline", ("decline", "D1")),
            said("was referred", L1, "refer", ("approve", "A1")),
        ]
    )
    session.flush()
    found = {one.row.decision_id: (one.engine, one.word.who, one.lifted) for one in overrides(session)}
    assert found == {"lifted": ("decline", "who-1", True), "against": ("approve", "who-0", False)}
    assert [one.row.decision_id for one in overrides(session, L1)] == ["lifted"]
    session.add(later := said("later", L1, "decline", ("approve", "O1"), ("decline", "D1")))
    later.reviews = "lifted"
    session.flush()
    assert overrides(session, L1) == []


def loan(name: str, lender: str, amount: str, released: date | None, pledge: str | None = ID) -> list[object]:
    """A loan without interest of a hundred, on which so much came in on the Friday."""
    content = {"product": "P", "amount": "100", "rate_bps": 0, "days": 30, "day_count": "ACT/360", "drawn_on": "2026-08-05",
               "schedule": [{"due": str(PAID), "principal": "100", "interest": "0"}]}  # fmt: skip
    rows: list[object] = [
        credit.Loan(
            loan_id=name, decision_id=name, application_id="app", lender=lender, borrower=FIRM, product_id=ID,
            state="repaying" if released is None else "closed", pledge_id=pledge, content=content, at=0,
        ),
        credit.LoanReceipt(loan_id=name, reference="R", day=str(PAID), amount=amount),
    ]  # fmt: skip
    if released is not None:
        rows.append(
            credit.Act(subject=name, who="w", role="operations", code="PAYOFF", text="", before="repaying", after="closed", at=second(released))
        )  # fmt: skip
    return rows


def test_late_releases(session: Session) -> None:
    tuesday, wednesday = PAID + timedelta(days=4), PAID + timedelta(days=5)
    for rows in (
        loan("in time", L1, "100", tuesday),
        loan("late", L1, "100", wednesday),
        loan("never", L2, "100", None),
        loan("not paid off", L1, "99.99", None),
        loan("unsecured", L1, "100", wednesday, None),
    ):
        session.add_all(rows)
    session.flush()
    found = [(one.row.loan_id, one.released, one.days) for one in late_releases(session, date(2026, 9, 14))]
    assert found == [("never", None, 6), ("late", wednesday, 3)]
    assert late_releases(session, tuesday, L2) == []
    assert [one.settled for one in late_releases(session, wednesday, L2)] == [PAID]
