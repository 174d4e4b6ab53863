"""What a firm can offer, from its verified papers: receivables, and finished goods under an order (PRODUCT 2.7).

One obligation is one business fact, whatever files state it. Nothing is judged here but what papers say; the base judges.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from certifier.evidence.assessment import Assessment
from certifier.evidence.receivables import Receivable
from gateway.credit.base import GOODS, INVOICE, UNKNOWN_EVIDENCE, Obligation
from gateway.credit.commerce import Commerce
from gateway.credit.money import NOTHING, cents, total

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

    Goods carry no lock on the ledger: where anything of the firm is under a lien, whoever holds it may count on them already.
    """
    whole = complete(found)
    receivable = (
        _receivable(found, one, standing, "/".join(one.invoice.key) in whole)
        for one in found.receivables.receivables
        if one.open > 0
    )
    goods = _goods(found, vat_bps) if offered is None and not standing.liened else ()
    made = [*receivable, *goods]
    return tuple(one for one in made if offered is None or not frozenset(offered).isdisjoint(one.assets))


def _receivable(found: Assessment, one: Receivable, standing: Standing, whole: bool) -> Obligation:
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
        past_due=0 if one.due is None else max(0, (case.as_of - one.due).days),
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


def _goods(found: Assessment, vat_bps: int) -> Iterator[Obligation]:
    """Inspected pieces that have not left and that an open order line wants, at its price with VAT."""
    case = found.case
    wanted: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for call in Commerce(found).calls:
        if call.open > 0 and (call.promised is None or call.promised >= case.as_of):
            wanted.setdefault(call.item, []).append((call.quantity - call.left, call.price))
    for product in sorted(wanted):
        lots = [lot for lot in case.lots.values() if lot.product == product and found.quality.of(product, lot.assets)]  # fmt: skip
        first = min((lot.first for lot in lots if lot.first is not None), default=None)
        if first is None:
            continue
        left = total(
            line.quantity or NOTHING
            for one in case.deliveries.values() if one.day >= first
            for line in one.lines if line.item == product
        )  # fmt: skip
        stock = total(lot.produced or NOTHING for lot in lots) - left
        worth = NOTHING
        for quantity, price in wanted[product]:
            taken = max(NOTHING, min(stock, quantity))
            worth, stock = worth + taken * price, stock - taken
        if worth > 0:
            gross = cents(worth * (10_000 + vat_bps) / 10_000)
            assets = tuple(sorted({asset for lot in lots for asset in lot.assets}))
            yield Obligation(f"goods/{case.firm}/{product}", GOODS, "", gross, assets=assets)
