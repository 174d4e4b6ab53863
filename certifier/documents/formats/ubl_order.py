"""UBL Order and OrderResponse (UBL 2.x, 2.1 clauses 3.2.33 and 3.2.36) as a purchase order.

A response that repeats the order's lines states them as agreed; its own number is the response's, the order's number
is what it answers, so `number` is the order's. Lines that it refuses are none, and one that refuses the order is kind `other`. `net` is the total without tax, else the sum of the lines.
"""

from __future__ import annotations

from certifier.documents.facts import Row
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node
from certifier.documents.ubl import UBL, claims, item, opened, party, quantity, terms

_REJECTED, _LINE_REFUSED = (
    "RE",
    "7",
)  # UNCL 4343 (order response), UNCL 1229 (line): as Peppol BIS Ordering uses them
_TOTALS = ("cac:AnticipatedMonetaryTotal", "cac:LegalMonetaryTotal")


def read(source: Source) -> Document:
    """The facts of one Order or OrderResponse."""
    root, facts = opened(source, "purchase-order")
    if UBL.text(root, "cbc:OrderResponseCode") == _REJECTED:
        facts.kind = "other"
        facts.warn(
            "NO_FACTS", "a response that rejects the order: nothing was agreed, certified by its bytes"
        )
        return facts.document()
    answers = UBL.text(root, "cac:OrderReference/cbc:ID") if root.tag.endswith("}OrderResponse") else None
    facts.only("number", [answers] if answers else UBL.texts(root, "cbc:ID"))
    facts.put(
        "issue_date",
        (UBL.text(root, "cac:OrderReference/cbc:IssueDate") if answers else None)
        or UBL.text(root, "cbc:IssueDate"),
    )
    facts.put("currency", UBL.text(root, "cbc:DocumentCurrencyCode", "cbc:PricingCurrencyCode"))
    party(facts, "buyer", UBL.first(root, "cac:BuyerCustomerParty/cac:Party"))
    party(facts, "seller", UBL.first(root, "cac:SellerSupplierParty/cac:Party"))
    terms(root, facts)
    facts.put("net", _total(root, "TaxExclusiveAmount") or _total(root, "LineExtensionAmount"))
    facts.put("total", _total(root, "TaxInclusiveAmount") or _total(root, "PayableAmount"))
    stated = UBL.all(root, "cac:OrderLine/cac:LineItem")
    lines = [line for line in stated if UBL.text(line, "cbc:LineStatusCode") != _LINE_REFUSED]
    facts.put("lines", len(lines))
    facts.rows("line", [_line(line) for line in lines], [UBL.text(line, "cbc:ID") or "" for line in lines])
    return facts.document()


def _total(root: Node, name: str) -> str | None:
    return next((text for total in _TOTALS if (text := UBL.text(root, f"{total}/cbc:{name}"))), None)


def _line(line: Node) -> Row:
    return {
        "item": item(line),
        "quantity": quantity(line, "cbc:Quantity"),
        "price": UBL.text(line, "cac:Price/cbc:PriceAmount"),
        "promised_date": _promised(line),
    }


def _promised(line: Node) -> str | None:
    """The day by which the line is promised, else asked for: the end of the period."""
    for period in ("cac:PromisedDeliveryPeriod", "cac:RequestedDeliveryPeriod"):
        dates = UBL.texts(line, f"cac:Delivery/{period}/cbc:EndDate") or UBL.texts(
            line, f"cac:Delivery/{period}/cbc:StartDate"
        )
        if dates:
            return max(dates)
    return None


register(
    Format(
        "ubl",
        "OASIS UBL 2.x Order, OrderResponse",
        lambda source: claims(source, "Order", "OrderResponse"),
        read,
    )
)
