"""Tables of pages: columns that say how a row reads on the page and in a spreadsheet; every table exports as CSV and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fastapi import Response
from markupsafe import Markup, escape

from gateway.db.paging import Part
from gateway.web.depends import cursor

__all__ = ["Column", "Table", "export"]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Column:
    """One column: its translated label, a row's plain value, and how the page shows it where that is more than text."""

    label: str
    value: Callable[[Any], object]
    shown: Callable[[Any], object] | None = None
    numeric: bool = False

    def html(self, row: object) -> Markup:
        """A row's cell on the page."""
        found = (self.shown or self.value)(row)
        return escape("–" if found is None or found == "" else found)


@dataclass(frozen=True)
class Table:
    """Rows and how to show them; `nothing` is said where there are none."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    nothing: str = ""
    count: int = 0
    """Of all rows; of those that are here where the table is whole."""
    seen: int = 0
    following: str = ""
    """Where the next part begins, as an address has it."""

    @classmethod
    def of(cls, title: str, columns: Sequence[Column], part: Part[Any], nothing: str = "") -> Table:
        """A part of a long list."""
        return cls(title, columns, part.rows, nothing, part.total, part.seen, cursor(part.following))


def export(table: Table, form: str, name: str) -> Response:
    """The table as `csv` (UTF-8 with its mark, which Excel needs) or `xlsx`, to be saved under `name`."""
    body, media = (_csv(table), "text/csv; charset=utf-8") if form == "csv" else (_xlsx(table), _XLSX)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}.{'csv' if form == 'csv' else 'xlsx'}"
    return Response(body, media_type=media, headers={"Content-Disposition": disposition})


def _csv(table: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.label for column in table.columns])
    writer.writerows([_safe(column.value(row)) for column in table.columns] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula is shown as the text it is."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _xlsx(table: Table) -> bytes:
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    titles = [WriteOnlyCell(sheet, column.label) for column in table.columns]
    for cell in titles:
        cell.font = Font(bold=True)
    sheet.append(titles)
    for row in table.rows:
        sheet.append([_cell(column.value(row)) for column in table.columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: object) -> object:
    return value if isinstance(value, int | float | Decimal) or value is None else _safe(str(value))
