"""Material balance (F11, E06): bar that the good pieces hold over bar bought, both over the whole time of the papers.

Bar bought from the firm's own control group, or in a cycle of trade, counts for nothing. No paper states stock: who lived from an
opening stock shows too high a ratio, which is why a short time is never red. A low ratio proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.numbers import ratio, ratio_text

__all__ = ["Material", "material"]

_KILOGRAMS = {"KGM": Decimal(1), "TNE": Decimal(1000)}


@dataclass(frozen=True, kw_only=True)
class Material(Measure):
    """Kilograms held by good pieces, bought, and their ratio, from `first` on."""

    held: Decimal
    bought: Decimal
    ratio: Decimal
    first: date
    last: date
    assets: tuple[bytes, ...]


def material(case: Case, circular: Collection[bytes]) -> Material | None:
    """`circular`: assets of invoices in a cycle. None without a routing that states kilograms, purchases or lots made since."""
    routing = case.routing
    bought, first, papers = Decimal(0), None, set[bytes]()
    for invoice in case.purchases:
        if case.groups.same(invoice.seller, case.firm) or not frozenset(circular).isdisjoint(invoice.assets):
            continue
        bar = [line.quantity * _KILOGRAMS[line.unit] for line in invoice.lines if line.quantity is not None and line.unit in _KILOGRAMS]  # fmt: skip
        if bar and invoice.type_code != "389":
            first = invoice.day if first is None else min(first, invoice.day)
            bought += sum(bar, Decimal(0))
            papers |= {*invoice.assets}
    if routing is None or first is None or bought <= 0:
        return None
    kilograms = {name.casefold(): part.kilograms for name, part in routing.parts.items()}
    held, last = Decimal(0), first
    for lot in case.lots.values():
        each = kilograms.get(lot.product)
        if each is None or lot.produced is None or lot.first is None or lot.last is None or lot.first < first:
            continue
        held, last = held + lot.produced * each, max(last, lot.last)
        papers |= {*lot.assets}
    if not held or (last - first).days < case.policy.material_days:
        return None
    found = ratio(held / bought)
    assets = tuple(sorted(papers))
    shared = {"held": held, "bought": bought, "ratio": found, "first": first, "last": last}
    findings = _contradiction(case, found, held, bought, first, last, assets)
    return Material(findings=findings, judged=frozenset(papers), assets=assets, **shared)  # type: ignore[arg-type]


def _contradiction(
    case: Case,
    found: Decimal,
    held: Decimal,
    bought: Decimal,
    first: date,
    last: date,
    assets: tuple[bytes, ...],
) -> tuple[Finding, ...]:
    policy = case.policy
    if found <= policy.material_amber:
        return ()
    long = (last - first).days >= policy.material_red_days
    severity = RED if found > policy.material_red and long else AMBER
    told = f"the pieces reported since {first} hold {ratio_text(held, 0)} kg of bar; {ratio_text(bought, 0)} kg were bought"
    numbers = {"held_kg": str(held), "bought_kg": str(bought), "ratio": ratio_text(found), "first": str(first), "last": str(last)}  # fmt: skip
    return (Finding(Code.E06, severity, told, numbers, assets),)
