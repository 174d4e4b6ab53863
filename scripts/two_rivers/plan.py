"""What happens in the world, before any paper says so: orders, lots, deliveries, invoices, payments, bar stock.

A pure function of the seed. What is claimed and what is real differ for M3 in weeks 8 to 12 only (fraud F1). The honest
firms' honest flaws are in here, each where it happens; papers follow what this says.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Call, Delivery, Invoice, Line, Lot, Order, Payment, Purchase
from scripts.two_rivers.firms import BUYERS, FIRMS, INSPECTED, PARTS, Demand, Firm

__all__ = ["CHIPS", "F1_WEEKS", "Plan", "ceiling", "chance"]

F1_WEEKS = range(8, 13)
F1_CLAIMED, F1_REAL = 7800, 1250
BAR_PRICE = Decimal("5.20")
ALLOWANCE = Decimal("1.05")
CHIPS = Decimal("3100.00")
OCTOBER = (date(2026, 10, 10), date(2026, 10, 17), date(2026, 10, 24), date(2026, 10, 31))


def chance(seed: int, *what: object) -> random.Random:
    """A source of chance of its own for each purpose, so that one change moves nothing else."""
    return random.Random("/".join(str(part) for part in (seed, *what)))


def ceiling(value: Decimal) -> int:
    """The next whole number."""
    return int(value.to_integral_value(ROUND_CEILING))


@dataclass
class _Numbers:
    """Numbers of 数电票: 26, 50, 2 and fifteen digits, rising with each invoice of a seller."""

    seed: int
    used: dict[str, int] = field(default_factory=dict)

    def next(self, seller: str) -> str:
        start = int.from_bytes(hashlib.sha256(f"{self.seed}/number/{seller}".encode()).digest()[:4], "big")
        self.used[seller] = self.used.get(seller, 0) + 1 + start % 7
        return f"26502{start % 9_000_000 + 1_000_000:07}{self.used[seller]:08}"


class Plan:
    """Everything that happens, for every firm."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.numbers = _Numbers(seed)
        self.orders: dict[tuple[str, str, str, int], Order] = {}
        self.deliveries: list[Delivery] = []
        self.lots: list[Lot] = []
        self.purchases: list[Purchase] = []
        self.credit_notes: list[Invoice] = []
        for firm in FIRMS.values():
            self._order(firm)
            self._deliver(firm)
            self._make(firm)
            self._buy(firm)
        self._return()

    def claimed(self, firm: Firm, demand: Demand, week: int) -> int:
        """Pieces that the papers of a week speak of."""
        if firm.short == "M3" and week in F1_WEEKS:
            return F1_CLAIMED
        return demand.short_week if week == 13 else demand.weekly

    def real(self, firm: Firm, demand: Demand, week: int) -> int:
        """Pieces that were made."""
        if firm.short == "M3" and week in F1_WEEKS:
            return F1_REAL
        return self.claimed(firm, demand, week)

    def orders_of(self, firm: str) -> list[Order]:
        """A firm's orders by number."""
        found = {order.number: order for key, order in self.orders.items() if key[0] == firm}
        return [found[number] for number in sorted(found)]

    def deliveries_of(self, firm: str) -> list[Delivery]:
        """A firm's deliveries in order of time."""
        return [delivery for delivery in self.deliveries if delivery.seller == firm]

    def payments_to(self, firm: str) -> list[Payment]:
        """What buyers paid, one payment an invoice, less the credit note where there is one."""
        found = []
        for at, delivery in enumerate(self.deliveries_of(firm)):
            if delivery.paid is None:
                continue
            less = sum(
                (n.total for n in self.credit_notes if n.corrects == delivery.invoice.number), Decimal(0)
            )
            number = f"YS{delivery.paid:%y%m%d}{firm[1]}{at:03}"
            amount, reference = delivery.invoice.total + less, delivery.invoice.number
            found.append(Payment(number, delivery.paid, delivery.buyer, firm, amount, reference))
        return sorted(found, key=lambda payment: (payment.day, payment.number))

    def _order(self, firm: Firm) -> None:
        for demand in firm.demands:
            months: dict[str, list[tuple[int, date]]] = {}
            calls = [(week, days.delivery_day(week)) for week in (*days.OPENING, *days.WEEKS)]
            for week, day in [*calls, *zip(range(15, 19), OCTOBER, strict=True)]:
                months.setdefault(f"{day:%Y%m}", []).append((week, day))
            for month, promised in months.items():
                self._blanket(firm, demand, month, promised)

    def _blanket(self, firm: Firm, demand: Demand, month: str, promised: list[tuple[int, date]]) -> None:
        calls = tuple(
            Call(at, week, self.claimed(firm, demand, week), day)
            for at, (week, day) in enumerate(promised, 1)
        )
        forged = firm.short == "M3" and any(call.week in F1_WEEKS for call in calls)
        number = f"{BUYERS[demand.buyer].code}-PO-{month}-{demand.part}-{firm.code}"
        before = date(int(month[:4]), int(month[4:]), 1) - timedelta(days=1)
        order = Order(
            number,
            firm.short,
            demand.buyer,
            demand.part,
            before.replace(day=22),
            calls,
            "F1" if forged else "honest",
        )
        for call in calls:
            self.orders[firm.short, demand.buyer, demand.part, call.week] = order

    def _deliver(self, firm: Firm) -> None:
        for week in (*days.OPENING, *days.WEEKS):
            for buyer in dict.fromkeys(demand.buyer for demand in firm.demands):
                self.deliveries.append(self._delivery(firm, buyer, week))

    def _delivery(self, firm: Firm, buyer: str, week: int) -> Delivery:
        promised = days.delivery_day(week)
        late = timedelta(days=4 if (firm.short, buyer, week) == ("M2", "B1", 10) else 0)
        day = promised + late
        lines = []
        for demand in firm.demands:
            if demand.buyer == buyer:
                order = self.orders[firm.short, buyer, demand.part, week]
                call = next(call for call in order.calls if call.week == week)
                lines.append((demand.part, call.quantity, order, call))
        number = f"{firm.code}-DN-{promised:%y%m%d}-{BUYERS[buyer].code}"
        invoice = self._invoice(firm, buyer, number, days.invoice_day(day), lines)
        pays = timedelta(days=68 if (firm.short, buyer, week) == ("M2", "B2", 3) else BUYERS[buyer].pays)
        paid = day + pays if day + pays <= days.LAST else None
        due = day + timedelta(days=BUYERS[buyer].terms)
        truth = "F1" if firm.short == "M3" and week in F1_WEEKS else "honest"
        return Delivery(
            firm.short, buyer, week, number, promised, day, tuple(lines), invoice, due, paid, truth
        )

    def _invoice(
        self, firm: Firm, buyer: str, note: str, issued: date, lines: list[tuple[str, int, Order, Call]]
    ) -> Invoice:
        billed = tuple(
            Line(
                f"*通用设备*{part} {PARTS[part].name}",
                Decimal(quantity),
                "件",
                PARTS[part].price,
                order.number,
            )
            for part, quantity, order, _ in lines
        )
        orders = "，".join(f"{order.number} 第{call.number}行" for _, _, order, call in lines)
        remark = f"订单号：{orders}；送货单号：{note}"
        return Invoice(self.numbers.next(firm.short), firm.short, buyer, issued, billed, remark)

    def _make(self, firm: Firm) -> None:
        for part in firm.parts:
            wanted = {
                week: [
                    (self.claimed(firm, d, week), self.real(firm, d, week))
                    for d in firm.demands
                    if d.part == part
                ]
                for week in days.WEEKS
            }
            failures = self._failures(firm, part)
            for week, pairs in wanted.items():
                quantity, real = (sum(pair[i] for pair in pairs) for i in (0, 1))
                truth = "honest" if quantity == real else "F1"
                iso = days.monday(week).isocalendar().week
                self.lots.append(
                    Lot(
                        firm.short, part, week, f"{part}-26W{iso}", f"{firm.code}-WO-26W{iso}-{part}", quantity,
                        ceiling(quantity / firm.quality), ceiling(real / firm.quality), failures[week - 1], truth,
                    )
                )  # fmt: skip

    def _failures(self, firm: Firm, part: str) -> list[int]:
        """Failures at first sight, by week: as many in all as the firm's quality says, unevenly spread."""
        mean = round(INSPECTED["own"] * (1 - firm.quality))
        spread = [mean] * 13
        for at in range(0, 12, 3):
            spread[at], spread[at + 1] = mean - 1, mean + 1
        chance(self.seed, "failures", firm.short, part).shuffle(spread)
        if part == "P201":
            spread[5] = 18  # first-pass yield 91.0 % in week 6
            spread[3] = 6  # 97.0 %, which I1 finds 1.8 points worse in week 4
        if firm.short == "M3":
            for week in F1_WEEKS:
                spread[week - 1] = spread[week - 7]  # copied from six weeks before
        return spread

    def _buy(self, firm: Firm) -> None:
        for week in range(1, 14, 2):
            kilograms = {part: Decimal(0) for part in firm.parts}
            for demand in firm.demands:
                for at in (w for w in (week, week + 1) if w <= 13):
                    kilograms[demand.part] += self.real(firm, demand, at) * PARTS[demand.part].kilograms
            lines = tuple(
                Line(
                    f"*黑色金属冶炼压延品*{part}用棒材",
                    (kg * ALLOWANCE).quantize(Decimal("0.1")),
                    "千克",
                    BAR_PRICE,
                )
                for part, kg in kilograms.items()
            )
            invoice = Invoice(self.numbers.next("S1"), "S1", firm.short, days.monday(week), lines, "两周用料")
            self.purchases.append(Purchase(firm.short, week, invoice))

    def _return(self) -> None:
        """Week 8: B2 sends 24 valve bodies of week 6 back; the invoice, by then pledged to L1, is corrected in red."""
        blue = next(d for d in self.deliveries if (d.seller, d.buyer, d.week) == ("M2", "B2", 6)).invoice
        line = blue.lines[0]
        red = Line(line.item, Decimal(-24), line.unit, line.price, line.order)
        remark = f"被红冲蓝字数电票号码：{blue.number} 红字发票信息确认单编号：50002608{blue.number[-6:]}"
        issued = days.monday(8) + timedelta(days=2)
        self.credit_notes.append(
            Invoice(self.numbers.next("M2"), "M2", "B2", issued, (red,), remark, blue.number)
        )
