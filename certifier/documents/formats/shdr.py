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
_RUN = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]++(?:Z|[+-][0-9:]++)?\|[^|\n@][^|\n]*+\|[^|\n]*+\n(?=[0-9]{4}-[^\n]{5}T)){8,}+"
)  # records of one item, each followed by another record
STEP = 256  # characters read line by line before a run is looked for again
_INDENTED = re.compile(r"\s+[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_MULTILINE = "--multiline--"
_LEVELS = frozenset({"NORMAL", "WARNING", "FAULT"})
_ALARM_STATES = frozenset({"ACTIVE", "CLEARED", "INSTANT"})
_Item = tuple[Role, str, str]


class _Log(MachineLog):
    """The log of one adapter: lines in the order in which they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self._items: dict[str, _Item | None] = {}
        self._times: list[str] = []
        self._device = ""

    def run(self, text: str) -> None:
        """Records of one item each: millions of them, so that they are counted by column."""
        fields = text.replace("\n", "|").split("|")
        times, keys, values = fields[:-1:3], fields[1::3], fields[2::3]
        self._times += times
        self.observations += len(keys)
        self.unavailable += values.count(UNAVAILABLE)
        items = {key: item for key in set(keys) if (item := self._known(key)) is not None}
        for place, key in enumerate(keys, self.line + 1) if items else ():
            if key in items:
                at = place - self.line - 1
                self._event(items[key], At(0, place, times[at]), values[at])
        self.line += len(keys)

    def record(self, text: str) -> None:
        """One whole record."""
        self.line += 1
        time, *items = text.split("|")
        if "@" in time:  # behind it, how long a series took
            time = time.partition("@")[0]
        if len(items) != 2 or items[0].startswith("@"):
            self._long(time, items)
        else:
            self._times.append(time)
            self._item(time, items[0], items[1])

    def _item(self, time: str, key: str, value: str) -> None:
        self.observations += 1
        self.unavailable += value == UNAVAILABLE
        if item := self._known(key):
            self._event(item, At(0, self.line, time), value)

    def _known(self, key: str) -> _Item | None:
        """What a key names, where that matters; looked up once."""
        if key not in self._items:
            device, _, name = key.rpartition(":")
            role = role_of(name)
            self._items[key] = None if role is Role.OTHER else (role, device, name)
        return self._items[key]

    def _long(self, time: str, rest: list[str]) -> None:
        """Several items on one line; or a condition, a message, a series, an alarm, an asset, which stand alone."""
        if len(rest) < 2 or rest[0].startswith("@"):
            return
        self._times.append(time)
        level = rest[1].strip().upper()
        if level in _LEVELS or (level == UNAVAILABLE and len(rest) > 2 and not "".join(rest[2:]).strip()):
            self.observations += 1
            self.unavailable += level == UNAVAILABLE
        elif len(rest) == 3 or _stands_alone(rest):
            self.observations += 1
        else:
            for key, value in zip(rest[::2], rest[1::2], strict=False):
                self._item(time, key, value)

    def _event(self, item: _Item, at: At, value: str) -> None:
        role, device, name = item
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

    def flush(self) -> None:
        """Add up the times of the records since the last flush."""
        if not self._times:
            return
        latest = self.times(self._times)
        names = [name for name in self.devices if name != self._device]
        for name in names or [self._device]:
            self.alive(name, 0, latest)
        self._times.clear()


def _stands_alone(rest: list[str]) -> bool:
    """`key|count|rate|values` is a time series, `key|code|code|severity|state|text` an alarm of older adapters."""
    if len(rest) == 4:
        return rest[1].isdecimal() and len(rest[3].split()) == int(rest[1][:9]) > 1
    return len(rest) == 6 and rest[4] in _ALARM_STATES


class _Reader:
    """Puts records together: wrapped lines are joined, the bodies of multi-line assets passed by."""

    def __init__(self, log: _Log) -> None:
        self._log = log
        self._pending = ""
        self._until: str | None = None

    def text(self, text: str) -> None:
        """Some more whole lines."""
        at = 0
        while at < len(text):
            if self._until is None and (run := _RUN.match(text, at)) is not None:
                self._finish()
                self._log.run(run[0])
                at = run.end()
            end = text.find("\n", at + STEP) + 1 or len(text)
            self._lines(text[at:end].split("\n"))
            at = end
        self._log.flush()

    def _lines(self, lines: list[str]) -> None:
        pending, record = self._pending, self._log.record
        for line in lines:
            if self._until is not None:
                self._until = None if line.startswith(self._until) else self._until
            elif line[4:5] == "-" and line[10:11] == "T" and line[:4].isdecimal():
                if pending:
                    record(pending)
                pending = line
                if _MULTILINE in line:
                    self._until = _MULTILINE + line.rpartition(_MULTILINE)[2].strip()
            elif line.startswith("*"):
                self._log.command(line)
            elif line.strip():
                pending = self._odd(pending, line)
        self._pending = pending

    def _finish(self) -> None:
        """The record that was begun is whole."""
        if self._pending:
            self._log.record(self._pending)
            self._pending = ""

    def _odd(self, pending: str, line: str) -> str:
        """A line that begins with no time: an indented record, or the rest of one that was wrapped."""
        if _INDENTED.match(line):
            if pending:
                self._log.record(pending)
            return line.lstrip()
        if len(pending) + len(line) > MAX_LINE:
            raise MalformedDocumentError(
                "LINE_TOO_LONG", f"SHDR, record {self._log.line + 1}: longer than {MAX_LINE >> 20} MiB"
            )
        return pending + line

    def end(self) -> None:
        """The last record."""
        self._finish()
        self._log.flush()


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
