"""Features of trade: orders, deliveries, invoices and money (PRODUCT 2.4: F01–F03, F13–F19, F22, F25).

Over what `certifier.evidence` found, each business fact once, whatever papers state it. A document that lacks what a formula needs is
left out of numerator and denominator alike; where nothing is left, the feature is insufficient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from certifier.evidence.assessment import Assessment
from certifier.evidence.records import Delivery, Invoice, Line, Order
from gateway.credit.feature import Feature, Window, insufficient, quotient, stated
from gateway.credit.money import NOTHING, cents, total

__all__ = ["Call", "Commerce"]

SELF_BILLED = "389"
SIX_MONTHS = 180
_YEAR = Decimal(365)


@dataclass(frozen=True, slots=True)
class Call:
    """One line of a buyer's order, and how much of it has left."""

    order: Order
    item: str
    quantity: Decimal
    price: Decimal
    promised: date | None
    left: Decimal

    @property
    def open(self) -> Decimal:
        """What is still to be delivered, worth without VAT."""
        return (self.quantity - self.left) * self.price


class Commerce:
    """One firm's trade, and its features. `sales` are the invoices of W that it writes itself."""

    def __init__(self, found: Assessment) -> None:
        self._found = found
        self._case = case = found.case
        self.window: Window = case.window
        self.receivables = found.receivables.receivables
        self.sales = [one.invoice for one in self.receivables if case.inside(one.invoice.day)]
        billed = [one.invoice for one in self.receivables]
        self.calls = list(_calls(case.orders.values(), case.deliveries, billed))

    @property
    def days(self) -> int:
        """Length of W."""
        return (self.window[1] - self.window[0]).days

    @property
    def _half_year(self) -> Window:
        return self._case.as_of - timedelta(days=SIX_MONTHS), self._case.as_of

    def annual_sales(self) -> Feature:
        """Net invoiced in W, by the year; none of the numbered features, and what F22 and the need stand on."""
        net = [one.net for one in self.sales if one.net is not None]
        if not net:
            return insufficient("SALES", "CNY", self.window, "nothing invoiced in the window")
        return stated("SALES", "CNY", self.window, cents(total(net) * _YEAR / self.days), _assets(self.sales), len(net))  # fmt: skip

    def features(self, stock_days: int, payable_days: int) -> Iterator[Feature]:
        """All of them but F22, which needs to know debts."""
        backlog, receivable = self.backlog(), self.receivable_days()
        yield backlog
        yield self._cover(backlog)
        yield self._on_time()
        yield self._price_deviation()
        yield self._concentration()
        yield receivable
        yield self._beyond_terms()
        yield self._dilution()
        yield self._cash_cycle(receivable, stock_days, payable_days)
        yield self._repeat()
        yield self._bank_match()

    def backlog(self) -> Feature:
        """F01: what is ordered and has not left, of buyers whose trade somebody outside has corroborated.

        What was promised before W and never left is no backlog: whatever filled it, or not, is not certified.
        """
        open_ = [
            one for one in self.calls
            if one.open > 0 and one.order.buyer in self.corroborated and (one.promised is None or one.promised >= self.window[0])
        ]  # fmt: skip
        if not self.calls:
            return insufficient("F01", "CNY", self.window, "no orders with quantities and prices")
        orders = _assets(one.order for one in open_)
        return stated("F01", "CNY", self.window, total(one.open for one in open_), orders, len(open_))

    @cached_property
    def corroborated(self) -> frozenset[str]:
        """Buyers with an invoice under the tax authority's word, or of whom a bank says that they paid."""
        sealed = {one.invoice.buyer for one in self.receivables if one.invoice.sealed}
        paid = {p.payer for p in self._case.payments if p.bank and p.payee == self._case.firm}
        return frozenset(sealed | paid)

    def _cover(self, backlog: Feature) -> Feature:
        net = total(one.net or NOTHING for one in self.sales)
        if backlog.value is None:
            return insufficient("F02", "months", self.window, backlog.note)
        assets = (*backlog.assets, *_assets(self.sales))
        monthly = net * 30 / self.days
        return quotient("F02", "months", self.window, backlog.value, monthly, assets, backlog.n)

    def _on_time(self) -> Feature:
        found = self._found.on_time
        if found is None:
            return insufficient(
                "F03", "%", self.window, "no delivery of an order line that states day and price"
            )
        assets = (asset for one in found.promises for asset in one.assets)
        return quotient("F03", "%", self.window, found.kept, found.due, assets, len(found.promises))

    def _price_deviation(self) -> Feature:
        found = self._found.quantities
        if found.price_deviation is None:
            return insufficient("F13", "%", self.window, "no invoice line whose order states its price")
        assets = (asset for one in found.invoices for asset in one.assets)
        return stated("F13", "%", self.window, found.price_deviation * 100, assets, len(found.invoices))

    def _concentration(self) -> Feature:
        net: dict[str, Decimal] = {}
        for one in self.sales:
            group = self._case.groups.of(one.buyer)
            net[group] = net.get(group, NOTHING) + (one.net or NOTHING)
        squares = total(part * part for part in net.values())
        return quotient("F14", "ratio", self.window, squares, total(net.values()) ** 2, _assets(self.sales), len(net))  # fmt: skip

    def receivable_days(self) -> Feature:
        """F15: days of sales that are still owed."""
        open_ = [one for one in self.receivables if one.open > 0]
        billed = total(one.total for one in self.sales)
        assets = (*(asset for one in open_ for asset in one.assets), *_assets(self.sales))
        owed = total(one.open for one in open_) * self.days
        return quotient("F15", "days", self.window, owed, billed, assets, len(open_))

    def _beyond_terms(self) -> Feature:
        paid = late = NOTHING
        assets, n = set[bytes](), 0
        for one in self.receivables:
            for payment in one.payments:
                if one.due is not None and self._case.inside(payment.day):
                    paid, n = paid + payment.amount, n + 1
                    late += payment.amount * max(0, (payment.day - one.due).days)
                    assets |= {*payment.assets, *one.invoice.assets}
        note = "" if n else "no payment of an invoice whose terms are known"
        return quotient("F16", "days", self.window, late, paid, assets, n, note=note)

    def _dilution(self) -> Feature:
        billed = [one for one in self.receivables if self._case.inside(one.invoice.day, SIX_MONTHS)]
        red, gross = total(one.credited for one in billed), total(one.invoice.total for one in billed)
        assets = (a for one in billed for a in (one.assets if one.notes else one.invoice.assets))
        return quotient("F17", "%", self._half_year, red, gross, assets, len(billed))

    def _cash_cycle(self, receivable: Feature, stock_days: int, payable_days: int) -> Feature:
        if receivable.value is None:
            return insufficient("F18", "days", self.window, receivable.note)
        value = stock_days + receivable.value - payable_days
        note = "days of stock and of payables are the product's assumptions"
        return stated("F18", "days", self.window, value, receivable.assets, receivable.n, note=note)

    def _repeat(self) -> Feature:
        paid = {order for one in self.receivables if one.payments for order in one.invoice.orders}
        first: dict[str, date] = {}
        for number in paid & self._case.orders.keys():
            order = self._case.orders[number]
            if order.buyer is not None:
                first[order.buyer] = min(order.day, first.get(order.buyer, order.day))
        orders = [one for one in self._case.orders.values() if self._case.inside(one.day, SIX_MONTHS)]
        again = [one for one in orders if one.buyer in first and one.day > first[one.buyer]]
        value, of_all = total(map(_worth, again)), total(map(_worth, orders))
        return quotient("F19", "%", self._half_year, value, of_all, _assets(orders), len(orders))

    def leverage(self, owed: Decimal, assets: Iterable[bytes] = ()) -> Feature:
        """F22: all debt that is known (liens here and outside, what was declared) over a year's sales."""
        sales = self.annual_sales()
        if sales.value is None:
            return insufficient("F22", "ratio", self.window, sales.note)
        return quotient("F22", "ratio", self.window, owed, sales.value, (*sales.assets, *assets), sales.n)

    def _bank_match(self) -> Feature:
        due = [one for one in self.receivables if self._case.inside(one.due)]
        owed = total(one.invoice.total - one.credited for one in due)
        shown = total(min(one.invoice.total, total(p.amount for p in one.payments if p.bank)) for one in due)
        assets = (asset for one in due for asset in one.assets)
        return quotient("F25", "%", self.window, shown, owed, assets, len(due))

    def owed_to(self) -> dict[str, Decimal]:
        """Control group → what the firm owes it by its papers: purchases less what it paid and its own set-offs (B09)."""
        found: dict[str, Decimal] = {}
        paid = {p.reference for p in self._case.payments if p.payer == self._case.firm and p.reference}
        for one in self._case.purchases:
            if one.number not in paid:
                group = self._case.groups.of(one.seller)
                found[group] = found.get(group, NOTHING) + one.total
        return found


def _calls(
    orders: Iterable[Order], deliveries: Mapping[str, Delivery], sold: Iterable[Invoice]
) -> Iterator[Call]:
    """Every order line with what has left of it, the earliest promise first. An invoice whose delivery is not certified counts as one."""
    given = sorted(orders, key=lambda one: (one.day, one.number))
    items = {order.number: {line.item for line in order.lines} for order in given}
    unseen = [one for one in sold if not one.despatches & deliveries.keys()]
    went: dict[tuple[str, str], Decimal] = {}
    gone: list[Delivery | Invoice] = [*deliveries.values(), *unseen]
    for numbers, lines in ((one.orders, one.lines) for one in gone):
        for line in lines:
            named = next(
                (o.number for o in given if o.number in numbers and line.item in items[o.number]), None
            )
            if line.quantity is not None and named is not None:
                went[named, line.item] = went.get((named, line.item), NOTHING) + line.quantity
    for order in given:
        for line in sorted(order.lines, key=_promise):
            if line.quantity is None or line.price is None:
                continue
            left = min(line.quantity, went.get((order.number, line.item), NOTHING))
            went[order.number, line.item] = went.get((order.number, line.item), NOTHING) - left
            yield Call(order, line.item, line.quantity, line.price, line.promised, left)


def _promise(line: Line) -> tuple[date, str, Decimal]:
    return line.promised or date.max, line.item, line.quantity or NOTHING


def _worth(order: Order) -> Decimal:
    return total((line.quantity or NOTHING) * (line.price or NOTHING) for line in order.lines)


def _assets(records: Iterable[Invoice | Order]) -> tuple[bytes, ...]:
    return tuple(sorted({asset for one in records for asset in one.assets}))
