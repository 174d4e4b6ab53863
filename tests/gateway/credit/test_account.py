"""Loan accounts: interest on what is left, days past due, five grades, and how states follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.credit.account import GRADES, STATES, Account, grade_of, may
from gateway.credit.pricing import METHODS, Terms, schedule

DRAWN = date(2026, 9, 28)


def account(method: str = "bullet", days: int = 90, amount: int = 600_000) -> Account:
    lines = schedule(Decimal(amount), days, DRAWN, Terms(385, "ACT/360", method))
    return Account(DRAWN, 385, "ACT/360", lines)


def test_a_bullet_loan_runs_its_course() -> None:
    loan, due = account(), DRAWN + timedelta(days=90)
    at_due = loan.position([], due)
    assert (at_due.principal, at_due.interest, at_due.days_past_due, at_due.grade) == (
        600_000,
        Decimal("5775.00"),
        0,
        "normal",
    )
    assert loan.position([], due + timedelta(days=1)).days_past_due == 1
    paid = loan.position([(due, Decimal("605775.00"))], due)
    assert paid.payoff == 0 and paid.overpaid == 0 and paid.days_past_due == 0
    assert loan.position([(due, Decimal("605775.01"))], due).overpaid == Decimal("0.01")


def test_paying_early_costs_interest_until_then() -> None:
    day = DRAWN + timedelta(days=30)
    assert account().position([], day).payoff == Decimal("601925.00")
    assert account().position([(day, Decimal("601925.00"))], DRAWN + timedelta(days=200)).payoff == 0
    part = account().position([(day, Decimal("301925.00"))], DRAWN + timedelta(days=90))
    assert part.principal == 300_000 and part.interest == Decimal("1925.00")


@pytest.mark.parametrize(
    ("days", "grade"),
    [
        (0, "normal"),
        (1, "special-mention"),
        (90, "special-mention"),
        (91, "substandard"),
        (181, "doubtful"),
        (271, "loss"),
    ],
)
def test_grades(days: int, grade: str) -> None:
    assert grade_of(days) == grade and grade in GRADES
    assert account().position([], DRAWN + timedelta(days=90 + days)).grade == grade


def test_what_is_overdue_costs_a_multiple_of_the_rate() -> None:
    """600,000 at 3.85 % for 90 days, then 20 days at half as much again; what is paid on time costs no more."""
    loan, due = replace(account(), overdue_times=Decimal("1.5")), DRAWN + timedelta(days=90)
    assert loan.position([], due).interest == Decimal("5775.00")
    assert loan.position([], due + timedelta(days=20)).interest == Decimal("5775.00") + Decimal("1925.00")
    paid = [(due, Decimal("305775.00"))]
    assert loan.position(paid, due + timedelta(days=20)).interest == Decimal("962.50")
    by_parts = replace(account("equal-principal", 180), overdue_times=Decimal("1.5"))
    first = by_parts.lines[0]
    on_time = by_parts.position([(first.due, first.amount)], first.due + timedelta(days=10))
    assert on_time == account("equal-principal", 180).position(
        [(first.due, first.amount)], first.due + timedelta(days=10)
    )


def test_a_part_payment_leaves_the_oldest_line_due() -> None:
    loan = account("equal-instalment", 180)
    first, second = loan.lines[0], loan.lines[1]
    one = [(first.due, first.amount)]
    assert loan.position(one, second.due).days_past_due == 0
    late = loan.position(one, second.due + timedelta(days=5))
    assert (late.days_past_due, late.overdue) == (5, second.amount)
    some = loan.position([*one, (second.due, second.amount - 1)], second.due + timedelta(days=5))
    assert (some.days_past_due, some.overdue) == (5, 1)


@settings(max_examples=40, deadline=None)
@given(method=st.sampled_from(METHODS), days=st.integers(10, 400), amount=st.integers(10_000, 2_000_000))
def test_who_pays_as_scheduled_owes_nothing_at_the_end(method: str, days: int, amount: int) -> None:
    loan = account(method, days, amount)
    paid = [(line.due, line.amount) for line in loan.lines]
    end = loan.position(paid, DRAWN + timedelta(days=days))
    assert end.payoff == 0 and abs(end.overpaid) <= Decimal("0.05")
    assert all(loan.position(paid, line.due).days_past_due == 0 for line in loan.lines)


def test_states_end_and_never_go_back() -> None:
    order = list(STATES)
    for before, after in STATES.items():
        assert after <= STATES.keys()
        forward = after - {"withdrawn", "expired", "closed"}
        assert all(order.index(one) > order.index(before) for one in forward)
    assert may("offered", "accepted") and not may("drawn", "accepted") and not may("decided", "accepted")
    assert not STATES["closed"] | STATES["withdrawn"] | STATES["expired"]
