"""What a firm declares of its workshop: machines, shifts, calendar, steps and seconds of each part (`assetcert/routing/1`),
and the stops that it announces (`assetcert/planned-stop/1`).

Plain JSON that is certified like any file, as kind `other`: the firm's own word, from which capacity is reckoned. Read strictly:
a document that names the schema and is not as it says is refused, never half understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from certifier.errors import MalformedDocumentError

__all__ = ["PLANNED_STOP", "ROUTING", "Part", "PlannedStop", "Routing", "Step", "planned_stop", "routing"]

ROUTING = "assetcert/routing/1"
PLANNED_STOP = "assetcert/planned-stop/1"
_MINUTE, _DAY = 60_000, timedelta(days=1)
_SHANGHAI = timezone(timedelta(hours=8))
_SHIFT = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_KILOGRAMS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
MAX_DAYS = 1100
"""Days that one question about planned time may span: three years."""

Span = tuple[int, int]
"""A time from, to: milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on a part: the group of machines, and the seconds of a cycle that makes `parts_per_cycle`."""

    group: str
    seconds: Decimal
    parts_per_cycle: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A part's in-house steps, an outsourced one by name, and the kilograms of bar in it (None where not stated)."""

    steps: tuple[Step, ...]
    outsourced: str | None
    kilograms: Decimal | None

    def seconds(self, group: str) -> Decimal:
        """Machine seconds of a group for one piece."""
        return sum((s.seconds / s.parts_per_cycle for s in self.steps if s.group == group), Decimal(0))


@dataclass(frozen=True)
class Routing:
    """Machines by group, the devices whose logs speak of each machine, parts, and when the machines are planned to run."""

    firm: str
    shifts: tuple[tuple[int, int], ...]
    """Minutes of a day, from and to, in order; breaks are what lies between."""
    weekdays: frozenset[int]
    closed: frozenset[date]
    open: frozenset[date]
    machines: Mapping[str, tuple[str, ...]]
    devices: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, Part]

    def machine_of(self) -> dict[str, str]:
        """Device id → machine."""
        return {device: machine for machine, names in self.devices.items() for device in names}

    def works(self, day: date) -> bool:
        """Whether machines are planned to run that day."""
        return day in self.open or (day.isoweekday() in self.weekdays and day not in self.closed)

    def planned(self, start: int, end: int) -> Iterator[Span]:
        """The planned spans of one machine between two times, cut to them, in order. Times are Shanghai's days."""
        day = datetime.fromtimestamp(start / 1000, _SHANGHAI).date()
        for _ in range(MAX_DAYS):
            midnight = int(datetime.combine(day, time(), _SHANGHAI).timestamp()) * 1000
            if midnight >= end:
                return
            if self.works(day):
                for begin, stop in self.shifts:
                    a, b = max(start, midnight + begin * _MINUTE), min(end, midnight + stop * _MINUTE)
                    if a < b:
                        yield a, b
            day += _DAY


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop of one machine, announced at `given_at`; milliseconds since 1970."""

    machine: str
    given_at: int
    start: int
    end: int


def routing(body: Mapping[str, Any]) -> Routing:
    """The routing that a JSON object states. Raises MalformedDocumentError."""
    _members(body, "a routing", {"schema", "firm", "shifts", "calendar", "machines", "devices", "parts"})
    calendar = body["calendar"]
    _members(calendar, "calendar", {"weekdays"}, {"closed", "open"})
    machines = {group: _texts(names, f"machines.{group}") for group, names in _object(body["machines"], "machines")}  # fmt: skip
    devices = {name: _texts(ids, f"devices.{name}") for name, ids in _object(body["devices"], "devices")}
    known = [machine for names in machines.values() for machine in names]
    if len(set(known)) != len(known) or devices.keys() - set(known):
        raise _refused("machines: one stands in two groups, or devices names one that is in none")
    ids = [one for names in devices.values() for one in names]
    if len(set(ids)) != len(ids):
        raise _refused("devices: one device speaks of two machines")
    weekdays = calendar["weekdays"]
    if not isinstance(weekdays, list) or any(type(d) is not int or not 1 <= d <= 7 for d in weekdays):
        raise _refused("calendar.weekdays: numbers from 1, Monday, to 7 are due")
    return Routing(
        firm=_text(body["firm"], "firm"),
        shifts=_shifts(body["shifts"]),
        weekdays=frozenset(weekdays),
        closed=_days(calendar.get("closed", []), "calendar.closed"),
        open=_days(calendar.get("open", []), "calendar.open"),
        machines=machines,
        devices=devices,
        parts={
            name: _part(part, f"parts.{name}", machines) for name, part in _object(body["parts"], "parts")
        },
    )


def planned_stop(body: Mapping[str, Any]) -> PlannedStop:
    """The notice that a JSON object states. Raises MalformedDocumentError."""
    _members(body, "a planned stop", {"schema", "firm", "machine", "given_at", "from", "hours"})
    hours = body["hours"]
    if type(hours) is not int or not 0 < hours <= 24 * 366:
        raise _refused("hours: a whole number of hours is due")
    start = _instant(body["from"], "from")
    end = start + hours * 60 * _MINUTE
    return PlannedStop(_text(body["machine"], "machine"), _instant(body["given_at"], "given_at"), start, end)


def _part(body: Any, where: str, machines: Mapping[str, Any]) -> Part:
    _members(body, where, {"steps"}, {"outsourced", "bar_kg"})
    steps = body["steps"]
    if not isinstance(steps, list) or len(steps) > 1000:
        raise _refused(f"{where}.steps: a list is due")
    outsourced, kilograms = body.get("outsourced"), body.get("bar_kg")
    if kilograms is not None and not (isinstance(kilograms, str) and _KILOGRAMS.fullmatch(kilograms)):
        raise _refused(f"{where}.bar_kg: a decimal text is due, not {kilograms!r}")
    return Part(
        tuple(_step(step, f"{where}.steps", machines) for step in steps),
        None if outsourced is None else _text(outsourced, f"{where}.outsourced"),
        None if kilograms is None else Decimal(kilograms),
    )


def _step(body: Any, where: str, machines: Mapping[str, Any]) -> Step:
    _members(body, where, {"machines", "seconds"}, {"parts_per_cycle"})
    seconds, each = body["seconds"], body.get("parts_per_cycle", 1)
    if type(seconds) is not int or type(each) is not int or not 0 < seconds <= 10**7 or not 0 < each <= 10**5:
        raise _refused(f"{where}: seconds and parts_per_cycle are whole numbers above nothing")
    if body["machines"] not in machines:
        raise _refused(f"{where}: {body['machines']!r} is no group of machines here")
    return Step(body["machines"], Decimal(seconds), each)


def _shifts(body: Any) -> tuple[tuple[int, int], ...]:
    found = []
    for text in _texts(body, "shifts"):
        if (match := _SHIFT.fullmatch(text)) is None:
            raise _refused(f"shifts: {text!r} is not of the form 08:00-12:00")
        a, b, c, d = map(int, match.groups())
        found.append((a * 60 + b, c * 60 + d))
    flat = [minute for shift in found for minute in shift]
    if flat != sorted(flat) or any(start == end for start, end in found) or flat[-1] > 24 * 60:
        raise _refused("shifts: they are due in order, none into another, within one day")
    return tuple(found)


def _members(body: Any, where: str, due: set[str], may: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    if not isinstance(body, dict):
        raise _refused(f"{where}: an object is due")
    if wrong := (due - body.keys()) | (body.keys() - due - may):
        raise _refused(f"{where}: {', '.join(sorted(wrong))} is missing or not known")


def _object(body: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(body, dict) or not 0 < len(body) <= 10_000 or not all(body):
        raise _refused(f"{where}: an object with members is due")
    return list(body.items())


def _text(body: Any, where: str) -> str:
    if not isinstance(body, str) or not 0 < len(body) <= 200:
        raise _refused(f"{where}: a text is due")
    return body


def _texts(body: Any, where: str) -> tuple[str, ...]:
    if not isinstance(body, list) or not 0 < len(body) <= 10_000:
        raise _refused(f"{where}: a list of texts is due")
    return tuple(_text(one, where) for one in body)


def _days(body: Any, where: str) -> frozenset[date]:
    if not isinstance(body, list) or not all(isinstance(one, str) and len(one) == 10 for one in body):
        raise _refused(f"{where}: a list of dates is due")
    try:
        return frozenset(map(date.fromisoformat, body))
    except ValueError as e:
        raise _refused(f"{where}: {e}") from e


def _instant(body: Any, where: str) -> int:
    try:
        moment = datetime.fromisoformat(_text(body, where))
    except ValueError as e:
        raise _refused(f"{where}: {e}") from e
    if moment.tzinfo is None:
        raise _refused(f"{where}: a time with its offset is due")
    return int(moment.timestamp()) * 1000


def _refused(told: str) -> MalformedDocumentError:
    return MalformedDocumentError("DECLARATION_MALFORMED", f"{told}; correct the file and certify it again")
