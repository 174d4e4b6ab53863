"""What a machine's log says, whatever format it is in: active time, parts made, breaks in the evidence.

Formats report observations; this adds up (DESIGN, Field notes). Active time is the union of the times in which an
execution state is ACTIVE; UNAVAILABLE ends it and is not idle. Parts are the differences of a counter that may run
for the machine's whole life; a counter that falls has been reset. Everything is ordered by sequence, else by time, so
that the order of elements in a file does not matter.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from certifier.canonical import FieldType, canonicalise
from certifier.documents.facts import Facts
from certifier.errors import NotCanonicalError

__all__ = ["UNAVAILABLE", "At", "Device", "MachineLog", "Role", "Sequences", "role_of", "seconds_of", "span"]

UNAVAILABLE = "UNAVAILABLE"
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?\Z"
)
_WHOLE = re.compile(r"[0-9]{1,18}(?:\.0+)?\Z")
_PAGE_BITS = 16
_NOT_MADE = frozenset({"TARGET", "REMAINING", "BAD", "FAILED", "ABORTED"})

_NOT_WORD = re.compile("[^a-z0-9\u4e00-\u9fff]")
_STATES = ("execution", "exec", "programstatus", "machinestatus", "运行状态")
_COUNTERS = ("partcount", "partcountact", "partscount", "partcountall", "partcountgood", "加工件数")
_NO_COUNT = re.compile("target|remain|desired|bad|scrap")
_ACTIVE = frozenset({"ACTIVE", "RUNNING", "RUN", "加工", "运行"})
_ABSENT = frozenset({"UNAVAILABLE", "OFFLINE", "离线"})

Event = tuple[int, int, Decimal, str, bool]
"""Run (agent instance), sequence, seconds, value, counter reset here."""


class Role(enum.Enum):
    """What an item of a log is, as far as it matters here."""

    STATE = "state"
    COUNTER = "counter"
    OTHER = "other"


def role_of(name: str) -> Role:
    """The role of an item that a format lets people name: `path1_execution`, `Program_Status`, `PartCountAct`."""
    word = _NOT_WORD.sub("", name.lower())
    if word.endswith(_STATES):
        return Role.STATE
    return Role.COUNTER if word.endswith(_COUNTERS) and not _NO_COUNT.search(word) else Role.OTHER


class At(NamedTuple):
    """Where an observation stands: run of the agent, sequence number (or line), time as written."""

    run: int
    sequence: int
    timestamp: str


def seconds_of(timestamp: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 time, exact; one without an offset counts as UTC. None where it is none."""
    match = _TIME.match(timestamp)
    if not match:
        return None
    try:
        moment = datetime.fromisoformat(match[1] + (match[3] or "Z"))
    except ValueError:
        return None
    return Decimal(int(moment.astimezone(UTC).timestamp())) + Decimal("0" + match[2] if match[2] else 0)


class Sequences:
    """Which sequence numbers were seen: a bit each, so that millions of them stay small."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def update(self, numbers: Iterable[int]) -> int:
        """Note many numbers at once. How many of them were seen before."""
        repeats, pages, current, page = 0, self._pages, -1, bytearray()
        for number in numbers:
            if number >> _PAGE_BITS != current:
                current = number >> _PAGE_BITS
                page = pages.get(current) or pages.setdefault(current, bytearray(1 << (_PAGE_BITS - 3)))
            index, bit = (number & 0xFFFF) >> 3, 1 << (number & 7)
            if page[index] & bit:
                repeats += 1
            else:
                page[index] |= bit
        return repeats

    def gaps(self) -> int:
        """How many times numbers are missing between two that were seen."""
        runs, carry, previous = 0, 0, None
        for number in sorted(self._pages):
            if previous is not None and number != previous + 1:
                carry = 0
            bits = int.from_bytes(self._pages[number], "little")
            runs += (bits & ~((bits << 1) | carry)).bit_count()
            carry = bits >> ((1 << _PAGE_BITS) - 1)
            previous = number
        return max(0, runs - 1)


@dataclass
class Device:
    """One machine of the log: its states and counters by data item, and its sequence numbers."""

    states: dict[str, list[Event]] = field(default_factory=dict)
    counters: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    last: dict[int, Decimal] = field(default_factory=dict)
    first_sequence: int | None = None
    last_sequence: int | None = None

    def active_seconds(self) -> Decimal | None:
        """Seconds in which any execution state was ACTIVE; None where the log states no execution."""
        if all(event[3] == UNAVAILABLE for events in self.states.values() for event in events):
            return None
        return span(interval for events in self.states.values() for interval in self._active(events))

    def _active(self, events: list[Event]) -> Iterable[tuple[Decimal, Decimal]]:
        events = sorted(events)
        for here, after in zip(events, [*events[1:], None], strict=True):
            if here[3] != "ACTIVE":
                continue
            if after is not None and after[0] == here[0]:
                yield here[2], after[2]
            else:
                yield here[2], self.last.get(here[0], here[2])

    def parts(self) -> tuple[int | None, int]:
        """Parts made, and how many resets the counter went through. None where no counter is stated."""
        made = [
            _made(sorted(events))
            for (_, sub_type), events in self.counters.items()
            if sub_type not in _NOT_MADE
        ]
        return max(made, default=(None, 0), key=lambda m: m[0] or 0)


def span(intervals: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """The length of the union of intervals."""
    total, reached = Decimal(0), None
    for start, end in sorted(intervals):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total


def _made(events: list[Event]) -> tuple[int | None, int]:
    made, resets, before = 0, 0, None
    for _, _, _, value, reset in events:
        if not _WHOLE.match(value):
            continue
        count = int(Decimal(value))
        if before is not None:
            fell = reset or count < before
            resets += fell
            made += count if fell else count - before
        before = count
    return (None if before is None else made), resets


class MachineLog:
    """Adds up one document. `run` counts agent instances; a format that streams may write the counts directly."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.observations = 0
        self.unavailable = 0
        self.breaks = 0
        self.repeats = 0
        self.first = {True: "~", False: "~"}
        self.latest = {True: "", False: ""}
        self.sequences: dict[int, Sequences] = {}

    def device(self, name: str) -> Device:
        """The device of that id, made where it is new."""
        found = self.devices.get(name)
        if found is None:
            found = self.devices[name] = Device()
        return found

    def times(self, timestamps: list[str]) -> str:
        """Widen start and end by many times at once. The latest, without its mark."""
        if len(set(map(len, timestamps))) == 1 and set(map(itemgetter(-1), timestamps)) == {"Z"}:
            self.at(min(timestamps))
            return self.at(max(timestamps))
        return max((self.at(timestamp) for timestamp in timestamps), default="")

    def at(self, timestamp: str) -> str:
        """Widen start and end, with and without offset apart. Answers the time without its mark; blank if it is none."""
        if timestamp[-1:] == "Z":
            zoned, key = True, timestamp[:-1]
            if self.first[True] <= key <= self.latest[True]:
                return key
            if not _TIME.match(timestamp):
                return ""
        else:
            match = _TIME.match(timestamp)
            if not match:
                return ""
            zoned = match[3] is not None
            try:
                key = canonicalise(FieldType.INSTANT, timestamp)[:-1] if zoned else timestamp
            except NotCanonicalError:
                return ""
        self.first[zoned] = min(self.first[zoned], key)
        self.latest[zoned] = max(self.latest[zoned], key)
        return key

    def state(self, device: str, item: str, at: At, value: str) -> None:
        """An execution state (ACTIVE, READY, UNAVAILABLE …) of a device."""
        if (seconds := seconds_of(at.timestamp)) is not None:
            events = self.device(device).states.setdefault(item, [])
            events.append((at.run, at.sequence, seconds, value, False))

    def counter(
        self, device: str, item: str, at: At, value: str, *, sub_type: str = "", reset: bool = False
    ) -> None:
        """A part counter's reading."""
        if (seconds := seconds_of(at.timestamp)) is not None:
            events = self.device(device).counters.setdefault((item, sub_type), [])
            events.append((at.run, at.sequence, seconds, value, reset))

    def sample(self, device: str, name: str, at: At, value: str) -> None:
        """One observation of a format that names its items freely: counted, and understood by its name."""
        self.observations += 1
        word = value.strip().upper()
        if word in _ABSENT:
            self.unavailable += 1
            word = UNAVAILABLE
        self.at(at.timestamp)
        self.alive(device, at.run, at.timestamp)
        role = role_of(name)
        if role is Role.STATE:
            self.state(device, name, at, "ACTIVE" if word in _ACTIVE else word)
        elif role is Role.COUNTER:
            self.counter(device, name, at, word)

    def alive(self, device: str, run: int, timestamp: str) -> None:
        """The device was heard of at that time: an unended state holds until the last such time."""
        if (seconds := seconds_of(timestamp)) is not None:
            last = self.device(device).last
            if seconds > last.get(run, seconds - 1):
                last[run] = seconds

    def state_facts(self, facts: Facts) -> None:
        """Put everything that the log states."""
        for zoned, suffix, mark in ((True, "", "Z"), (False, "_local", "")):
            if self.latest[zoned]:
                facts.put(f"start{suffix}", self.first[zoned] + mark)
                facts.put(f"end{suffix}", self.latest[zoned] + mark)
        facts.put("devices", len(self.devices))
        facts.put("observations", self.observations)
        facts.put("unavailable", self.unavailable)
        if self.sequences:
            facts.put("gaps", self.breaks + sum(s.gaps() for s in self.sequences.values()))
        names = sorted(self.devices)
        facts.rows("device", [self._row(name, facts) for name in names], names)
        if self.repeats:
            facts.warn(
                "REPEATED_SEQUENCE",
                f"{self.repeats} observations repeat a sequence number and are not counted again",
            )

    def _row(self, name: str, facts: Facts) -> dict[str, str | None]:
        device = self.devices[name]
        parts, resets = device.parts()
        if resets:
            facts.warn("COUNTER_RESET", f"device {name}: the part counter was reset {resets} times")
        if any(_steps_back(events) for events in [*device.states.values(), *device.counters.values()]):
            facts.warn(
                "CLOCK_STEP",
                f"device {name}: the clock steps back between observations that follow each other",
            )
        active = device.active_seconds()
        return {
            "id": name or None,
            "active_seconds": None if active is None else format(round(active, 9), "f"),
            "parts": None if parts is None else str(parts),
            "first_sequence": _text(device.first_sequence),
            "last_sequence": _text(device.last_sequence),
        }


def _steps_back(events: list[Event]) -> bool:
    ordered = sorted(events)
    return any(a[1] < b[1] and a[0] == b[0] and b[2] < a[2] for a, b in pairwise(ordered))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
