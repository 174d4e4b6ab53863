"""Prices: the known answers of PRODUCT 2.8, and what every schedule must hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.credit.money import CENT, divided
from gateway.credit.pricing import DAY_COUNTS, METHODS, Fee, Terms, effective_cost, price, schedule, years
from gateway.errors import RefusedError

START = date(2026, 9, 28)
ASK = Decimal(600_000)
HANDLING = Fee("handling", "pct-of-amount", Decimal(20))
PRODUCTS = {
    "L1-AR": Terms(385, "ACT/360", "bullet"),
    "L2-FA": Terms(345, "ACT/360", "bullet", (HANDLING,)),
    "L1-CR": Terms(445, "ACT/360", "bullet"),
}


@pytest.mark.parametrize(
    ("product", "days", "percent"),
    [
        *(("L1-AR", days, answer) for days, answer in zip((30, 60, 90, 180), ("3.974", "3.968", "3.961", "3.942"), strict=True)),
        *(("L2-FA", days, answer) for days, answer in zip((30, 60, 90, 180), ("6.108", "4.818", "4.388", "3.950"), strict=True)),
        *(("L1-CR", days, answer) for days, answer in zip((30, 60, 90, 180), ("4.606", "4.598", "4.589", "4.563"), strict=True)),
    ],
)  # fmt: skip
def test_known_answers(product: str, days: int, percent: str) -> None:
    eac = price(ASK, days, START, PRODUCTS[product]).eac * 100
    assert eac.quantize(Decimal("0.001")) == Decimal(percent)


def test_interest_and_total_cost() -> None:
    pledge, factoring = (price(ASK, 90, START, PRODUCTS[name]) for name in ("L1-AR", "L2-FA"))
    assert pledge.interest == Decimal("5775.00") == pledge.total_cost
    assert (factoring.interest, factoring.fees, factoring.total_cost) == (5175, 1200, 6375)
    assert factoring.flows[0] == (START, Decimal("598800.00"))


def test_equal_instalments() -> None:
    terms = Terms(480, "30/360", "equal-instalment")
    found = price(Decimal(500_000), 365, date(2026, 11, 2), terms)
    assert [line.amount for line in found.lines[:-1]] == [Decimal("42757.93")] * 11
    assert abs(found.lines[-1].amount - Decimal("42757.93")) <= Decimal("0.06")
    assert len(found.lines) == 12 and found.lines[0].due == date(2026, 12, 2)
    assert (found.eac * 100).quantize(Decimal("0.001")) == Decimal("4.923")
    upfront = Terms(480, "30/360", "equal-instalment", (Fee("handling", "pct-of-amount", Decimal(100)),))
    with_fee = price(Decimal(500_000), 365, date(2026, 11, 2), upfront)
    assert (with_fee.eac * 100).quantize(Decimal("0.001")) == Decimal("6.912")


def test_a_financed_fee_is_borrowed_and_one_of_the_lender_is_nobodys_cost() -> None:
    financed = price(ASK, 90, START, Terms(385, "ACT/360", "bullet", (Fee("handling", "flat", Decimal(1000), financed=True),)))  # fmt: skip
    assert financed.flows[0][1] == ASK and financed.lines[0].principal == ASK + 1000
    lenders = Fee("registration", "flat", Decimal(30), payer="lender")
    assert price(ASK, 90, START, Terms(385, "ACT/360", "bullet", (lenders,))).fees == 0
    yearly = Fee("guarantee", "pct-per-annum", Decimal(100))
    assert price(ASK, 90, START, Terms(385, "ACT/360", "bullet", (yearly,))).fees == Decimal("1500.00")


def test_a_self_liquidating_loan_is_repaid_as_money_comes() -> None:
    expected = [
        (START + timedelta(days=20), Decimal(400_000)),
        (START + timedelta(days=200), Decimal(900_000)),
    ]
    lines = schedule(ASK, 90, START, Terms(360, "ACT/360", "self-liquidating"), expected)
    assert [(line.due - START).days for line in lines] == [20, 90]
    assert lines[0].amount == 400_000 and lines[0].interest == Decimal("1200.00")
    assert lines[-1].left == 0


def test_money_that_flows_one_way_has_no_price() -> None:
    with pytest.raises(RefusedError, match="no effective rate"):
        effective_cost([(START, Decimal(100)), (START + timedelta(days=30), Decimal(1))])


def test_day_counts() -> None:
    assert years(date(2026, 1, 31), date(2026, 3, 31), "30/360") == divided(Decimal(1), Decimal(6))
    assert years(date(2026, 1, 1), date(2027, 1, 1), "ACT/365") == 1


@settings(max_examples=60, deadline=None)
@given(
    amount=st.integers(10_000, 5_000_000),
    days=st.integers(7, 720),
    rate=st.integers(1, 2400),
    method=st.sampled_from(METHODS),
    day_count=st.sampled_from(DAY_COUNTS),
    fee=st.integers(0, 300),
)
def test_every_schedule_repays_the_loan(
    amount: int, days: int, rate: int, method: str, day_count: str, fee: int
) -> None:
    """Principal is repaid to the cent, in order, by the last day; the cost is above nothing; a fee makes it dearer."""
    terms = Terms(rate, day_count, method)
    found = price(Decimal(amount), days, START, terms)
    assert sum(line.principal for line in found.lines) == amount
    assert all(line.principal >= 0 and line.interest >= 0 for line in found.lines)
    dues = [line.due for line in found.lines]
    assert dues == sorted(set(dues)) and dues[-1] == START + timedelta(days=days)
    assert all(line.interest == line.interest.quantize(CENT) for line in found.lines)
    if found.interest > 1:
        assert found.eac > 0
    dearer = price(Decimal(amount), days, START, Terms(rate, day_count, method, (Fee("handling", "pct-of-amount", Decimal(fee)),)))  # fmt: skip
    assert dearer.eac >= found.eac
