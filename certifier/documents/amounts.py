"""An invoice's arithmetic, recomputed in Decimal: EN 16931-1, 6.4.2 (BR-CO-10 to 17) and 6.4.3 (VAT categories).

Deviations are told, never corrected, and never judged against a currency's decimals other than two, as the standard's
own test rules do. A rule whose operands are not stated says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from certifier.documents.model import Notice

__all__ = ["CREDIT_CODES", "Amounts", "Part", "Subtotal", "decimal", "total_of"]

CREDIT_CODES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"}
)
"""Codes of UNTDID 1001 that make an invoice a credit note (EN 16931's code list for BT-3)."""

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_CENT = Decimal("0.01")
_HALF = Decimal("0.5")
_ZERO = Decimal(0)
_VAT = {"S": "S", "Z": "Z", "E": "E", "AE": "AE", "K": "IC", "G": "G", "O": "O", "L": "AF", "M": "AG"}


def decimal(text: str | None) -> Decimal | None:
    """A stated amount as Decimal; None where there is none or where it is no plain number."""
    if text is None or len(text) > 40 or not _PLAIN.fullmatch(text.strip()):
        return None
    return Decimal(text.strip())


@dataclass(frozen=True)
class Part:
    """A line's net amount, a document-level allowance or a charge, with its VAT category and rate."""

    amount: Decimal | None
    category: str | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class Subtotal:
    """One row of the VAT breakdown (BG-23)."""

    taxable: Decimal | None
    tax: Decimal | None
    category: str | None = None
    rate: Decimal | None = None


@dataclass
class Amounts:
    """The amounts that an invoice states; the comments give EN 16931's business terms."""

    lines_total: Decimal | None = None  # BT-106
    allowances_total: Decimal | None = None  # BT-107
    charges_total: Decimal | None = None  # BT-108
    net: Decimal | None = None  # BT-109
    tax: Decimal | None = None  # BT-110
    total: Decimal | None = None  # BT-112
    prepaid: Decimal | None = None  # BT-113
    rounding: Decimal | None = None  # BT-114
    payable: Decimal | None = None  # BT-115
    lines: list[Part] = field(default_factory=list)  # BT-131
    allowances: list[Part] = field(default_factory=list)  # BT-92
    charges: list[Part] = field(default_factory=list)  # BT-99
    breakdown: list[Subtotal] = field(default_factory=list)  # BG-23

    def deviations(self) -> Iterator[Notice]:
        """One notice per rule that the stated amounts break."""
        yield from _equal("BR-CO-10", "sum of line net amounts", self.lines_total, total_of(self.lines))
        yield from _equal("BR-CO-11", "sum of allowances", self.allowances_total, total_of(self.allowances))
        yield from _equal("BR-CO-12", "sum of charges", self.charges_total, total_of(self.charges))
        yield from _equal(
            "BR-CO-13",
            "total without VAT",
            self.net,
            _plus(self.lines_total, _neg(self.allowances_total), self.charges_total),
        )
        yield from _equal(
            "BR-CO-14", "total VAT", self.tax, total_of([Part(row.tax) for row in self.breakdown])
        )
        yield from _equal(
            "BR-CO-15",
            "total with VAT",
            self.total,
            _plus(self.net, self.tax) if self.breakdown or self.tax is not None else None,
        )
        yield from _equal(
            "BR-CO-16", "amount due", self.payable, _plus(self.total, _neg(self.prepaid), self.rounding)
        )
        for row in self.breakdown:
            yield from self._row(row)

    def _row(self, row: Subtotal) -> Iterator[Notice]:
        where = f"VAT {row.category or '?'} {'' if row.rate is None else format(row.rate.normalize(), 'f') + ' %'}".rstrip()
        if row.taxable is not None and row.tax is not None and row.rate is not None:
            due = _cents(row.taxable * row.rate / 100)
            if abs(row.tax - due) >= 1:  # the standard's own rule tolerates less than one unit
                yield _notice("BR-CO-17", f"{where}: tax", row.tax, due)
        code = _VAT.get(row.category or "")
        if code is None or row.taxable is None:
            return
        parts = [
            *self.lines,
            *(Part(_neg(p.amount), p.category, p.rate) for p in self.allowances),
            *self.charges,
        ]
        if self.lines and all(p.category for p in self.lines):
            due = _cents(sum((p.amount for p in parts if p.amount is not None and _same(p, row)), _ZERO))
            if abs(row.taxable - due) >= 1:
                yield _notice(f"BR-{code}-08", f"{where}: taxable amount", row.taxable, due)
        if row.category not in ("S", "L", "M") and row.tax:
            yield _notice(f"BR-{code}-09", f"{where}: tax", row.tax, _ZERO)


def _same(part: Part, row: Subtotal) -> bool:
    return part.category == row.category and (part.rate or _ZERO) == (row.rate or _ZERO)


def total_of(parts: Sequence[Part]) -> Decimal | None:
    """The sum of stated amounts; None where there is no part or one of them is not a number."""
    amounts = [part.amount for part in parts]
    if not amounts or None in amounts:
        return None
    return sum((a for a in amounts if a is not None), _ZERO)


def _plus(first: Decimal | None, *others: Decimal | None) -> Decimal | None:
    return None if first is None else first + sum((o for o in others if o is not None), _ZERO)


def _neg(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def _cents(value: Decimal) -> Decimal:
    """Two decimals, halves away from zero (the standard's rules round absolute amounts half up)."""
    rounded = (abs(value) * 100 + _HALF).to_integral_value(ROUND_FLOOR) * _CENT
    return -rounded if value < 0 else rounded


def _equal(rule: str, what: str, stated: Decimal | None, due: Decimal | None) -> Iterator[Notice]:
    if stated is not None and due is not None and _cents(stated) != _cents(due):
        yield _notice(rule, what, stated, _cents(due))


def _notice(rule: str, what: str, stated: Decimal, due: Decimal) -> Notice:
    return Notice(rule, f"{what} is stated as {stated:f}, recomputed {due:f}")
