"""The whole world put together, in one order, from one seed."""

from __future__ import annotations

from dataclasses import replace

from scripts.two_rivers.calendar import monday
from scripts.two_rivers.frauds import Circle, add_f2, f1_findings
from scripts.two_rivers.jobs import add_jobs
from scripts.two_rivers.lending import add_lending
from scripts.two_rivers.manifest import Book
from scripts.two_rivers.plan import Plan
from scripts.two_rivers.production import Production
from scripts.two_rivers.workshop import LOANS, add_workshop

__all__ = ["SEED", "build"]

SEED = 20260928


def build(seed: int = SEED) -> Book:
    """Every paper of the world and what is true of it."""
    plan = Plan(seed)
    book, circle = Book(seed), Circle(plan)
    add_jobs(book, plan)
    circle.add(book)
    add_workshop(book, plan, Production.of(plan), [*LOANS, *circle.payments])
    add_f2(book, plan)
    _again(book, plan)
    add_lending(book, plan)
    f1_findings(book, plan)
    circle.findings(book)
    _flaws(book, plan)
    return book


def _again(book: Book, plan: Plan) -> None:
    """M1 uploads one file twice: nothing new comes of it."""
    invoice = next(d.invoice for d in plan.deliveries_of("M1") if (d.buyer, d.week) == ("B1", 4))
    first = book.papers[book.path(f"invoice/{invoice.number}")]
    day = monday(6)
    book.add(
        replace(
            first,
            path=f"M1/again/{invoice.number}.xml",
            key="again",
            day=day,
            same_as=first.key,
            label="M1-AGAIN",
            codes=("EXISTING",),
        )
    )


def _flaws(book: Book, plan: Plan) -> None:
    """The honest firms' flaws: what may be said of them, and what must not be."""
    by_place = {(d.seller, d.buyer, d.week): d for d in plan.deliveries}

    def invoice(buyer: str, week: int) -> str:
        return f"invoice/{by_place['M2', buyer, week].invoice.number}"

    note = f"credit-note/{plan.credit_notes[0].number}"
    rows = (
        ("M2-OUTAGE", "M2", "flaw", "E02", "A", ["machine/M2/2026-07-29", "machine/M2/2026-07-30"], "26 hours without a record, another instance after; the ratio stays below 1"),
        ("M2-YIELD", "M2", "flaw", "E07", "A", ["inspection/M2/P201-26W32"], "first-pass yield 91.0 per cent in week 6"),
        ("M2-RETURN", "M2", "flaw", "E11", "A", [note, invoice("B2", 6)], "a pledged invoice is corrected in red by 4,013.76"),
        ("M2-LATE", "M2", "flaw", "", "clear", [f"despatch/{by_place['M2', 'B1', 10].number}"], "four days late in week 10: on time still above 85 per cent"),
        ("M2-SLOW-PAYER", "M2", "flaw", "E10", "A", [invoice("B2", 3), "bank/M2/2026-09"], "B2 pays 23 days beyond terms"),
        ("M2-THIRD-PARTY", "M2", "flaw", "", "clear", ["inspection/M2/P201-26W30", "inspection/M2/P201-26W30/I1"], "1.8 points worse than the firm's own report: within tolerance"),
        ("M2-TWINS", "M2", "flaw", "LOOSE_MATCH", "A", [invoice("B1", 10), invoice("B1", 11)], "two equal invoices of one day: cleared by their order lines"),
        ("M1-AGAIN", "M1", "honest", "", "clear", ["again"], "the same bytes again: the existing asset is answered"),
        ("M1-PLANNED-STOP", "M1", "honest", "", "clear", ["machine/M1/2026-08-27", "notice/G01"], "the grinder stops as announced"),
        ("S1-CHIPS", "M1", "control", "", "clear", ["chips/1", "chips/2", "chips/3"], "reciprocal trade, small, and the goods moved"),
    )  # fmt: skip
    for label, firm, truth, code, severity, keys, says in rows:
        book.finding(label, firm, truth, code, severity, keys, says)
