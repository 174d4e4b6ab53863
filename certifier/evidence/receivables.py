"""What is owed and how it is paid: open amounts, due days, days beyond terms (E09), late buyers (E10), dilution (F17, E11).

Due is the delivery plus the agreed days: of the invoice, else of its order, else of the buyer as given; else the invoice's own due
date; else it is not known and never counts as late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.numbers import money_text, ratio, ratio_text
from certifier.evidence.quantities import SELF_BILLED
from certifier.evidence.records import Invoice, Payment

__all__ = ["Receivable", "Receivables", "receivables"]

_LONGEST = 3660
"""Days of payment terms that anybody agrees: ten years."""


@dataclass(frozen=True, slots=True)
class Receivable:
    """One invoice that the firm writes. `delivered`: the last delivery it bills, None where none is certified.

    `credited` is positive: what credit notes took off. `settled`: the day from which nothing was due any more.
    """

    invoice: Invoice
    delivered: date | None
    due: date | None
    paid: Decimal
    credited: Decimal
    settled: date | None
    payments: tuple[Payment, ...]
    notes: tuple[Invoice, ...]

    @property
    def open(self) -> Decimal:
        """What is still due."""
        return self.invoice.total - self.credited - self.paid

    @property
    def assets(self) -> tuple[bytes, ...]:
        """Invoice, payments and credit notes."""
        paid = {asset for one in self.payments for asset in one.assets}
        noted = {asset for one in self.notes for asset in one.assets}
        return tuple(sorted({*self.invoice.assets} | paid | noted))


@dataclass(frozen=True, kw_only=True)
class Receivables(Measure):
    """Every invoice of the firm, in order of day. The ratios are None where nothing states them."""

    receivables: tuple[Receivable, ...]
    dilution: Decimal | None
    """F17 over 180 days."""


def receivables(case: Case) -> Receivables:
    """What is owed, and what is to be asked about it."""
    paid: dict[str, list[Payment]] = {}
    for payment in case.payments:
        if payment.payee == case.firm and payment.reference is not None:
            paid.setdefault(payment.reference, []).append(payment)
    notes: dict[str, list[Invoice]] = {}
    for note in case.notes:
        if note.corrects is not None:
            notes.setdefault(note.corrects, []).append(note)
    found = tuple(
        _receivable(case, one, paid.get(one.number, ()), notes.get(one.number, ()))
        for one in case.sales
        if one.type_code != SELF_BILLED
    )
    diluted = [one for one in found if case.inside(one.invoice.day, case.policy.dilution_days)]
    gross = sum((one.invoice.total for one in diluted), Decimal(0))
    share = ratio(sum((one.credited for one in diluted), Decimal(0)) / gross) if gross else None
    findings = [*_slow(case, found), *_statutory(case, found), *_diluted(case, diluted, share)]
    judged = frozenset(asset for one in found if one.payments or one.notes for asset in one.assets)
    return Receivables(findings=tuple(findings), judged=judged, receivables=found, dilution=share)


def _receivable(
    case: Case, invoice: Invoice, payments: Iterable[Payment], notes: Iterable[Invoice]
) -> Receivable:
    money, corrections = tuple(payments), tuple(notes)
    delivered = max(
        (case.deliveries[n].day for n in invoice.despatches & case.deliveries.keys()), default=None
    )
    paid = sum((one.amount for one in money), Decimal(0))
    credited = sum((abs(one.total) for one in corrections), Decimal(0))
    settled, left = None, invoice.total - credited
    for one in money:
        left -= one.amount
        if left <= 0:
            settled = one.day
            break
    due = _due(case, invoice, delivered or invoice.day)
    return Receivable(invoice, delivered, due, paid, credited, settled, money, corrections)


def _due(case: Case, invoice: Invoice, since: date) -> date | None:
    days = _terms(case, invoice)
    return invoice.due if days is None else since + timedelta(days=days)


def _terms(case: Case, invoice: Invoice) -> int | None:
    stated = [invoice.terms_days, *(case.orders[n].terms_days for n in sorted(invoice.orders & case.orders.keys()))]  # fmt: skip
    found = next((days for days in stated if days is not None), case.terms.get(invoice.buyer))
    return found if found is not None and 0 <= found <= _LONGEST else None


def _beyond(case: Case, found: Sequence[Receivable]) -> tuple[Decimal, list[Receivable]] | None:
    """Over the last 30 days: Σ paid × days beyond due / Σ paid, and the receivables it comes from."""
    weighted, total, seen = Decimal(0), Decimal(0), list[Receivable]()
    for one in found:
        for payment in one.payments:
            if one.due is not None and case.inside(payment.day, case.policy.slow_days):
                weighted += payment.amount * max(0, (payment.day - one.due).days)
                total += payment.amount
                seen.append(one)
    return (ratio(weighted / total), seen) if total else None


def _slow(case: Case, found: Sequence[Receivable]) -> Iterator[Finding]:
    """E09: over the last 30 days."""
    policy = case.policy
    beyond = _beyond(case, found)
    if beyond is None or beyond[0] <= policy.slow_amber:
        return
    late = [one for one in beyond[1] if one.due is not None and any(p.day > one.due for p in one.payments)]
    told = f"money of the last {policy.slow_days} days came {ratio_text(beyond[0], 1)} days beyond terms"
    severity = RED if beyond[0] > policy.slow_red else AMBER
    numbers = {"days": ratio_text(beyond[0]), "late": str(len(late))}
    yield Finding(Code.E09, severity, told, numbers, tuple(sorted({a for one in late for a in one.assets})))


def _statutory(case: Case, found: Sequence[Receivable]) -> Iterator[Finding]:
    """E10: not paid 60 days after delivery, and past the agreed term (60 days where none is stated)."""
    policy = case.policy
    heard = max((p.day for p in case.payments if p.bank and p.payee == case.firm), default=None)
    for one in found:
        since = one.delivered or one.invoice.day
        if one.open > 0 and (heard is None or one.settled is not None):
            continue
        until = one.settled or heard
        if until is None or not case.inside(until) or (one.open <= 0 and one.settled is None):
            continue
        waited, agreed = (until - since).days, _terms(case, one.invoice)
        term = agreed if agreed is not None else policy.statutory_days
        if waited <= policy.statutory_days or waited <= term:
            continue
        state = f"was paid {waited} days" if one.settled is not None else f"is not paid {waited} days"
        told = f"invoice {one.invoice.number} {state} after {'delivery' if one.delivered else 'its day'}; {term} days are {'agreed' if agreed is not None else 'the most where none are agreed'}"
        numbers = {
            "invoice": one.invoice.number,
            "days": str(waited),
            "terms": str(term),
            "buyer": one.invoice.buyer,
        }
        numbers |= {"open": money_text(one.open)}
        severity = RED if waited > policy.statutory_red_days else AMBER
        yield Finding(Code.E10, severity, told, numbers, one.assets)


def _diluted(case: Case, found: Sequence[Receivable], share: Decimal | None) -> Iterator[Finding]:
    """E11: over the limit, or a credit note on an invoice that is pledged, whatever its size."""
    policy = case.policy
    if share is not None and share > policy.dilution_amber:
        told = f"{ratio_text(share * 100, 2)} per cent of what was billed in {policy.dilution_days} days was taken back by credit notes"
        noted = tuple(sorted({asset for one in found for note in one.notes for asset in note.assets}))
        severity = RED if share > policy.dilution_red else AMBER
        yield Finding(Code.E11, severity, told, {"share": ratio_text(share)}, noted)
    for one in found:
        pledged = not case.pledged.isdisjoint(one.invoice.assets)
        for note in one.notes if pledged else ():
            told = f"invoice {one.invoice.number}, which is pledged, was corrected by {money_text(abs(note.total))}"
            numbers: Mapping[str, str] = {"invoice": one.invoice.number, "amount": money_text(abs(note.total)), "note": note.number}  # fmt: skip
            yield Finding(Code.E11, AMBER, told, numbers, tuple(sorted({*note.assets, *one.invoice.assets})))
