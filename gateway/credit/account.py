"""The loan account: what is owed on a day, from the schedule and the receipts (PRODUCT 2.3).

Interest runs on what is really left, day by day, and is rounded to the cent at each receipt and due day. Money received pays interest
first, then principal. Principal that is overdue costs a multiple of the rate. Days past due count from the oldest scheduled payment that receipts do not cover. Paying early costs no more
than the interest until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.credit.money import NOTHING, ONE, cents, shown, total
from gateway.credit.pricing import Flow, Line, years

__all__ = ["GRADES", "STATES", "Account", "Position", "grade_of", "may"]

GRADES = ("normal", "special-mention", "substandard", "doubtful", "loss")
_GRADE_FROM = ((270, "loss"), (180, "doubtful"), (90, "substandard"), (0, "special-mention"))
STATES: dict[str, frozenset[str]] = {
    "draft": frozenset({"submitted", "reserved", "withdrawn"}),
    "submitted": frozenset({"reserved", "withdrawn", "expired"}),
    "reserved": frozenset({"decided", "withdrawn", "expired"}),
    "decided": frozenset({"offered", "withdrawn", "expired"}),
    "offered": frozenset({"accepted", "withdrawn", "expired"}),
    "accepted": frozenset({"contracted", "withdrawn", "expired"}),
    "contracted": frozenset({"registered", "drawn", "expired"}),
    "registered": frozenset({"drawn", "expired"}),
    "drawn": frozenset({"repaying", "closed"}),
    "repaying": frozenset({"closed"}),
    "closed": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}
"""State of an application → states that may follow."""


def may(before: str, after: str) -> bool:
    """Whether an application may go from one state to the other."""
    return after in STATES[before]


def grade_of(days_past_due: int) -> str:
    """One of five grades; more than 90 days past due is substandard at least."""
    return next((grade for above, grade in _GRADE_FROM if days_past_due > above), "normal")


@dataclass(frozen=True, slots=True)
class Position:
    """What is owed on a day. `interest` has accrued and is not paid; `overdue` was scheduled by then and is not covered."""

    day: date
    principal: Decimal
    interest: Decimal
    overdue: Decimal
    days_past_due: int
    overpaid: Decimal

    @property
    def payoff(self) -> Decimal:
        """What would settle it that day."""
        return self.principal + self.interest

    @property
    def grade(self) -> str:
        """One of five."""
        return grade_of(self.days_past_due)

    def to_json(self) -> dict[str, Any]:
        """Members as the API and the command line show them."""
        return {
            "day": str(self.day), "principal": shown(self.principal), "interest": shown(self.interest), "payoff": shown(self.payoff),
            "overdue": shown(self.overdue), "days_past_due": self.days_past_due, "grade": self.grade, "overpaid": shown(self.overpaid),
        }  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One drawn loan: `drawn` on a day, at a rate, under a schedule. `overdue_times`: of the rate, on principal that is overdue."""

    drawn: date
    rate_bps: int
    day_count: str
    lines: Sequence[Line]
    overdue_times: Decimal = ONE

    @property
    def amount(self) -> Decimal:
        """What is to be paid back without interest: what was paid out, and fees that were added to it."""
        return total(line.principal for line in self.lines)

    def position(self, receipts: Iterable[Flow], day: date) -> Position:
        """What is owed at the end of `day`, by receipts up to then."""
        came = sorted((at, money) for at, money in receipts if at <= day)
        marks = sorted({line.due for line in self.lines if line.due <= day} | {at for at, _ in came} | {day})
        left, owed, since, over = self.amount, NOTHING, self.drawn, NOTHING
        for mark in marks:
            late = max(NOTHING, left - total(line.principal for line in self.lines if line.due > since))
            costs = left + late * (self.overdue_times - 1)
            owed += cents(costs * self.rate_bps / 10_000 * years(since, mark, self.day_count))
            since = mark
            for money in (money for at, money in came if at == mark):
                to_interest = min(owed, money)
                to_principal = min(left, money - to_interest)
                owed, left = owed - to_interest, left - to_principal
                over += money - to_interest - to_principal
        overdue, days = self._overdue(came, day)
        settled = not left and not owed
        return Position(day, left, owed, NOTHING if settled else overdue, 0 if settled else days, over)

    def _overdue(self, came: Sequence[Flow], day: date) -> tuple[Decimal, int]:
        """What was scheduled before `day` and is not covered, and since how many days."""
        paid, due = sum((money for _, money in came), NOTHING), NOTHING
        for line in sorted(self.lines, key=lambda line: line.due):
            if line.due >= day:
                break
            due += line.amount
            if due > paid:
                late = sum((one.amount for one in self.lines if one.due < day), NOTHING) - paid
                return late, (day - line.due).days
        return NOTHING, 0
