"""ZUGFeRD 1.0 (FeRD 2014; Cross Industry Document, urn:ferd:CrossIndustryDocument:invoice:1p0), as CII's facts.

The predecessor of Factur-X says the same under other names of a few elements. Those are renamed to UN/CEFACT CII D16B's,
and the result is read as that; nothing else is changed. Amounts of lines and totals have the same rules.
"""

from __future__ import annotations

from lxml import etree

from certifier.documents.registry import Format, Inner, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, parse

NAMESPACE = "urn:ferd:CrossIndustryDocument:invoice:1p0"
_OLD = "urn:un:unece:uncefact:data:standard:"
_SPACES = {
    NAMESPACE: f"{_OLD}CrossIndustryInvoice:100",
    f"{_OLD}ReusableAggregateBusinessInformationEntity:12": f"{_OLD}ReusableAggregateBusinessInformationEntity:100",
    f"{_OLD}UnqualifiedDataType:15": f"{_OLD}UnqualifiedDataType:100",
    f"{_OLD}QualifiedDataType:12": f"{_OLD}QualifiedDataType:100",
}
_HEADER = {
    "CrossIndustryDocument": "CrossIndustryInvoice",
    "HeaderExchangedDocument": "ExchangedDocument",
    "SpecifiedExchangedDocumentContext": "ExchangedDocumentContext",
    "SpecifiedSupplyChainTradeTransaction": "SupplyChainTradeTransaction",
    "ApplicableSupplyChainTradeAgreement": "ApplicableHeaderTradeAgreement",
    "ApplicableSupplyChainTradeDelivery": "ApplicableHeaderTradeDelivery",
    "ApplicableSupplyChainTradeSettlement": "ApplicableHeaderTradeSettlement",
    "SpecifiedTradeSettlementMonetarySummation": "SpecifiedTradeSettlementHeaderMonetarySummation",
    "SpecifiedLogisticsServiceCharge": "SpecifiedTradeAllowanceCharge",
    "AppliedAmount": "ActualAmount",
    "AppliedTradeTax": "CategoryTradeTax",
    "ApplicablePercent": "RateApplicablePercent",
    "DeliveryNoteReferencedDocument": "DespatchAdviceReferencedDocument",
    "DeliveryNoteReferencedDocument/ID": "IssuerAssignedID",
    "BuyerOrderReferencedDocument/ID": "IssuerAssignedID",
    "DespatchAdviceReferencedDocument/ID": "IssuerAssignedID",
    "InvoiceReferencedDocument/ID": "IssuerAssignedID",
}
_LINE = {
    "SpecifiedSupplyChainTradeAgreement": "SpecifiedLineTradeAgreement",
    "SpecifiedSupplyChainTradeDelivery": "SpecifiedLineTradeDelivery",
    "SpecifiedSupplyChainTradeSettlement": "SpecifiedLineTradeSettlement",
    "SpecifiedTradeSettlementMonetarySummation": "SpecifiedTradeSettlementLineMonetarySummation",
    "ApplicablePercent": "RateApplicablePercent",
}


def read(source: Source) -> Inner:
    """The invoice under the names of its successor."""
    root = parse(source.data, "ZUGFeRD 1.0", source.limits)
    _rename(root, "", line=False)
    _charges(root)
    return Inner(etree.tostring(root), "application/xml", schema=NAMESPACE)


def _rename(node: Node, above: str, *, line: bool) -> None:
    space, _, local = node.tag[1:].rpartition("}")
    line = line or local == "IncludedSupplyChainTradeLineItem"
    for child in node:
        _rename(child, local, line=line)
    names = _LINE if line else _HEADER
    new = names.get(f"{above}/{local}") or names.get(local, local)
    node.tag = f"{{{_SPACES.get(space, space)}}}{new}"


def _charges(root: Node) -> None:
    """A logistics charge is a charge; its element says so itself, CII's by an indicator."""
    ram, udt = (
        f"{{{_SPACES[f'{_OLD}{name}']}}}"
        for name in ("ReusableAggregateBusinessInformationEntity:12", "UnqualifiedDataType:15")
    )
    for charge in root.iter(f"{ram}SpecifiedTradeAllowanceCharge"):
        if charge.find(f"{ram}ChargeIndicator") is None:
            etree.SubElement(
                etree.SubElement(charge, f"{ram}ChargeIndicator"), f"{udt}Indicator"
            ).text = "true"


register(
    Format(
        "cii",
        "ZUGFeRD 1.0 (urn:ferd:CrossIndustryDocument:invoice:1p0)",
        lambda source: source.root is not None and source.root.namespace == NAMESPACE,
        read,
    )
)
