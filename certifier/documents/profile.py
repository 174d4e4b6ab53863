"""Declared profiles: how a firm's own export reads as facts. Proposed from titles and values, confirmed by a person once.

A profile is plain JSON with a name and a version, kept by whoever certifies. Nothing is read by a profile that was not
confirmed: `propose` only suggests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certifier.canonical import FieldType, canonicalise
from certifier.documents.columns import columns, known, title, word
from certifier.documents.source import Source
from certifier.documents.table import Table, is_xlsx, notation, read_csv, read_xlsx
from certifier.errors import MalformedDocumentError, NotCanonicalError
from certifier.schema import KINDS, field_type, schema_of

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

    def mapping(self, titles: Sequence[str]) -> dict[int, str] | None:
        """Position → column, where all titles of the profile stand in the row; else None."""
        places = {word(text): i for i, text in enumerate(titles) if text}
        wanted = {word(text): column for text, column in self.columns}
        return {places[w]: column for w, column in wanted.items()} if wanted.keys() <= places.keys() else None


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
    best: tuple[int, Profile] | None = None
    for kind in KINDS:
        if kind == "other" or not table.rows:
            continue
        found = _understood(kind, table)
        score = len(found) * 2 - (0 if any("." in column for column in found.values()) else 1)
        if len(found) >= _ENOUGH and (best is None or score > best[0]):
            best = score, Profile(name, 1, kind, tuple(found.items()))
    return best[1] if best else None


def _understood(kind: str, table: Table) -> Mapping[str, str]:
    """Title → column, each column once."""
    words, found = known(kind), dict[str, str]()
    for position, text in enumerate(table.rows[0]):
        column = words.get(word(text))
        values = [row[position] for row in table.rows[1:20] if position < len(row) and row[position]]
        if column is not None and column not in found.values() and _readable(kind, column, values):
            found[text] = column
    return found


def _readable(kind: str, column: str, values: Sequence[str]) -> bool:
    """Whether most values of a column are what its type reads."""
    group, _, rest = column.rpartition(".")
    type_ = field_type(kind, f"fact.{group}.0001.{rest}" if group else f"fact.{rest}")
    if type_ in (None, FieldType.TEXT) or not values:
        return True
    return sum(_fits(type_, value) for value in values) * 2 > len(values)


def _fits(type_: FieldType | None, value: str) -> bool:
    if type_ is None:
        return True
    try:
        canonicalise(FieldType.LOCAL_TIME if type_ is FieldType.INSTANT else type_, notation(type_, value))
    except NotCanonicalError:
        return False
    return True
