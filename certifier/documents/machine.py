"""What a machine's log says, whatever format it is in: active time, parts made, breaks in the evidence.

Formats report observations; this adds up (DESIGN, Field notes). Active time is the union of the times in which an
execution state is ACTIVE; UNAVAILABLE ends it and is not idle. Parts are the differences of a counter that may run
for the machine's whole life; a counter that falls has been reset. Everything is ordered by sequence, else by time, so
that the order of elements in a file does not matter. The same pass gives the trace that checks of evidence ask for.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from certifier.canonical import FieldType, canonicalise
from certifier.documents.facts import Facts
from certifier.documents.timeline import Activity, Clock, Count, Trail, code_of
from certifier.documents.trace import STATES, Interval, Trace
from certifier.errors import NotCanonicalError

__all__ = [
    "UNAVAILABLE",
    "At",
    "Device",
    "MachineLog",
    "Role",
    "Sequences",
    "previous_log",
    "role_of",
    "seconds_of",
]

UNAVAILABLE = "UNAVAILABLE"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
_MARK, _UNMARKED = itemgetter(slice(-1, None)), itemgetter(slice(-1))
_WHOLE = re.compile(r"[0-9]{1,18}(?:\.0+)?\Z")
_PAGE_BITS = 16
_NOT_MADE = frozenset({"TARGET", "REMAINING", "BAD", "FAILED", "ABORTED"})

_NOT_WORD = re.compile("[^a-z0-9\u4e00-\u9fff]")
_STATES = ("execution", "exec", "programstatus", "machinestatus", "运行状态")
_COUNTERS = ("partcount", "partcountact", "partscount", "partcountall", "partcountgood", "加工件数")
_NO_COUNT = re.compile("target|remain|desired|bad|scrap")
_ABSENT = frozenset({"UNAVAILABLE", "OFFLINE", "离线"})
_PREVIOUS = re.compile(r"(?i)previous\W{0,8}(?:sha-?256)?\W{0,8}([0-9a-f]{64})(?![0-9a-f])")


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
    return Decimal((moment - _EPOCH) // timedelta(seconds=1)) + Decimal("0" + match[2] if match[2] else 0)


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


def previous_log(text: str) -> str | None:
    """The SHA-256 of the log before this one, where a text such as `previous sha256:…` names it."""
    match = _PREVIOUS.search(text)
    return match[1].lower() if match else None


@dataclass
class Device:
    """One machine of the log: its states and counters by data item, its last signs of life, its sequence numbers."""

    activity: Activity = field(default_factory=Activity)
    counters: dict[tuple[str, str], Count] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    first_sequence: int | None = None
    last_sequence: int | None = None

    def parts(self) -> tuple[int | None, int]:
        """Parts made, and how many resets the counter went through. None where no counter is stated."""
        found = [(count.finish(), count.resets) for count in self.counters.values()]
        return max(found, default=(None, 0), key=lambda m: m[0] or 0)

    def steps_back(self) -> bool:
        return self.activity.steps_back or any(count.steps_back for count in self.counters.values())

    def late(self) -> int:
        return self.activity.late + sum(count.late for count in self.counters.values())


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
        self.previous: str | None = None
        self._clock = Clock()
        self._trail = Trail()
        self._parts: dict[str, int] = {}

    def device(self, name: str) -> Device:
        """The device of that id, made where it is new."""
        found = self.devices.get(name)
        if found is None:
            found = self.devices[name] = Device()
        return found

    def times(self, timestamps: list[str]) -> str:
        """Widen start and end by many times at once. The latest of them; blank if there is none."""
        if set(map(_MARK, timestamps)) == {"Z"}:  # the usual case; without their mark they sort as texts
            texts = list(map(_UNMARKED, timestamps))
            first, latest = f"{min(texts)}Z", f"{max(texts)}Z"
            if self.at(first) and self.at(latest):
                return latest
        key, latest = max(((self.at(timestamp), timestamp) for timestamp in timestamps), default=("", ""))
        return latest if key else ""

    def at(self, timestamp: str) -> str:
        """Widen start and end, with and without offset apart. The time in UTC without its mark; blank if it is none."""
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
            offset = match[3]
            zoned = offset is not None
            whole = f"{match[1]}{match[2] or ''}{offset[:3]}:{offset[-2:]}" if zoned else timestamp
            try:
                key = canonicalise(FieldType.INSTANT, whole)[:-1] if zoned else whole
            except NotCanonicalError:
                return ""
        self.first[zoned] = min(self.first[zoned], key)
        self.latest[zoned] = max(self.latest[zoned], key)
        return key

    def state(self, device: str, item: str, at: At, value: str) -> None:
        """An execution state (ACTIVE, READY, UNAVAILABLE …) of a device."""
        if (time := self._clock(at.timestamp)) is not None:
            found = self.device(device)
            row = at.run, at.sequence, time, code_of(value)
            found.activity.add(item, row, device, found.last, self._trail)

    def counter(
        self, device: str, item: str, at: At, value: str, *, sub_type: str = "", reset: bool = False
    ) -> None:
        """A part counter's reading; what is no whole number, and counters of what is not made, say nothing."""
        if sub_type in _NOT_MADE or not _WHOLE.match(value):
            return
        if (time := self._clock(at.timestamp)) is not None:
            counters = self.device(device).counters
            count = counters.get((item, sub_type))
            if count is None:
                count = counters[item, sub_type] = Count()
            count.add(at.run, at.sequence, time, int(value.partition(".")[0]), reset=reset)

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
            self.state(device, name, at, word)
        elif role is Role.COUNTER:
            self.counter(device, name, at, word)

    def alive(self, device: str, run: int, timestamp: str) -> None:
        """The device was heard of at that time: an unended state holds until the last such time."""
        if (time := self._clock(timestamp)) is not None:
            last = self.device(device).last
            if time > last.get(run, -1):
                last[run] = time

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
        facts.trace = self._trace()

    def _trace(self) -> Trace:
        intervals = sorted(self._trail.intervals, key=lambda i: (i[0], i[2], i[3]))
        return Trace(
            tuple(Interval(device, STATES[code], start, end) for device, code, start, end in intervals),
            parts=self._parts,
            previous=self.previous,
            local=self._clock.local,
            truncated=self._trail.truncated,
        )

    def _row(self, name: str, facts: Facts) -> dict[str, str | None]:
        device = self.devices[name]
        parts, resets = device.parts()
        active = device.activity.finish(name, device.last, self._trail)
        if parts is not None:
            self._parts[name] = parts
        if resets:
            facts.warn("COUNTER_RESET", f"device {name}: the part counter was reset {resets} times")
        if device.steps_back():
            facts.warn(
                "CLOCK_STEP",
                f"device {name}: the clock steps back between observations that follow each other",
            )
        if late := device.late():
            facts.warn(
                "OUT_OF_ORDER", f"device {name}: {late} states stand far from their place and are left out"
            )
        return {
            "id": name or None,
            "active_seconds": None if active is None else format(Decimal(active) / 10**9, "f"),
            "parts": None if parts is None else str(parts),
            "first_sequence": _text(device.first_sequence),
            "last_sequence": _text(device.last_sequence),
        }


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
