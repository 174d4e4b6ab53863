"""Collecting the facts of one document: canonical form, order, caps and warnings in one place.

A format reads and calls `put`, `time` and `rows`; what a type refuses is left out with a warning (COMMITMENT 1),
repeats beyond 900 fields are counted and left out (DESIGN, Documents and facts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from certifier.canonical import FieldType, canonicalise
from certifier.documents.model import Document, Notice
from certifier.documents.remarks import terms_days
from certifier.documents.trace import EMPTY, MAX_ENTRIES, Measured, Trace
from certifier.errors import NotCanonicalError
from certifier.schema import field_type

__all__ = ["MAX_FACTS", "Facts", "Row", "natural"]

MAX_FACTS = 900
MAX_WARNINGS = 200
_OFFSET = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})\s*\Z")
_MEASURED = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?\Z")
_DIGITS = re.compile(r"([0-9]+)")
_ACCOUNT = re.compile(r"[0-9]{8,32}")

Row = Mapping[str, str | None]
"""One line, order, device …: names relative to it, texts as the document states them. `*_time` stays as is."""


def natural(text: str) -> tuple[object, ...]:
    """A sort key under which `line 9` stands before `line 10`."""
    return tuple(
        (1, int(part), "") if part.isascii() and part.isdecimal() and len(part) < 19 else (0, 0, part)
        for part in _DIGITS.split(text[:200])
    )


class Facts:
    """The facts of one document of `kind`, as they are found."""

    def __init__(
        self, kind: str, format_: str, schema: str | None = None, media_type: str = "application/xml"
    ) -> None:
        self.kind = kind
        self.format = format_
        self.schema = schema
        self.media_type = media_type
        self.trace: Trace = EMPTY
        self._values: dict[str, str] = {}
        self._notices: list[Notice] = []

    def get(self, name: str) -> str | None:
        """A fact already put."""
        return self._values.get(name)

    def put(self, name: str, source: str | int | None) -> None:
        """State one fact. None and blank are "not found"; what the type refuses is left out with a warning."""
        value = self._canonical(name, source)
        if value is not None:
            self._values[name] = value

    def only(self, name: str, texts: Iterable[str]) -> None:
        """State what stands once in a document. Where it states several different ones, none is chosen."""
        found = sorted(set(texts))
        if len(found) > 1:
            self.warn(
                "SEVERAL_VALUES", f"{name}: the document states {len(found)} different values: left out"
            )
        elif found:
            self.put(name, found[0])

    def time(self, name: str, source: str | None) -> None:
        """State a time: under `name` with an offset, under `name_local` without one."""
        if source:
            self.put(name if _OFFSET.search(source) else f"{name}_local", source)

    def rows(self, group: str, rows: Sequence[Row], keys: Sequence[str] | None = None) -> None:
        """State repeats as `group.0001.*`.

        With `keys` (one text a row, usually the line's own number) they stand in natural order of key, then of
        content, so that the order of siblings does not matter. Where a row has no key, the document's order is all
        there is.
        """
        table = [self._row(group, row) for row in rows]
        if keys is not None and all(keys):
            order = sorted(range(len(table)), key=lambda i: (natural(keys[i]), sorted(table[i].items())))
            table = [table[i] for i in order]
        left = MAX_FACTS - len(self._values)
        for index, row in enumerate(table, 1):
            left -= len(row)
            if left < 0 or index > 9999:
                self.warn(
                    "LINES_OMITTED",
                    f"{len(table)} {group} entries: the first {index - 1} are facts, the rest is only counted",
                )
                return
            self._values.update({f"{group}.{index:04}.{name}": value for name, value in row.items()})

    def _row(self, group: str, row: Row) -> dict[str, str]:
        values = {name: self._canonical(f"{group}.0001.{name}", source, name) for name, source in row.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _canonical(self, name: str, source: str | int | None, shown: str | None = None) -> str | None:
        if source is None or source == "":
            return None
        kind = field_type(self.kind, f"fact.{name}")
        if kind is None:
            raise AssertionError(f"the schema of {self.kind} lists no fact {name}")
        if "\ufffd" in str(source):
            self.warn(
                "NOT_CANONICAL",
                f"{shown or name}: {str(source)[:60]!r} is left out: letters that the file's alphabet does not have",
            )
            return None
        try:
            return canonicalise(kind, str(source))
        except NotCanonicalError as e:
            if kind is not FieldType.TEXT or str(source).strip():
                self.warn("NOT_CANONICAL", f"{shown or name}: {str(source)[:60]!r} is left out: {e.reason}")
            return None

    def references(
        self, orders: Sequence[str], despatches: Sequence[str] = (), *, line_orders: Sequence[str] = ()
    ) -> None:
        """State which order and which despatch a paper names: as facts where each is one, in the trace all of them.

        Several are no flaw: a delivery may serve several orders. Those that only lines name (`line_orders`) are not the
        document's own: they stand in the trace.
        """
        for name, texts in (("order_number", orders), ("despatch_number", despatches)):
            if len(found := self._numbers(texts)) == 1:
                self.put(name, found[0])
        named, shipped = self._numbers([*orders, *line_orders]), self._numbers(despatches)
        if named or shipped:
            self.trace = replace(self.trace, orders=named, despatches=shipped)

    def _numbers(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Canonical texts in natural order, each once."""
        forms = {form for text in texts if (form := self._canonical("number", text))}
        return tuple(sorted(forms, key=natural)[:MAX_FACTS])

    def measure(self, values: Iterable[tuple[str, str, str]]) -> None:
        """Trace measured values (characteristic, part, number as stated); what is no number is none.

        Rounded to nine decimals: beyond them real files carry the noise of binary numbers.
        """
        found: list[Measured] = []
        truncated = False
        for characteristic, part, text in values:
            if len(found) >= MAX_ENTRIES:
                truncated = True
                break
            if _MEASURED.match(text) and abs((number := Decimal(text)).adjusted()) <= 17:
                value = canonicalise(FieldType.DECIMAL, format(round(number, 9), "f"))
                found.append(Measured(characteristic, part, value))
        self.trace = replace(self.trace, measured=tuple(found), truncated=self.trace.truncated or truncated)

    def account(self, number: str | None) -> None:
        """The seller's own bank account, its digits alone; what is no account's length is none."""
        digits = re.sub(r"[ -]", "", number or "")
        if _ACCOUNT.fullmatch(digits):
            self.trace = replace(self.trace, account=digits)

    def terms(self, *notes: str | None, days: Iterable[str] = ()) -> None:
        """The days of payment terms, as a number of days where the format has one, else from plain notes."""
        stated = {int(text) for text in days if text.isascii() and text.isdecimal() and len(text) < 4}
        found = (stated.pop() if len(stated) == 1 else None) if stated else terms_days(notes)
        if found is not None:
            self.trace = replace(self.trace, terms_days=found)

    def warn(self, code: str, message: str) -> None:
        """Tell the reader something; a document with hundreds of the same flaws says so once."""
        notice = Notice(code, message)
        if notice not in self._notices and len(self._notices) < MAX_WARNINGS:
            self._notices.append(notice)

    def document(self) -> Document:
        """The finished document; warnings sorted, so that the order of siblings does not show."""
        return Document(
            self.kind,
            self.format,
            self.schema,
            self.media_type,
            dict(sorted(self._values.items())),
            tuple(sorted(self._notices, key=lambda n: (n.code, n.message))),
            self.trace,
        )
