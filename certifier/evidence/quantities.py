"""Quantities along order → work order → inspection → delivery → invoice, and the three-way match (F12, F13).

An invoice is matched where for every line an order has the item at that price, a work order made enough of it and was
inspected, and a delivery that a carrier outside the firm's control signed moved as much, within half a per cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, Code, Finding
from certifier.evidence.numbers import money_text, ratio, ratio_text
from certifier.evidence.quality import Quality
from certifier.evidence.records import Delivery, Invoice, Line, Lot

__all__ = ["Matched", "Quantities", "quantities"]

SELF_BILLED = "389"


@dataclass(frozen=True, slots=True)
class Matched:
    """One invoice of W and what it lacks for the three-way match: nothing, or some of order, price, work, inspection,
    delivery, carrier, quantity."""

    invoice: Invoice
    missing: tuple[str, ...]
    assets: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Quantities(Measure):
    """F12 by value without tax where stated; `price_deviation` is F13, None where no line has both prices."""

    invoices: tuple[Matched, ...]
    matched: Decimal
    total: Decimal
    price_deviation: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """F12; None where nothing was billed."""
        return ratio(self.matched / self.total) if self.total else None


def quantities(case: Case, quality: Quality) -> Quantities:
    """Every invoice of W that the firm writes itself, and what the numbers along its job say."""
    billed = [one for one in case.sales if case.inside(one.day) and one.type_code != SELF_BILLED]
    found = tuple(_matched(case, quality, one) for one in billed)
    deviations = [d for one in billed for d in _deviations(case, one)]
    findings = [
        *_overbilled(case, billed),
        *_priced(case, billed),
        *_overordered(case),
        *_overdelivered(case),
        *_carried(case),
        *_conflicting(case),
    ]
    return Quantities(
        findings=tuple(findings),
        judged=frozenset(asset for one in found if len(one.assets) > len(one.invoice.assets) for asset in one.assets),
        invoices=found,
        matched=sum((_value(one.invoice) for one in found if not one.missing), Decimal(0)),
        total=sum(map(_value, billed), Decimal(0)),
        price_deviation=ratio(max(deviations)) if deviations else None,
    )  # fmt: skip


def _value(invoice: Invoice) -> Decimal:
    return invoice.net if invoice.net is not None else invoice.total


def _matched(case: Case, quality: Quality, invoice: Invoice) -> Matched:
    missing: dict[str, None] = {}
    assets = {*invoice.assets}
    moved = [case.deliveries[n] for n in sorted(invoice.despatches & case.deliveries.keys())]
    for line in invoice.lines:
        missing |= dict.fromkeys(_ordered(case, invoice, line, assets))
        missing |= dict.fromkeys(_worked(case, quality, invoice, line, moved, assets))
        missing |= dict.fromkeys(_moved(case, line, moved, assets))
    if not invoice.lines:
        missing["order"] = None
    return Matched(invoice, tuple(missing), tuple(sorted(assets)))


def _ordered(case: Case, invoice: Invoice, line: Line, assets: set[bytes]) -> Iterator[str]:
    orders = [case.orders[n] for n in sorted(invoice.orders & case.orders.keys())]
    lines = [(order, own) for order in orders for own in order.lines if own.item == line.item]
    if not lines:
        yield "order"
        return
    assets |= {asset for order, _ in lines for asset in order.assets}
    if line.price is None or all(own.price != line.price for _, own in lines):
        yield "price"


def _worked(
    case: Case,
    quality: Quality,
    invoice: Invoice,
    line: Line,
    moved: Sequence[Delivery],
    assets: set[bytes],
) -> Iterator[str]:
    least = (line.quantity or Decimal(0)) * (1 - case.policy.match_quantity)
    until = max((delivery.day for delivery in moved), default=invoice.day)
    made = [
        lot for lot in _lots(case, invoice, line)
        if lot.produced is not None and lot.produced >= least and (lot.last is None or lot.last <= until)
    ]  # fmt: skip
    if not made:
        yield "work"
        return
    papers = {asset for lot in made for asset in lot.assets}
    reports = quality.reports(line.item, papers)
    assets |= papers | {asset for one in reports for asset in one.assets}
    if not reports:
        yield "inspection"


def _lots(case: Case, invoice: Invoice, line: Line) -> Iterable[Lot]:
    """Lots of the item for one of the orders that the invoice bills, the nearest before it last."""
    found = (lot for lot in case.lots_of.get(line.item, ()) if not lot.orders.isdisjoint(invoice.orders))
    return sorted(found, key=lambda lot: (lot.last or invoice.day, lot.number))


def _moved(case: Case, line: Line, moved: Sequence[Delivery], assets: set[bytes]) -> Iterator[str]:
    there = [(d, own) for d in moved for own in d.lines if own.item == line.item and own.quantity is not None]
    if not there:
        yield "delivery"
        return
    assets |= {asset for delivery, _ in there for asset in delivery.assets}
    if not all(delivery.witnesses for delivery, _ in there):
        yield "carrier"
    total = sum((own.quantity for _, own in there if own.quantity is not None), Decimal(0))
    billed = line.quantity or Decimal(0)
    if abs(total - billed) > case.policy.match_quantity * billed:
        yield "quantity"


def _overbilled(case: Case, billed: Iterable[Invoice]) -> Iterator[Finding]:
    """More billed than its deliveries moved."""
    for invoice in billed:
        moved = [case.deliveries[n] for n in sorted(invoice.despatches & case.deliveries.keys())]
        for item in sorted({line.item for line in invoice.lines} if moved else ()):
            pieces = _sum(line for line in invoice.lines if line.item == item)
            there = _sum(line for delivery in moved for line in delivery.lines if line.item == item)
            if pieces > there * (1 + case.policy.match_quantity):
                assets = {*invoice.assets}.union(*(delivery.assets for delivery in moved))
                told = f"invoice {invoice.number} bills {pieces} of {item}; its deliveries moved {there}"
                yield _quantity(told, item, pieces, there, assets)


def _priced(case: Case, billed: Iterable[Invoice]) -> Iterator[Finding]:
    for invoice in billed:
        worst = max(_deviations(case, invoice), default=Decimal(0))
        if worst > 0:
            orders = [case.orders[n] for n in sorted(invoice.orders & case.orders.keys())]
            told = f"invoice {invoice.number} bills {ratio_text(worst * 100, 2)} per cent above the order's price"
            assets = {*invoice.assets}.union(*(order.assets for order in orders))
            yield Finding(Code.PRICE, AMBER, told, {"deviation": ratio_text(worst)}, tuple(sorted(assets)))


def _deviations(case: Case, invoice: Invoice) -> Iterator[Decimal]:
    """F13 of each line: its price over the nearest price that an order of its has for the item, less one."""
    for line in invoice.lines:
        prices = [
            own.price for number in invoice.orders & case.orders.keys() for own in case.orders[number].lines
            if own.item == line.item and own.price
        ]  # fmt: skip
        if prices and line.price is not None:
            nearest = min(prices, key=lambda price: (abs(price - (line.price or price)), price))
            yield line.price / nearest - 1


def _overordered(case: Case) -> Iterator[Finding]:
    """More delivered under an order alone than it ordered of an item."""
    for number, order in sorted(case.orders.items()):
        alone = [d for d in case.deliveries.values() if d.orders == {number}]
        for item in sorted({line.item for line in order.lines}):
            ordered = _sum(line for line in order.lines if line.item == item)
            moved = _sum(line for delivery in alone for line in delivery.lines if line.item == item)
            if ordered and moved > ordered * (1 + case.policy.match_quantity):
                assets = {*order.assets}.union(*(delivery.assets for delivery in alone))
                told = f"{moved} of {item} left under order {number}, which is for {ordered}"
                yield _quantity(told, item, moved, ordered, assets)


def _overdelivered(case: Case) -> Iterator[Finding]:
    """More delivered of an item, up to some day, than was reported as made since its first lot began."""
    moved: dict[str, list[tuple[Delivery, Decimal]]] = {}
    for delivery in sorted(case.deliveries.values(), key=lambda d: (d.day, d.number)):
        for item in sorted({line.item for line in delivery.lines}):
            pieces = _sum(line for line in delivery.lines if line.item == item)
            moved.setdefault(item, []).append((delivery, pieces))
    for item, lots in sorted(case.lots_of.items()):
        begun = sorted(
            (lot.first, lot.produced, lot.assets) for lot in lots if lot.first is not None and lot.produced is not None
        )  # fmt: skip
        left = [(d, pieces) for d, pieces in moved.get(item, ()) if begun and d.day >= begun[0][0]]
        out, there, at = Decimal(0), Decimal(0), 0
        for delivery, pieces in left:
            out += pieces
            while at < len(begun) and begun[at][0] <= delivery.day:
                there, at = there + begun[at][1], at + 1
            if out > there * (1 + case.policy.match_quantity):
                told = f"up to {delivery.day} {out} of {item} left; {there} were reported as made"
                sent = {a for d, _ in left if d.day <= delivery.day for a in d.assets}
                yield _quantity(told, item, out, there, sent.union(*(assets for _, _, assets in begun[:at])))
                break


def _carried(case: Case) -> Iterator[Finding]:
    """The carrier's paper and the firm's own state different totals for one delivery."""
    for delivery in case.deliveries.values():
        stated = [pieces for _, pieces in delivery.stated]
        if len(stated) > 1 and max(stated) > min(stated) * (1 + case.policy.match_quantity):
            told = f"papers on delivery {delivery.number} state {min(stated)} and {max(stated)} in all"
            yield _quantity(told, delivery.number, max(stated), min(stated), delivery.assets)


def _conflicting(case: Case) -> Iterator[Finding]:
    """One number of one seller with different figures: F2's guise of an invoice that is pledged already."""
    for invoice in (*case.sales, *case.notes):
        if invoice.conflicts:
            told = f"papers state invoice {invoice.number} with different figures"
            assets = tuple(sorted({*invoice.assets, *invoice.conflicts}))
            numbers = {"number": invoice.number, "total": money_text(invoice.total)}
            yield Finding(Code.CONFLICTING_PAPERS, AMBER, told, numbers, assets)


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.quantity for line in lines if line.quantity is not None), Decimal(0))


def _quantity(told: str, what: str, more: Decimal, less: Decimal, assets: Iterable[bytes]) -> Finding:
    numbers = {"of": what, "stated": str(more), "compared": str(less)}
    return Finding(Code.QUANTITIES, AMBER, told, numbers, tuple(sorted(assets)))
