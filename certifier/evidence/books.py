"""A firm's papers as business records (`certifier.evidence.records`), each one once.

Two papers that state the same invoice (an XML and its OFD, the buyer's and the seller's copy) are one record with two
assets. A record that lacks what makes it one (its number, its parties) is left out, never guessed; so is one in another currency
than yuan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from certifier.canonical import ident
from certifier.evidence.paper import Paper, Row, amount, quantity, stated_day, unit
from certifier.evidence.records import Delivery, Inspection, Invoice, Line, Lot, Order, Payment
from ledger.types import hex32

__all__ = ["Directory", "deliveries", "inspections", "invoices", "item_key", "lots", "orders", "payments"]

_YUAN = "CNY"
MOST_PIECES = 100_000
"""Pieces that one report may speak of: more is no lot, and would make an exact probability a long sum."""


class Directory:
    """Who is who: organisation ids of the ledger and the numbers that papers name, as one name a party."""

    def __init__(self, names: Mapping[bytes, Iterable[str]]) -> None:
        """`names`: organisation → its identifier and aliases, the part after the colon or the whole."""
        self._of: dict[bytes, str] = {}
        self._name: dict[str, str] = {}
        for organisation, given in sorted(names.items()):
            known = [one for text in given if (one := ident(text.rpartition(":")[2])) is not None]
            if known:
                self._of[organisation] = known[0]
                self._name |= dict.fromkeys(known, known[0])

    def organisation(self, organisation: bytes) -> str:
        """The party that an organisation of the ledger is."""
        return self._of.get(organisation) or hex32(organisation)

    def party(self, number: str | None) -> str | None:
        """The party that a number on a paper names; None where it names none."""
        key = ident(number) if number is not None else None
        return None if key is None else self._name.get(key, key)


_CLASS = re.compile(r"\*([^*]+)\*(.*)", re.DOTALL)


def item_key(item: str) -> str:
    """What tells an item from another: its code where the text begins with one, else the whole text."""
    match = _CLASS.fullmatch(item)
    words = (match[2] if match else item).casefold().split()
    coded = bool(words) and len(words[0]) >= 4 and any(c.isdigit() for c in words[0])
    return words[0] if coded else " ".join(words)


def item_class(item: str) -> str | None:
    """The tax authority's class of goods (`*通用设备*…`); None where none is stated."""
    match = _CLASS.fullmatch(item)
    return match[1] if match else None


def invoices(papers: Sequence[Paper], directory: Directory, kind: str = "invoice") -> list[Invoice]:
    """Every invoice (or credit note) once, of whatever seller, in order of day, seller and number."""
    numbers = _numbers(papers)
    found: dict[tuple[str, str], list[Invoice]] = {}
    for paper in _first_registered(papers, kind):
        if (one := _invoice(paper, directory, numbers)) is not None:
            found.setdefault(one.key, []).append(one)
    return sorted(map(_one_invoice, found.values()), key=lambda one: (one.day, one.key))


def _invoice(paper: Paper, directory: Directory, numbers: Mapping[bytes, str]) -> Invoice | None:
    facts = paper.facts
    number, total = ident(facts.get("number", "")), amount(facts.get("total"))
    seller, buyer = directory.party(facts.get("seller_id")), directory.party(facts.get("buyer_id"))
    day = stated_day(facts.get("issue_date"))
    if (
        number is None
        or total is None
        or seller is None
        or buyer is None
        or day is None
        or not _in_yuan(facts)
    ):
        return None
    return Invoice(
        number,
        seller,
        buyer,
        day,
        amount(facts.get("net")),
        total,
        _lines(paper),
        facts.get("type_code"),
        _named(paper, "order_number", "orders") | _linked(paper, "bills", numbers),
        _named(paper, "despatch_number", "despatches") | _linked(paper, "fulfils", numbers),
        ident(facts.get("corrects_number", "")),
        stated_day(facts.get("due_date")),
        paper.trace.terms_days if paper.trace is not None else None,
        paper.sealed,
        (paper.asset_id,),
    )


def _one_invoice(stated: Sequence[Invoice]) -> Invoice:
    """The invoice that papers state, as the one registered first has it; those that differ are its conflicts."""
    first = stated[0]
    same = [one for one in stated if (one.total, one.day, one.buyer) == (first.total, first.day, first.buyer)]
    return replace(
        first,
        orders=frozenset().union(*(one.orders for one in same)),
        despatches=frozenset().union(*(one.despatches for one in same)),
        terms_days=next((one.terms_days for one in same if one.terms_days is not None), None),
        due=next((one.due for one in same if one.due is not None), None),
        sealed=any(one.sealed for one in same),
        assets=_assets(same),
        conflicts=_assets([one for one in stated if one not in same]),
    )


def orders(papers: Sequence[Paper], directory: Directory) -> dict[str, Order]:
    """Ident of its number → order; where two papers state one number, the one registered first."""
    found: dict[str, Order] = {}
    for paper in _first_registered(papers, "purchase-order"):
        facts = paper.facts
        number, day = ident(facts.get("number", "")), stated_day(facts.get("issue_date"))
        if number is None or day is None:
            continue
        if (known := found.get(number)) is not None:
            found[number] = replace(known, assets=tuple(sorted({*known.assets, paper.asset_id})))
            continue
        terms = paper.trace.terms_days if paper.trace is not None else None
        parties = directory.party(facts.get("seller_id")), directory.party(facts.get("buyer_id"))
        found[number] = Order(number, *parties, day, _lines(paper), terms, (paper.asset_id,))
    return found


def lots(papers: Sequence[Paper]) -> dict[str, Lot]:
    """Ident of a work order's number → lot: its schedule and its performance are one."""
    numbers = _numbers(papers)
    found: dict[str, Lot] = {}
    for paper in _first_registered(papers, "work-order"):
        rows = paper.rows("order")
        linked = _linked(paper, "orders", numbers)
        for row in rows:
            number, product = ident(row.get("number", "")), row.get("product")
            if number is None or product is None:
                continue
            named = frozenset({one} if (one := ident(row.get("buyer_order_number", ""))) is not None else ())
            lot = _lot(number, item_key(product), row, named | linked, paper.asset_id)
            found[number] = _joined(found[number], lot) if number in found else lot
    return found


def _lot(number: str, product: str, row: Row, orders_: frozenset[str], asset: bytes) -> Lot:
    return Lot(
        number,
        product,
        _positive(row.get("quantity")),
        _positive(row.get("produced")),
        _positive(row.get("scrapped")),
        _local_day(row, "start"),
        _local_day(row, "end"),
        orders_,
        (asset,),
    )


def _joined(first: Lot, then: Lot) -> Lot:
    return replace(
        first,
        planned=first.planned if first.planned is not None else then.planned,
        produced=first.produced if first.produced is not None else then.produced,
        scrapped=first.scrapped if first.scrapped is not None else then.scrapped,
        first=min((d for d in (first.first, then.first) if d is not None), default=None),
        last=max((d for d in (first.last, then.last) if d is not None), default=None),
        orders=first.orders | then.orders,
        assets=tuple(sorted({*first.assets, *then.assets})),
    )


def inspections(papers: Sequence[Paper], outside: Iterable[bytes]) -> list[Inspection]:
    """Every report on a lot; `outside` are the assets that an inspector of another control group signed."""
    trusted = frozenset(outside)
    found: dict[tuple[str, str], Inspection] = {}
    for paper in _first_registered(papers, "inspection-report"):
        facts = paper.facts
        number, product = ident(facts.get("number", "")), facts.get("product")
        parts, failed = facts.get("parts"), facts.get("parts_failed")
        if number is None or product is None or parts is None or failed is None:
            continue
        if not 0 < int(parts) <= MOST_PIECES or not 0 <= int(failed) <= int(parts):
            continue
        lot = ident(facts.get("lot", "")) or ""
        one = Inspection(
            number, item_key(product), lot, paper.day, int(parts), int(failed),
            paper.asset_id in trusted, frozenset(paper.linked("inspects")), (paper.asset_id,),
        )  # fmt: skip
        known = found.setdefault((number, lot), one)
        if known is not one:
            found[number, lot] = replace(
                known,
                outside=known.outside or one.outside,
                work=known.work | one.work,
                assets=(*known.assets, paper.asset_id),
            )
    return sorted(found.values(), key=lambda one: (one.day, one.number, one.lot))


def deliveries(
    papers: Sequence[Paper], directory: Directory, witnesses: Mapping[bytes, frozenset[bytes]]
) -> dict[str, Delivery]:
    """Ident of its number → delivery; the carrier's event and the firm's note of one number are one delivery.

    `witnesses`: asset → the outside organisations that signed it.
    """
    numbers = _numbers(papers)
    found: dict[str, Delivery] = {}
    for paper in _first_registered(papers, "despatch-advice"):
        number, day = ident(paper.facts.get("number", "")), stated_day(paper.facts.get("issue_date"))
        if number is None or day is None:
            continue
        lines = _lines(paper)
        pieces = [line.quantity for line in lines if line.quantity is not None]
        one = Delivery(
            number, directory.party(paper.facts.get("buyer_id")), day, lines,
            _named(paper, "order_number", "orders") | _linked(paper, "ships", numbers),
            witnesses.get(paper.asset_id, frozenset()),
            ((paper.asset_id, sum(pieces, Decimal(0))),) if pieces and len(pieces) == len(lines) else (),
            (paper.asset_id,),
        )  # fmt: skip
        found[number] = _together(found[number], one) if number in found else one
    return found


_GS1 = ("https://id.gs1.org/", "urn:epc:")


def _together(first: Delivery, then: Delivery) -> Delivery:
    """Of two papers on one delivery, the lines of the one that names items as orders do."""
    coded = any(line.item.startswith(_GS1) for line in first.lines)
    main, other = (then, first) if coded else (first, then)
    return replace(
        main,
        day=max(main.day, other.day),
        orders=main.orders | other.orders,
        witnesses=main.witnesses | other.witnesses,
        stated=tuple(sorted({*main.stated, *other.stated})),
        assets=tuple(sorted({*main.assets, *other.assets})),
    )


_BANK_FORMATS = frozenset({"camt"})


def payments(
    papers: Sequence[Paper], directory: Directory, witnesses: Mapping[bytes, frozenset[bytes]]
) -> list[Payment]:
    """Every payment once, though payer's and payee's bank both state it, in order of day."""
    found: dict[tuple[str, str, date, Decimal, str, str], Payment] = {}
    for paper in _first_registered(papers, "payment"):
        bank = paper.format in _BANK_FORMATS or bool(witnesses.get(paper.asset_id))
        for row in paper.rows("payment"):
            payer, payee = directory.party(row.get("payer_id")), directory.party(row.get("payee_id"))
            day, money = stated_day(row.get("date")), amount(row.get("amount"))
            if payer is None or payee is None or day is None or money is None or not _in_yuan(row):
                continue
            reference = ident(row.get("reference", ""))
            key = (payer, payee, day, money, reference or "", "" if reference else row.get("number", ""))
            one = Payment(row.get("number", ""), payer, payee, day, money, reference, bank, (paper.asset_id,))
            known = found.get(key)
            found[key] = one if known is None else replace(
                known, bank=known.bank or bank, assets=tuple(sorted({*known.assets, paper.asset_id}))
            )  # fmt: skip
    return sorted(found.values(), key=lambda one: (one.day, one.payer, one.payee, one.amount, one.number))


def _first_registered(papers: Iterable[Paper], kind: str) -> Iterator[Paper]:
    """Papers of a kind, the earlier certified first: independent of the order in which they came."""
    yield from sorted((p for p in papers if p.kind == kind), key=lambda p: (p.registered_at, p.asset_id))


def _numbers(papers: Iterable[Paper]) -> dict[bytes, str]:
    """Asset id → ident of the number it states."""
    return {p.asset_id: key for p in papers if (key := ident(p.facts.get("number", ""))) is not None}


def _linked(paper: Paper, relation: str, numbers: Mapping[bytes, str]) -> frozenset[str]:
    return frozenset(numbers[target] for target in paper.linked(relation) if target in numbers)


def _named(paper: Paper, fact: str, traced: str) -> frozenset[str]:
    texts = [paper.facts.get(fact, "")]
    if paper.trace is not None:
        texts += getattr(paper.trace, traced)
    return frozenset(key for text in texts if (key := ident(text)) is not None)


def _assets(stated: Iterable[Invoice]) -> tuple[bytes, ...]:
    return tuple(sorted({asset for one in stated for asset in one.assets}))


def _in_yuan(stated: Row) -> bool:
    """Whether its money is in yuan: no other is added to it, and no rate is guessed."""
    return stated.get("currency", _YUAN) == _YUAN


def _lines(paper: Paper) -> tuple[Line, ...]:
    """Its lines; prices in another currency are not known."""
    yuan = _in_yuan(paper.facts)
    return tuple(
        Line(
            row["item"] if row["item"].startswith(_GS1) else item_key(row["item"]),
            item_class(row["item"]),
            quantity(row.get("quantity")),
            unit(row.get("quantity")),
            amount(row.get("price")) if yuan else None,
            amount(row.get("net")) if yuan else None,
            stated_day(row.get("promised_date")),
        )
        for row in paper.rows("line")
        if "item" in row
    )


def _local_day(row: Row, name: str) -> date | None:
    return stated_day(row.get(name) or row.get(f"{name}_local"))


def _positive(text: str | None) -> Decimal | None:
    try:
        found = quantity(text)
    except InvalidOperation:
        return None
    return found if found is not None and found >= 0 else None
