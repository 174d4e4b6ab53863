"""What machines, meters, banks and mills write: machine logs, power statements, bank records, bar stock, certificates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Payment
from scripts.two_rivers.firms import FIRMS, MACHINE_POWER, ORGANISATIONS, Firm
from scripts.two_rivers.inspections import FRAUD
from scripts.two_rivers.jobs import invoice_paper
from scripts.two_rivers.manifest import Book, Paper, Signing
from scripts.two_rivers.papers import machines, others, tables, ubl
from scripts.two_rivers.plan import CHIPS, F1_WEEKS, Plan, chance
from scripts.two_rivers.production import HOUR, Production, blind, required_hours

__all__ = ["LOANS", "add_workshop"]

CHIP_DAYS = (date(2026, 7, 31), date(2026, 8, 28), date(2026, 9, 18))
MONTHS = (
    (date(2026, 7, 1), date(2026, 7, 31)),
    (date(2026, 8, 1), date(2026, 8, 31)),
    (date(2026, 9, 1), days.LAST),
)
OPENING_MONTHS = (
    (date(2026, 4, 1), date(2026, 4, 30)),
    (date(2026, 5, 1), date(2026, 5, 31)),
    (date(2026, 6, 1), date(2026, 6, 28)),
)
LOANS = (
    Payment("FK2608120001", date(2026, 8, 12), "L1", "M2", Decimal("400000.00"), "贷款发放 LN-L1-2608-001"),
    Payment("FK2608180002", date(2026, 8, 18), "L1", "M4", Decimal("60000.00"), "贷款发放 LN-L1-2608-002"),
)
_KWH_PRICE = Decimal("0.68")


def add_workshop(book: Book, plan: Plan, production: Production, others_: list[Payment]) -> None:
    """Everything for every firm; `others_` are payments that no delivery explains (loans, and what the frauds moved)."""
    for firm in FIRMS.values():
        _machine_logs(book, plan, production, firm)
        _history(book, plan, firm)
        _power(book, plan, production, firm)
        _material(book, plan, firm)
        _bank(book, plan, firm, others_)
        number, instrument = f"XN-CAL-2026-{firm.code}", f"{firm.code}-CMM-01"
        day = date(2026, 5, 18)
        data = others.calibration(number, firm.short, instrument, day)
        signing = Signing("I1", "inspector", "2026-05-18T09:00:00Z")
        book.add(
            Paper(
                f"{firm.short}/calibration/{number}.xml",
                "calibration",
                "dcc",
                day,
                data,
                number,
                signing=signing,
            )
        )
    _chips(book)
    stop = next(b for b in blind() if b.stopped)
    notice = others.pretty({"schema": "assetcert/planned-stop/1", "firm": "M1", "machine": "G01", "given_at": "2026-08-26T08:00:00+08:00",
                            "from": "2026-08-27T08:00:00+08:00", "hours": (stop.end - stop.start) // HOUR})  # fmt: skip
    book.add(
        Paper(
            "M1/machines/G01-planned-stop.json",
            "other",
            "other",
            date(2026, 8, 26),
            notice,
            "notice/G01",
            label="M1-PLANNED-STOP",
        )
    )


def _week(day: date) -> int:
    """The week whose lots are made that day."""
    return next(week for week in days.WEEKS if day in days.lot_days(week))


def _machine_logs(book: Book, plan: Plan, production: Production, firm: Firm) -> None:
    write, end = machines.WRITERS[firm.log]
    names = [machine for _, machine in production.machines(firm)]
    random = chance(plan.seed, "agent", firm.short)
    counts = {name: random.randrange(100_000, 900_000) for name in names}
    sequence, instance, previous = (
        random.randrange(1_000, 90_000),
        1_782_000_000 + random.randrange(100_000),
        "0" * 64,
    )
    blinds = [one for one in blind() if one.firm == firm.short]
    for day in days.working_days(days.START, days.LAST):
        out = next(
            (
                b
                for b in blinds
                if not b.stopped and days.midnight(day) < b.end < days.midnight(day) + 24 * HOUR
            ),
            None,
        )
        if out is not None:  # the adapter comes back as another instance, and its numbers jump
            instance, sequence = instance + 171_403, sequence + 9_713
        found = {}
        for name in names:
            log = production.logged[firm.short, name, day]
            found[name] = machines.events(log, counts[name], blinds)
            counts[name] += len(log.cuts)
        data = write(
            machines.Day(firm.short, day, {n: e for n, e in found.items() if e}, sequence, instance, previous)
        )
        paper = _log_paper(firm, day, data, end)
        book.add(paper)
        sequence, previous = sequence + sum(map(len, found.values())), paper.sha256


def _log_paper(firm: Firm, day: date, data: bytes, end: str) -> Paper:
    week = _week(day)
    marks: dict[str, Any] = {}
    if firm.short == "M3" and week in F1_WEEKS:
        marks = {**FRAUD, "label": "F1", "codes": ("E03", "E04", "E05")}
    elif firm.short == "M2" and day in (date(2026, 7, 29), date(2026, 7, 30)):
        marks = {"truth": "flaw", "label": "M2-OUTAGE", "verdict": "UNKNOWN", "codes": ("E02",)}
    elif firm.short == "M1" and day == date(2026, 8, 27):
        marks = {"label": "M1-PLANNED-STOP"}
    link = (("measures", f"work-order/{firm.short}/{week}"),)
    signing = Signing(firm.short, "instrument", f"{day}T16:00:01Z")
    key = f"machine/{firm.short}/{day}"
    return Paper(f"{firm.short}/machines/{day}.{end}", "machine-data", firm.log if firm.log != "mtconnect" else "mtconnect-streams",
                 day, data, key, link, signing=signing, **marks)  # fmt: skip


def _usual_days(first: date, last: date) -> int:
    return sum((first + timedelta(days=i)).weekday() < 6 for i in range((last - first).days + 1))


def _history(book: Book, plan: Plan, firm: Firm) -> None:
    """Before the adapters came: the firm's own monthly sheet of machine hours, so that a norm of power exists."""
    random = chance(plan.seed, "history", firm.short)
    lots = [lot for lot in plan.lots if lot.firm == firm.short and lot.week == 1]
    for first, last in OPENING_MONTHS:
        rows = []
        total = Decimal(1500)
        count = _usual_days(first, last)
        for name, group in firm.groups.items():
            weekly = required_hours(firm, name, lots) / firm.performance / len(group.machines)
            for machine in group.machines:
                hours = Decimal(f"{weekly * count / 6 * random.uniform(0.99, 1.01):.3f}")
                cuts, idles = (Decimal(str(kw)) for kw in MACHINE_POWER[group.kind])
                total += hours * cuts + (Decimal(str(days.planned_hours(count))) - hours) * idles
                rows.append(
                    {
                        "device.id": f"{firm.short}-{machine}",
                        "device.active_seconds": (hours * 3600).quantize(Decimal(1)),
                    }
                )
        begins, ends = f"{first}T00:00:00+08:00", f"{last + timedelta(days=1)}T00:00:00+08:00"
        rows = [{"start": begins, "end": ends, **row} for row in rows]
        path = f"{firm.short}/machines/summary-{first:%Y-%m}.csv"
        book.add(
            Paper(
                path,
                "machine-data",
                "csv",
                last,
                tables.csv("machine-data", rows),
                f"summary/{firm.short}/{first:%Y-%m}",
            )
        )
        energy = (total * Decimal(f"{random.uniform(0.98, 1.02):.6f}")).quantize(Decimal("0.1"))
        _meter(book, firm, first, last, energy, {})


def _power(book: Book, plan: Plan, production: Production, firm: Firm) -> None:
    random = chance(plan.seed, "power", firm.short)
    for first, last in MONTHS:
        energy = Decimal(f"{production.kilowatt_hours(firm, first, last) * random.uniform(0.98, 1.02):.1f}")
        fraud = firm.short == "M3" and first.month > 7
        _meter(
            book,
            firm,
            first,
            last,
            energy,
            {"label": "F1", "codes": ("E05",)} if fraud else {},
        )


def _meter(book: Book, firm: Firm, first: date, last: date, energy: Decimal, marks: dict[str, Any]) -> None:
    supplier = ORGANISATIONS["E1"]
    row = {"number": f"YZ-{firm.code}-{first:%Y%m}", "issue_date": last, "start_date": first, "end_date": last, "supplier_id": supplier.uscc,
           "supplier_name": supplier.name, "customer_id": firm.organisation.uscc, "customer_name": firm.organisation.name,
           "meter": f"YZ-MTR-{firm.code}", "energy": energy, "energy_unit": "kWh", "currency": "CNY",
           "total": (energy * _KWH_PRICE).quantize(Decimal("0.01"))}  # fmt: skip
    signing = Signing("E1", "witness", f"{last}T15:59:59Z")
    path = f"{firm.short}/energy/{first:%Y-%m}.csv"
    data = tables.csv("utility-statement", [row])
    book.add(
        Paper(
            path,
            "utility-statement",
            "csv",
            last,
            data,
            f"energy/{firm.short}/{first:%Y-%m}",
            signing=signing,
            **marks,
        )
    )


def _material(book: Book, plan: Plan, firm: Firm) -> None:
    for purchase in plan.purchases:
        if purchase.firm == firm.short:
            short = firm.short == "M3" and (purchase.week in F1_WEEKS or purchase.week + 1 in F1_WEEKS)
            marks = {"label": "F1", "codes": ("E06",)} if short else {}
            paper = invoice_paper(purchase.invoice, (), marks, firm.short)
            book.add(Paper(**{**vars(paper), "path": f"{firm.short}/material/{purchase.invoice.number}.xml"}))


def _bank(book: Book, plan: Plan, firm: Firm, others_: list[Payment]) -> None:
    came = [*plan.payments_to(firm.short), *(p for p in others_ if p.payee == firm.short)]
    came = sorted((p for p in came if p.day >= days.START), key=lambda p: (p.day, p.number))
    went = sorted(
        [*_supplies(plan, firm), *(p for p in others_ if p.payer == firm.short)],
        key=lambda p: (p.day, p.number),
    )
    for first, last in MONTHS:
        inside = [p for p in came if (first if first.month > 7 else days.START) <= p.day <= last]
        number = f"YS-{firm.code}-{first:%Y%m}"
        links = _settled(book, firm, inside)
        book.add(
            Paper(f"{firm.short}/bank/{number}.xml", "payment", "camt", last, others.statement(firm.short, number, last, inside),
                  f"bank/{firm.short}/{first:%Y-%m}", links, **_bank_marks(firm, inside))
        )  # fmt: skip
        paid = [p for p in went if first <= p.day <= last]
        rows = [{"payment.number": p.number, "payment.date": p.day, "payment.currency": "CNY", "payment.amount": p.amount,
                 "payment.payer_id": ORGANISATIONS[p.payer].uscc, "payment.payer_name": ORGANISATIONS[p.payer].name,
                 "payment.payee_id": ORGANISATIONS[p.payee].uscc, "payment.payee_name": ORGANISATIONS[p.payee].name,
                 "payment.reference": p.reference} for p in paid]  # fmt: skip
        book.add(
            Paper(f"{firm.short}/bank/{number}-paid.csv", "payment", "csv", last, tables.csv("payment", rows),
                  f"paid/{firm.short}/{first:%Y-%m}", _settled(book, firm, paid), **_bank_marks(firm, paid))
        )  # fmt: skip


def _settled(book: Book, firm: Firm, payments: list[Payment]) -> tuple[tuple[str, str], ...]:
    """Links to the invoices that payments name, as far as the firm has them as more than a picture."""
    keys = (f"invoice/{payment.reference}" for payment in payments)
    held = (
        key
        for key in keys
        if (paper := book.find(key)) and (paper.kind, paper.organisation) == ("invoice", firm.short)
    )
    return tuple(("settles", key) for key in held)


def _bank_marks(firm: Firm, inside: list[Payment]) -> dict[str, Any]:
    if any(p.truth == "F3" for p in inside):
        return {"label": "F3", "codes": ("E15",)}
    if firm.short == "M2" and any((p.payer, p.day) == ("B2", date(2026, 9, 24)) for p in inside):
        return {"truth": "flaw", "label": "M2-SLOW-PAYER", "verdict": "VALID", "codes": ("E10",)}
    return {}


def _supplies(plan: Plan, firm: Firm) -> list[Payment]:
    """Bar stock is paid after thirty days; M1's chips are set off against the next payment."""
    found = []
    set_off = list(CHIP_DAYS) if firm.short == "M1" else []
    for purchase in plan.purchases:
        day = purchase.invoice.issued + timedelta(days=30)
        if purchase.firm != firm.short or day > days.LAST:
            continue
        less = Decimal(0)
        if set_off and set_off[0] < day:
            set_off.pop(0)
            less = CHIPS
        number = f"FK{day:%y%m%d}{firm.short[1]}{purchase.week:03}"
        found.append(
            Payment(number, day, firm.short, "S1", purchase.invoice.total - less, purchase.invoice.number)
        )
    return found


def _chips(book: Book) -> None:
    """The control: S1, which sells bar to M1, fetches M1's chips; the carrier signs, and the sum is small."""
    control: dict[str, Any] = {"truth": "control", "label": "S1-CHIPS"}
    for at, day in enumerate(CHIP_DAYS, 1):
        note = f"HJ-DN-{day:%y%m%d}-CHIPS"
        data = ubl.goods_note(note, day, "M1", "S1", "钢屑", Decimal(1550))
        signing = Signing("C1", "witness", f"{day}T09:00:00Z")
        book.add(
            Paper(
                f"M1/chips/{note}.xml",
                "despatch-advice",
                "ubl",
                day,
                data,
                f"despatch/{note}",
                signing=signing,
                **control,
            )
        )
        bill = ubl.self_billed(f"CG-HJ-2026-{at:02}", day, "M1", "S1", "钢屑", CHIPS, Decimal(1550))
        book.add(
            Paper(
                f"M1/chips/CG-HJ-2026-{at:02}.xml",
                "invoice",
                "ubl",
                day,
                bill,
                f"chips/{at}",
                (("fulfils", f"despatch/{note}"),),
                **control,
            )
        )
