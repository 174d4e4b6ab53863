"""Frauds F2 and F3, and what is to be found of all three. F1 is in the plan, the machines and the jobs themselves.

F2, double financing: M4's invoice of week 7 is pledged to L1; then it is offered to L2 in four other guises. F3,
circular trade: 480,000 net goes from M3 to M4 to the shell T1 and back, with no goods, and the money round in 72 hours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import VAT, Invoice, Line, Payment
from scripts.two_rivers.firms import FIRMS
from scripts.two_rivers.inspections import FRAUD
from scripts.two_rivers.jobs import invoice_paper
from scripts.two_rivers.manifest import Book, Paper
from scripts.two_rivers.papers import efapiao
from scripts.two_rivers.plan import F1_WEEKS, Plan

__all__ = ["Circle", "add_f2", "f1_findings", "f2_base"]

_F2_ALTERED = Decimal("77922.00")


def f2_base(plan: Plan) -> Invoice:
    """M4's invoice of week 7, which L1 already lends against."""
    return next(d.invoice for d in plan.deliveries_of("M4") if d.week == 7)


def add_f2(book: Book, plan: Plan) -> None:
    """The four guises, as M4 hands them to L2 on 25 August."""
    invoice, day = f2_base(plan), date(2026, 8, 25)
    original = efapiao.xml(invoice)
    links = book.papers[book.path(f"invoice/{invoice.number}")].links
    spaced = original.replace(b"><", b">\n      <")
    retyped = replace(
        invoice, number=invoice.number[:-3] + str((int(invoice.number[-3]) + 4) % 10) + invoice.number[-2:]
    )
    altered = _altered(original, invoice)
    picture = efapiao.pdf(invoice, producer="scanner 7")
    sealed = efapiao.ofd(original, plan.seed, changed=efapiao.xml(retyped))
    rows = (
        ("a", f"{invoice.number}.xml", "invoice", "e-fapiao", spaced, ("DUPLICATE", "E14"), ()),
        ("a/pdf", f"{invoice.number}.pdf", "other", "pdf", picture, ("NOT_PLEDGEABLE",), ("NO_FACTS",)),
        (
            "b",
            f"{retyped.number}.ofd",
            "invoice",
            "e-fapiao",
            sealed,
            ("LOOSE_MATCH", "SEAL_INVALID", "E13"),
            ("SEAL_INVALID",),
        ),
        ("c", f"{invoice.number}-corrected.xml", "invoice", "e-fapiao", altered, ("DUPLICATE", "E14"), ()),
    )
    for letter, name, kind, form, data, codes, notices in rows:
        verdict = {"b": "UNKNOWN", "a/pdf": "VALID"}.get(letter, "INVALID")
        book.add(
            Paper(f"M4/again/{name}", kind, form, day, data, f"F2/{letter}", links if kind == "invoice" else (), "fraud",
                  f"F2{letter[0]}", verdict, codes, notices)
        )  # fmt: skip
    order = f"order/{plan.orders['M4', 'B2', 'P401', 7].number}"
    for letter, code, severity, key, says in (
        (
            "a",
            "E14",
            "R",
            "F2/a",
            "the same number of the same seller in other bytes: the natural key is locked",
        ),
        (
            "b",
            "E13",
            "A",
            "F2/b",
            "a number off by one digit: buyer, date and amount, and the order behind, are another's; the seal does not fit",
        ),
        ("c", "E14", "R", "F2/c", "the same number with another amount: the natural key is locked"),
        (
            "d",
            "E13",
            "R",
            order,
            "the order behind a pledged invoice: it looks alike, the second such offer in thirty days",
        ),
    ):
        files = [f"invoice/{invoice.number}", key]
        book.finding(f"F2{letter}", "M4", "fraud", code, severity, files, says, alone=letter == "d")


def _altered(original: bytes, invoice: Invoice) -> bytes:
    """The same invoice over 77,922.00: two digits changed places, and the rest was made to agree."""
    net = (_F2_ALTERED / (1 + VAT)).quantize(Decimal("0.01"))
    line = invoice.lines[0]
    price = (net / line.quantity).quantize(Decimal("0.00000001"))
    swaps = (
        (f"<UnPrice>{line.price}<", f"<UnPrice>{price}<"), (f">{invoice.net}<", f">{net}<"),
        (f">{invoice.tax}<", f">{_F2_ALTERED - net}<"), (f">{invoice.total}<", f">{_F2_ALTERED}<"),
    )  # fmt: skip
    for old, new in swaps:
        original = original.replace(old.encode(), new.encode())
    return original


class Circle:
    """F3: three invoices and three payments that go round."""

    def __init__(self, plan: Plan) -> None:
        legs = (
            ("M3", "M4", date(2026, 8, 24), "*通用设备*衬套毛坯", 40_000, "12.00"),
            ("M4", "T1", date(2026, 8, 28), "*通用设备*泵盖毛坯", 24_000, "20.30"),
            ("T1", "M3", date(2026, 9, 2), "*黑色金属冶炼压延品*棒材", 98_900, "5.00"),
        )
        self.invoices = [
            Invoice(plan.numbers.next(seller), seller, buyer, day,
                    (Line(item, Decimal(count), "千克" if seller == "T1" else "件", Decimal(price)),), "自提")
            for seller, buyer, day, item, count, price in legs
        ]  # fmt: skip
        self.payments = [
            Payment(
                f"FK{day:%y%m%d}F3{at}",
                day,
                invoice.buyer,
                invoice.seller,
                invoice.total,
                invoice.number,
                "F3",
            )
            for at, (day, invoice) in enumerate(
                zip((date(2026, 9, 4), date(2026, 9, 3), date(2026, 9, 2)), self.invoices, strict=True), 1
            )
        ]

    def add(self, book: Book) -> None:
        """The three invoices, among the papers of those of the two firms that are members."""
        marks = {**FRAUD, "label": "F3", "codes": ("E15", "K06", "K07")}
        for invoice in self.invoices:
            holder = "M3" if invoice.seller == "T1" else invoice.seller
            book.add(invoice_paper(invoice, (), marks, holder))

    def findings(self, book: Book) -> None:
        """What must be seen of it: nine points in all, of which four are red."""
        keys = [f"invoice/{invoice.number}" for invoice in self.invoices]
        banks = ["bank/M3/2026-09", "bank/M4/2026-09", "paid/M3/2026-09"]
        for code, files, says in (
            ("E15", keys, "a cycle of three within 30 days, amounts within 5 per cent (+2)"),
            ("E15", banks, "the money is back within 5 working days (+2)"),
            ("E15", keys, "no machine time and no carrier on any of its edges (+2)"),
            (
                "E15",
                [keys[2], "extract/T1", "extract/M3"],
                "T1 and M3 share legal representative, bank account; T1 and M4 a telephone (+3)",
            ),
        ):
            book.finding("F3", "M3", "fraud", code, "R", files, says)


def f1_findings(book: Book, plan: Plan) -> None:
    """What must be seen of F1, each by a signal of its own."""
    lots = [lot for lot in plan.lots if lot.firm == "M3" and lot.week in F1_WEEKS]
    days_ = [f"machine/M3/{day}" for week in F1_WEEKS for day in days.lot_days(week)]
    earlier = [f"machine/M3/{day - timedelta(days=42)}" for week in F1_WEEKS for day in days.lot_days(week)]
    orders = [f"work-order/M3/{week}" for week in F1_WEEKS]
    copied = [f"inspection/M3/{lot.number}" for lot in lots]
    sources = [
        f"inspection/M3/{lot.number}" for lot in plan.lots if lot.firm == "M3" and lot.week + 6 in F1_WEEKS
    ]
    notes = [f"despatch/{d.number}" for d in plan.deliveries_of("M3") if d.week in F1_WEEKS]
    bars = [f"invoice/{p.invoice.number}" for p in plan.purchases if p.firm == "M3"]
    for code, severity, keys, says in (
        ("E04", "R", [*orders, *days_], "333 machine hours wanted a week, 158 shown: ratio about 2.1"),
        ("E03", "R", [*earlier, *days_], "interval lengths of L31 and L32 are those of 42 days before"),
        (
            "E05",
            "A",
            ["energy/M3/2026-08", "energy/M3/2026-09", *days_],
            "power per cutting hour falls to about .6 of the norm",
        ),
        ("E06", "R", [*bars, *orders], "far more parts than the bar stock bought could give"),
        ("COPIED_MEASUREMENTS", "R", [*sources, *copied], "diameters equal to four decimals, piece by piece"),
        (
            "INDEPENDENCE",
            "A",
            notes,
            "no carrier signs these deliveries; the inspection body saw none of these lots",
        ),
    ):
        book.finding("F1", "M3", "fraud", code, severity, keys, says)
    assert FIRMS["M3"].groups["L"].machines[:2] == ("L31", "L32")
