"""All measures over one firm's papers, and every finding in one order: `assess`.

Pure: the same papers in any order, and papers of strangers beside them, give the same. What could not be measured is None.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType

from certifier.evidence.attributes import Attribute
from certifier.evidence.capacity import Capacity, Coverage, capacity, coverage
from certifier.evidence.case import Case, Measure
from certifier.evidence.copies import Copies, copies
from certifier.evidence.dates import dates
from certifier.evidence.delivery import OnTime, on_time
from certifier.evidence.energy import Energy, energy
from certifier.evidence.finding import Finding, ordered
from certifier.evidence.independence import Independence, independence
from certifier.evidence.machines import machine_time
from certifier.evidence.material import Material, material
from certifier.evidence.paper import Paper
from certifier.evidence.policy import DEFAULT, Policy
from certifier.evidence.quality import Quality, quality
from certifier.evidence.quantities import Quantities, quantities
from certifier.evidence.receivables import Receivables, receivables
from certifier.evidence.replay import Replay, replay
from certifier.evidence.trade import Trade, trade

__all__ = ["Assessment", "assess"]


@dataclass(frozen=True)
class Assessment:
    """`findings` in one order; the measures by name, None where papers do not allow them. `case` holds the records."""

    case: Case
    findings: tuple[Finding, ...]
    quality: Quality
    capacity: Capacity | None
    coverage: Coverage | None
    energy: Energy | None
    material: Material | None
    replay: Replay | None
    copies: Copies
    dates: Measure
    quantities: Quantities
    on_time: OnTime | None
    receivables: Receivables
    trade: Trade
    independence: Independence

    def measures(self) -> dict[str, Measure | None]:
        """Every measure by name."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("case", "findings")
        }

    def about(self, asset_id: bytes) -> tuple[Finding, ...]:
        """The findings that an asset is part of."""
        return tuple(finding for finding in self.findings if asset_id in finding.assets)

    def judged(self, asset_id: bytes) -> tuple[str, ...]:
        """The measures that compared an asset with something."""
        return tuple(
            name
            for name, measure in self.measures().items()
            if measure is not None and asset_id in measure.judged
        )


def assess(
    papers: Iterable[Paper],
    *,
    firm: bytes,
    as_of: date,
    names: Mapping[bytes, Iterable[str]],
    attributes: Iterable[Attribute] = (),
    pledged: Collection[bytes] = (),
    terms: Mapping[str, int] = MappingProxyType({}),
    policy: Policy = DEFAULT,
) -> Assessment:
    """What the papers of `firm` (an organisation of the ledger) say together, as of the morning of a day.

    `names`: organisation → its identifier and aliases (Membership's records). `attributes`: tokens that tell affiliates. `pledged`:
    assets under a live pledge. `terms`: a buyer's number → days of payment, where no paper states them.
    """
    case = Case(
        papers,
        firm=firm,
        as_of=as_of,
        policy=policy,
        names=names,
        attributes=attributes,
        pledged=pledged,
        terms=terms,
    )
    time, yields, trading = machine_time(case), quality(case), trade(case)
    measures: dict[str, Measure | None] = {
        "quality": yields,
        "capacity": capacity(case, time, yields),
        "coverage": coverage(case, time),
        "energy": energy(case),
        "material": material(case, trading.circular),
        "replay": replay(case),
        "copies": copies(case),
        "dates": dates(case),
        "quantities": quantities(case, yields),
        "on_time": on_time(case),
        "receivables": receivables(case),
        "trade": trading,
        "independence": independence(case),
    }
    found = (finding for one in measures.values() if one is not None for finding in one.findings)
    return Assessment(case, ordered(found), **measures)  # type: ignore[arg-type]
