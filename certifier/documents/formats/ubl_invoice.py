"""UBL Invoice and CreditNote (UBL 2.x, 2.1 clause 3.2.31 and 3.2.10) read by EN 16931-1's business terms.

The kind follows the type code (BT-3, UNTDID 1001): an Invoice that says 381 is a credit note. Totals are recomputed
(`certifier.documents.amounts`), deviations are warnings with the rule's code.
"""

from __future__ import annotations

from decimal import Decimal

from certifier.documents.amounts import CREDIT_CODES, Amounts, Part, Subtotal, decimal
from certifier.documents.facts import Facts, Row
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node
from certifier.documents.ubl import UBL, claims, item, opened, party, quantity, terms


def read(source: Source) -> Document:
    """The facts of one Invoice or CreditNote."""
    root, facts = opened(source, "invoice")
    code = UBL.text(root, "cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode")
    if root.tag.endswith("}CreditNote") or code in CREDIT_CODES:
        facts.kind = "credit-note"
    currency = UBL.text(root, "cbc:DocumentCurrencyCode") or _currency(root)
    facts.put("type_code", code)
    facts.put("currency", currency)
    _header(root, facts)
    amounts = _amounts(root, currency)
    for notice in amounts.deviations():
        facts.warn(notice.code, notice.message)
    _totals(root, facts, currency)
    _lines(root, facts)
    return facts.document()


def _header(root: Node, facts: Facts) -> None:
    facts.only("number", UBL.texts(root, "cbc:ID"))
    facts.only("issue_date", UBL.texts(root, "cbc:IssueDate"))
    facts.only(
        "due_date", UBL.texts(root, "cbc:DueDate") or UBL.texts(root, "cac:PaymentMeans/cbc:PaymentDueDate")
    )
    facts.references(
        UBL.texts(root, "cac:OrderReference/cbc:ID"),
        UBL.texts(root, "cac:DespatchDocumentReference/cbc:ID"),
        line_orders=[
            number
            for line in _line_nodes(root)
            for number in UBL.texts(line, "cac:OrderLineReference/cac:OrderReference/cbc:ID")
        ],
    )
    terms(root, facts)
    facts.only("corrects_number", UBL.texts(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"))
    party(facts, "seller", UBL.first(root, "cac:AccountingSupplierParty/cac:Party"))
    party(facts, "buyer", UBL.first(root, "cac:AccountingCustomerParty/cac:Party"))


def _currency(root: Node) -> str | None:
    """The currency that all document totals name, where the document has no field of its own for it."""
    codes = {child.get("currencyID") for child in UBL.all(root, "cac:LegalMonetaryTotal/cbc:PayableAmount")}
    return next(iter(codes)) if len(codes) == 1 else None


def _totals(root: Node, facts: Facts, currency: str | None) -> None:
    facts.put("tax", _tax(root, currency))
    for name, element in (
        ("net", "TaxExclusiveAmount"),
        ("total", "TaxInclusiveAmount"),
        ("payable", "PayableAmount"),
    ):
        facts.only(name, UBL.texts(root, f"cac:LegalMonetaryTotal/cbc:{element}"))


def _tax_total(root: Node, currency: str | None) -> Node | None:
    """The TaxTotal in the document's currency (BT-110); another one (BT-111) is for the tax office's books."""
    totals = UBL.all(root, "cac:TaxTotal")
    own = [t for t in totals if any(a.get("currencyID") == currency for a in UBL.all(t, "cbc:TaxAmount"))]
    with_rows = [t for t in own if UBL.first(t, "cac:TaxSubtotal") is not None]
    for group in (with_rows, own, totals):
        if len(group) == 1:
            return group[0]
    return None


def _tax(root: Node, currency: str | None) -> str | None:
    total = _tax_total(root, currency)
    return UBL.text(total, "cbc:TaxAmount") if total is not None else None


def _amounts(root: Node, currency: str | None) -> Amounts:
    def stated(name: str) -> Decimal | None:
        return decimal(UBL.text(root, f"cac:LegalMonetaryTotal/cbc:{name}"))

    amounts = Amounts(
        stated("LineExtensionAmount"),
        stated("AllowanceTotalAmount"),
        stated("ChargeTotalAmount"),
        stated("TaxExclusiveAmount"),
        decimal(_tax(root, currency)),
        stated("TaxInclusiveAmount"),
        stated("PrepaidAmount"),
        stated("PayableRoundingAmount"),
        stated("PayableAmount"),
    )
    amounts.lines = [_line_part(line) for line in _line_nodes(root)]
    for entry in UBL.all(root, "cac:AllowanceCharge"):
        part = _part(entry, "cbc:Amount", "cac:TaxCategory")
        (
            amounts.charges if UBL.text(entry, "cbc:ChargeIndicator") in ("true", "1") else amounts.allowances
        ).append(part)
    total = _tax_total(root, currency)
    rows = UBL.all(total, "cac:TaxSubtotal") if total is not None else []
    amounts.breakdown = [_subtotal(row) for row in rows if _is_vat(row)]
    return amounts


def _is_vat(row: Node) -> bool:
    return (UBL.text(row, "cac:TaxCategory/cac:TaxScheme/cbc:ID") or "VAT").upper() == "VAT"


def _part(node: Node, amount: str, category: str) -> Part:
    return Part(
        decimal(UBL.text(node, amount)),
        UBL.text(node, f"{category}/cbc:ID"),
        decimal(UBL.text(node, f"{category}/cbc:Percent")),
    )


def _line_part(line: Node) -> Part:
    return _part(line, "cbc:LineExtensionAmount", "cac:Item/cac:ClassifiedTaxCategory")


def _subtotal(row: Node) -> Subtotal:
    category = UBL.text(row, "cac:TaxCategory/cbc:ID")
    rate = decimal(UBL.text(row, "cac:TaxCategory/cbc:Percent", "cbc:Percent"))
    return Subtotal(
        decimal(UBL.text(row, "cbc:TaxableAmount")), decimal(UBL.text(row, "cbc:TaxAmount")), category, rate
    )


def _line_nodes(root: Node) -> list[Node]:
    return UBL.all(root, "cac:InvoiceLine") + UBL.all(root, "cac:CreditNoteLine")


def _lines(root: Node, facts: Facts) -> None:
    nodes = _line_nodes(root)
    rows: list[Row] = [
        {
            "item": item(line),
            "quantity": quantity(line, "cbc:InvoicedQuantity") or quantity(line, "cbc:CreditedQuantity"),
            "price": UBL.text(line, "cac:Price/cbc:PriceAmount"),
            "net": UBL.text(line, "cbc:LineExtensionAmount"),
        }
        for line in nodes
    ]
    facts.put("lines", len(rows))
    facts.rows("line", rows, [UBL.text(line, "cbc:ID") or "" for line in nodes])


register(
    Format(
        "ubl",
        "OASIS UBL 2.x Invoice, CreditNote; EN 16931-1 business terms, 6.4 rules",
        lambda source: claims(source, "Invoice", "CreditNote"),
        read,
    )
)
