"""Machine time from logs: for each machine and day, what was planned, what was seen, and what of it the machine worked.

Two logs of the same time count once. Covered is time in any state but UNAVAILABLE; where nothing is known, nothing is covered.
An announced stop is not planned time. Only with a routing: without one, nobody knows what was planned.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from certifier.documents.trace import ACTIVE, UNAVAILABLE
from certifier.evidence.case import Case
from certifier.evidence.paper import FIRST_MS, LAST_MS, SHANGHAI, Paper
from certifier.evidence.routing import Routing, Span

__all__ = ["DayTime", "MachineTime", "Spans", "cut", "machine_time", "merged", "midnight"]

DAY_MS = 24 * 3600 * 1000
_SHANGHAI_MS = 8 * 3600 * 1000


def midnight(day: date) -> int:
    """Milliseconds since 1970 of a day's first moment in Shanghai."""
    return int(datetime.combine(day, time(), SHANGHAI).timestamp()) * 1000


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans as few as possible, in order: touching and overlapping ones are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        elif start < end:
            found.append((start, end))
    return found


def cut(spans: Iterable[Span], away: Sequence[Span]) -> Iterator[Span]:
    """What is left of spans without the times in `away`, which are in order and apart."""
    for start, end in spans:
        at = start
        for begin, stop in away:
            if stop <= at:
                continue
            if begin >= end:
                break
            if begin > at:
                yield at, begin
            at = max(at, stop)
        if at < end:
            yield at, end


class Spans:
    """Spans in order and apart, asked how much of a time they fill."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = merged(spans)
        self._starts = [start for start, _ in self.spans]
        self._sums = [0]
        for start, end in self.spans:
            self._sums.append(self._sums[-1] + end - start)

    def _until(self, at: int) -> int:
        index = bisect_right(self._starts, at)
        if not index:
            return 0
        start, end = self.spans[index - 1]
        return self._sums[index - 1] + min(at, end) - start

    def within(self, start: int, end: int) -> int:
        """Milliseconds of these spans between two times."""
        return self._until(end) - self._until(start)

    def near(self, start: int, end: int) -> list[Span]:
        """The spans that touch a time."""
        first = max(0, bisect_right(self._starts, start) - 1)
        return [span for span in self.spans[first : bisect_right(self._starts, end)] if span[1] > start]


@dataclass(frozen=True, slots=True)
class DayTime:
    """Milliseconds of one machine and day. `active`: all that it worked; `busy`: of that, in planned time."""

    planned: int
    covered: int
    signed: int
    active: int
    busy: int


@dataclass(frozen=True)
class MachineTime:
    """Machine → day → its times; `blind`: planned spans that no signed log covers; `assets`: day → logs of it."""

    days: Mapping[str, Mapping[date, DayTime]]
    blind: Mapping[str, Sequence[Span]]
    assets: Mapping[date, frozenset[bytes]]
    first: date
    last: date
    routing: Routing = field(repr=False)

    def total(self, machines: Iterable[str], first: date, last: date) -> DayTime:
        """The sum over machines and days, both ends included."""
        sums = [0, 0, 0, 0, 0]
        for machine in machines:
            for day, found in self.days[machine].items():
                if first <= day <= last:
                    parts = (found.planned, found.covered, found.signed, found.active, found.busy)
                    sums = [a + b for a, b in zip(sums, parts, strict=True)]
        return DayTime(*sums)

    def logs(self, first: date, last: date) -> frozenset[bytes]:
        """The logs that speak of some days."""
        return frozenset().union(*(ids for day, ids in self.assets.items() if first <= day <= last))


def machine_time(case: Case) -> MachineTime | None:
    """The firm's machine time from its first log or lot, through the day before `as_of`; None without routing or logs."""
    routing = case.routing
    logs = [paper for paper in case.own if paper.trace is not None and paper.trace.intervals]
    if routing is None or not logs:
        return None
    active, covered, signed, assets = _read(routing, logs)
    if not assets:
        return None
    first = min([*assets, *(lot.first for lot in case.lots.values() if lot.first is not None)])
    first = max(first, case.as_of - timedelta(days=400)) - timedelta(days=case.policy.capacity_lead_days)
    last = case.as_of - timedelta(days=1)
    stops: dict[str, list[Span]] = {}
    for stop in case.stops:
        stops.setdefault(stop.machine, []).append((stop.start, stop.end))
    days: dict[str, dict[date, DayTime]] = {}
    blind: dict[str, list[Span]] = {}
    plan = list(_by_day(routing.planned(midnight(first), midnight(case.as_of))))
    begun = min(assets)
    for machine in sorted(name for names in routing.machines.values() for name in names):
        works, sees, vouched = (Spans(spans.get(machine, ())) for spans in (active, covered, signed))
        away = merged(stops.get(machine, ()))
        table = days.setdefault(machine, {})
        holes = blind.setdefault(machine, [])
        for day, whole in plan:
            spans = list(cut(whole, away)) if away else whole
            times = [sum(s.within(a, b) for a, b in spans) for s in (sees, vouched, works)]
            start = midnight(day)
            table[day] = DayTime(
                sum(b - a for a, b in spans),
                times[0],
                times[1],
                works.within(start, start + DAY_MS),
                times[2],
            )
            if day >= begun:
                holes += [hole for span in spans for hole in cut([span], vouched.near(*span))]
        _unplanned(table, works, first, last)
    return MachineTime(days, blind, assets, first, last, routing)


def _by_day(spans: Iterable[Span]) -> Iterator[tuple[date, list[Span]]]:
    day, found = None, list[Span]()
    for span in spans:
        its = datetime.fromtimestamp(span[0] / 1000, SHANGHAI).date()
        if day is not None and its != day:
            yield day, found
            found = []
        day = its
        found.append(span)
    if day is not None:
        yield day, found


def _unplanned(table: dict[date, DayTime], works: Spans, first: date, last: date) -> None:
    """Days that were not planned and on which the machine worked all the same: the time counts for the firm."""
    for day in (first + timedelta(days=i) for i in range((last - first).days + 1)):
        if day not in table and (worked := works.within(midnight(day), midnight(day) + DAY_MS)):
            table[day] = DayTime(0, 0, 0, worked, 0)


_Read = dict[str, list[Span]]


def _read(
    routing: Routing, logs: Sequence[Paper]
) -> tuple[_Read, _Read, _Read, dict[date, frozenset[bytes]]]:
    """Spans of machines that work, are seen, are seen by a signed log; and the logs of each day."""
    machine_of = routing.machine_of()
    active: _Read = {}
    covered: _Read = {}
    signed: _Read = {}
    assets: dict[date, set[bytes]] = {}
    for paper in logs:
        assert paper.trace is not None
        seen: _Read = {}
        days: set[int] = set()
        for interval in paper.trace.intervals:
            machine = machine_of.get(interval.device)
            if machine is None or interval.state == UNAVAILABLE:
                continue
            start, end = interval.start, interval.end
            if not FIRST_MS <= start <= end <= LAST_MS:
                continue
            days.add((start + _SHANGHAI_MS) // DAY_MS)
            if interval.state == ACTIVE:
                active.setdefault(machine, []).append((start, end))
            spans = seen.setdefault(machine, [])
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        vouched = any(signer.role == "instrument" for signer in paper.signers)
        for machine, spans in seen.items():
            covered.setdefault(machine, []).extend(spans)
            if vouched:
                signed.setdefault(machine, []).extend(spans)
        for day in days:
            assets.setdefault(date(1970, 1, 1) + timedelta(days=day), set()).add(paper.asset_id)
    return active, covered, signed, {day: frozenset(ids) for day, ids in assets.items()}
