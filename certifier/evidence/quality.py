"""First-pass yield by lot (F04), its fall, and own reports against an outside inspector's (E07).

Own and outside reports on one lot: the outside one replaces the other. Probabilities are exact sums in Decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from functools import cached_property

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.numbers import ratio_text
from certifier.evidence.records import Inspection

__all__ = ["LotYield", "Quality", "quality", "tail"]

_EXACT = Context(prec=40)


@dataclass(frozen=True, slots=True)
class LotYield:
    """Pieces of one product inspected for one work order (or lot, where it points to none), and how many failed at first."""

    product: str
    lot: str
    day: date
    parts: int
    failed: int
    own: tuple[int, int] | None
    outside: tuple[int, int] | None
    work: frozenset[bytes]
    assets: tuple[bytes, ...]

    @property
    def share(self) -> Decimal:
        """Share of good pieces."""
        return 1 - Decimal(self.failed) / self.parts


@dataclass(frozen=True, kw_only=True)
class Quality(Measure):
    """`lots` in order of day, product and lot."""

    lots: tuple[LotYield, ...]

    @cached_property
    def _by_work(self) -> Mapping[bytes, Sequence[LotYield]]:
        found: dict[bytes, list[LotYield]] = {}
        for one in self.lots:
            for asset in one.work:
                found.setdefault(asset, []).append(one)
        return found

    def reports(self, product: str, work: Iterable[bytes]) -> list[LotYield]:
        """What was inspected of a product's pieces made under some work orders' papers."""
        found = {(one.product, one.lot): one for asset in work for one in self._by_work.get(asset, ())}
        return [one for (name, _), one in sorted(found.items()) if name == product]

    def of(self, product: str, work: Iterable[bytes]) -> Decimal | None:
        """Their yield; None where none was inspected."""
        found = self.reports(product, work)
        parts = sum(one.parts for one in found)
        return 1 - Decimal(sum(one.failed for one in found)) / parts if parts else None


def tail(failed: int, parts: int, chance: Decimal) -> Decimal:
    """Probability of at least `failed` failures among `parts` where each fails with `chance`, which is not 1."""
    q = 1 - chance
    term = _EXACT.power(q, parts)
    below = Decimal(0)
    for k in range(failed):
        below = _EXACT.add(below, term)
        term = _EXACT.divide(_EXACT.multiply(term, _EXACT.multiply(parts - k, chance)), (k + 1) * q)
    return max(Decimal(0), 1 - below)


def quality(case: Case) -> Quality:
    """Yields of all lots, and what is to be asked about them."""
    lots = _lots(case.inspections)
    findings = [*_falls(case, lots), *_disagreements(case, lots)]
    compared = {asset for group in _by_product(lots).values() if len(group) > 1 for one in group for asset in one.assets}  # fmt: skip
    return Quality(lots=lots, findings=tuple(findings), judged=frozenset(compared))


def _lots(inspections: Sequence[Inspection]) -> tuple[LotYield, ...]:
    grouped: dict[tuple[str, str], list[Inspection]] = {}
    for one in inspections:
        grouped.setdefault((one.product, one.lot), []).append(one)
    made = [_lot(product, lot, reports) for (product, lot), reports in grouped.items()]
    return tuple(sorted(made, key=lambda one: (one.day, one.product, one.lot)))


def _lot(product: str, lot: str, reports: Sequence[Inspection]) -> LotYield:
    sums: dict[bool, tuple[int, int]] = {}
    for one in reports:
        parts, failed = sums.get(one.outside, (0, 0))
        sums[one.outside] = parts + one.parts, failed + one.failed
    own, outside = sums.get(False), sums.get(True)
    parts, failed = outside or own or (0, 0)
    return LotYield(
        product, lot, min(one.day for one in reports), parts, failed, own, outside,
        frozenset().union(*(one.work for one in reports)),
        tuple(sorted({asset for one in reports for asset in one.assets})),
    )  # fmt: skip


def _by_product(lots: Iterable[LotYield]) -> Mapping[str, list[LotYield]]:
    found: dict[str, list[LotYield]] = {}
    for one in lots:
        found.setdefault(one.product, []).append(one)
    return found


def _falls(case: Case, lots: Sequence[LotYield]) -> Iterable[Finding]:
    """E07: any run of a product's lots within 14 days whose pooled yield lies below that of its lots before."""
    policy = case.policy
    for product, ours in _by_product(lots).items():
        for at, last in enumerate(ours):
            if not case.inside(last.day):
                continue
            parts = failed = 0
            for back in range(at, -1, -1):
                one = ours[back]
                if one.day <= last.day - timedelta(days=policy.yield_days):
                    break
                parts, failed = parts + one.parts, failed + one.failed
                found = _fall(case, product, ours[:back], ours[back : at + 1], parts, failed)
                if found is not None:
                    yield found
                    break


def _fall(
    case: Case, product: str, before: Sequence[LotYield], run: Sequence[LotYield], parts: int, failed: int
) -> Finding | None:
    policy = case.policy
    seen, bad = sum(one.parts for one in before), sum(one.failed for one in before)
    if len(before) < 3:
        return None
    usual = Decimal(bad + 1) / (seen + 2)  # Laplace: none failed yet does not mean that none ever does
    share = Decimal(failed) / parts
    if share <= usual + policy.yield_fall or tail(failed, parts, usual) >= policy.yield_chance:
        return None
    told = f"of {product}, {failed} of {parts} pieces failed at first inspection; before it was {ratio_text(usual * 100, 1)} in a hundred"
    numbers = {
        "product": product,
        "failed": str(failed),
        "parts": str(parts),
        "baseline_failed": str(bad),
        "baseline_parts": str(seen),
        "first": str(run[0].day),
        "last": str(run[-1].day),
    }
    return Finding(
        Code.E07, AMBER, told, numbers, tuple(sorted({asset for one in run for asset in one.assets}))
    )


def _disagreements(case: Case, lots: Sequence[LotYield]) -> Iterable[Finding]:
    """E07: the inspection body finds far worse than the firm's own report on the same lot."""
    for one in lots:
        if one.own is None or one.outside is None or not case.inside(one.day):
            continue
        (own_parts, own_failed), (parts, failed) = one.own, one.outside
        expected = Decimal(own_failed + 1) / (own_parts + 2)
        worse = Decimal(failed) / parts - Decimal(own_failed) / own_parts
        if worse > case.policy.yield_between and tail(failed, parts, expected) < case.policy.yield_chance:
            told = f"lot {one.lot}: its own report shows {own_failed} of {own_parts} failed, the inspection body's {failed} of {parts}"
            numbers = {"own_failed": str(own_failed), "own_parts": str(own_parts), "failed": str(failed), "parts": str(parts)}  # fmt: skip
            yield Finding(Code.E07, RED, told, numbers, one.assets)
