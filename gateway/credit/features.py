"""F01–F25 over one firm's verified papers (PRODUCT 2.4): what the workshop shows, and with `commerce` what trade shows.

Pure functions of an assessment. Whoever calls has kept out what is not VALID; papers of strangers change nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from certifier.evidence.assessment import Assessment
from certifier.evidence.paper import SHANGHAI
from gateway.credit.commerce import Commerce
from gateway.credit.feature import Feature, Window, insufficient, quotient, stated
from gateway.credit.money import NOTHING, divided, ratio, total

__all__ = ["Debts", "features"]

_RECENT = 30


@dataclass(frozen=True)
class Debts:
    """What the firm owes its lenders, as far as anybody here knows: liens on this ledger, and what it declares."""

    platform: Decimal = NOTHING
    declared: Decimal = NOTHING

    @property
    def all(self) -> Decimal:
        """Together."""
        return self.platform + self.declared


def features(
    found: Assessment,
    debts: Debts,
    invalid: Collection[bytes],
    assumed: Mapping[str, int],
    complete: Iterable[str] | None = None,
) -> dict[str, Feature]:
    """All features by id.

    `invalid`: assets that a required check calls INVALID (F23). `assumed`: dio_days and dpo_days of a product. `complete`: identities of
    invoices with every claim a product asks for (F21); None where no product was asked.
    """
    commerce = Commerce(found)
    made = [
        *commerce.features(assumed["dio_days"], assumed["dpo_days"]),
        *_workshop(found),
        _independence(found),
        _completeness(found, complete),
        commerce.leverage(debts.all),
        _negative(found, invalid),
        _history(found),
        commerce.annual_sales(),
    ]
    return {one.id: one for one in sorted(made, key=lambda one: one.id)}


def _workshop(found: Assessment) -> Iterator[Feature]:
    window = found.case.window
    yield _first_pass(found, window)
    yield from _utilisation(found, window)
    yield _logged(found, window)
    yield _oee(found, window)
    yield from _capacity(found, window)
    yield _energy(found, window)
    yield _material(found, window)
    yield _matched(found, window)


def _first_pass(found: Assessment, window: Window) -> Feature:
    """F04: pooled by quantity; the inspection body's report replaces the firm's own on the same lot."""
    lots = [one for one in found.quality.lots if found.case.inside(one.day)]
    good, seen = (
        Decimal(sum(values)) for values in ([o.parts - o.failed for o in lots], [o.parts for o in lots])
    )
    return quotient("F04", "%", window, good, seen, (a for one in lots for a in one.assets), len(lots))


def _utilisation(found: Assessment, window: Window) -> Iterator[Feature]:
    """F05, F06 and F08. Time that nobody saw is in neither part of F05: it shows in F08."""
    seen = found.coverage
    if seen is None or not seen.planned:
        for name, unit in (("F05", "ratio"), ("F06", "%"), ("F08", "%")):
            yield insufficient(name, unit, window, "no machine log, or no routing that says what was planned")
        return
    yield quotient("F05", "ratio", window, seen.busy, seen.covered, seen.assets, len(seen.days))
    edge = found.case.as_of - timedelta(days=_RECENT)
    late, early = (
        _busy(seen.days, lambda day, after=after: (day >= edge) is after) for after in (True, False)
    )
    if late is None or not early:
        yield insufficient("F06", "%", window, "no machine time in one of the two periods")
    else:
        trend = ratio(divided(late, early) - 1) * 100
        yield stated("F06", "%", window, trend, seen.assets, len(seen.days))
    yield quotient("F08", "%", window, seen.signed, seen.planned, seen.assets, len(seen.days))


def _logged(found: Assessment, window: Window) -> Feature:
    """LOG_AGE: days from the newest machine log to the day of the decision."""
    logs = [paper for paper in found.case.own if paper.kind == "machine-data"]
    if not logs:
        return insufficient("LOG_AGE", "days", window, "no machine log")
    newest = max(logs, key=lambda paper: (paper.day, paper.asset_id))
    return stated("LOG_AGE", "days", window, Decimal((found.case.as_of - newest.day).days), [newest.asset_id], len(logs))  # fmt: skip


def _busy(days: Mapping[date, tuple[Decimal, Decimal]], chosen: object) -> Decimal | None:
    """Share of covered planned time that machines worked, over some days."""
    assert callable(chosen)
    picked = [times for day, times in days.items() if chosen(day)]
    covered = total(one for one, _ in picked)
    return divided(total(one for _, one in picked), covered) if covered else None


def _oee(found: Assessment, window: Window) -> Feature:
    """F07 (ISO 22400-2): availability × effectiveness × quality, where the routing states the seconds of each piece."""
    seen, routing, quality = found.coverage, found.case.routing, _first_pass(found, window)
    if seen is None or routing is None or not seen.covered or quality.value is None:
        return insufficient("F07", "ratio", window, "no routing, machine log or inspection")
    parts = {name.casefold(): part for name, part in routing.parts.items()}
    lots = [one for one in found.case.lots.values() if one.product in parts and found.case.inside(one.last)]
    ideal = total(
        ((one.produced or NOTHING) + (one.scrapped or NOTHING)) * parts[one.product].seconds(group)
        for one in lots
        for group in routing.machines
    )
    assets = (*seen.assets, *quality.assets, *(a for one in lots for a in one.assets))
    return quotient("F07", "ratio", window, ideal * quality.value / 100, seen.covered, assets, len(lots))


def _capacity(found: Assessment, window: Window) -> Iterator[Feature]:
    """F09: the worst ratio of any group and time that ends in W."""
    inside = [one for one in found.capacity.loads if found.case.inside(one.last)] if found.capacity else []
    worst = found.capacity.worst if found.capacity is not None else None
    if worst is not None and found.case.inside(worst.last):
        inside.append(worst)
    if not inside:
        yield insufficient("F09", "ratio", window, "no lot whose machines' time is known")
        return
    top = max(inside, key=lambda one: (one.ratio, one.group, one.first, one.last))
    shown = max(top.active + top.uncovered, Decimal(1))
    yield quotient("F09", "ratio", window, top.needed, shown, top.assets, len(inside), note=f"machines {top.group}, {top.first} to {top.last}")  # fmt: skip


def _energy(found: Assessment, window: Window) -> Feature:
    if found.energy is None:
        return insufficient(
            "F10", "kWh/h", window, "fewer than three statements that logs can be compared with"
        )
    last = found.energy.statements[-1]
    note = f"{last.of_norm} of the firm's own median {found.energy.norm}"
    return quotient("F10", "kWh/h", (last.first, last.last), last.kilowatt_hours, last.hours, last.assets, 1, note=note)  # fmt: skip


def _material(found: Assessment, window: Window) -> Feature:
    known = found.material
    if known is None:
        return insufficient(
            "F11", "ratio", window, "no purchases of bar, or no routing that states its weight"
        )
    return quotient("F11", "ratio", (known.first, known.last), known.held, known.bought, known.assets, len(known.assets))  # fmt: skip


def _matched(found: Assessment, window: Window) -> Feature:
    known = found.quantities
    assets = (asset for one in known.invoices for asset in one.assets)
    return quotient("F12", "%", window, known.matched, known.total, assets, len(known.invoices))


def _independence(found: Assessment) -> Feature:
    window, known = found.case.window, found.independence
    if known.index is None:
        return insufficient("F20", "ratio", window, "nothing invoiced in the window")
    assets = (asset for one in known.claims for asset in one.assets)
    told = ", ".join(f"{one.name} {one.share}" for one in known.claims if one.share is not None)
    return stated("F20", "ratio", window, known.index, assets, len(known.groups), note=told)


def _completeness(found: Assessment, complete: Iterable[str] | None) -> Feature:
    """F21: value of the invoices of W that have every claim a product asks for."""
    window, billed = found.case.window, [one.invoice for one in found.quantities.invoices]
    if complete is None:
        return insufficient("F21", "%", window, "no product was asked")
    have = frozenset(complete)
    value = total(one.total for one in billed if "/".join(one.key) in have)
    return quotient("F21", "%", window, value, total(one.total for one in billed), (a for one in billed for a in one.assets), len(billed))  # fmt: skip


def _negative(found: Assessment, invalid: Collection[bytes]) -> Feature:
    red = [one for one in found.findings if one.red]
    assets = {asset for one in red for asset in one.assets} | set(invalid)
    count = len(red) + len(invalid)
    return stated("F23", "n", found.case.window, Decimal(count), assets, count)


def _history(found: Assessment) -> Feature:
    """F24: days back from `as_of` in which every seven hold a certified document."""
    case, blocks = found.case, dict[int, set[bytes]]()
    for paper in case.own:
        day = datetime.fromtimestamp(paper.registered_at, SHANGHAI).date()
        if day < case.as_of:
            blocks.setdefault(((case.as_of - day).days - 1) // 7, set()).add(paper.asset_id)
    unbroken = next(n for n in range(len(blocks) + 1) if n not in blocks)
    first = case.as_of - timedelta(days=unbroken * 7)
    shown = {min(blocks[at]) for at in range(unbroken)}  # one of each seven days shows it
    return stated("F24", "days", (first, case.as_of), Decimal(unbroken * 7), shown, unbroken)
