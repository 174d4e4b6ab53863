"""UBL DespatchAdvice, ReceiptAdvice and Waybill (UBL 2.x, 2.1 clauses 3.2.13, 3.2.43, 3.2.64).

Seller and buyer are named as such, else the despatching and the receiving party; a waybill's consignor and consignee
are neither, so they are left out there. Quantities are what was delivered or received.
"""

from __future__ import annotations

from certifier.documents.facts import Facts
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node
from certifier.documents.ubl import UBL, claims, item, opened, party, quantity

_CARRIERS = (
    "cac:CarrierParty",
    "cac:Shipment/cac:Consignment/cac:CarrierParty",
    "cac:Shipment/cac:ShipmentStage/cac:CarrierParty",
    "cac:Shipment/cac:Delivery/cac:CarrierParty",
)
_LINES = (
    "cac:DespatchLine",
    "cac:ReceiptLine",
    "cac:Shipment/cac:GoodsItem",
    "cac:Shipment/cac:Consignment/cac:ConsolidatedShipment/cac:GoodsItem",
)
_QUANTITIES = ("cbc:DeliveredQuantity", "cbc:ReceivedQuantity", "cbc:Quantity")


def read(source: Source) -> Document:
    """The facts of one delivery paper."""
    assert source.root is not None
    root, facts = opened(
        source, "receipt-advice" if source.root.name == "ReceiptAdvice" else "despatch-advice"
    )
    facts.only("number", UBL.texts(root, "cbc:ID"))
    facts.put("issue_date", UBL.text(root, "cbc:IssueDate"))
    lines = [line for path in _LINES for line in UBL.all(root, path)]
    named = [n for line in lines for n in UBL.texts(line, "cac:OrderLineReference/cac:OrderReference/cbc:ID")]
    facts.references(UBL.texts(root, "cac:OrderReference/cbc:ID"), line_orders=named)
    _parties(root, facts)
    rows = [{"item": item(line), "quantity": _moved(line)} for line in lines]
    facts.put("lines", len(rows))
    facts.rows("line", rows, [UBL.text(line, "cbc:ID") or "" for line in lines])
    return facts.document()


def _parties(root: Node, facts: Facts) -> None:
    sellers = ("cac:SellerSupplierParty/cac:Party", "cac:DespatchSupplierParty/cac:Party")
    buyers = ("cac:BuyerCustomerParty/cac:Party", "cac:DeliveryCustomerParty/cac:Party")
    for role, paths in (("seller", sellers), ("buyer", buyers), ("carrier", _CARRIERS)):
        party(
            facts, role, next((node for path in paths if (node := UBL.first(root, path)) is not None), None)
        )


def _moved(line: Node) -> str | None:
    return next((text for path in _QUANTITIES if (text := quantity(line, path))), None)


register(
    Format(
        "ubl",
        "OASIS UBL 2.x DespatchAdvice, ReceiptAdvice, Waybill",
        lambda source: claims(source, "DespatchAdvice", "ReceiptAdvice", "Waybill"),
        read,
    )
)
