"""Declared profiles: how a firm's own export reads as facts. Proposed from titles and values, confirmed by a person once.

A profile is plain JSON with a name and a version, kept by whoever certifies. Nothing is read by a profile that was not
confirmed: `propose` only suggests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from certifier.canonical import FieldType, canonicalise
from certifier.documents.columns import column_of, columns, known, speaks_of, title, word
from certifier.documents.days import day_order
from certifier.documents.numbers import decimal_mark
from certifier.documents.source import Source
from certifier.documents.table import (
    Table,
    Writing,
    headings,
    is_xlsx,
    notation,
    read_csv,
    read_xlsx,
    type_of,
)
from certifier.errors import MalformedDocumentError, NotCanonicalError
from certifier.schema import KINDS, schema_of

__all__ = ["Profile", "marker_kind", "propose", "table_of", "template"]

SCHEMA = "assetcert/profile/1"
_ENOUGH = 3


@dataclass(frozen=True)
class Profile:
    """A declared reading of one table layout: title of a column → column of our vocabulary (`line.item`, `number`)."""

    name: str
    version: int
    kind: str
    columns: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """The profile as it is kept."""
        body = {
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "columns": dict(self.columns),
        }
        return json.dumps(body, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """The inverse of `to_json`. Raises MalformedDocumentError for anything else."""
        try:
            body = json.loads(text)
            profile = cls(
                str(body["name"]), int(body["version"]), str(body["kind"]), tuple(body["columns"].items())
            )
            wrong = [column for _, column in profile.columns if column not in columns(profile.kind)]
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise MalformedDocumentError("PROFILE", f"profile: not a declared profile ({e})") from e
        if body.get("schema") != SCHEMA or wrong:
            raise MalformedDocumentError(
                "PROFILE", f"profile: schema {SCHEMA} and columns of {profile.kind} expected, not {wrong}"
            )
        return profile

    def find(self, table: Table) -> tuple[Sequence[Sequence[str]], Mapping[int, str]] | None:
        """The rows below the titles, and position → column: in the first sheet where all of the profile's titles stand."""
        wanted = {word(text): column for text, column in self.columns}
        for rows in table.sheets():
            for start, titles in headings(rows):
                places = {word(text): i for i, text in reversed(list(enumerate(titles))) if text}
                if wanted.keys() <= places.keys():
                    return rows[start:], {places[w]: column for w, column in wanted.items()}
        return None


def table_of(source: Source) -> Table | None:
    """The table that a source is, CSV or XLSX; None where it is neither."""
    if is_xlsx(source):
        return read_xlsx(source)
    text = source.text
    return read_csv(text.value) if text is not None and source.root is None else None


def marker_kind(cell: str) -> str | None:
    """The kind that a template's first cell names (`assetcert/invoice/1`)."""
    kind = cell.strip().removeprefix("assetcert/").removesuffix("/1")
    return kind if kind in KINDS and kind != "other" and cell.strip() == schema_of(kind) else None


def template(kind: str, language: str, form: str) -> bytes:
    """An empty table for a kind to fill in: `language` is `zh` or `en`, `form` `csv` or `xlsx`."""
    titles = [title(column, language) for column in columns(kind)]
    if form == "csv":
        return f"\ufeff{schema_of(kind)}\r\n{','.join(titles)}\r\n".encode()
    import io

    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([schema_of(kind)])
    sheet.append(titles)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def propose(table: Table, name: str) -> Profile | None:
    """The profile that fits an export best, by titles that are known and values that their types can read.

    None where fewer than three columns are understood. For a person to confirm, not to be read by.
    """
    fits = [fit for kind in KINDS if kind != "other" for fit in _fits_of(kind, table)[-1:]]
    best = max(fits, key=itemgetter(0), default=None)
    return Profile(name, 1, best[1], tuple(best[2].items())) if best is not None else None


def _fits_of(kind: str, table: Table) -> list[tuple[int, str, Mapping[str, str]]]:
    """Score, kind and mapping of each heading that is understood well enough, the best last; of equals the lower rows."""
    fits = []
    for above, titles, rows in _titled(table):
        found = _understood(kind, titles, rows)
        lined = any("." in column for column in found.values())
        if len(found) >= _ENOUGH:
            fits.append((len(found) * 3 + lined + 4 * speaks_of(kind, above), kind, found))
    return sorted(fits, key=itemgetter(0))


def _titled(table: Table) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """All words above the data, what may be its titles, and its rows."""
    for rows in table.sheets():
        for start, titles in headings(rows):
            yield " ".join(text for row in rows[:start] for text in row), titles, rows[start:]


def _understood(kind: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """Title → column, each column once."""
    words, found = known(kind), dict[str, str]()
    for position, text in enumerate(titles):
        column = column_of(words, text)
        values = [row[position] for row in rows[:20] if position < len(row) and row[position]]
        if column is not None and column not in found.values() and _readable(kind, column, values):
            found[text] = column
    return found


def _readable(kind: str, column: str, values: Sequence[str]) -> bool:
    """Whether most values of a column are what its type reads."""
    type_ = type_of(kind, column)
    if type_ in (None, FieldType.TEXT) or not values:
        return True
    writing = Writing(decimal_mark(values), day_order(values))
    return sum(_fits(type_, notation(type_, value, writing)) for value in values) * 2 > len(values)


def _fits(type_: FieldType | None, value: str) -> bool:
    if type_ is None:
        return True
    try:
        canonicalise(FieldType.LOCAL_TIME if type_ is FieldType.INSTANT else type_, value)
    except NotCanonicalError:
        return False
    return True
