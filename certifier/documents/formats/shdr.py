"""SHDR, the pipe-delimited protocol of MTConnect adapters (MTConnect agent manual, "Adapter data format"), as logs.

A line is a time and items: `time|key|value|key|value…`; conditions and messages stand alone, assets may span lines. Logs
of real adapters also wrap lines and come in UTF-16. Keys are the adapter's own: an execution state and a part counter
are known by names such as `execution`, `Program_Status`, `PartCountAct`. There are no sequence numbers, so gaps are not
stated. Streamed: memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

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
_Item = tuple[Role, str, str]


class _Log(MachineLog):
    """The log of one adapter: records in the order in which they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self._items: dict[str, _Item] = {}
        self._quiet: set[str] = set()
        self._times: list[str] = []
        self._device = ""

    def records(self, records: list[str]) -> None:
        """Whole records: millions of them, so that what is only counted is counted here."""
        quiet, add_time, count, unavailable = self._quiet, self._times.append, 0, 0
        for line, record in enumerate(records, self.line + 1):
            fields = record.split("|")
            if "@" in record and not _without_marks(fields):
                continue
            size = len(fields)
            if size == 3:
                count += 1
                if fields[2] == UNAVAILABLE:
                    unavailable += 1
                if fields[1] not in quiet:
                    self._events(line, fields)
            elif size < 3:
                continue
            elif size == 4 or _stands_alone(fields):
                count += 1
                unavailable += _level(fields) == UNAVAILABLE
            else:
                count += (size - 1) // 2
                if UNAVAILABLE in record:
                    unavailable += fields[2::2].count(UNAVAILABLE)
                if not quiet.issuperset(fields[1::2]):
                    self._events(line, fields)
            add_time(fields[0])
        self.line += len(records)
        self.observations += count
        self.unavailable += unavailable

    def _events(self, line: int, fields: list[str]) -> None:
        """States and counters among the items of a record."""
        at = At(0, line, fields[0])
        for place in range(1, len(fields) - 1, 2):
            role, device, name = self._items.get(fields[place]) or self._item(fields[place])
            if role is Role.STATE:
                self.state(device or self._device, name, at, fields[place + 1])
            elif role is Role.COUNTER:
                self.counter(device or self._device, name, at, fields[place + 1].strip())

    def _item(self, key: str) -> _Item:
        """What a key names; looked up once."""
        device, _, name = key.rpartition(":")
        found = self._items[key] = role_of(name), device, name
        if found[0] is Role.OTHER:
            self._quiet.add(key)
        return found

    def command(self, text: str) -> None:
        """`* uuid: …`, `* device: …`, `* previous sha256:…`: what the adapter says about its machine and its log."""
        self.previous = self.previous or previous_log(text)
        name, _, value = text.lstrip("* ").partition(":")
        if name.strip().lower() in ("uuid", "device", "devicename") and value.strip() and not self._device:
            self._device = value.strip()

    def flush(self) -> None:
        """Add up the times of the records since the last flush."""
        if not self._times:
            return
        latest = self.times(self._times)
        names = [name for name in self.devices if name != self._device]
        for name in names or [self._device]:
            self.alive(name, 0, latest)
        self._times.clear()


def _without_marks(fields: list[str]) -> bool:
    """Take what stands behind an @ from the time: how long a series took. False for assets, which begin with one."""
    fields[0] = fields[0].partition("@")[0]
    return len(fields) > 1 and not fields[1].startswith("@")


def _level(fields: list[str]) -> str:
    return fields[2].strip().upper()


def _stands_alone(fields: list[str]) -> bool:
    """Whether a record of five fields or more is one observation and not several items.

    `key|level|…` is a condition, `key|count|rate|values` a time series, `key|code|code|severity|state|text` an alarm
    of older adapters.
    """
    if fields[2][:1] in _INITIALS:
        level = _level(fields)
        if level in _LEVELS or (level == UNAVAILABLE and not "".join(fields[3:]).strip()):
            return True
    size = len(fields)
    if size == 5:
        return fields[2].isdecimal() and len(fields[4].split()) == int(fields[2][:9]) > 1
    return size == 7 and fields[5] in _ALARM_STATES


class _Reader:
    """Puts records together: wrapped lines are joined, the bodies of multi-line assets passed by."""

    def __init__(self, log: _Log) -> None:
        self._log = log
        self._records: list[str] = []
        self._day = "\n"
        self._until: str | None = None

    def text(self, text: str) -> None:
        """Some more whole lines. The last record is kept: its rest may follow."""
        lines, records, day = iter(text.split("\n")), self._records, self._day
        assets = _MULTILINE in text
        self._pass_by(lines)
        for line in lines:
            if not line.startswith(day):  # most have the day of the one before
                if line[4:5] != "-" or line[10:11] != "T" or not line[:4].isdecimal():
                    self._odd(line)
                    continue
                day = line[:11]
            records.append(line)
            if assets and _MULTILINE in line:
                self._until = _MULTILINE + line.rpartition(_MULTILINE)[2].strip()
                self._pass_by(lines)
        self._day = day
        self._give(records[:-1])

    def end(self) -> None:
        """The last record."""
        self._give(self._records)

    def _give(self, records: list[str]) -> None:
        self._log.records(records)
        self._log.flush()
        del self._records[: len(records)]

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
            text, end, rest = text + end + rest, "\n", ""
        yield text + end
    yield f"{rest}\n"


register(
    Format(
        "shdr",
        "SHDR adapter logs (MTConnect agent manual)",
        lambda source: source.root is None and _START.match(source.head_text) is not None,
        read,
    )
)
