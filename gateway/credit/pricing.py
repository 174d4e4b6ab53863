"""The price of a loan: schedule, fees, simple rate, effective annual cost, total cost (PRODUCT 2.8).

Rates are whole basis points. The effective annual cost (EAC) is XIRR, ACT/365, seen from the borrower: what it gets at the start against
all that it pays. The search is pyxirr's, in floats; the answer is the one value of a hundredth of a basis point whose neighbourhood
holds the root, established in Decimals, so that no float reaches a decision.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pyxirr

from gateway.credit.money import CENT, NOTHING, ONE, cents, divided, shown, total
from gateway.errors import RefusedError

__all__ = ["DAY_COUNTS", "FEE_BASES", "FEE_KINDS", "FEE_PAYERS", "METHODS", "Fee", "Flow", "Line", "Price", "Terms", "effective_cost", "price", "schedule", "years"]  # fmt: skip

METHODS = ("bullet", "interest-monthly-bullet", "equal-instalment", "equal-principal", "self-liquidating")
DAY_COUNTS = ("ACT/360", "ACT/365", "30/360")
FEE_KINDS = ("handling", "registration", "guarantee", "platform")
FEE_BASES = ("flat", "pct-of-amount", "pct-per-annum")
FEE_PAYERS = ("borrower", "lender")
_VALUE = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")
_BPS = Decimal(10_000)
_STEP = Decimal("0.000001")
_DIGITS = 34
_NEIGHBOURS = 50


@dataclass(frozen=True, slots=True)
class Fee:
    """`value`: an amount where flat, else basis points of the loan, or of it and year. A financed one is added to the loan."""

    kind: str
    basis: str
    value: Decimal
    payer: str = "borrower"
    financed: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Fee:
        """The fee that a product's document states. ValueError where it is none."""
        if body.keys() != {"kind", "basis", "value", "payer", "financed"}:
            raise ValueError("fees: a fee has kind, basis, value, payer and financed")
        for name, allowed in (("kind", FEE_KINDS), ("basis", FEE_BASES), ("payer", FEE_PAYERS)):
            if body[name] not in allowed:
                raise ValueError(f"fees: {name} is one of {', '.join(allowed)}")
        if not _VALUE.fullmatch(str(body["value"])) or type(body["financed"]) is not bool:
            raise ValueError("fees: a value is a number not below nothing, and financed is true or false")
        return cls(body["kind"], body["basis"], Decimal(body["value"]), body["payer"], body["financed"])

    def amount(self, loan: Decimal, part_of_year: Decimal) -> Decimal:
        """What is due at the start, for a loan over that part of a year."""
        if self.basis == "flat":
            return cents(self.value)
        due = loan * self.value / _BPS
        return cents(due if self.basis == "pct-of-amount" else due * part_of_year)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a loan is repaid, and what it costs besides interest."""

    rate_bps: int
    day_count: str
    method: str
    fees: tuple[Fee, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What is due on one day, and what of the principal is left after it."""

    due: date
    principal: Decimal
    interest: Decimal
    left: Decimal

    @property
    def amount(self) -> Decimal:
        """Both together."""
        return self.principal + self.interest


Flow = tuple[date, Decimal]
"""Money of the borrower: in above nothing, out below."""


@dataclass(frozen=True)
class Price:
    """The three numbers, and what they come from."""

    amount: Decimal
    rate_bps: int
    eac: Decimal
    interest: Decimal
    fees: Decimal
    lines: tuple[Line, ...]
    flows: tuple[Flow, ...]

    @property
    def total_cost(self) -> Decimal:
        """All that the borrower pays beyond what it got."""
        return self.interest + self.fees

    @property
    def simple_rate(self) -> Decimal:
        """The simple annual rate, in per cent."""
        return Decimal(self.rate_bps) / 100

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        return {
            "rate_bps": self.rate_bps,
            "simple_rate": shown(self.simple_rate),
            "eac": shown(self.eac),
            "interest": shown(self.interest),
            "fees": shown(self.fees),
            "total_cost": shown(self.total_cost),
            "schedule": [
                {"due": str(line.due), "principal": shown(line.principal), "interest": shown(line.interest)}
                for line in self.lines
            ],
            "cash_flows": [[str(day), shown(amount)] for day, amount in self.flows],
        }


def years(start: date, end: date, day_count: str) -> Decimal:
    """The part of a year between two days."""
    if day_count == "30/360":
        days = 360 * (end.year - start.year) + 30 * (end.month - start.month)
        return divided(Decimal(days + min(end.day, 30) - min(start.day, 30)), Decimal(360))
    return divided(Decimal((end - start).days), Decimal(365 if day_count == "ACT/365" else 360))


def price(amount: Decimal, days: int, start: date, terms: Terms, expected: Sequence[Flow] = ()) -> Price:
    """The price of `amount` for `days` from `start`. `expected`: receipts that a self-liquidating loan is repaid from."""
    span = years(start, start + timedelta(days=days), terms.day_count)
    borne = [(fee, fee.amount(amount, span)) for fee in terms.fees if fee.payer == "borrower"]
    fees = total(due for _, due in borne)
    financed = total(due for fee, due in borne if fee.financed)
    lines = schedule(amount + financed, days, start, terms, expected)
    flows = ((start, amount - fees + financed), *((line.due, -line.amount) for line in lines))
    return Price(
        amount, terms.rate_bps, effective_cost(flows), total(line.interest for line in lines), fees, lines, flows
    )  # fmt: skip


def schedule(
    amount: Decimal, days: int, start: date, terms: Terms, expected: Sequence[Flow] = ()
) -> tuple[Line, ...]:
    """What is due when. Interest runs on what is left and is rounded to the cent; the last line takes what rounding left."""
    end = start + timedelta(days=days)
    if terms.method == "bullet":
        dues = [end]
    elif terms.method == "self-liquidating":
        dues = sorted({min(day, end) for day, _ in expected if day > start} | {end})
    else:
        dues = _monthly(start, end)
    rates = [Decimal(terms.rate_bps) / _BPS * years(a, b, terms.day_count) for a, b in zip([start, *dues[:-1]], dues, strict=True)]  # fmt: skip
    parts = _parts(amount, terms.method, dues, rates, expected)
    lines, left = [], amount
    for at, (due, rate) in enumerate(zip(dues, rates, strict=True)):
        interest = cents(left * rate)
        paid = left if at == len(dues) - 1 else min(left, parts(at, interest))
        left -= paid
        lines.append(Line(due, paid, interest, left))
    return tuple(line for line in lines if line.amount)


def _parts(
    amount: Decimal, method: str, dues: Sequence[date], rates: Sequence[Decimal], expected: Sequence[Flow]
) -> Any:
    """(index, interest due) → principal due."""
    if method == "equal-principal":
        each = cents(amount / len(dues))
        return lambda _at, _interest: each
    if method == "equal-instalment":
        instalment = _instalment(amount, rates)
        return lambda _at, interest: instalment - interest
    if method == "self-liquidating":
        came: dict[date, Decimal] = {}
        for day, money in expected:
            came[min(day, dues[-1])] = came.get(min(day, dues[-1]), NOTHING) + money
        return lambda at, interest: max(NOTHING, came.get(dues[at], NOTHING) - interest)
    return lambda _at, _interest: NOTHING


def _instalment(amount: Decimal, rates: Sequence[Decimal]) -> Decimal:
    """The equal payment that is worth the loan, each discounted by the periods before it."""
    with localcontext(prec=_DIGITS):
        factor, worth = ONE, NOTHING
        for rate in rates:
            factor /= 1 + rate
            worth += factor
        return cents(amount / worth)


def _monthly(start: date, end: date) -> list[date]:
    """The same day of each month after `start`, a shorter month's last day instead, and `end`."""
    dues, months = [], 1
    while (day := _months_on(start, months)) < end:
        dues.append(day)
        months += 1
    return [*dues, end]


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def effective_cost(flows: Sequence[Flow]) -> Decimal:
    """XIRR, ACT/365, to 0.01 basis point. RefusedError where money flows one way only, or no rate makes it even to a cent."""
    merged = _merged(flows)
    found = None
    with suppress(pyxirr.InvalidPaymentsError):
        found = pyxirr.xirr(list(merged), [float(amount) for amount in merged.values()], day_count="ACT/365F")
    if found is None or not -0.99 < found < 1000:
        raise RefusedError(
            "NO_PRICE", "no effective rate fits these payments: check amount, fees and schedule"
        )
    if abs(_worth(merged, Decimal(repr(found)))) > CENT:
        raise RefusedError("NO_PRICE", "the effective rate found does not make the payments even to a cent")
    return _settled(merged, Decimal(repr(found)).quantize(_STEP))


def _settled(flows: Mapping[date, Decimal], near: Decimal) -> Decimal:
    """The multiple of a step whose surroundings of half a step hold the root: the same on every machine."""
    half = _STEP / 2
    for distance in range(_NEIGHBOURS):
        for rate in dict.fromkeys((near + distance * _STEP, near - distance * _STEP)):
            below, above = _worth(flows, rate - half), _worth(flows, rate + half)
            if (below <= 0) != (above <= 0):
                return rate
    raise RefusedError("NO_PRICE", "the effective rate found is none")


def _worth(flows: Mapping[date, Decimal], rate: Decimal) -> Decimal:
    """Net present value at an annual rate."""
    start = min(flows)
    with localcontext(prec=_DIGITS):
        return total(
            amount / (1 + rate) ** (Decimal((day - start).days) / 365) for day, amount in flows.items()
        )


def _merged(flows: Sequence[Flow]) -> dict[date, Decimal]:
    """Flows by day, in order."""
    merged: dict[date, Decimal] = {}
    for day, amount in sorted(flows):
        merged[day] = merged.get(day, NOTHING) + amount
    return merged
