"""What the machines do: for each machine and day the times in which it cuts, in milliseconds, and what it makes.

A cycle takes its ideal seconds over the firm's performance, ± 4 % lognormal, so that active time is ideal time / P; a
change of part or step costs 45 minutes of set-up. A week's lots are spread over the planned shifts until Saturday,
16:00; what is left is idle. The pieces that are out for heat treatment are a constant stock, so grinding keeps step.

M3's machines L31 and L32 stand still in weeks 8 to 12, and their logs are those of six weeks before (fraud F1). What a
log does not show (M2's adapter in week 5) was cut all the same. Power, by the utility's meter, follows what was real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Lot
from scripts.two_rivers.firms import FIRMS, MACHINE_POWER, PARTS, Firm
from scripts.two_rivers.plan import F1_WEEKS, Plan, chance

__all__ = ["HOUR", "Blind", "Production", "Shiftlog", "blind", "capacity_hours", "required_hours"]

HOUR = 3_600_000
SETUP = 45 * 60_000
REPLAY = timedelta(days=42)
_BASE_KWH = 1500.0
_F1_STILL = ("L31", "L32")


@dataclass(frozen=True)
class Shiftlog:
    """One machine's working day, both shifts: when it cut (start and end, milliseconds), pieces by end of cut."""

    machine: str
    day: date
    cuts: tuple[tuple[int, int], ...] = ()
    setups: tuple[tuple[int, int], ...] = ()

    @property
    def active(self) -> int:
        """Milliseconds in which it cut."""
        return sum(end - start for start, end in self.cuts)

    def moved(self, by: timedelta) -> Shiftlog:
        """The same day, at another date."""
        shift = int(by.total_seconds()) * 1000
        cuts, setups = (tuple((a + shift, b + shift) for a, b in spans) for spans in (self.cuts, self.setups))
        return Shiftlog(self.machine, self.day + by, cuts, setups)


@dataclass(frozen=True)
class Blind:
    """A time in which a log sees nothing of some machines; `stopped`: they did not run either, and said so before."""

    firm: str
    machines: tuple[str, ...]
    start: int
    end: int
    stopped: bool


def blind() -> tuple[Blind, ...]:
    """M2's adapter is out for 26 hours in week 5; M1's grinder stops as planned for four hours in week 9."""
    out = days.midnight(date(2026, 7, 29)) + 14 * HOUR
    stop = days.midnight(date(2026, 8, 27)) + 8 * HOUR
    return (
        Blind("M2", FIRMS["M2"].groups["V"].machines, out, out + 26 * HOUR, stopped=False),
        Blind("M1", ("G01",), stop, stop + 4 * HOUR, stopped=True),
    )


def required_hours(firm: Firm, group: str, lots: list[Lot]) -> float:
    """Ideal machine hours of lots in one group of machines: quantity / Q × seconds a piece."""
    seconds = sum(
        float(lot.quantity / firm.quality) * step.seconds
        for lot in lots
        for step in PARTS[lot.part].operations
        if step.group == group
    )
    return seconds / 3600


def capacity_hours(firm: Firm, group: str, working_days: int) -> float:
    """Ideal machine hours that a group has: machines × planned hours × availability × performance."""
    planned = len(firm.groups[group].machines) * days.planned_hours(working_days)
    return planned * firm.availability * firm.performance


@dataclass
class Production:
    """Every machine's days. `real` is what happened, `logged` what the logs say; the two differ for F1 alone."""

    plan: Plan
    real: dict[tuple[str, str, date], Shiftlog] = field(default_factory=dict)
    logged: dict[tuple[str, str, date], Shiftlog] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Production:
        """Run all machines over the window."""
        production = cls(plan)
        for firm in FIRMS.values():
            for week in days.WEEKS:
                production._run(firm, week)
        production.logged = dict(production.real)
        production._replay()
        return production

    def machines(self, firm: Firm) -> Iterator[tuple[str, str]]:
        """Kind and name of each machine."""
        for group in firm.groups.values():
            for machine in group.machines:
                yield group.kind, machine

    def kilowatt_hours(self, firm: Firm, first: date, last: date) -> float:
        """What the meter counts from one day to another, both included: real cuts, machines that are on, the base load."""
        total = _BASE_KWH
        for day in days.working_days(first, last):
            for kind, machine in self.machines(firm):
                done = self.real[firm.short, machine, day]
                if _is_off(firm.short, machine, day):
                    continue
                active, idle = MACHINE_POWER[kind]
                hours = done.active / HOUR
                total += hours * active + (days.planned_hours(1) - hours) * idle
        return total

    def _run(self, firm: Firm, week: int) -> None:
        lots = [lot for lot in self.plan.lots if (lot.firm, lot.week) == (firm.short, week)]
        working = days.lot_days(week)
        self._assert_possible(firm, lots, len(working))
        for name, group in firm.groups.items():
            machines = [m for m in group.machines if not (week in F1_WEEKS and m in _F1_STILL)]
            for at, machine in enumerate(machines):
                jobs = [
                    (step.seconds, lot.made * (at + 1) // len(machines) - lot.made * at // len(machines))
                    for lot in lots
                    for step in PARTS[lot.part].operations
                    if step.group == name
                ]
                for done in self._machine(firm, machine, week, working, jobs):
                    self.real[firm.short, machine, done.day] = done
            for machine in set(group.machines) - set(machines):
                for day in working:
                    self.real[firm.short, machine, day] = Shiftlog(machine, day)

    def _assert_possible(self, firm: Firm, lots: list[Lot], working_days: int) -> None:
        """An honest firm's week must fit its machines, with five per cent to spare."""
        if any(lot.truth != "honest" for lot in lots):
            return
        for name in firm.groups:
            need, have = required_hours(firm, name, lots), capacity_hours(firm, name, working_days)
            if need > 0.95 * have:
                raise AssertionError(f"{firm.short} {name}: {need:.1f} h wanted, {have:.1f} h there")

    def _machine(
        self, firm: Firm, machine: str, week: int, working: list[date], jobs: list[tuple[int, int]]
    ) -> list[Shiftlog]:
        """One machine's week: its cycles in order, spread over the segments of its shifts."""
        random = chance(self.plan.seed, "machine", firm.short, machine, week)
        factor = 1000 / firm.performance
        cycles = [
            [int(seconds * factor * random.lognormvariate(0, 0.04)) for _ in range(count)]
            for seconds, count in jobs
        ]
        segments = list(_segments(firm.short, machine, working))
        longest = max((max(c) for c in cycles if c), default=0)
        room = sum(end - start for start, end in segments) - len(segments) * longest
        work = sum(map(sum, cycles)) + SETUP * len(cycles)
        gap = max(0.0, (room - work) / max(1, sum(map(len, cycles))))
        return _spread(machine, working, segments, cycles, lambda: int(gap * (0.4 + 1.2 * random.random())))

    def _replay(self) -> None:
        """F1: the logs of L31 and L32 of weeks 2 to 6 once more, 42 days later."""
        for week in F1_WEEKS:
            for day in days.lot_days(week):
                for machine in _F1_STILL:
                    source = self.real["M3", machine, day - REPLAY]
                    self.logged["M3", machine, day] = source.moved(REPLAY)


def _is_off(firm: str, machine: str, day: date) -> bool:
    return firm == "M3" and machine in _F1_STILL and any(day in days.lot_days(week) for week in F1_WEEKS)


def _segments(firm: str, machine: str, working: list[date]) -> Iterator[tuple[int, int]]:
    """The planned times of a week's lots: until 16:00 of the last day, less a planned stop."""
    stops = [b for b in blind() if b.stopped and b.firm == firm and machine in b.machines]
    for day in working:
        for begin, end in days.SEGMENTS:
            if day == working[-1] and begin >= 16:
                continue
            start, until = (days.midnight(day) + int(hour * HOUR) for hour in (begin, end))
            if not any(stop.start <= start < stop.end for stop in stops):
                yield start, until


def _spread(
    machine: str,
    working: Sequence[date],
    segments: Sequence[tuple[int, int]],
    cycles: Sequence[Sequence[int]],
    gap: Callable[[], int],
) -> list[Shiftlog]:
    """Lay cycles one after another into the segments; a cycle never starts where it would not end in time."""
    cuts: dict[date, list[tuple[int, int]]] = {day: [] for day in working}
    setups: dict[date, list[tuple[int, int]]] = {day: [] for day in working}
    places = iter(segments)
    now, end = next(places)
    day = _day(now)
    for job in cycles:
        for at, length in enumerate(job):
            need = length + (SETUP if at == 0 else 0)
            while now + need > end:
                now, end = next(places)
                day = _day(now)
            if at == 0:
                setups[day].append((now, now + SETUP))
                now += SETUP
            cuts[day].append((now, now + length))
            now += length + gap()
    return [Shiftlog(machine, day, tuple(cuts[day]), tuple(setups[day])) for day in working]


def _day(milliseconds: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + (milliseconds + 8 * HOUR) // (24 * HOUR))
