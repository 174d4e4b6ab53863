"""The things that happen in the world, as plain values: orders, lots, deliveries, invoices, payments, purchases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from scripts.two_rivers import calendar as days

__all__ = ["VAT", "Call", "Delivery", "Invoice", "Line", "Lot", "Order", "Payment", "Purchase", "cents"]

VAT = Decimal("0.13")


def cents(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Call:
    """One line of a blanket order: so many pieces by a day. `week` is 15 … 18 for October's."""

    number: int
    week: int
    quantity: int
    promised: date


@dataclass(frozen=True)
class Order:
    """A buyer's monthly blanket order of one part."""

    number: str
    seller: str
    buyer: str
    part: str
    issued: date
    calls: tuple[Call, ...]
    truth: str = "honest"


@dataclass(frozen=True)
class Lot:
    """A part's pieces of one week. `good` of `started` pass in the end; `failed` of `inspected` at first sight."""

    firm: str
    part: str
    week: int
    number: str
    work_order: str
    quantity: int
    started: int
    made: int
    failed: int
    truth: str = "honest"

    @property
    def first(self) -> date:
        """The day it is begun."""
        return days.lot_days(self.week)[0]

    @property
    def last(self) -> date:
        """The day it is inspected and leaves."""
        return days.delivery_day(self.week)


@dataclass(frozen=True)
class Line:
    """One line of an invoice; `order` is the order that it bills."""

    item: str
    quantity: Decimal
    unit: str
    price: Decimal
    order: str = ""

    @property
    def net(self) -> Decimal:
        """Net amount."""
        return cents(self.quantity * self.price)


@dataclass(frozen=True)
class Invoice:
    """A 数电票; red where the amounts are negative and `corrects` names the blue one."""

    number: str
    seller: str
    buyer: str
    issued: date
    lines: tuple[Line, ...]
    remark: str = ""
    corrects: str = ""

    @property
    def net(self) -> Decimal:
        """Total without VAT."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """VAT of 13 %, half up per invoice."""
        return -cents(-self.net * VAT) if self.net < 0 else cents(self.net * VAT)

    @property
    def total(self) -> Decimal:
        """Total with VAT."""
        return self.net + self.tax


@dataclass(frozen=True)
class Delivery:
    """What leaves for one buyer in one week, its invoice and when that is due and paid. `paid` is None where it is open."""

    seller: str
    buyer: str
    week: int
    number: str
    promised: date
    day: date
    lines: tuple[tuple[str, int, Order, Call], ...]
    invoice: Invoice
    due: date
    paid: date | None
    truth: str = "honest"


@dataclass(frozen=True)
class Payment:
    """Money that moved: who paid whom, when, how much, for what."""

    number: str
    day: date
    payer: str
    payee: str
    amount: Decimal
    reference: str
    truth: str = "honest"


@dataclass(frozen=True)
class Purchase:
    """Bar stock for two weeks' pieces, bought from S1."""

    firm: str
    week: int
    invoice: Invoice
