"""SHDR, the pipe-delimited protocol of MTConnect adapters (MTConnect agent manual, "Adapter data format"), as logs.

A line is a time and items: `time|key|value|key|value…`; conditions and messages stand alone, assets may span lines. Logs
of real adapters also wrap lines and come in UTF-16. Keys are the adapter's own: an execution state and a part counter
are known by names such as `execution`, `Program_Status`, `PartCountAct`. There are no sequence numbers, so gaps are not
stated. Streamed: memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import chain, compress, count
from operator import itemgetter

from certifier.documents.facts import Facts
from certifier.documents.machine import UNAVAILABLE, At, MachineLog, Role, previous_log, role_of
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source, text_encoding
from certifier.errors import MalformedDocumentError

CHUNK = 1 << 18
MAX_LINE = 8 << 20
_RECORD = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?(?:@[0-9.]+)?\|"
)
_START = re.compile(rf"\A(?:\s*\*[^\n]*\n)*\s*{_RECORD.pattern}[^|\n]+\|")
_INDENTED = re.compile(r"\s+[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_MULTILINE = "--multiline--"
_LEVELS = frozenset({"NORMAL", "WARNING", "FAULT"})
_INITIALS = frozenset("NWFUnwfu \t")  # with which a level, or UNAVAILABLE, may begin
_ALARM_STATES = frozenset({"ACTIVE", "CLEARED", "INSTANT"})
_SECOND = 19
_OFFSET = re.compile(r"\n[^|.]{19}(?:\.[0-9]+)?([^|]*)\|")
_NO_SHAPE = bytes(byte for byte in range(256) if byte not in b"|\nZ")
_DAY, _INITIAL, _PLACE = itemgetter(slice(11)), itemgetter(slice(1)), itemgetter(0)
_Item = tuple[Role, str, str]
_Event = tuple[int, str, str, str]


class _Alike:
    """Records with equally many fields, split together: column by column, which is much faster than one by one."""

    def __init__(self, width: int, zulu: bool, places: list[int], records: list[str]) -> None:
        self.width = width
        self.places = places
        self.records = records
        self._zulu = zulu
        self._block = "\n".join(["", *records, ""])
        self._fields = self._block.split("|")  # a record's last field ends with the time of the next

    def column(self, number: int) -> list[str]:
        """A field of each record, from 1; not the last."""
        return self._fields[number :: self.width - 1]

    def absent(self, number: int) -> int:
        """How many records say UNAVAILABLE in a field."""
        if number == self.width - 1:
            return self._block.count(f"|{UNAVAILABLE}\n")
        return self.column(number).count(UNAVAILABLE)

    def times(self) -> list[str]:
        return [record.partition("|")[0] for record in self.records]

    def outer_times(self) -> list[str]:
        """Times of which one is the first and one the last: records sort by their second, not by its fractions."""
        if not self._zulu and len(set(_OFFSET.findall(self._block))) > 1:
            return self.times()
        seconds = {min(self.records)[:_SECOND], max(self.records)[:_SECOND]}
        return [
            second + rest.partition("|")[0]
            for second in seconds
            for rest in self._block.split(f"\n{second}")[1:]
        ]

    def alone(self) -> dict[int, list[str]]:
        """Place and fields of the records that are one observation and not several items.

        `key|code|text` is a message, `key|level|…` a condition, `key|count|rate|values` a time series,
        `key|code|code|severity|state|text` an alarm of older adapters.
        """
        if self.width < 5:
            rows: Iterable[int] = range(len(self.records) if self.width == 4 else 0)
        elif self.width == 5 and (" " in self._block or "\t" in self._block):
            rows = range(len(self.records))
        else:
            rows = compress(count(), map(_INITIALS.__contains__, map(_INITIAL, self.column(2))))
            if self.width == 7:
                rows = chain(rows, compress(count(), map(_ALARM_STATES.__contains__, self.column(5))))
        split = ((row, self.records[row].split("|")) for row in rows)
        return {row: fields for row, fields in split if _stands_alone(fields)}

    def without(self, rows: Container[int]) -> _Alike:
        """All but these."""
        kept = [row not in rows for row in range(len(self.records))]
        return _Alike(
            self.width, self._zulu, list(compress(self.places, kept)), list(compress(self.records, kept))
        )


def _alike(records: list[str]) -> Iterator[_Alike]:
    """Records by how many fields they have, and whether their time is UTC's; those without a key and a value say nothing.

    Without everything but bars, ends and the letter Z records are few shapes.
    """
    shapes: dict[bytes, list[int]] = defaultdict(list)
    text = "\n".join(records).encode("ascii", "replace").translate(None, _NO_SHAPE)
    for place, shape in enumerate(text.split(b"\n")):
        shapes[shape].append(place)
    found: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for shape, places in shapes.items():
        found[shape.count(b"|") + 1, shape.startswith(b"Z|")] += places
    for (width, zulu), places in found.items():
        if width > 2:
            yield _Alike(width, zulu, places, list(map(records.__getitem__, places)))


def _without_mark(record: str) -> str:
    """A record without what stands behind an @ in its time: how long a series took. Nothing of assets, which begin with one."""
    time, bar, rest = record.partition("|")
    return "" if rest.startswith("@") else time.partition("@")[0] + bar + rest


def _stands_alone(fields: list[str]) -> bool:
    size, level = len(fields), _level(fields)
    if size == 4 or level in _LEVELS or (level == UNAVAILABLE and not "".join(fields[3:]).strip()):
        return True
    if size == 5:
        return fields[2].isdecimal() and len(fields[4].split()) == int(fields[2][:9]) > 1
    return size == 7 and fields[5] in _ALARM_STATES


def _level(fields: list[str]) -> str:
    return fields[2].strip().upper()


class _Log(MachineLog):
    """The log of one adapter: records in the order in which they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self._items: dict[str, _Item] = {}
        self._quiet: set[str] = set()
        self._device = ""

    def records(self, records: list[str]) -> None:
        """Whole records, thousands at once."""
        if "@" in "".join(records):
            records = list(map(_without_mark, records))
        times: list[str] = []
        events: list[_Event] = []
        for alike in _alike(records):
            outer = alike.outer_times()
            times += outer if all(map(self.at, outer)) else alike.times()
            alone = alike.alone()
            self.observations += len(alone)
            self.unavailable += sum(_level(fields) == UNAVAILABLE for fields in alone.values())
            events += self._events(alike.without(alone) if alone else alike)
        for place, time, key, value in sorted(events, key=_PLACE):
            self._event(At(0, self.line + place, time), key, value)
        self.line += len(records)
        if times:
            self._heard_of(self.times(times))

    def _events(self, alike: _Alike) -> Iterator[_Event]:
        """Count the items of records. Those that are states and counters, with their places."""
        for column in range(1, alike.width - 1, 2):
            keys = alike.column(column)
            self.observations += len(keys)
            self.unavailable += alike.absent(column + 1)
            if not self._quiet.issuperset(keys):
                loud = {key for key in set(keys) - self._quiet if self._is_loud(key)}
                for row in compress(count(), map(loud.__contains__, keys)):
                    fields = alike.records[row].split("|")
                    yield alike.places[row], fields[0], keys[row], fields[column + 1]

    def _is_loud(self, key: str) -> bool:
        """Whether a key names a state or a counter; looked up once."""
        if key not in self._items:
            device, _, name = key.rpartition(":")
            self._items[key] = role_of(name), device, name
            if self._items[key][0] is Role.OTHER:
                self._quiet.add(key)
        return key not in self._quiet

    def _event(self, at: At, key: str, value: str) -> None:
        role, device, name = self._items[key]
        if role is Role.STATE:
            self.state(device or self._device, name, at, value)
        else:
            self.counter(device or self._device, name, at, value.strip())

    def command(self, text: str) -> None:
        """`* uuid: …`, `* device: …`, `* previous sha256:…`: what the adapter says about its machine and its log."""
        self.previous = self.previous or previous_log(text)
        name, _, value = text.lstrip("* ").partition(":")
        if name.strip().lower() in ("uuid", "device", "devicename") and value.strip() and not self._device:
            self._device = value.strip()

    def _heard_of(self, latest: str) -> None:
        names = [name for name in self.devices if name != self._device]
        for name in names or [self._device]:
            self.alive(name, 0, latest)


class _Reader:
    """Puts records together: wrapped lines are joined, the bodies of multi-line assets passed by."""

    def __init__(self, log: _Log) -> None:
        self._log = log
        self._records: list[str] = []
        self._until: str | None = None

    def text(self, text: str) -> None:
        """Some more whole lines. The last record is kept: its rest may follow."""
        lines = text.split("\n")
        one_day = text.count(f"\n{text[:11]}") == len(lines) - 1
        days = {lines[0]} if one_day else set(map(_DAY, lines)) - {""}
        if self._until is None and _MULTILINE not in text and all(map(_begins, days)):
            self._records += lines if one_day else filter(None, lines)
        else:
            self._lines(iter(lines))
        self._give(self._records[:-1])

    def end(self) -> None:
        """The last record."""
        self._give(self._records)

    def _give(self, records: list[str]) -> None:
        self._log.records(records)
        del self._records[: len(records)]

    def _lines(self, lines: Iterator[str]) -> None:
        """Lines that are not all whole records."""
        self._pass_by(lines)
        for line in lines:
            if not _begins(line):
                self._odd(line)
                continue
            self._records.append(line)
            if _MULTILINE in line:
                self._until = _MULTILINE + line.rpartition(_MULTILINE)[2].strip()
                self._pass_by(lines)

    def _pass_by(self, lines: Iterator[str]) -> None:
        """The body of an asset, as far as it is here."""
        if self._until is not None and any(line.startswith(self._until) for line in lines):
            self._until = None

    def _odd(self, line: str) -> None:
        """A line that begins with no time: a command, an indented record, or the rest of one that was wrapped."""
        records = self._records
        if line.startswith("*"):
            self._give(records[:-1])
            self._log.command(line)
        elif _INDENTED.match(line):
            records.append(line.lstrip())
        elif line.strip():
            records.append(records.pop() + line if records else line)
            if len(records[-1]) > MAX_LINE:
                raise MalformedDocumentError(
                    "LINE_TOO_LONG",
                    f"SHDR, record {self._log.line + len(records)}: longer than {MAX_LINE >> 20} MiB",
                )


def _begins(line: str) -> bool:
    """Whether a line begins as a record does, with a day."""
    return line[4:5] == "-" and line[10:11] == "T" and line[:4].isdecimal()


def read(source: Source) -> Document:
    """The facts of one adapter's log."""
    log = _Log()
    reader = _Reader(log)
    for block in _blocks(source):
        reader.text(block)
    reader.end()
    facts = Facts("machine-data", "shdr", None, "text/plain")
    log.state_facts(facts)
    return facts.document()


def _blocks(source: Source) -> Iterator[str]:
    """Whole lines, some at a time, in whatever encoding the file is; a line that never ends is cut."""
    decoder = codecs.getincrementaldecoder(text_encoding(source.head) or "utf-8")("replace")
    stream, rest = source.open(), ""
    while chunk := stream.read(CHUNK):
        text, end, rest = (rest + decoder.decode(chunk).replace("\r", "")).rpartition("\n")
        if len(rest) > MAX_LINE:
            text, rest = text + end + rest, ""
        yield text
    yield rest


register(
    Format(
        "shdr",
        "SHDR adapter logs (MTConnect agent manual)",
        lambda source: source.root is None and _START.match(source.head_text) is not None,
        read,
    )
)
