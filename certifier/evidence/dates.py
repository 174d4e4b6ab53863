"""Dates in order along a job: work and inspection, order and delivery, order and invoice, invoice and correction; and no paper of a day after it was certified.

Each pair is compared only where both papers state their day. A date out of order is a question, never by itself a fraud.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, Code, Finding
from certifier.evidence.paper import SHANGHAI

__all__ = ["dates"]


def dates(case: Case) -> Measure:
    """Everything out of order."""
    judged: set[bytes] = set()
    findings: list[Finding] = []
    for before, early, after, late, assets in _pairs(case):
        judged |= set(assets)
        if early > late:
            told = f"the {after} of {late} is earlier than the {before} of {early}"
            numbers = {"before": f"{before} {early}", "after": f"{after} {late}"}
            findings.append(Finding(Code.DATES, AMBER, told, numbers, tuple(sorted(assets))))
    return Measure(findings=(*findings, *_ahead(case)), judged=frozenset(judged))


_Pair = tuple[str, date, str, date, frozenset[bytes]]


def _pairs(case: Case) -> Iterator[_Pair]:
    """(what is due first, its day, what is due after, its day, the assets of both)."""
    for lot in case.lots.values():
        for one in case.reports(lot):
            if lot.first is not None:
                yield "begin of work", lot.first, "inspection", one.day, frozenset((*lot.assets, *one.assets))
    for delivery in case.deliveries.values():
        for number in sorted(delivery.orders & case.orders.keys()):
            order = case.orders[number]
            yield "order", order.day, "delivery", delivery.day, frozenset((*order.assets, *delivery.assets))
    for invoice in case.sales:
        for number in sorted(invoice.orders & case.orders.keys()):
            order = case.orders[number]
            yield "order", order.day, "invoice", invoice.day, frozenset((*order.assets, *invoice.assets))
    sales = {invoice.number: invoice for invoice in case.sales}
    for note in case.notes:
        if (corrected := sales.get(note.corrects or "")) is not None:
            assets = frozenset((*note.assets, *corrected.assets))
            yield "invoice", corrected.day, "credit note", note.day, assets


_PROMISES = frozenset({"purchase-order", "calibration", "other", "statutory-search"})


def _ahead(case: Case) -> Iterator[Finding]:
    """Papers that speak of a day after that of their certification; a machine's clock is E03's."""
    for paper in case.own:
        certified = datetime.fromtimestamp(paper.registered_at, SHANGHAI).date()
        if (
            paper.kind not in _PROMISES
            and paper.kind != "machine-data"
            and paper.day > certified + timedelta(days=1)
        ):
            told = f"a {paper.kind} of {paper.day} was certified on {certified}, before that day"
            yield Finding(
                Code.DATES,
                AMBER,
                told,
                {"day": str(paper.day), "certified": str(certified)},
                (paper.asset_id,),
            )
