"""A loan book: what was known of each borrower when it was decided, and whether it defaulted. What a card is fitted to and judged by.

A CSV in UTF-8: `loan_id`, `defaulted` (1 where more than 90 days past due within a year, else 0), and a column for each feature; an empty cell is
*insufficient*, never nought. No name and no amount is in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from gateway.credit.feature import Feature, insufficient, stated
from gateway.errors import UnreadableError

__all__ = ["Dossier", "book_in", "book_of"]

_NO_WINDOW = (date.min, date.min)


@dataclass(frozen=True)
class Dossier:
    """One loan: features by id, None where insufficient, and whether it defaulted."""

    loan_id: str
    bad: bool
    values: Mapping[str, Decimal | None]

    @property
    def features(self) -> dict[str, Feature]:
        """As a card scores them."""
        return {
            name: insufficient(name, "", _NO_WINDOW, "")
            if value is None
            else stated(name, "", _NO_WINDOW, value, (), 0)
            for name, value in self.values.items()
        }


def book_in(data: bytes, where: str) -> list[Dossier]:
    """The loans in a file's bytes, by id. UnreadableError names the line."""
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError("LOAN_BOOK", f"{where} is no CSV in UTF-8: {error}") from error
    found: dict[str, Dossier] = {}
    for line, row in enumerate(rows, 2):
        try:
            one = _dossier(row)
        except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
            told = f"{where}, line {line}: {error!r}; the columns are loan_id, defaulted (0 or 1) and features such as F03"
            raise UnreadableError("LOAN_BOOK", told) from error
        if one.loan_id in found:
            raise UnreadableError("LOAN_BOOK", f"{where}, line {line}: loan {one.loan_id} is there twice")
        found[one.loan_id] = one
    return [found[name] for name in sorted(found)]


def _dossier(row: Mapping[str, str]) -> Dossier:
    if row["defaulted"].strip() not in ("0", "1") or not row["loan_id"].strip():
        raise ValueError("a loan_id and 0 or 1 are due")
    cells = {name: text.strip() for name, text in row.items() if name not in ("loan_id", "defaulted")}
    values = {name: Decimal(text) if text else None for name, text in cells.items()}
    if any(value is not None and not value.is_finite() for value in values.values()):
        raise ValueError("a feature is a number, or empty")
    return Dossier(row["loan_id"].strip(), row["defaulted"].strip() == "1", values)


def book_of(dossiers: Iterable[Dossier]) -> str:
    """The same as a file."""
    rows = sorted(dossiers, key=lambda one: one.loan_id)
    names = sorted({name for one in rows for name in one.values})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["loan_id", "defaulted", *names])
    for one in rows:
        cells = (one.values.get(name) for name in names)
        writer.writerow(
            [one.loan_id, int(one.bad), *("" if value is None else f"{value:f}" for value in cells)]
        )
    return out.getvalue()
