"""Tables and JSON that say which kind they are: our templates (CSV, XLSX), declared profiles, declared JSON.

A template's first cell is `assetcert/<kind>/1`, its next row the titles in Chinese or English (docs/formats.md). JSON
says the same under `schema`. A firm's own export is read by a declared profile that its titles match. A workbook that
is neither states no facts: kind `other`.
"""

from __future__ import annotations

from certifier.documents.columns import COUNTS, GROUPS, column_of, columns, known
from certifier.documents.facts import Facts
from certifier.documents.measurements import measured
from certifier.documents.model import Document, Notice
from certifier.documents.profile import marker_kind, table_of
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.table import Table, fill, is_xlsx
from certifier.errors import MalformedDocumentError
from certifier.schema import schema_of

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(source: Source) -> Document:
    """The facts of a table: by its marker, else by the first declared profile that its titles match."""
    table = table_of(source)
    assert table is not None
    form, media_type = ("xlsx", _XLSX) if is_xlsx(source) else ("csv", "text/csv")
    kind = marker_kind(table.rows[0][0]) if table.rows else None
    if kind is not None:
        facts = Facts(kind, form, schema_of(kind), media_type)
        fill(facts, _titles(facts, kind, table), table.rows[2:], table.separator)
        if kind == "inspection-report":
            facts.measure(value for rows in table.further for value in measured(rows))
        return facts.document()
    for profile in source.profiles:
        if (match := profile.find(table)) is not None:
            rows, mapping = match
            facts = Facts(profile.kind, form, f"{profile.name}/{profile.version}", media_type)
            fill(facts, mapping, rows, table.separator)
            return facts.document()
    notice = Notice(
        "NO_FACTS",
        "a workbook that is none of our templates and that no declared profile matches: `assetcert map FILE` proposes one",
    )
    return Document("other", form, None, media_type, {}, (notice,))


def _titles(facts: Facts, kind: str, table: Table) -> dict[int, str]:
    if len(table.rows) < 2:
        raise MalformedDocumentError(
            "TABLE", f"{facts.format}: the row of titles is missing below {schema_of(kind)}"
        )
    words, found = known(kind), dict[int, str]()
    for position, text in enumerate(table.rows[1]):
        column = column_of(words, text)
        if column is not None and column not in found.values():
            found[position] = column
        elif text:
            facts.warn("UNKNOWN_COLUMN", f"column {text[:40]!r} is none of this template's and is not read")
    return found


def _claims_csv(source: Source) -> bool:
    if source.root is not None or not source.head_text:
        return False
    if marker_kind(source.head_text.lstrip().partition("\n")[0].strip('",;\t\r ')) is not None:
        return True
    if not source.profiles or (table := table_of(source)) is None:
        return False
    return any(profile.find(table) is not None for profile in source.profiles)


def read_json(source: Source) -> Document:
    """Declared JSON: facts by name, groups as lists under the name of their count (`lines`, `registrations`)."""
    body = source.json
    assert isinstance(body, dict)
    kind = marker_kind(str(body["schema"]))
    assert kind is not None
    facts = Facts(kind, "json", schema_of(kind), "application/json")
    allowed = set(columns(kind))
    heads = {n: str(v) for n, v in body.items() if n in allowed and isinstance(v, (str, int))}
    rows: list[dict[str, str]] = []
    for group in GROUPS:
        count = COUNTS.get((kind, group))
        entries = body.get(count or f"{group}s")
        if entries == [] and count:
            facts.put(count, 0)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                rows.append({f"{group}.{n}": str(v) for n, v in entry.items() if f"{group}.{n}" in allowed})
    names = sorted({n for row in [heads, *rows] for n in row})
    fill(facts, dict(enumerate(names)), [[row.get(n, "") for n in names] for row in [heads, *rows]])
    return facts.document()


register(
    Format("xlsx", "XLSX (ISO/IEC 29500): templates and declared profiles", is_xlsx, read),
    Format("csv", "CSV (RFC 4180): templates and declared profiles", _claims_csv, read),
    Format(
        "json",
        "JSON (RFC 8259) that declares assetcert/<kind>/1",
        lambda source: (
            isinstance(source.json, dict) and marker_kind(str(source.json.get("schema"))) is not None
        ),
        read_json,
    ),
)
