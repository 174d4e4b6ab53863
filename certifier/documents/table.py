"""Tables, CSV or XLSX, as rows of text; and rows of text as facts of a kind.

CSV is UTF-8, UTF-16 or GB18030, separated by comma, semicolon or tab. XLSX (ISO/IEC 29500) is read in openpyxl's
read-only mode: stored values, formulas never evaluated. Rows of totals are no lines. Nothing here decides what a table is.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

from certifier.canonical import FieldType
from certifier.documents.columns import COUNTS, GROUPS, word
from certifier.documents.days import UNKNOWN, day_order, moment
from certifier.documents.facts import Facts
from certifier.documents.numbers import POINT, UNCLEAR, decimal_mark, number
from certifier.documents.source import Source
from certifier.documents.units import with_unit
from certifier.errors import DocumentError, MalformedDocumentError, RefusedDocumentError
from certifier.schema import field_type

__all__ = ["Table", "Writing", "fill", "headings", "is_xlsx", "notation", "read_csv", "read_xlsx", "type_of"]

MAX_ROWS = 100_000
MAX_COLUMNS = 256
_SEPARATOR = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
MAX_TITLE_ROWS = 20
_NUMERIC = (FieldType.DECIMAL, FieldType.INTEGER, FieldType.QUANTITY)
_TIMES = (FieldType.DATE, FieldType.INSTANT, FieldType.LOCAL_TIME)
_TOTALS = frozenset(
    {"合计", "总计", "小计", "累计", "本页合计", "本页小计", "total", "subtotal", "grandtotal", "sum"}
)


@dataclass(frozen=True)
class Table:
    """Rows of trimmed texts; blank rows are dropped. `further`: the rows of a workbook's other sheets. `separator`: what
    stands between the cells of a CSV file, where numbers are as people write them."""

    rows: tuple[tuple[str, ...], ...]
    further: tuple[tuple[tuple[str, ...], ...], ...] = ()
    separator: str = ""

    def sheets(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The rows of every sheet, the document's own first."""
        return self.rows, *self.further


class Writing(NamedTuple):
    """How a table writes numbers and days: its decimal mark, and which of day and month comes first before a year."""

    mark: str = POINT
    days: str = UNKNOWN


PLAIN = Writing()


def is_xlsx(source: Source) -> bool:
    """Whether a source is a workbook."""
    return source.archive is not None and "xl/workbook.xml" in source.archive.NameToInfo


def read_csv(text: str) -> Table:
    """CSV text as a table; the separator is the one that makes most cells in rows of one length. Excel's `sep=` is obeyed."""
    if match := _SEPARATOR.match(text):
        separator, text = match[1], text[match.end() :]
    else:
        separator = max(",;\t", key=lambda candidate: _cells_by(text[:8192], candidate))
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append(_row(row))
            if len(rows) > MAX_ROWS:
                raise RefusedDocumentError(
                    "TOO_MANY_NODES", f"CSV: more than {MAX_ROWS} rows: split the table"
                )
    except csv.Error as e:
        raise MalformedDocumentError("CSV", f"CSV, row {len(rows) + 1}: {e}") from e
    return Table(tuple(row for row in rows if any(row)), separator=separator)


def _cells_by(sample: str, separator: str) -> int:
    """How many cells a separator makes beyond the first, in rows of the length that is most frequent."""
    try:
        lengths = Counter(
            len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        )
    except csv.Error:
        return 0
    return max(((length - 1) * rows for length, rows in lengths.items()), default=0)


def headings(rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where a table's data may begin, and the titles above: one row, or two, a group over its parts, with or without it."""
    for at, row in enumerate(rows[:MAX_TITLE_ROWS]):
        yield at + 1, tuple(row)
        if at:
            above = rows[at - 1]
            yield at + 1, tuple(below or group for group, below in zip_longest(above, row, fillvalue=""))
            yield at + 1, tuple(_grouped(above, row))


def _grouped(groups: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
    """Titles of two rows; a merged cell's text stands in its first column."""
    group = ""
    for above, below in zip_longest(groups, parts, fillvalue=""):
        group = above or group
        yield f"{group}{below}" if below else above


def _row(cells: Sequence[object]) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS:
        raise RefusedDocumentError("TOO_MANY_NODES", f"a table of more than {MAX_COLUMNS} columns")
    return tuple(_text(cell) for cell in cells)


def read_xlsx(source: Source) -> Table:
    """The sheets of a workbook; the first one is the document."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl does not need of a workbook is none of ours
            return _sheets(source)
    except (DocumentError, MemoryError, RecursionError):
        raise
    except Exception as e:  # openpyxl lets out whatever its parsers and its own classes raise
        reason = f"{type(e).__name__}: {str(e).splitlines()[0][:80] if str(e) else ''}"
        raise MalformedDocumentError("XLSX", f"XLSX: cannot be read ({reason}): save it again") from e


def _sheets(source: Source) -> Table:
    import openpyxl  # type: ignore[import-untyped]

    sheets, left = [], MAX_ROWS
    book = openpyxl.load_workbook(source.open(), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            rows.append(_row(row))
            left -= 1
            if left < 0:
                raise RefusedDocumentError(
                    "TOO_MANY_NODES", f"XLSX: more than {MAX_ROWS} rows: split the table"
                )
        sheets.append(tuple(row for row in rows if any(row)))
    return Table(sheets[0] if sheets else (), tuple(sheets[1:]))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return format(round(Decimal(repr(cell)), 9).normalize(), "f")
    return str(cell).strip()


def fill(
    facts: Facts, columns: Mapping[int, str], rows: Sequence[Sequence[str]], separator: str = ""
) -> None:
    """State the facts of a table: `columns` says which column is which, `rows` are those below the titles, `separator`
    stands between the cells of a CSV file."""
    writing = _writing(facts, columns, rows, separator)
    single: dict[str, set[str]] = {}
    groups: dict[str, list[dict[str, str | None]]] = {}
    for row in rows:
        cells = {name: row[i] for i, name in columns.items() if i < len(row) and row[i]}
        if word(next(filter(None, row), "")) in _TOTALS and 2 * len(cells) <= len(columns) + 1:
            facts.warn("TOTAL_ROW", "a row of totals is no line: left out")
            continue
        for group in GROUPS:
            inner = {n.partition(".")[2]: text for n, text in cells.items() if n.startswith(f"{group}.")}
            if inner:
                groups.setdefault(group, []).append(_with_units(facts.kind, group, inner, writing))
        for name, text in _with_units(
            facts.kind, "", {n: t for n, t in cells.items() if "." not in n}, writing
        ).items():
            single.setdefault(name, set()).add(text or "")
    _state_single(facts, single)
    for group, found in groups.items():
        if (count := COUNTS.get((facts.kind, group))) is not None:
            facts.put(count, len(found))
        facts.rows(group, found)


def _state_single(facts: Facts, single: dict[str, set[str]]) -> None:
    if len(single.get("number", ())) > 1:
        raise MalformedDocumentError(
            "SEVERAL_DOCUMENTS",
            f"a table of {len(single['number'])} documents ({', '.join(sorted(single['number'])[:3])} …): save each as its own file",
        )
    facts.terms(*single.pop("terms_days", ()))
    facts.references(*(sorted(single.pop(name, ())) for name in ("order_number", "despatch_number")))
    for name, texts in single.items():
        if len(texts) > 1:
            facts.warn("SEVERAL_VALUES", f"{name}: the rows state {len(texts)} different values: left out")
        elif field_type(facts.kind, f"fact.{name}") is not None:
            facts.put(name, next(iter(texts)))
        else:
            facts.time(name, next(iter(texts)))


def _writing(
    facts: Facts, columns: Mapping[int, str], rows: Sequence[Sequence[str]], separator: str
) -> Writing:
    """What the table's numbers and days show of themselves: a workbook's numbers are none of its writing."""
    days = day_order(_texts(facts.kind, columns, rows, _TIMES))
    if not separator:
        return Writing(days=days)
    texts = list(_texts(facts.kind, columns, rows, _NUMERIC))
    mark = decimal_mark(texts, UNCLEAR if separator == ";" else POINT)
    if mark == UNCLEAR and (doubtful := next((text for text in texts if not number(text, mark)), None)):
        facts.warn(
            "DECIMAL_MARK",
            f"numbers such as {doubtful[:40]!r} are left out: which of point and comma is the decimal mark is not clear here",
        )
    return Writing(mark, days)


def _texts(
    kind: str, columns: Mapping[int, str], rows: Sequence[Sequence[str]], types: Container[FieldType | None]
) -> Iterator[str]:
    """What stands in the columns of these types."""
    places = [place for place, column in columns.items() if type_of(kind, column) in types]
    return (row[place] for row in rows for place in places if place < len(row) and row[place])


def type_of(kind: str, column: str) -> FieldType | None:
    """The type of a column's values; None where it is no fact (`line.unit`)."""
    group, _, name = column.rpartition(".")
    return field_type(kind, f"fact.{group}.0001.{name}" if group else f"fact.{name}")


def _with_units(kind: str, group: str, cells: Mapping[str, str], writing: Writing) -> dict[str, str | None]:
    """Cells in the notation that their types read, quantities with their unit, times under their own name."""
    found: dict[str, str | None] = {}
    for name, text in cells.items():
        if name in ("unit", "energy_unit"):
            continue
        type_ = type_of(kind, f"{group}.{name}" if group else name)
        value = notation(type_, text, writing)
        if type_ is FieldType.QUANTITY:
            unit = cells.get("energy_unit", "kWh") if name == "energy" else cells.get("unit")
            found[name] = with_unit(value, unit)
        elif (
            type_ is FieldType.INSTANT
            and not value.endswith("Z")
            and not re.search(r"[+-][0-9]{2}:[0-9]{2}\Z", value)
        ):
            found[f"{name}_local"] = value
        else:
            found[name] = value
    return found


def notation(type_: FieldType | None, text: str, writing: Writing = PLAIN) -> str:
    """What people type as what the type reads: `2026/7/6`, `¥1,234.50`, `(5.00)`; anything else stays, to be told."""
    if type_ in _TIMES:
        found = moment(text, writing.days)
        if found is None:
            return text
        return found[0] if type_ is FieldType.DATE else "T".join(filter(None, found))
    return number(text, writing.mark) if type_ in _NUMERIC else text
