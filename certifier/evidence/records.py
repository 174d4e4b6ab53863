"""What a firm's papers become: one order, lot, inspection, delivery, invoice or payment, with the assets that state it.

Plain values. `certifier.evidence.books` makes them out of papers; checks and credit read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = ["Delivery", "Inspection", "Invoice", "Line", "Lot", "Order", "Payment"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line; what a paper does not state is None."""

    item: str
    sort: str | None
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    net: Decimal | None
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A buyer's order as its seller holds it."""

    number: str
    seller: str | None
    buyer: str | None
    day: date
    lines: tuple[Line, ...]
    terms_days: int | None
    assets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """One work order: `produced` and `scrapped` where its performance is certified, `orders` the buyers' it is for."""

    number: str
    product: str
    planned: Decimal | None
    produced: Decimal | None
    scrapped: Decimal | None
    first: date | None
    last: date | None
    orders: frozenset[str]
    assets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """One report on one lot. `work` are the work orders' assets that it points to; `outside`: an inspector signed."""

    number: str
    product: str
    lot: str
    day: date
    parts: int
    failed: int
    outside: bool
    work: frozenset[bytes]
    assets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What left under one number. `witnesses` are outside organisations that signed for it; `stated` each paper's sum."""

    number: str
    buyer: str | None
    day: date
    lines: tuple[Line, ...]
    orders: frozenset[str]
    witnesses: frozenset[bytes]
    stated: tuple[tuple[bytes, Decimal], ...]
    assets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice or credit note. `orders`, `despatches`: idents of what it bills and fulfils, by number or by link.

    `conflicts`: assets that state the same invoice with other figures.
    """

    number: str
    seller: str
    buyer: str
    day: date
    net: Decimal | None
    total: Decimal
    lines: tuple[Line, ...]
    type_code: str | None
    orders: frozenset[str]
    despatches: frozenset[str]
    corrects: str | None
    due: date | None
    terms_days: int | None
    sealed: bool
    assets: tuple[bytes, ...]
    conflicts: tuple[bytes, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Seller and number: the business fact, whatever file states it."""
        return self.seller, self.number


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that moved once. `bank`: a bank's own record of it, or a witness's signature."""

    number: str
    payer: str
    payee: str
    day: date
    amount: Decimal
    reference: str | None
    bank: bool
    assets: tuple[bytes, ...]
