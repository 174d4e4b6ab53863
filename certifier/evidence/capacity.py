"""Capacity ratio ρ (F09, E04), coverage of machine data (F08) and blind time (E02).

ρ of a group of machines and a time: the machine seconds that the lots made wholly within it need, over the seconds that the
machines worked plus the planned seconds that nobody saw. Above 1 the lots cannot have been made, however the work was spread:
that holds for every time from the beginning of one lot to the end of another, and the worst one counts. Time that was
not seen counts for the firm. What it does not prove: that pieces were made where the ratio is low.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.machines import MachineTime
from certifier.evidence.numbers import hours_text, ratio, ratio_text
from certifier.evidence.paper import SHANGHAI
from certifier.evidence.quality import Quality
from certifier.evidence.routing import Span

__all__ = ["Capacity", "Coverage", "Load", "capacity", "coverage"]


@dataclass(frozen=True, slots=True)
class Load:
    """One group of machines over one time, in seconds; `lots` by number, `assets` of the lots and of the logs."""

    group: str
    first: date
    last: date
    needed: Decimal
    active: Decimal
    uncovered: Decimal
    planned: Decimal
    ratio: Decimal
    lots: tuple[str, ...]
    assets: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Capacity(Measure):
    """`loads`: each time in which lots were made, by group and first day. `worst` over all times."""

    loads: tuple[Load, ...]
    worst: Load | None


@dataclass(frozen=True, kw_only=True)
class Coverage(Measure):
    """F08 and what F05 and F06 need: seconds over W by day, of all in-house machines together."""

    planned: Decimal
    signed: Decimal
    covered: Decimal
    busy: Decimal
    days: Mapping[date, tuple[Decimal, Decimal]]
    """Day → planned seconds that were covered, and of these those in which machines worked."""
    assets: tuple[bytes, ...]

    @property
    def share(self) -> Decimal:
        """Planned machine time covered by device-signed records."""
        return ratio(self.signed / self.planned) if self.planned else Decimal(0)


@dataclass(frozen=True, slots=True)
class _Need:
    number: str
    first: date
    last: date
    seconds: Decimal
    assets: tuple[bytes, ...]


def capacity(case: Case, time: MachineTime | None, quality: Quality) -> Capacity | None:
    """ρ for every group of machines; None without a routing, logs or a lot that was reported as made."""
    if time is None:
        return None
    loads: list[Load] = []
    worst: list[Load] = []
    for group in sorted(time.routing.machines):
        needs = sorted(_needs(case, time, quality, group), key=lambda one: (one.last, one.first, one.number))
        sums = _Sums(time, time.routing.machines[group])
        if needs:
            spans = sorted({(one.first, one.last) for one in needs})
            loads += [_load(time, sums, group, needs, *span) for span in spans]
            worst.append(_load(time, sums, group, needs, *_peak(case, sums, needs)))
    if not loads:
        return None
    return Capacity(
        findings=tuple(_exceeded(case, loads, worst)),
        judged=frozenset(asset for load in loads for asset in load.assets),
        loads=tuple(loads),
        worst=max(worst, key=lambda load: (load.ratio, load.group, load.first, load.last)),
    )


class _Sums:
    """Planned, covered and worked milliseconds of some machines up to each day."""

    def __init__(self, time: MachineTime, machines: Iterable[str]) -> None:
        self._first = time.first
        days = (time.last - time.first).days + 1
        each = [[0, 0, 0] for _ in range(days)]
        for machine in machines:
            for day, found in time.days[machine].items():
                sums = each[(day - time.first).days]
                sums[0] += found.planned
                sums[1] += found.covered
                sums[2] += found.active
        self._until = [(0, 0, 0)]
        for planned, covered, active in each:
            a, b, c = self._until[-1]
            self._until.append((a + planned, b + covered, c + active))

    def between(self, first: date, last: date) -> tuple[int, int, int]:
        """Both days included."""
        low, high = (
            self._until[(first - self._first).days],
            self._until[(last - self._first).days + 1],
        )
        return high[0] - low[0], high[1] - low[1], high[2] - low[2]

    def shown(self, first: date, last: date) -> int:
        """Milliseconds worked, and planned ones that were not seen."""
        planned, covered, active = self.between(first, last)
        return active + planned - covered


def _peak(case: Case, sums: _Sums, needs: Sequence[_Need]) -> tuple[date, date]:
    """Of all times from one lot's beginning to another's end, within the policy's span, the one of the highest ratio in W.

    `needs` are in order of their last day. Of W's own, where it has any: what lies before it is history.
    """
    span = timedelta(days=case.policy.capacity_span_days)
    best: tuple[bool, Decimal, date, date] | None = None
    for first in sorted({one.first for one in needs}):
        total = Decimal(0)
        for one in needs:
            if one.first < first:
                continue
            if one.last > first + span:
                break
            total += one.seconds
            value = total * 1000 / max(sums.shown(first, one.last), 1000)
            found = (case.inside(one.last), value, first, one.last)
            best = found if best is None or found > best else best
    if best is None:  # every lot is longer than the span
        return needs[0].first, needs[0].last
    return best[2], best[3]


def _needs(case: Case, time: MachineTime, quality: Quality, group: str) -> Iterator[_Need]:
    """The lots reported as made, with what they need of a group, first inspection's losses included."""
    lead = timedelta(days=case.policy.capacity_lead_days)
    parts = {name.casefold(): part for name, part in time.routing.parts.items()}
    for number, lot in sorted(case.lots.items()):
        part = parts.get(lot.product)
        if part is None or lot.produced is None or lot.first is None or lot.last is None:
            continue
        first, seconds = lot.first - lead, part.seconds(group)
        if not seconds or not lot.produced or first < time.first or lot.last > time.last:
            continue
        good = quality.of(lot.product, lot.assets) or Decimal(1)
        yield _Need(number, first, lot.last, lot.produced / good * seconds, lot.assets)


def _load(
    time: MachineTime, sums: _Sums, group: str, needs: Sequence[_Need], first: date, last: date
) -> Load:
    inside = [one for one in needs if first <= one.first and one.last <= last]
    planned, covered, worked = (Decimal(part) / 1000 for part in sums.between(first, last))
    needed = sum((one.seconds for one in inside), Decimal(0))
    uncovered = planned - covered
    assets = time.logs(first, last).union(*(one.assets for one in inside))
    return Load(
        group, first, last, needed, worked, uncovered, planned, ratio(needed / max(worked + uncovered, Decimal(1))),
        tuple(sorted(one.number for one in inside)), tuple(sorted(assets)),
    )  # fmt: skip


def _exceeded(case: Case, loads: Sequence[Load], worst: Sequence[Load]) -> Iterator[Finding]:
    """E04 for each time of a lot above the limit; where only a wider time is, for the worst of a group."""
    limit = case.policy.capacity_amber
    over = [load for load in loads if load.ratio > limit and case.inside(load.last)]
    groups = {load.group for load in over}
    wider = [
        load for load in worst if load.ratio > limit and load.group not in groups and case.inside(load.last)
    ]
    for load in (*over, *wider):
        shown = (load.active + load.uncovered) * 1000
        told = (
            f"the pieces reported from {load.first} to {load.last} need {hours_text(load.needed * 1000)} hours of machines {load.group}; "
            f"{hours_text(shown)} were worked or not seen"
        )
        numbers = {
            "group": load.group, "first": str(load.first), "last": str(load.last), "ratio": ratio_text(load.ratio),
            "needed_hours": hours_text(load.needed * 1000), "active_hours": hours_text(load.active * 1000),
            "unseen_hours": hours_text(load.uncovered * 1000), "planned_hours": hours_text(load.planned * 1000),
        }  # fmt: skip
        severity = RED if load.ratio > case.policy.capacity_red else AMBER
        yield Finding(Code.E04, severity, told, numbers, load.assets)


def coverage(case: Case, time: MachineTime | None) -> Coverage | None:
    """Coverage over W and blind times; None without routing or logs: not known is not nothing."""
    if time is None:
        return None
    first, end = case.window
    machines = sorted(time.days)
    last = end - timedelta(days=1)
    total = time.total(machines, first, last)
    days: dict[date, list[int]] = {}
    for machine in machines:
        for day, found in time.days[machine].items():
            if first <= day <= last:
                sums = days.setdefault(day, [0, 0])
                sums[0] += found.covered
                sums[1] += found.busy
    return Coverage(
        findings=tuple(_blind(case, time)),
        judged=time.logs(first, last),
        planned=_seconds(total.planned),
        signed=_seconds(total.signed),
        covered=_seconds(total.covered),
        busy=_seconds(total.busy),
        days={day: (_seconds(a), _seconds(b)) for day, (a, b) in sorted(days.items())},
        assets=tuple(sorted(time.logs(first, last))),
    )


def _seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


def _blind(case: Case, time: MachineTime) -> Iterator[Finding]:
    """E02: times in which at least 30 per cent of the machines have no signed record, planned stops left out."""
    policy = case.policy
    turns: list[tuple[int, int]] = []
    for holes in time.blind.values():
        for start, end in _gaps(holes, time):
            turns += [(start, 1), (end, -1)]
    least = policy.blind_share * len(time.blind)
    count, begun = 0, None
    for at, step in sorted(turns):
        count += step
        if begun is None and count and count >= least:
            begun = at
        elif begun is not None and count < least:
            if (found := _blind_finding(case, time, begun, at)) is not None:
                yield found
            begun = None


def _gaps(holes: Sequence[Span], time: MachineTime) -> Iterator[Span]:
    """Holes between which nothing was planned and seen are one gap, by the clock."""
    joined: list[Span] = []
    for start, end in holes:
        if joined:
            between = list(time.routing.planned(joined[-1][1], start))
            if not between:
                joined[-1] = (joined[-1][0], end)
                continue
        joined.append((start, end))
    yield from joined


def _blind_finding(case: Case, time: MachineTime, start: int, end: int) -> Finding | None:
    policy, hours = case.policy, (end - start) // 3_600_000
    if hours <= policy.blind_amber_hours or not case.inside(_day(end)):
        return None
    severity = RED if hours > policy.blind_red_hours else AMBER
    told = f"no signed record of at least {ratio_text(policy.blind_share * 100, 0)} per cent of the machines for {hours} hours, from {_clock(start)} to {_clock(end)}"
    numbers = {"hours": str(hours), "from": _clock(start), "to": _clock(end)}
    before = max((day for day in time.assets if day <= _day(start)), default=min(time.assets))
    logs = time.logs(_day(start), _day(end)) or time.assets[before]
    return Finding(Code.E02, severity, told, numbers, tuple(sorted(logs)))


def _day(at: int) -> date:
    return date(1970, 1, 1) + timedelta(milliseconds=at + 8 * 3_600_000)


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, SHANGHAI).isoformat(timespec="minutes")
