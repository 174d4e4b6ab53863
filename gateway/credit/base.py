"""The borrowing base: from receivables to what can be lent on them, line by line (PRODUCT 2.7).

One input is one business identity, whatever files state it: two with the same are refused, so nothing is counted twice. Amounts include VAT
unless the product takes them net. More liens never raise it: every deduction falls with what it is taken from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from gateway.credit.money import NOTHING, cents, shown, total
from gateway.credit.pricing import Flow
from gateway.credit.products import ADVANCED, INVOICE, UNKNOWN_EVIDENCE, Product
from gateway.errors import UsageError
from ledger.types import hex32, parse_hex32

__all__ = ["INELIGIBLE", "Base", "Deductions", "Item", "Obligation", "borrowing_base", "expected"]

INELIGIBLE = {
    "B01": "not valid for this product",
    "B02": "pledged already",
    "B03": "past due beyond the cut-off",
    "B04": "payment term too long",
    "B05": "buyer is an affiliate or excluded",
    "B06": "part of a circular trade",
    "B07": "too old",
    "B08": "may not be assigned",
    "B09": "set off against what is owed to the same buyer",
    "B10": "buyer pays too much too late",
    "B11": "disputed, or looks like another one",
    "B12": "beyond the limit for one buyer",
}
_SUMS = ("gross", "corrected", "received", "bills")
_WHOLLY = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08")


@dataclass(frozen=True)
class Obligation:
    """One receivable, or goods and orders that will become one. `identity`: seller and number, or what stands for it.

    `flags`: those of B01, B02, B05, B06, B08 and B11 that hold. `past_due` and `term` in days; `past_due` is negative as long as it
    is not due; `term` is None, and `past_due` nought, where no term is known; `group`: the buyer's control
    group.
    """

    identity: str
    kind: str
    group: str
    gross: Decimal
    corrected: Decimal = NOTHING
    received: Decimal = NOTHING
    bills: Decimal = NOTHING
    past_due: int = 0
    term: int | None = None
    age: int = 0
    flags: frozenset[str] = frozenset()
    assets: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Obligation:
        """The obligation behind an item of a decision record."""
        gross, corrected, received, bills = (Decimal(body[name]) for name in _SUMS)
        assets = tuple(map(parse_hex32, body["asset_ids"]))
        return cls(
            body["identity"], body["kind"], body["group"], gross, corrected, received, bills,
            body["past_due"], body["term"], body["age"], frozenset(body["flags"]), assets,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record, from which it can be reckoned again."""
        return {
            "identity": self.identity, "kind": self.kind, "group": self.group, **{name: shown(getattr(self, name)) for name in _SUMS},
            "past_due": self.past_due, "term": self.term, "age": self.age, "flags": sorted(self.flags),
            "asset_ids": [hex32(asset) for asset in self.assets],
        }  # fmt: skip

    @property
    def net(self) -> Decimal:
        """What is still due. An acceptance bill received ends that part of the receivable."""
        return max(NOTHING, self.gross - self.corrected - self.received - self.bills)


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one obligation: parts that are not eligible by code, what is, and what is lent on that."""

    obligation: Obligation
    ineligible: tuple[tuple[str, Decimal], ...]
    eligible: Decimal
    advance_bps: int

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Item:
        """As a decision record has it."""
        off = tuple((one["code"], Decimal(one["amount"])) for one in body["ineligible"])
        return cls(Obligation.of(body), off, Decimal(body["eligible"]), body["advance_bps"])

    @property
    def advanced(self) -> Decimal:
        """Not rounded: the sum of a kind is."""
        return self.eligible * self.advance_bps / 10_000

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        return self.obligation.to_json() | {
            "net": shown(self.obligation.net),
            "ineligible": [{"code": code, "amount": shown(amount)} for code, amount in self.ineligible],
            "eligible": shown(self.eligible),
            "advance_bps": self.advance_bps,
        }


@dataclass(frozen=True)
class Deductions:
    """What is taken off after the advance: a reserve for corrections, and what this lender has lent on the same pool already."""

    dilution: Decimal | None = None
    """Share of what is billed that is corrected in red (F17); None where not known, and then nothing is free."""
    outstanding: Decimal = NOTHING


@dataclass(frozen=True)
class Base:
    """The waterfall: `lines` as (code, what it is, amount) from receivables to `total`, which is never below nothing."""

    lines: tuple[tuple[str, str, Decimal], ...]
    items: tuple[Item, ...]
    total: Decimal

    @property
    def eligible(self) -> Decimal:
        """All that is eligible, of whatever kind."""
        return total(item.eligible for item in self.items)

    def to_json(self) -> dict[str, Any]:
        """Members as `apply` prints them."""
        lines = [{"code": code, "text": text, "amount": shown(amount)} for code, text, amount in self.lines]
        return {"lines": lines, "total": shown(self.total)}


def borrowing_base(
    obligations: Iterable[Obligation], product: Product, deductions: Deductions, owed: Mapping[str, Decimal] | None = None
) -> Base:  # fmt: skip
    """The base of these obligations under a product. `owed`: control group → what the firm owes it (B09).

    UsageError where two obligations are one.
    """
    given = sorted(obligations, key=lambda one: (one.kind not in (INVOICE, UNKNOWN_EVIDENCE), one.identity))
    if len({one.identity for one in given}) < len(given):
        raise UsageError("TWICE", "two of these obligations are the same one: name each once")
    items = [_item(one, product, _slow_groups(given, product)) for one in given]
    items = _set_off(items, owed or {})
    items = _disputed(items)
    items = _capped(items, product)
    return _waterfall(items, product, deductions)


def expected(items: Iterable[Item], day: date) -> list[Flow]:
    """What is lent on each receivable that falls due after `day`, on the day it does: what a self-liquidating loan is repaid from."""
    return [
        (day - timedelta(days=one.obligation.past_due), cents(one.advanced))
        for one in items
        if one.obligation.past_due < 0 and one.advanced
    ]


def _item(one: Obligation, product: Product, slow: frozenset[str]) -> Item:
    """The first reason that makes the whole of it ineligible, else all of it eligible."""
    late = {
        "B03": one.past_due > product.past_due_cutoff_days,
        "B04": one.term is not None and one.term > product.max_payment_term_days,
        "B07": one.kind == INVOICE and one.age > product.max_age("invoice"),
        "B10": one.group in slow,
    }
    holds = one.flags | {code for code, found in late.items() if found}
    code = next((code for code in _WHOLLY if code in holds), None)
    code = code or ("B10" if "B10" in holds else None)
    amount, advance = _value(one, product), product.advance_bps(one.kind)
    if code is not None:
        return Item(one, ((code, amount),), NOTHING, advance)
    return Item(one, (), amount, advance)


def _value(one: Obligation, product: Product) -> Decimal:
    return cents(one.net * 10_000 / (10_000 + product.vat_bps)) if product.base_net_of_vat else one.net


def _slow_groups(given: Sequence[Obligation], product: Product) -> frozenset[str]:
    """Groups of which too large a part is past due."""
    sums: dict[str, list[Decimal]] = {}
    for one in given:
        if one.kind in (INVOICE, UNKNOWN_EVIDENCE):
            found = sums.setdefault(one.group, [NOTHING, NOTHING])
            found[0] += one.net
            found[1] += one.net if one.past_due > product.cross_age_days else NOTHING
    return frozenset(
        group for group, (net, late) in sums.items() if late * 10_000 > net * product.cross_age_bps
    )


def _set_off(items: Sequence[Item], owed: Mapping[str, Decimal]) -> list[Item]:
    """B09: what the firm owes a group is taken off what that group owes, once."""
    left, found = dict(owed), []
    for item in items:
        less = min(left.get(item.obligation.group, NOTHING), item.eligible)
        if less > 0:
            left[item.obligation.group] -= less
        found.append(_less(item, "B09", less))
    return found


def _disputed(items: Sequence[Item]) -> list[Item]:
    return [
        _less(item, "B11", item.eligible if "B11" in item.obligation.flags else NOTHING) for item in items
    ]


def _capped(items: Sequence[Item], product: Product) -> list[Item]:
    """B12: of what a group owes, no more than its share of all that is eligible before; the excess comes off in order."""
    invoices = [item for item in items if item.obligation.kind in (INVOICE, UNKNOWN_EVIDENCE)]
    cap = cents(total(item.eligible for item in invoices) * product.obligor_limit_bps / 10_000)
    room: dict[str, Decimal] = {}
    found = []
    for item in items:
        if item.obligation.kind not in (INVOICE, UNKNOWN_EVIDENCE):
            found.append(item)
            continue
        left = room.get(item.obligation.group, cap)
        keep = min(left, item.eligible)
        room[item.obligation.group] = left - keep
        found.append(_less(item, "B12", item.eligible - keep))
    return found


def _less(item: Item, code: str, amount: Decimal) -> Item:
    if amount <= 0:
        return item
    return Item(item.obligation, (*item.ineligible, (code, amount)), item.eligible - amount, item.advance_bps)


def _waterfall(items: Sequence[Item], product: Product, less: Deductions) -> Base:
    invoices = [item for item in items if item.obligation.kind in (INVOICE, UNKNOWN_EVIDENCE)]
    lines = [("NET", "receivables open", total(_value(item.obligation, product) for item in invoices))]
    for code, text in INELIGIBLE.items():
        amount = total(off for item in invoices for name, off in item.ineligible if name == code)
        if amount:
            lines.append((code, text, -amount))
    lines.append(("ELIGIBLE", "receivables eligible", total(item.eligible for item in invoices)))
    base = NOTHING
    for kind in ADVANCED:
        of_kind = [item for item in items if item.obligation.kind == kind]
        advance = product.advance_bps(kind)
        lent = cents(total(item.advanced for item in of_kind))
        if of_kind and (lent or kind == INVOICE):
            lines.append((kind, f"{advance / 100:g} % of {kind.replace('-', ' ')}", lent))
        base += lent
    reserve = _reserve(invoices, product, less.dilution)
    for code, text, amount in (
        ("DILUTION", "reserve for corrections in red", reserve),
        ("OUTSTANDING", "lent on the same pool already", less.outstanding),
    ):
        if amount:
            lines.append((code, text, -amount))
            base -= amount
    shown_ = tuple((code, text, cents(amount)) for code, text, amount in lines)
    return Base(shown_, tuple(items), max(NOTHING, cents(base)))


def _reserve(invoices: Sequence[Item], product: Product, dilution: Decimal | None) -> Decimal:
    """What red letters may still take; never more than what is lent, so that less eligible never means more base."""
    if dilution is None:
        return NOTHING
    over = max(0, int(dilution * 10_000) - product.dilution_free_bps)
    return cents(total(item.eligible * min(over, item.advance_bps) for item in invoices) / 10_000)
