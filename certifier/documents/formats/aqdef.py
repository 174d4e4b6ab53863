"""AQDEF data files (Q-DAS ASCII transfer format, K-fields): parts, characteristics and their measured values.

Both layouts: values as K0001 lines, and compact value lines (separated by 0x0F, parts of a value by 0x14). AQDEF states
no verdicts: a value outside of K2110 and K2111 is counted as failed, and only where every measured characteristic has a
limit. Values marked invalid or not measured (K0002: 255, 256) are none, nor are the counts of attributive characteristics
(K2004: 1, 5, 6). A part's serial (K0014) tells how many parts were measured; without it that is not stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from certifier.documents.amounts import decimal
from certifier.documents.facts import Facts
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source, need_text
from certifier.errors import MalformedDocumentError

_FIELD = re.compile(r"K([0-9]{4})(?:/([0-9]{1,6}))?(?:\s+(.*))?\Z")
_START = re.compile(r"\A\s*K0100(?:/[0-9]+)?\s+[0-9]+\s*$", re.MULTILINE)
_TIME = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{2,4})/([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_ATTRIBUTIVE = frozenset({"1", "5", "6"})
_NO_VALUE = frozenset({"255", "256"})
_INSTRUMENTS = ("2401", "2402", "1201", "1202", "0012")


@dataclass
class _File:
    """Fields by key and index, and measured values with the index of their characteristic."""

    fields: dict[str, dict[int, str]] = field(default_factory=dict)
    measured: list[tuple[int, int, str]] = field(default_factory=list)
    serial_of: dict[tuple[int, int], str] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    serials: set[str] = field(default_factory=set)

    def put(self, key: str, index: int, text: str) -> None:
        if key == "0001":
            self._value(index, text)
        elif key == "0002":
            self._mark(index, text)
        elif key == "0004":
            self.times.append(text)
        elif key == "0014" and text:
            self.serials.add(text)
            count = self.counts.get(index, 0) if index else max(self.counts.values(), default=0)
            self.serial_of[index, count] = text
        else:
            self.fields.setdefault(key, {})[index] = text

    def _value(self, index: int, text: str) -> None:
        if decimal(number := text.replace(",", ".")) is not None:
            self.counts[index] = count = self.counts.get(index, 0) + 1
            self.measured.append((index, count, number))

    def _mark(self, index: int, attribute: str) -> None:
        """A value's attribute, which stands behind it."""
        if attribute in _NO_VALUE and self.measured and self.measured[-1][0] == index:
            self.measured.pop()

    def compact(self, line: str) -> None:
        """A line of values, one per characteristic in order."""
        for index, entry in enumerate(line.split("\x0f"), 1):
            parts = [part.strip() for part in entry.split("\x14")]
            if self.fields.get("2004", {}).get(index) not in _ATTRIBUTIVE:
                self._value(index, parts[0])
                self._mark(index, parts[1] if len(parts) > 1 else "")
            self.times.extend(part for part in parts[1:] if _TIME.match(part))

    def limit(self, key: str, index: int) -> Decimal | None:
        stated = self.fields.get(key, {})
        return decimal((stated.get(index) or stated.get(0) or "").replace(",", "."))

    def failed(self) -> int | None:
        """Values outside of their limits; None where one of them has none."""
        count = 0
        for index, _, text in self.measured:
            value = Decimal(text)
            low, high = self.limit("2110", index), self.limit("2111", index)
            if low is None and high is None:
                return None
            count += (low is not None and value < low) or (high is not None and value > high)
        return count

    def traced(self) -> Iterator[tuple[str, str, str]]:
        """Characteristic (K2001, else K2002), part (its serial K0014, else its place) and value."""
        named = {**self.fields.get("2002", {}), **self.fields.get("2001", {})}
        for index, count, text in self.measured:
            serial = self.serial_of.get((index, count)) or self.serial_of.get((0, count)) or str(count)
            yield named.get(index) or str(index), serial, text

    def only(self, *keys: str) -> str | None:
        """The first of these fields that is stated, where all its indices agree."""
        for key in keys:
            found = {text for text in self.fields.get(key, {}).values() if text}
            if found:
                return found.pop() if len(found) == 1 else None
        return None


def read(source: Source) -> Document:
    """The facts of one data file."""
    data = _File()
    for number, line in enumerate(need_text(source, "AQDEF").splitlines(), 1):
        if match := _FIELD.match(line.strip(" ")):
            data.put(match[1], int(match[2] or 0), (match[3] or "").strip())
        elif line.strip() and line.lstrip()[:1] in "+-.0123456789":
            data.compact(line)
        elif line.strip():
            raise MalformedDocumentError(
                "AQDEF", f"AQDEF, line {number}: {line[:40]!r} is neither a K-field nor values"
            )
    facts = Facts("inspection-report", "aqdef", "AQDEF", "text/plain")
    facts.put("product", data.only("1001", "1002"))
    facts.put("lot", data.only("0006"))
    facts.time("inspected_at", max(_times(data.times), default=None))
    if data.serials:
        facts.put("parts", len(data.serials))
    if data.measured or not _ATTRIBUTIVE & set(data.fields.get("2004", {}).values()):
        facts.put("characteristics", len(data.measured))
    if data.measured:
        facts.put("characteristics_failed", data.failed())
    facts.measure(data.traced())
    names = sorted({text for key in _INSTRUMENTS for text in data.fields.get(key, {}).values() if text})
    facts.rows("instrument", [{"id": name} for name in names], names)
    return facts.document()


def _times(texts: list[str]) -> Iterator[str]:
    """`01.01.2013/15:18:31` as local time; two digits of a year belong to this century."""
    for text in texts:
        if match := _TIME.match(text):
            day, month, year, *clock = match.groups()
            yield f"{year if len(year) == 4 else '20' + year}-{month:0>2}-{day:0>2}T{clock[0]:0>2}:{clock[1]}:{clock[2]}"


register(
    Format(
        "aqdef",
        "AQDEF / Q-DAS ASCII transfer format, K-fields",
        lambda source: source.root is None and _START.match(source.head_text) is not None,
        read,
    )
)
