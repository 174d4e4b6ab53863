"""What a firm can offer, from its verified papers: receivables, finished goods under an order, and orders beyond them (PRODUCT 2.7).

One obligation is one business fact, whatever files state it. Nothing is judged here but what papers say; the base judges.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from certifier.evidence.assessment import Assessment
from certifier.evidence.paper import amount
from certifier.evidence.receivables import Receivable
from gateway.credit.base import Obligation
from gateway.credit.commerce import Call, Commerce
from gateway.credit.money import NOTHING, cents, total
from gateway.credit.products import GOODS, INVOICE, ORDER, UNKNOWN_EVIDENCE

__all__ = ["Standing", "complete", "obligations"]


@dataclass(frozen=True)
class Standing:
    """What the ledger and the checks say of assets: not VALID as a product asks, under a live lien, matching another one loosely."""

    unfit: frozenset[bytes] = frozenset()
    liened: frozenset[bytes] = frozenset()
    alike: frozenset[bytes] = frozenset()


def complete(found: Assessment) -> frozenset[str]:
    """Identities of invoices whose order, work, inspection and carrier-signed delivery agree."""
    return frozenset("/".join(one.invoice.key) for one in found.quantities.invoices if not one.missing)


def obligations(
    found: Assessment,
    standing: Standing,
    vat_bps: int,
    offered: Collection[bytes] | None = None,
) -> tuple[Obligation, ...]:
    """All that the firm offers: everything, or what rests on the assets of `offered` alone.

    Goods carry no lock on the ledger: where anything of the firm is under a lien, whoever holds it may count on them already, and on
    the orders that they become invoices of.
    """
    whole, bills = complete(found), _bills(found)
    receivable = (
        _receivable(found, one, standing, "/".join(one.invoice.key) in whole, bills)
        for one in found.receivables.receivables
        if one.open > 0
    )
    if offered is None:
        return (*receivable, *(() if standing.liened else _future(found, standing, vat_bps)))
    orders = () if standing.liened else _future(found, standing, vat_bps)
    made = [*receivable, *(one for one in orders if one.kind == ORDER)]
    return tuple(one for one in made if not frozenset(offered).isdisjoint(one.assets))


def _bills(found: Assessment) -> dict[bytes, Decimal]:
    """Invoice's asset → what acceptance bills that the firm took for it are worth: of each invoice that a bill names, the whole."""
    taken: dict[bytes, Decimal] = {}
    for paper in found.case.own:
        worth = amount(paper.facts.get("amount")) if paper.kind == "acceptance-bill" else None
        for invoice in paper.linked("settles") if worth is not None else ():
            taken[invoice] = taken.get(invoice, NOTHING) + (worth or NOTHING)
    return taken


def _receivable(
    found: Assessment, one: Receivable, standing: Standing, whole: bool, bills: Mapping[bytes, Decimal]
) -> Obligation:
    case, invoice = found.case, one.invoice
    since = one.delivered or invoice.day
    assets = frozenset(invoice.assets)
    return Obligation(
        identity="/".join(invoice.key),
        kind=INVOICE if whole else UNKNOWN_EVIDENCE,
        group=case.groups.of(invoice.buyer),
        gross=invoice.total,
        corrected=one.credited,
        received=one.paid,
        bills=total(bills.get(asset, NOTHING) for asset in assets),
        past_due=0 if one.due is None else (case.as_of - one.due).days,
        term=None if one.due is None else (one.due - since).days,
        age=(case.as_of - invoice.day).days,
        flags=frozenset(_flags(found, one, standing)),
        assets=tuple(sorted(assets)),
    )


def _flags(found: Assessment, one: Receivable, standing: Standing) -> Iterator[str]:
    invoice, assets = one.invoice, frozenset((*one.invoice.assets, *one.invoice.conflicts))
    if assets & standing.unfit or not invoice.assets:
        yield "B01"
    if assets & standing.liened:
        yield "B02"
    if found.case.groups.same(invoice.buyer, found.case.firm) or invoice.buyer in found.trade.affiliates:
        yield "B05"
    if assets & found.trade.circular:
        yield "B06"
    if assets & standing.alike or invoice.conflicts:
        yield "B11"


def _future(found: Assessment, standing: Standing, vat_bps: int) -> Iterator[Obligation]:
    """What open order lines of known buyers want, at their prices with VAT: pieces that are made and inspected and have not left, and the rest."""
    case = found.case
    for product, calls in sorted(_wanted(found).items()):
        stock, lots = _stock(found, product)
        goods = rest = NOTHING
        for call in calls:
            taken = max(NOTHING, min(stock, call.quantity - call.left))
            goods, stock = goods + taken * call.price, stock - taken
            rest += call.open - taken * call.price
        orders = tuple(sorted({asset for call in calls for asset in call.order.assets}))
        flags = frozenset() if standing.alike.isdisjoint(orders) else frozenset({"B11"})
        for kind, name, worth, assets in ((GOODS, "goods", goods, lots), (ORDER, "order", rest, orders)):
            if worth > 0:
                gross = cents(worth * (10_000 + vat_bps) / 10_000)
                yield Obligation(f"{name}/{case.firm}/{product}", kind, "", gross, flags=flags, assets=assets)


def _wanted(found: Assessment) -> dict[str, list[Call]]:
    """Product → the order lines that are still to be delivered, of buyers whose trade others have corroborated and who are no affiliates."""
    case, commerce, wanted = found.case, Commerce(found), dict[str, list[Call]]()
    for call in commerce.calls:
        buyer = call.order.buyer
        if (
            buyer not in commerce.corroborated
            or buyer in found.trade.affiliates
            or case.groups.same(buyer, case.firm)
        ):
            continue
        if call.open > 0 and (call.promised is None or call.promised >= case.as_of):
            wanted.setdefault(call.item, []).append(call)
    return wanted


def _stock(found: Assessment, product: str) -> tuple[Decimal, tuple[bytes, ...]]:
    """Pieces of lots that inspections saw, less all that left since the first of them; and the lots' assets."""
    case = found.case
    lots = [
        lot for lot in case.lots.values() if lot.product == product and found.quality.of(product, lot.assets)
    ]
    first = min((lot.first for lot in lots if lot.first is not None), default=None)
    if first is None:
        return NOTHING, ()
    left = total(
        line.quantity or NOTHING
        for one in case.deliveries.values() if one.day >= first
        for line in one.lines if line.item == product
    )  # fmt: skip
    assets = tuple(sorted({asset for lot in lots for asset in lot.assets}))
    return total(lot.produced or NOTHING for lot in lots) - left, assets
