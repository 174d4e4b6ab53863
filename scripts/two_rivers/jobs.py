"""The papers of every firm's jobs: orders, work orders, inspections, deliveries, invoices, credit notes.

B1 and M1's shop write XML; B2 orders and the smaller shops keep workbooks. What M3's papers say of weeks 8 to 12 is
labelled here, because they are of the same kind as its honest ones; the rest of the frauds is in `frauds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Delivery, Invoice, Lot, Order
from scripts.two_rivers.firms import FIRMS, INSPECTED, ORGANISATIONS, PARTS, Firm
from scripts.two_rivers.inspections import add_inspections, f1_marks, measured
from scripts.two_rivers.manifest import Book, Paper, Signing
from scripts.two_rivers.papers import b2mml, efapiao, machines, others, qif, tables, ubl
from scripts.two_rivers.plan import Plan

__all__ = ["add_jobs", "invoice_paper"]

_PICTURES = {"M1": (-9, -8), "M2": (-9, -8), "M3": (-9,), "M4": (-9, -8)}
_WRAPPED = {"M1": (2, 5, 8, 11), "M2": (2, 5, 8, 11), "M3": (2, 5), "M4": (2, 11)}


def add_jobs(book: Book, plan: Plan) -> None:
    """Everything that a firm's trade and workshop writes, in the order in which links can point back."""
    for firm in FIRMS.values():
        book.add(_routing(firm))
        for order in plan.orders_of(firm.short):
            book.add(_order(firm, order))
        lots = [lot for lot in plan.lots if lot.firm == firm.short]
        _work_orders(book, plan, firm, lots)
        add_inspections(book, plan, firm, lots)
        for delivery in plan.deliveries_of(firm.short):
            _delivery(book, plan, firm, delivery)
    for note in plan.credit_notes:
        book.add(_credit_note(note))
    _stock(book, plan)


def _routing(firm: Firm) -> Paper:
    """What the firm declares of its machines, shifts and parts: what a capacity is reckoned from."""
    body = {
        "schema": "assetcert/routing/1",
        "firm": firm.organisation.uscc,
        "shifts": [
            f"{int(b):02}:{int(b % 1 * 60):02}-{int(e):02}:{int(e % 1 * 60):02}" for b, e in days.SEGMENTS
        ],
        "calendar": {
            "weekdays": [1, 2, 3, 4, 5, 6],
            "closed": [str(day) for day in days.HOLIDAYS],
            "open": [str(days.MAKE_UP)],
        },
        "machines": {name: list(group.machines) for name, group in firm.groups.items()},
        "devices": {
            machine: machines.device_ids(firm.short, firm.log, machine)
            for group in firm.groups.values()
            for machine in group.machines
        },
        "parts": {
            part: {
                "steps": [
                    {"machines": step.group, "seconds": step.seconds} for step in PARTS[part].operations
                ],
                "outsourced": PARTS[part].outsourced,
                "bar_kg": str(PARTS[part].kilograms),
            }
            for part in firm.parts
        },
    }
    path = f"{firm.short}/routing/{firm.code}-routing-2026.json"
    return Paper(path, "other", "other", date(2026, 6, 26), others.pretty(body), f"routing/{firm.short}")


def _who(prefix: str, short: str) -> dict[str, str]:
    return {f"{prefix}_id": ORGANISATIONS[short].uscc, f"{prefix}_name": ORGANISATIONS[short].name}


def _order(firm: Firm, order: Order) -> Paper:
    part = PARTS[order.part]
    path = f"{firm.short}/orders/{order.number}"
    if order.buyer == "B1":
        data, path, form = ubl.order(order), f"{path}.xml", "ubl"
    else:
        net = sum((call.quantity * part.price for call in order.calls), Decimal(0))
        head = {"number": order.number, "issue_date": order.issued, "currency": "CNY", "net": net,
                "total": (net * Decimal("1.13")).quantize(Decimal("0.01")), **_who("buyer", order.buyer), **_who("seller", order.seller)}  # fmt: skip
        rows: list[dict[str, object]] = [
            {"line.item": f"{part.number} {part.name}", "line.quantity": call.quantity, "line.unit": "件",
             "line.price": part.price, "line.promised_date": call.promised}
            for call in order.calls
        ]  # fmt: skip
        rows[0] = {**head, **rows[0]}
        data, path, form = tables.xlsx("purchase-order", rows), f"{path}.xlsx", "xlsx"
    return Paper(
        path, "purchase-order", form, order.issued, data, f"order/{order.number}", **f1_marks(order.truth)
    )


def _orders_behind(plan: Plan, firm: Firm, lot: Lot) -> list[str]:
    buyers = [demand.buyer for demand in firm.demands if demand.part == lot.part]
    return [plan.orders[firm.short, buyer, lot.part, lot.week].number for buyer in buyers]


def _work_orders(book: Book, plan: Plan, firm: Firm, lots: Sequence[Lot]) -> None:
    for week in days.WEEKS:
        ours = [lot for lot in lots if lot.week == week]
        number = f"{firm.code}-WO-26W{days.monday(week).isocalendar().week}"
        behind = {lot.part: _orders_behind(plan, firm, lot) for lot in ours}
        links = tuple(
            ("orders", f"order/{one}") for one in dict.fromkeys(n for found in behind.values() for n in found)
        )
        marks = f1_marks(ours[0].truth)
        path, key = f"{firm.short}/work-orders/{number}", f"work-order/{firm.short}/{week}"
        if firm.log in ("mtconnect", "shdr"):
            planned = b2mml.schedule(f"{number}-S", [(lot, behind[lot.part]) for lot in ours])
            book.add(Paper(f"{path}.xml", "work-order", "b2mml", ours[0].first, planned, key, links))
            done = b2mml.performance(ours)
            book.add(
                Paper(f"{path}-done.xml", "work-order", "b2mml", ours[0].last, done, f"{key}/done", links)
            )
        else:
            rows = [_work_row(lot, behind[lot.part][0]) for lot in ours]
            made = [{**row, "order.produced": lot.quantity, "order.scrapped": lot.started - lot.quantity} for lot, row in zip(ours, rows, strict=True)]  # fmt: skip
            book.add(
                Paper(
                    f"{path}.csv",
                    "work-order",
                    "csv",
                    ours[0].first,
                    tables.csv("work-order", rows),
                    key,
                    links,
                    **marks,
                )
            )
            done = tables.csv("work-order", made)
            book.add(
                Paper(
                    f"{path}-done.csv", "work-order", "csv", ours[0].last, done, f"{key}/done", links, **marks
                )
            )


def _work_row(lot: Lot, order: str) -> dict[str, object]:
    return {
        "order.number": lot.work_order, "order.buyer_order_number": order, "order.product": lot.part,
        "order.quantity": lot.started, "order.unit": "件", "order.start": f"{lot.first}T08:00:00+08:00",
        "order.end": f"{lot.last}T16:00:00+08:00",
    }  # fmt: skip


def _delivery(book: Book, plan: Plan, firm: Firm, delivery: Delivery) -> None:
    orders = dict.fromkeys(order.number for _, _, order, _ in delivery.lines)
    ships = tuple(("ships", f"order/{number}") for number in orders)
    marks = f1_marks(delivery.truth)
    if delivery.week in days.WEEKS:
        late = delivery.day != delivery.promised
        flaw = {"truth": "flaw", "label": "M2-LATE"} if late else marks
        path, key = f"{firm.short}/deliveries/{delivery.number}", f"despatch/{delivery.number}"
        data = ubl.despatch(delivery, carrier=not marks)
        book.add(Paper(f"{path}.xml", "despatch-advice", "ubl", delivery.day, data, key, ships, **flaw))
        if not marks:
            lots = {
                part: f"{part}-26W{days.monday(delivery.week).isocalendar().week}"
                for part, *_ in delivery.lines
            }
            book.add(_event(firm, delivery, lots, ships))
    links = tuple(("bills", f"order/{number}") for number in orders)
    if delivery.week in days.WEEKS:
        links += (("fulfils", f"despatch/{delivery.number}"),)
    _invoices(book, plan, firm, delivery, links, marks)


def _event(firm: Firm, delivery: Delivery, lots: dict[str, str], ships: tuple[tuple[str, str], ...]) -> Paper:
    data = others.shipping_event(delivery, lots)
    path = f"{firm.short}/deliveries/{delivery.number}.epcis.json"
    signing = Signing("C1", "witness", f"{delivery.day}T11:00:00Z")
    return Paper(
        path, "despatch-advice", "epcis", delivery.day, data, f"event/{delivery.number}", ships,
        notices=("EVENT_HASH",), signing=signing,
    )  # fmt: skip


def _invoices(
    book: Book,
    plan: Plan,
    firm: Firm,
    delivery: Delivery,
    links: tuple[tuple[str, str], ...],
    marks: dict[str, Any],
) -> None:
    invoice, last_buyer = delivery.invoice, firm.demands[-1].buyer
    buyer = {"M2": "B2"}.get(firm.short, last_buyer)
    path = f"{firm.short}/invoices/{invoice.number}"
    if delivery.week in _PICTURES[firm.short] and delivery.buyer == buyer:
        picture = efapiao.pdf(invoice)
        book.add(
            Paper(
                f"{path}.pdf",
                "other",
                "pdf",
                invoice.issued,
                picture,
                f"invoice/{invoice.number}",
                notices=("NO_FACTS",),
            )
        )
        return
    made = invoice_paper(invoice, links, {**_delivery_marks(firm, delivery), **marks})
    book.add(made)
    if delivery.week in _WRAPPED[firm.short] and delivery.buyer == buyer:
        wrapped = efapiao.ofd(made.data, plan.seed)
        book.add(
            Paper(f"{path}.ofd", "invoice", "e-fapiao", invoice.issued, wrapped, f"ofd/{invoice.number}", links,
                  notices=("SEAL_VALID",), same_as=made.key)
        )  # fmt: skip


def _delivery_marks(firm: Firm, delivery: Delivery) -> dict[str, Any]:
    """M2's flaws that lie in an invoice."""
    place = (firm.short, delivery.buyer, delivery.week)
    if place == ("M2", "B2", 3):
        return {"truth": "flaw", "label": "M2-SLOW-PAYER", "verdict": "UNKNOWN", "codes": ("E10",)}
    if place == ("M2", "B2", 6):
        return {"truth": "flaw", "label": "M2-RETURN", "verdict": "UNKNOWN", "codes": ("E11",)}
    if place in (("M2", "B1", 10), ("M2", "B1", 11)):
        return {"truth": "flaw", "label": "M2-TWINS", "verdict": "UNKNOWN", "codes": ("LOOSE_MATCH",)}
    return {}


def invoice_paper(
    invoice: Invoice, links: Iterable[tuple[str, str]], marks: dict[str, Any], firm: str | None = None
) -> Paper:
    """An invoice as XML, among the papers of its seller, or of `firm`."""
    holder = firm or invoice.seller
    path = f"{holder}/invoices/{invoice.number}.xml"
    return Paper(
        path,
        "invoice",
        "e-fapiao",
        invoice.issued,
        efapiao.xml(invoice),
        f"invoice/{invoice.number}",
        tuple(links),
        **marks,
    )


def _credit_note(note: Invoice) -> Paper:
    path = f"{note.seller}/invoices/{note.number}-red.xml"
    return Paper(
        path, "credit-note", "e-fapiao", note.issued, efapiao.xml(note), f"credit-note/{note.number}",
        (("corrects", f"invoice/{note.corrects}"),), "flaw", "M2-RETURN", "UNKNOWN", ("E11",),
    )  # fmt: skip


def _stock(book: Book, plan: Plan) -> None:
    """M1's finished goods: made before the window, inspected at the end of it, not invoiced, called for October."""
    firm, last = FIRMS["M1"], days.delivery_day(13)
    lots = [
        Lot("M1", part, -1, f"{part}-26W26-STK", f"HJ-WO-26W26-STK-{part}", pieces, started, started, 3)
        for part, pieces, started in (("P101", 440, 447), ("P102", 600, 610))
    ]
    links = tuple(("orders", f"order/{plan.orders['M1', 'B1', lot.part, 15].number}") for lot in lots)
    done = b2mml.performance(lots)
    path = "M1/work-orders/HJ-WO-26W26-STK-done.xml"
    book.add(Paper(path, "work-order", "b2mml", last, done, "work-order/M1/stock", links))
    for lot in lots:
        number = f"HJ-IR-{lot.number}"
        values, failed = measured(plan, firm, lot.part, "stock", INSPECTED["own"], lot.failed)
        data = qif.report(number, lot.part, lot.number, last, "HJ-CMM-01", values, failed)
        book.add(
            Paper(f"M1/inspections/{number}.qif", "inspection-report", "qif", last, data,
                  f"inspection/M1/{lot.number}", (("inspects", "work-order/M1/stock"),))
        )  # fmt: skip
