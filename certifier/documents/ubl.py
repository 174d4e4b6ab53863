"""What all UBL 2.x documents share (OASIS UBL 2.1, ISO/IEC 19845): names, parties, quantities, versions.

Not a format: `formats/ubl_*.py` are. Parties by EN 16931: id is the VAT number (BT-31, BT-48), else the registration
number (BT-30, BT-47), else an identifier (BT-29, BT-46), never the endpoint; name BT-27, BT-44.
"""

from __future__ import annotations

from certifier.documents.facts import Facts
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse

__all__ = ["UBL", "claims", "is_other", "item", "opened", "party", "quantity", "terms"]

_PREFIX = "urn:oasis:names:specification:ubl:schema:xsd:"
_READ = frozenset(
    [
        "Invoice",
        "CreditNote",
        "Order",
        "OrderResponse",
        "DespatchAdvice",
        "ReceiptAdvice",
        "Waybill",
        "RemittanceAdvice",
    ]
)
UBL = Tree(cbc=f"{_PREFIX}CommonBasicComponents-2", cac=f"{_PREFIX}CommonAggregateComponents-2")


def claims(source: Source, *names: str) -> bool:
    """Whether the root is one of these UBL documents."""
    return any(source.tag == f"{{{_PREFIX}{name}-2}}{name}" for name in names)


def is_other(source: Source) -> bool:
    """Whether the root is a UBL document that no reader of ours takes facts from."""
    root = source.root
    return root is not None and root.namespace == f"{_PREFIX}{root.name}-2" and root.name not in _READ


def opened(source: Source, kind: str) -> tuple[Node, Facts]:
    """The parsed document and its empty facts, schema named."""
    root = parse(source.data, "UBL", source.limits)
    version = UBL.text(root, "cbc:UBLVersionID")
    namespace = root.tag[1:].partition("}")[0]
    return root, Facts(kind, "ubl", f"{namespace} {version}" if version else namespace)


def party(facts: Facts, role: str, node: Node | None) -> None:
    """State `<role>_id` and `<role>_name` from a Party element; of several different ones none."""
    if node is None:
        return
    facts.only(
        f"{role}_id",
        _vat(node) or UBL.texts(node, "cac:PartyLegalEntity/cbc:CompanyID") or _identifiers(node),
    )
    facts.only(
        f"{role}_name",
        UBL.texts(node, "cac:PartyLegalEntity/cbc:RegistrationName")
        or UBL.texts(node, "cac:PartyName/cbc:Name")
        or UBL.texts(node, "cac:PartyTaxScheme/cbc:RegistrationName"),
    )


def _vat(node: Node) -> list[str]:
    numbers = []
    for scheme in UBL.all(node, "cac:PartyTaxScheme"):
        names = UBL.texts(scheme, "cac:TaxScheme/cbc:ID") + UBL.texts(scheme, "cac:TaxScheme/cbc:TaxTypeCode")
        if not names or "VAT" in (name.upper() for name in names):
            numbers += UBL.texts(scheme, "cbc:CompanyID")
    return numbers


def _identifiers(node: Node) -> list[str]:
    """BT-29 or BT-46; a SEPA creditor identifier (BT-90) stands in the same place and is none."""
    found = UBL.all(node, "cac:PartyIdentification/cbc:ID")
    return [own_text(n) for n in found if n.get("schemeID") != "SEPA" and own_text(n)]


def terms(root: Node, facts: Facts) -> None:
    """Payment terms: the settlement period in days, else notes that say so plainly."""
    periods = UBL.all(root, "cac:PaymentTerms/cac:SettlementPeriod/cbc:DurationMeasure")
    days = [own_text(period) for period in periods if period.get("unitCode") == "DAY"]
    facts.terms(*UBL.texts(root, "cac:PaymentTerms/cbc:Note"), days=days)


def quantity(line: Node, path: str) -> str | None:
    """`number unit` of a quantity element; UBL's unitCode is a code of UN/ECE Recommendation 20."""
    node = UBL.first(line, path)
    if node is None or not own_text(node):
        return None
    return f"{own_text(node)} {node.get('unitCode') or '-'}"


def item(line: Node) -> str | None:
    """The item's name (BT-153), else its description (a waybill's goods have their own), else a number for it."""
    return UBL.text(
        line,
        "cac:Item/cbc:Name",
        "cac:Item/cbc:Description",
        "cbc:Description",
        "cac:Item/cac:SellersItemIdentification/cbc:ID",
        "cac:Item/cac:BuyersItemIdentification/cbc:ID",
    )
