"""Delivery in full and on time (F03, E08): each day's promises of an item to a buyer against what had left by that day.

Pieces fill the oldest promise first. Promises before the firm's first certified delivery are left out: what filled them is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.numbers import money_text, ratio, ratio_text
from certifier.evidence.records import Delivery

__all__ = ["OnTime", "Promise", "on_time"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised of an item to a buyer for a day; `filled` is the day on which all of it had left, None if not yet."""

    buyer: str
    item: str
    day: date
    quantity: Decimal
    value: Decimal
    filled: date | None
    assets: tuple[bytes, ...]

    @property
    def kept(self) -> bool:
        """Whether it was filled by its day."""
        return self.filled is not None and self.filled <= self.day


@dataclass(frozen=True, kw_only=True)
class OnTime(Measure):
    """Promises due in W, by buyer, item and day."""

    promises: tuple[Promise, ...]

    @property
    def due(self) -> Decimal:
        """Their value."""
        return sum((one.value for one in self.promises), Decimal(0))

    @property
    def kept(self) -> Decimal:
        """The value of those that were kept."""
        return sum((one.value for one in self.promises if one.kept), Decimal(0))

    @property
    def share(self) -> Decimal | None:
        """F03; None where nothing was due."""
        return ratio(self.kept / self.due) if self.due else None


def on_time(case: Case) -> OnTime | None:
    """None where no delivery, or no promise with a price, is certified."""
    begun = min((delivery.day for delivery in case.deliveries.values()), default=None)
    if begun is None:
        return None
    promised: dict[tuple[str, str], dict[date, list[tuple[Decimal, Decimal, bytes]]]] = {}
    for order in case.orders.values():
        for line in order.lines:
            if line.promised is None or line.quantity is None or line.price is None or line.promised < begun:
                continue
            if order.seller == case.firm and order.buyer is not None and line.promised < case.as_of:
                days = promised.setdefault((order.buyer, line.item), {})
                days.setdefault(line.promised, []).append((line.quantity, line.price, order.assets[0]))
    found = [one for key in sorted(promised) for one in _filled(case, *key, promised[key])]
    due = tuple(one for one in found if case.inside(one.day))
    if not due:
        return None
    judged = frozenset(asset for one in due for asset in one.assets)
    return OnTime(findings=tuple(_late(case, due)), judged=judged, promises=due)


def _filled(
    case: Case, buyer: str, item: str, days: dict[date, list[tuple[Decimal, Decimal, bytes]]]
) -> Iterator[Promise]:
    moved = sorted(
        (d for d in case.deliveries.values() if d.buyer == buyer and any(line.item == item for line in d.lines)),
        key=lambda d: (d.day, d.number),
    )  # fmt: skip
    wanted = Decimal(0)
    for day, lines in sorted(days.items()):
        asked = sum((quantity for quantity, _, _ in lines), Decimal(0))
        wanted += asked
        value = sum((quantity * price for quantity, price, _ in lines), Decimal(0))
        full, papers = _reached(moved, item, wanted)
        assets = tuple(sorted({asset for _, _, asset in lines} | papers))
        yield Promise(buyer, item, day, asked, value, full, assets)


def _reached(moved: Sequence[Delivery], item: str, wanted: Decimal) -> tuple[date | None, set[bytes]]:
    """The day on which `wanted` pieces had left, and the delivery that made them so many."""
    out = Decimal(0)
    for delivery in moved:
        out += sum((line.quantity or Decimal(0) for line in delivery.lines if line.item == item), Decimal(0))
        if out >= wanted:
            return delivery.day, {*delivery.assets}
    return None, set()


def _late(case: Case, due: Sequence[Promise]) -> Iterator[Finding]:
    """E08: over the last 30 days, with at least five promises."""
    policy = case.policy
    recent = [one for one in due if case.inside(one.day, policy.delivery_days)]
    value = sum((one.value for one in recent), Decimal(0))
    if len(recent) < policy.delivery_least or not value:
        return
    kept = sum((one.value for one in recent if one.kept), Decimal(0))
    share = ratio(kept / value)
    if share < policy.delivery_amber:
        told = f"of {money_text(value)} promised in the last {policy.delivery_days} days, {ratio_text(share * 100, 1)} per cent left in full and on time"
        numbers = {
            "due": money_text(value),
            "kept": money_text(kept),
            "share": ratio_text(share),
            "promises": str(len(recent)),
        }
        assets = tuple(sorted({asset for one in recent if not one.kept for asset in one.assets}))
        yield Finding(Code.E08, RED if share < policy.delivery_red else AMBER, told, numbers, assets)
