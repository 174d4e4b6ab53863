"""What lenders hold and do in the world: extracts, searches, filing sheets, loans, and the applications at its end.

Acts are for the story that certifies the world; papers among them belong to the lender. Known answers are PRODUCT.md's,
which tests compute again from the papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Delivery
from scripts.two_rivers.firms import BUYERS, ORGANISATIONS
from scripts.two_rivers.frauds import f2_base
from scripts.two_rivers.manifest import Book, Paper
from scripts.two_rivers.papers import others
from scripts.two_rivers.plan import Plan

__all__ = ["add_lending"]

_REGISTRY = "动产融资统一登记公示系统"
_ADVANCE = Decimal("0.80")


def add_lending(book: Book, plan: Plan) -> None:
    """Everything between the firms and their lenders."""
    for short in ("M1", "M2", "M3", "M4", "T1", "S1"):
        book.add(_extract(short))
    m2 = [d for d in plan.deliveries_of("M2") if d.week in range(1, 7)]
    m4 = [d for d in plan.deliveries_of("M4") if d.invoice == f2_base(plan)]
    _loan(book, "M2", date(2026, 8, 12), "LN-L1-2608-001", Decimal("400000.00"), m2)
    _loan(book, "M4", date(2026, 8, 18), "LN-L1-2608-002", Decimal("60000.00"), m4)
    for lender, debtor, day in (("L1", "M1", days.LAST), ("L1", "M3", date(2026, 9, 21)), ("L2", "M3", date(2026, 9, 21)), ("L2", "M4", date(2026, 8, 25))):  # fmt: skip
        book.add(_search(lender, debtor, day, ()))
    _acts(book, plan)
    book.answers.update(_answers())


def _extract(short: str) -> Paper:
    """The companies register's extract, as the lender keeps it."""
    who = ORGANISATIONS[short]
    body = {"schema": "assetcert/register-extract/1", "extract": "企业信用信息", "name": who.name, "uscc": who.uscc, "legal_representative": who.legal_representative,
            "phone": who.phone, "fee_account": who.bank_account}  # fmt: skip
    return Paper(
        f"L1/extracts/{short}.json", "other", "other", days.START, others.pretty(body), f"extract/{short}"
    )


def _loan(
    book: Book,
    debtor: str,
    day: date,
    number: str,
    amount: Decimal,
    deliveries: Sequence[Delivery],
) -> None:
    """The receivables of some deliveries pledged and filed; the filing names the orders behind them."""
    registration = f"ZDW-{day:%Y%m%d}-{debtor}"
    book.add(_search("L1", debtor, day, ()))
    sheet = _sheet(debtor, day, number, amount, deliveries)
    path = f"L1/filings/{registration}"
    book.add(Paper(f"{path}.json", "other", "other", day, others.pretty(sheet), f"filing/{debtor}"))
    book.add(Paper(f"{path}.csv", "other", "other", day, _lines(sheet["lines"]), f"filing-lines/{debtor}"))
    keys = [f"invoice/{d.invoice.number}" for d in deliveries]
    book.acts.append(
        {"day": str(day), "act": "pledge", "debtor": debtor, "lender": "L1", "product": "L1-AR", "loan": number, "amount": str(amount),
         "days": 90, "registration": registration, "files": [book.path(key) for key in keys]}
    )  # fmt: skip


def _sheet(
    debtor: str, day: date, number: str, amount: Decimal, deliveries: Sequence[Delivery]
) -> dict[str, Any]:
    lines = [
        {"debtor_name": ORGANISATIONS[d.buyer].name, "debtor_uscc": ORGANISATIONS[d.buyer].uscc, "order": d.lines[0][2].number,
         "invoice": d.invoice.number, "issue_date": str(d.invoice.issued), "amount": str(d.invoice.total), "due_date": str(d.due)}
        for d in deliveries
    ]  # fmt: skip
    total = sum((d.invoice.total for d in deliveries), Decimal(0))
    return {
        "filing": "初始登记", "business_type": "应收账款质押", "filer_reference": number, "term_months": 6,
        "expiry": str(day + timedelta(days=182)), "secured_party": ORGANISATIONS["L1"].name, "secured_party_uscc": ORGANISATIONS["L1"].uscc,
        "grantor": ORGANISATIONS[debtor].name, "grantor_uscc": ORGANISATIONS[debtor].uscc, "main_contract": number, "currency": "CNY",
        "principal": str(amount), "collateral_value": str(total), "count": len(lines), "lines": lines,
    }  # fmt: skip


def _lines(lines: Sequence[dict[str, str]]) -> bytes:
    titles = ("债务人", "债务人代码", "订单号", "发票号", "开票日", "金额", "到期日")
    body = [",".join(line.values()) for line in lines]
    return ("\ufeff" + "\r\n".join([",".join(titles), *body]) + "\r\n").encode()


def _search(lender: str, debtor: str, day: date, registrations: Sequence[dict[str, str]]) -> Paper:
    number = f"CX-{day:%Y%m%d}-{lender}-{debtor}"
    body = {"schema": "assetcert/statutory-search/1", "number": number, "registry": _REGISTRY, "searched_at": f"{day}T20:00:00+08:00",
            "debtor_id": ORGANISATIONS[debtor].uscc, "debtor_name": ORGANISATIONS[debtor].name, "registrations": list(registrations)}  # fmt: skip
    return Paper(
        f"{lender}/searches/{number}.json",
        "statutory-search",
        "json",
        day,
        others.pretty(body),
        f"search/{lender}/{debtor}/{day}",
    )


def _acts(book: Book, plan: Plan) -> None:
    """What happens between people, besides the loans."""
    note, invoice = plan.credit_notes[0], f2_base(plan)
    order = plan.orders["M4", "B2", "P401", 7].number
    guises = [book.path(f"F2/{letter}") for letter in "abc"] + [book.path(f"order/{order}")]
    book.acts += [
        {"day": str(note.issued), "act": "declare-invalid-in-part", "debtor": "M2", "amount": str(-note.total),
         "files": [book.path(f"credit-note/{note.number}"), book.path(f"invoice/{note.corrects}")]},
        {"day": "2026-08-25", "act": "offer", "debtor": "M4", "lender": "L2", "product": "L2-FA",
         "files": guises, "over": book.path(f"invoice/{invoice.number}")},
        {"day": "2026-09-21", "act": "apply", "debtor": "M3", "lenders": ["L1", "L2"], "amount": "500000.00", "days": 90,
         "expected": {"outcome": "decline", "codes": ["K04", "K05"]}},
        {"day": "2026-09-28", "act": "apply", "debtor": "M1", "lenders": ["L1"], "product": "L1-AR", "amount": "600000.00", "days": 90,
         "expected": {"outcome": "approve", "amount": "600000.00", "grade": "A", "score": 765}},
    ]  # fmt: skip


def _answers() -> dict[str, Any]:
    """PRODUCT.md, section 7; billed counts what M1 bills as a 数电票, not what S1 bills for it (type 389)."""
    terms = {short: {"terms": buyer.terms, "pays": buyer.pays} for short, buyer in BUYERS.items()}
    return {
        "M1": {
            "billed_gross_90d": "1680671.60", "billed_invoices": 26, "receivables": "1092981.20",
            "receivables_by_buyer": {"B1": ["902903.90", 9], "B2": ["190077.30", 7]}, "cash_in_window": "1592215.20",
            "dso_days": "58.53", "shares": {"B1": "0.7852", "B2": "0.2148"}, "hhi": "0.6627", "obligor_cap": "765086.84",
            "obligor_excess": "137817.06", "eligible": "955164.14", "invoices_at_80": "764131.31", "finished_goods_gross": "44228.20",
            "finished_goods_at_40": "17691.28", "base": "781822.59", "annual_net_sales": "6031908.89", "need": "670996.80",
            "october_calls_net": "469680.00", "ask": "600000.00", "offer": "600000.00", "score": 765, "grade": "A",
        },
        "terms": terms,
        "F1": {"weeks": [8, 9, 10, 11, 12], "phantom_pieces": 32750, "weekly_net": "110760.00", "weekly_gross": "125158.80"},
    }  # fmt: skip
