"""A machine's states and counters over time, added up in memory that does not grow with the log.

Observations stand in order of agent run, sequence number and time, whatever the order of elements in the file; only
those that agree in all three (a format without numbers has the number 0) stand as the file has them. A series
keeps 28 bytes an observation, and once it is long its older half is added up for good: what comes later than half a
series out of order is left out, and told (`OUT_OF_ORDER`). It knows no format; `certifier.documents.machine` does.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain, pairwise
from operator import itemgetter

from certifier.documents.trace import MAX_ENTRIES

__all__ = ["ABSENT", "RUNNING", "Activity", "Clock", "Count", "Trail", "code_of"]

RUNNING, WAITING, HALTED, ABSENT = range(4)
"""A machine's state: its place in `trace.STATES`. Of several at once the lowest counts."""
FOLD = 1 << 17
SECOND = 10**9
_EPOCH = date(1970, 1, 1)
_CHINA = 8 * 3600 * SECOND
_DAY = 86400 * SECOND
_MINUTE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):\Z")
_REST = re.compile(r"([0-5][0-9])(?:\.([0-9]+))?(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?\Z")
_TENS = [10 ** (9 - digits) for digits in range(10)]
_LATEST = 9 * 10**18  # the year 2255, in nanoseconds
_WORDS = {
    RUNNING: "ACTIVE RUNNING RUN 加工 运行",
    WAITING: "READY IDLE WAIT PROGRAM_COMPLETED 待机 空闲",
    HALTED: "STOPPED STOP INTERRUPTED FEED_HOLD OPTIONAL_STOP PROGRAM_STOPPED PROGRAM_OPTIONAL_STOP FAULT ALARM 停机 停止 报警 急停",
    ABSENT: "UNAVAILABLE OFFLINE 离线",
}
_CODES = {word: code for code, words in _WORDS.items() for word in words.split()}

_PLACE = itemgetter(0, 1, 2)

Row = tuple[int, int, int, int]
"""Run of the agent, sequence number, nanoseconds since 1970, state or reading."""
Spell = tuple[int, int, int, bool]
"""State, start, end, and whether the state was only said again."""


def code_of(word: str) -> int:
    """The state that an execution value means; one that is not known is neither cutting nor gone."""
    code = _CODES.get(word)
    return _CODES.get(word.strip().upper(), WAITING) if code is None else code


class Clock:
    """ISO 8601 times as nanoseconds since 1970. One without an offset is China's, and `local` says so."""

    def __init__(self) -> None:
        self.local = False
        self._before = ""
        self._base: int | None = None

    def __call__(self, timestamp: str) -> int | None:
        """Nanoseconds, or None for what is no time from 1970 to 2255."""
        minute = timestamp[:17]
        if minute != self._before:
            self._before, self._base = minute, _begin(minute)
        match = _REST.match(timestamp, 17)
        if match is None or self._base is None:
            return None
        second, fraction, offset = match.groups()
        time = self._base + int(second) * SECOND
        if fraction:
            time += int(fraction[:9]) * _TENS[len(fraction)] if len(fraction) < 10 else int(fraction[:9])
        return time if offset == "Z" else self._moved(time, offset)

    def _moved(self, time: int, offset: str | None) -> int:
        if offset is None:
            self.local = True
            return time - _CHINA
        seconds = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
        return time + (seconds if offset[0] == "-" else -seconds) * SECOND


def _begin(text: str) -> int | None:
    """Nanoseconds of a minute's begin in UTC; observations that follow each other share it."""
    if (match := _MINUTE.match(text)) is None:
        return None
    day, hour, minute = match.groups()
    try:
        base = (date.fromisoformat(day) - _EPOCH).days * _DAY
    except ValueError:
        return None
    return base + (int(hour) * 60 + int(minute)) * 60 * SECOND if _DAY <= base < _LATEST else None


class Trail:
    """The intervals of all devices of a log: (device, state, start, end) in milliseconds, up to a cap."""

    def __init__(self) -> None:
        self.intervals: list[tuple[str, int, int, int]] = []
        self.truncated = False

    def add(self, device: str, code: int, start: int, end: int) -> None:
        """One interval, in nanoseconds; one shorter than a millisecond is none."""
        if len(self.intervals) >= MAX_ENTRIES:
            self.truncated = True
        elif end // 1_000_000 > start // 1_000_000:
            self.intervals.append((device, code, start // 1_000_000, end // 1_000_000))


class _Series:
    """The observations of one item."""

    def __init__(self) -> None:
        self._columns = array("i"), array("Q"), array("q"), array("q")
        self._append = tuple(column.append for column in self._columns)
        self._ordered = True
        self._last = self._floor = (-1, 0, 0)
        self.late = 0
        self.steps_back = False

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, row: Row) -> None:
        """One observation. What belongs before those that were folded is only counted."""
        place = row[:3]
        if place < self._last:
            if place < self._floor:
                self.late += 1
                return
            self._ordered = False
        self._last = place
        run, sequence, time, value = self._append
        run(row[0])
        sequence(row[1])
        time(row[2])
        value(row[3])

    def rows(self) -> list[Row]:
        """All that are kept, in order; the clock is looked at on the way."""
        rows = list(zip(*self._columns, strict=True))
        if not self._ordered:
            rows.sort(key=_PLACE)
        self.steps_back |= any(a[1] < b[1] and a[0] == b[0] and b[2] < a[2] for a, b in pairwise(rows))
        return rows

    def keep(self, rows: list[Row]) -> None:
        """Go on with these only; they are in order."""
        for position, column in enumerate(self._columns):
            column[:] = array(column.typecode, (row[position] for row in rows))
        self._ordered, self._floor, self._last = True, rows[0][:3], rows[-1][:3]


class Count:
    """One part counter: it may run for the machine's whole life, so its differences count; where it falls, it was reset."""

    def __init__(self) -> None:
        self._series = _Series()
        self._before: int | None = None
        self._made = 0
        self.resets = 0

    def add(self, run: int, sequence: int, time: int, reading: int, *, reset: bool) -> None:
        """A reading; `reset` where the log itself says that the counter began anew."""
        self._series.add((run, sequence, time, ~reading if reset else reading))
        if len(self._series) >= FOLD:
            rows = self._series.rows()
            self._take(rows[: FOLD // 2])
            self._series.keep(rows[FOLD // 2 :])

    def finish(self) -> int | None:
        """Parts made; None where no reading was stated."""
        self._take(self._series.rows())
        return None if self._before is None else self._made

    @property
    def steps_back(self) -> bool:
        return self._series.steps_back

    @property
    def late(self) -> int:
        return self._series.late

    def _take(self, rows: Iterable[Row]) -> None:
        made, before, resets = self._made, self._before, self.resets
        for _, _, _, value in rows:
            count = value if value >= 0 else ~value
            if before is not None:
                fell = value < 0 or count < before
                resets += fell
                made += count if fell else count - before
            before = count
        self._made, self._before, self.resets = made, before, resets


class Activity:
    """The execution states of one device; several paths of a machine are one device."""

    def __init__(self) -> None:
        self._items: dict[str, _Series] = {}
        self._known = False
        self._active = 0
        self._reached = 0
        self._held: tuple[int, int, int] | None = None

    def add(self, item: str, row: Row, device: str, last: Mapping[int, int], trail: Trail) -> None:
        """A state of one item. `last`: the last sign of life in each run of the agent."""
        series = self._items.get(item)
        if series is None:
            series = self._items[item] = _Series()
        series.add(row)
        self._known |= row[3] != ABSENT
        if len(series) >= FOLD and len(self._items) == 1:
            rows = series.rows()
            self._emit(_spells(rows[: FOLD // 2 + 1], last), device, trail)
            series.keep(rows[FOLD // 2 :])

    def finish(self, device: str, last: Mapping[int, int], trail: Trail) -> int | None:
        """Nanoseconds in which any item was running; None where no state was stated."""
        found = [_spells(series.rows(), last, final=True) for series in self._items.values()]
        self._emit(found[0] if len(found) == 1 else _together(chain.from_iterable(found)), device, trail)
        if self._held is not None:
            trail.add(device, *self._held)
        return self._active if self._known else None

    @property
    def steps_back(self) -> bool:
        return any(series.steps_back for series in self._items.values())

    @property
    def late(self) -> int:
        return sum(series.late for series in self._items.values())

    def _emit(self, spells: Iterator[Spell], device: str, trail: Trail) -> None:
        """Add up; a state that is only said again is one interval with the one before."""
        for code, start, end, again in spells:
            if code == RUNNING and end > (begin := max(start, self._reached)):
                self._active += end - begin
                self._reached = end
            if end <= start:
                continue
            held = self._held
            if held is not None and again and held[0] == code and held[2] == start:
                self._held = code, held[1], end
            else:
                if held is not None:
                    trail.add(device, *held)
                self._held = code, start, end


def _spells(rows: list[Row], last: Mapping[int, int], *, final: bool = False) -> Iterator[Spell]:
    """State, start, end of each observation, and whether it repeats the one before; the end of a run ends a state."""
    before = -1
    for here, after in pairwise(rows):
        end = after[2] if after[0] == here[0] else last.get(here[0], here[2])
        yield here[3], here[2], end, here[3] == before
        before = here[3] if after[0] == here[0] else -1
    if rows and final:
        run, _, start, code = rows[-1]
        yield code, start, last.get(run, start), code == before


def _together(spells: Iterable[Spell]) -> Iterator[Spell]:
    """Several items' spells as one: at any moment the lowest state holds."""
    turns = sorted(
        turn for code, start, end, _ in spells if end > start for turn in ((start, 1, code), (end, -1, code))
    )
    open_, begun, current = [0, 0, 0, 0], 0, -1
    for at, (time, step, code) in enumerate(turns):
        open_[code] += step
        if at + 1 < len(turns) and turns[at + 1][0] == time:
            continue
        state = next((c for c, count in enumerate(open_) if count), -1)
        if state != current:
            if current >= 0:
                yield current, begun, time, False
            current, begun = state, time
