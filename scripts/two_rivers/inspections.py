"""Inspection reports: each lot's own, the inspection body's of one lot in five, and the values that were measured.

M3's reports of weeks 8 to 12 repeat the values of six weeks before (fraud F1): nothing was there to measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from scripts.two_rivers.events import Lot
from scripts.two_rivers.firms import INSPECTED, PARTS, Firm
from scripts.two_rivers.manifest import Book, Paper, Signing
from scripts.two_rivers.papers import qif, tables
from scripts.two_rivers.plan import Plan, chance

__all__ = ["FRAUD", "add_inspections", "f1_marks", "measured"]

FRAUD: dict[str, Any] = {"truth": "fraud", "verdict": "INVALID"}
_I1_WORSE = ("M2", "P201", 4)


def f1_marks(truth: str) -> dict[str, Any]:
    """Labels of M3's papers of weeks 8 to 12; none for anything else."""
    return {**FRAUD, "label": "F1", "codes": ("E04", "E05", "E06")} if truth == "F1" else {}


def add_inspections(book: Book, plan: Plan, firm: Firm, lots: Sequence[Lot]) -> None:
    outside = _outside(plan, firm, lots)
    for lot in lots:
        link = (("inspects", f"work-order/{firm.short}/{lot.week}"),)
        number = f"{firm.code}-IR-{lot.number}"
        marks = _own_marks(firm, lot)
        data, end, form = _own_report(plan, firm, lot, number)
        path = f"{firm.short}/inspections/{number}.{end}"
        book.add(
            Paper(
                path,
                "inspection-report",
                form,
                lot.last,
                data,
                f"inspection/{firm.short}/{lot.number}",
                link,
                **marks,
            )
        )
        if lot in outside:
            book.add(_outside_report(plan, firm, lot, link))


def _own_marks(firm: Firm, lot: Lot) -> dict[str, Any]:
    if (firm.short, lot.part, lot.week) == ("M2", "P201", 6):
        return {"truth": "flaw", "label": "M2-YIELD", "verdict": "UNKNOWN", "codes": ("E07",)}
    if (firm.short, lot.part, lot.week) == _I1_WORSE:
        return {"truth": "flaw", "label": "M2-THIRD-PARTY"}
    return f1_marks(lot.truth)


def _outside(plan: Plan, firm: Firm, lots: Sequence[Lot]) -> list[Lot]:
    """One lot in five, which the inspection body draws; of M3 only such as were really made."""
    count = round(len(lots) * 0.2)
    fixed = [lot for lot in lots if (firm.short, lot.part, lot.week) == _I1_WORSE]
    others_ = [
        lot
        for lot in lots
        if lot.truth == "honest" and lot not in fixed and (lot.part, lot.week) != ("P201", 6)
    ]
    return fixed + chance(plan.seed, "I1", firm.short).sample(others_, count - len(fixed))


def _own_report(plan: Plan, firm: Firm, lot: Lot, number: str) -> tuple[bytes, str, str]:
    instrument = f"{firm.code}-CMM-01"
    if firm.short == "M1":
        values, failed = measured(plan, firm, lot.part, lot.week, INSPECTED["own"], lot.failed)
        return qif.report(number, lot.part, lot.number, lot.last, instrument, values, failed), "qif", "qif"
    row = {"number": number, "product": lot.part, "lot": lot.number, "inspected_at": f"{lot.last}T15:30:00+08:00",
           "parts": INSPECTED["own"], "parts_failed": lot.failed, "characteristics": INSPECTED["own"],
           "characteristics_failed": lot.failed, "instrument.id": instrument}  # fmt: skip
    source = lot.week - 6 if lot.truth == "F1" else lot.week  # F1: measured six weeks before
    values, failed = measured(plan, firm, lot.part, source, INSPECTED["own"], lot.failed)
    sheet = [("序号", "直径/mm", "判定"), *((at, v, "不合格" if bad else "合格") for at, (v, bad) in enumerate(zip(values, failed, strict=True), 1))]  # fmt: skip
    return tables.xlsx("inspection-report", [row], ("实测值", sheet)), "xlsx", "xlsx"


def _outside_report(plan: Plan, firm: Firm, lot: Lot, link: tuple[tuple[str, str], ...]) -> Paper:
    worse = (firm.short, lot.part, lot.week) == _I1_WORSE
    count = INSPECTED["I1"]
    failures = 6 if worse else round(count * (1 - firm.quality))
    number = f"XN-IR-{firm.code}-{lot.number}"
    values, failed = measured(plan, firm, lot.part, f"I1/{lot.week}", count, failures)
    data = qif.report(number, lot.part, lot.number, lot.last, "XN-CMM-07", values, failed)
    marks: dict[str, Any] = {"truth": "flaw", "label": "M2-THIRD-PARTY"} if worse else {}
    signing = Signing("I1", "inspector", f"{lot.last}T10:00:00Z")
    key = f"inspection/{firm.short}/{lot.number}/I1"
    return Paper(
        f"{firm.short}/inspections/{number}.qif",
        "inspection-report",
        "qif",
        lot.last,
        data,
        key,
        link,
        signing=signing,
        **marks,
    )


def measured(
    plan: Plan, firm: Firm, part: str, draw: object, count: int, failures: int
) -> tuple[list[Decimal], list[bool]]:
    """Measured diameters to four decimals: inside the tolerance, but for as many as failed."""
    random = chance(plan.seed, "values", firm.short, part, draw)
    nominal = PARTS[part].nominal
    bad = set(random.sample(range(count), failures))
    values = []
    for at in range(count):
        off = (
            random.uniform(0.0260, 0.0350) * random.choice((-1, 1))
            if at in bad
            else random.gauss(0.001, 0.007)
        )
        off = off if at in bad else max(-0.0240, min(0.0240, off))
        values.append(nominal + Decimal(f"{off:.4f}"))
    return values, [at in bad for at in range(count)]
