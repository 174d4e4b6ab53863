"""Tables in our own templates, CSV and XLSX: what a shop of twenty people keeps in a spreadsheet.

The workbook is written by hand, so that the same rows give the same bytes: no time of writing is in it. A second sheet
may carry what no template asks for, such as measured values.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

from certifier.documents.columns import columns, title
from certifier.schema import schema_of

__all__ = ["csv", "xlsx"]

Row = Mapping[str, object]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _grid(kind: str, rows: Sequence[Row]) -> list[list[str]]:
    """Marker, titles, rows: the columns of the template that any row fills."""
    used = [column for column in columns(kind) if any(column in row for row in rows)]
    unknown = {name for row in rows for name in row} - set(used)
    if unknown:
        raise AssertionError(f"the template of {kind} has no {sorted(unknown)}")
    body = [[str(row.get(column, "")) for column in used] for row in rows]
    return [[schema_of(kind)], [title(column, "zh") for column in used], *body]


def csv(kind: str, rows: Sequence[Row]) -> bytes:
    """A CSV table of a kind, with the mark of UTF-8 that spreadsheets want."""
    lines = (",".join(_quoted(cell) for cell in row) for row in _grid(kind, rows))
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell or '"' in cell else cell


def xlsx(
    kind: str, rows: Sequence[Row], second: tuple[str, Iterable[Sequence[object]]] | None = None
) -> bytes:
    """A workbook of a kind; `second` names a further sheet and gives its rows."""
    sheets = [("数据", _grid(kind, rows))]
    if second is not None:
        sheets.append((second[0], [[str(cell) for cell in row] for row in second[1]]))
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    entries = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (name, _) in zip(numbers, sheets, strict=True)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}</Relationships>',
    }
    for n, (_, grid) in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = _sheet(grid)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}')
    return out.getvalue()


def _sheet(grid: Sequence[Sequence[str]]) -> str:
    rows = (
        f'<row r="{y}">'
        + "".join(
            f'<c r="{_letters(x)}{y}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for x, cell in enumerate(row)
            if cell
        )
        + "</row>"
        for y, row in enumerate(grid, 1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _letters(column: int) -> str:
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)
