"""UN/CEFACT Cross Industry Invoice D16B (CII), by EN 16931-1's business terms and EN 16931-3-3's binding.

Also what Factur-X and ZUGFeRD 2 carry inside a PDF. Dates are format 102 (UNTDID 2379). Parties as in UBL: VAT number
(BT-31), else registration number (BT-30), else identifier (BT-29).
"""

from __future__ import annotations

from certifier.documents.amounts import CREDIT_CODES, Amounts, Part, Subtotal, decimal
from certifier.documents.facts import Facts, Row
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse

_STANDARD = "urn:un:unece:uncefact:data:standard:"
_CII = Tree(
    rsm=f"{_STANDARD}CrossIndustryInvoice:100",
    d=f"{_STANDARD}ReusableAggregateBusinessInformationEntity:100",
    udt=f"{_STANDARD}UnqualifiedDataType:100",
)
_DEAL = "rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_DEAL}/ApplicableHeaderTradeAgreement"
_DELIVERY = f"{_DEAL}/ApplicableHeaderTradeDelivery"
_SETTLEMENT = f"{_DEAL}/ApplicableHeaderTradeSettlement"
_SUM = f"{_SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation"
_DATES = {
    "issue_date": "rsm:ExchangedDocument/IssueDateTime",
    "due_date": f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime",
}
_NUMBERS = {
    "order": f"{_AGREEMENT}/BuyerOrderReferencedDocument",
    "despatch": f"{_DELIVERY}/DespatchAdviceReferencedDocument",
    "corrects": f"{_SETTLEMENT}/InvoiceReferencedDocument",
    "line": f"{_DEAL}/IncludedSupplyChainTradeLineItem/SpecifiedLineTradeAgreement/BuyerOrderReferencedDocument",
}
_STATED = {
    "lines_total": "LineTotalAmount",
    "allowances_total": "AllowanceTotalAmount",
    "charges_total": "ChargeTotalAmount",
    "net": "TaxBasisTotalAmount",
    "total": "GrandTotalAmount",
    "prepaid": "TotalPrepaidAmount",
    "rounding": "RoundingAmount",
    "payable": "DuePayableAmount",
}


def read(source: Source) -> Document:
    """The facts of one invoice or credit note."""
    root = parse(source.data, "CII", source.limits)
    if _CII.text(root, "rsm:ExchangedDocumentContext/TestIndicator/udt:Indicator") in ("true", "1"):
        notice = Notice("NO_FACTS", "an invoice that says it is a test: certified by its bytes")
        return Document("other", "cii", root.tag[1:].partition("}")[0], "application/xml", {}, (notice,))
    code = _CII.text(root, "rsm:ExchangedDocument/TypeCode")
    facts = Facts("credit-note" if code in CREDIT_CODES else "invoice", "cii", root.tag[1:].partition("}")[0])
    facts.put("type_code", code)
    _header(root, facts)
    currency = _CII.text(root, f"{_SETTLEMENT}/InvoiceCurrencyCode")
    facts.put("currency", currency)
    amounts = _amounts(root, currency)
    for notice in amounts.deviations():
        facts.warn(notice.code, notice.message)
    for name in ("net", "total", "payable"):
        facts.only(name, _CII.texts(root, f"{_SUM}/{_STATED[name]}"))
    facts.put("tax", _tax(root, currency))
    lines = _line_nodes(root)
    facts.put("lines", len(lines) or None)  # Factur-X MINIMUM and BASIC WL state none
    facts.rows(
        "line",
        [_line(line) for line in lines],
        [_CII.text(line, "AssociatedDocumentLineDocument/LineID") or "" for line in lines],
    )
    return facts.document()


def _header(root: Node, facts: Facts) -> None:
    facts.only("number", _CII.texts(root, "rsm:ExchangedDocument/ID"))
    for name, path in _DATES.items():
        facts.only(name, [_date(text) for text in _CII.texts(root, f"{path}/udt:DateTimeString")])
    named = {name: _CII.texts(root, f"{path}/IssuerAssignedID") for name, path in _NUMBERS.items()}
    facts.only("corrects_number", named["corrects"])
    facts.references(named["order"], named["despatch"], line_orders=named["line"])
    facts.terms(*_CII.texts(root, f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/Description"))
    for role in ("seller", "buyer"):
        party = _CII.first(root, f"{_AGREEMENT}/{role.title()}TradeParty")
        if party is not None:
            facts.only(f"{role}_id", _party_ids(party))
            facts.only(f"{role}_name", _CII.texts(party, "Name"))


def _party_ids(party: Node) -> list[str]:
    taxes = [n for n in _CII.all(party, "SpecifiedTaxRegistration/ID") if n.get("schemeID") in ("VA", "VAT")]
    return (
        [own_text(n) for n in taxes if own_text(n)]
        or _CII.texts(party, "SpecifiedLegalOrganization/ID")
        or _CII.texts(party, "GlobalID")
        or _CII.texts(party, "ID")
    )


def _date(text: str) -> str:
    """Format 102 as a date; anything else stays, to be told."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) >= 8 and text[:8].isdecimal() else text


def _tax(root: Node, currency: str | None) -> str | None:
    """BT-110: the tax total in the invoice's currency; the other one (BT-111) is in the seller's books' currency."""
    totals = _CII.all(root, f"{_SUM}/TaxTotalAmount")
    own = [n for n in totals if n.get("currencyID") == currency] or [
        n for n in totals if n.get("currencyID") is None
    ]
    chosen = own or (totals if len(totals) == 1 else [])
    return own_text(chosen[0]) if chosen else None


def _amounts(root: Node, currency: str | None) -> Amounts:
    amounts = Amounts(tax=decimal(_tax(root, currency)))
    for name, path in _STATED.items():
        setattr(amounts, name, decimal(_CII.text(root, f"{_SUM}/{path}")))
    for line in _line_nodes(root):
        path = "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
        amounts.lines.append(_part(line, path, "SpecifiedLineTradeSettlement/ApplicableTradeTax"))
    for entry in _CII.all(root, f"{_SETTLEMENT}/SpecifiedTradeAllowanceCharge"):
        charge = _CII.text(entry, "ChargeIndicator/udt:Indicator") in ("true", "1")
        (amounts.charges if charge else amounts.allowances).append(
            _part(entry, "ActualAmount", "CategoryTradeTax")
        )
    for row in _CII.all(root, f"{_SETTLEMENT}/ApplicableTradeTax"):
        if (_CII.text(row, "TypeCode") or "VAT") == "VAT":
            part = _part(row, "BasisAmount", "")
            amounts.breakdown.append(
                Subtotal(part.amount, decimal(_CII.text(row, "CalculatedAmount")), part.category, part.rate)
            )
    return amounts


def _part(node: Node, amount: str, tax: str) -> Part:
    prefix = f"{tax}/" if tax else ""
    category, rate = (
        _CII.text(node, f"{prefix}CategoryCode"),
        _CII.text(node, f"{prefix}RateApplicablePercent"),
    )
    return Part(decimal(_CII.text(node, amount)), category, decimal(rate))


def _line_nodes(root: Node) -> list[Node]:
    """The lines that bill something; those that group others or only inform (Factur-X EXTENDED) repeat what these say."""
    status = "AssociatedDocumentLineDocument/LineStatusReasonCode"
    lines = _CII.all(root, f"{_DEAL}/IncludedSupplyChainTradeLineItem")
    return [line for line in lines if _CII.text(line, status) not in ("GROUP", "INFORMATION")]


def _line(line: Node) -> Row:
    billed = _CII.first(line, "SpecifiedLineTradeDelivery/BilledQuantity")
    return {
        "item": _CII.text(line, "SpecifiedTradeProduct/Name", "SpecifiedTradeProduct/Description"),
        "quantity": f"{own_text(billed)} {billed.get('unitCode') or '-'}"
        if billed is not None and own_text(billed)
        else None,
        "price": _CII.text(line, "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount"),
        "net": _CII.text(
            line, "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
        ),
    }


register(
    Format(
        "cii",
        "UN/CEFACT CII D16B; EN 16931-1, EN 16931-3-3; Factur-X 1.0",
        lambda source: source.tag == f"{{{_STANDARD}CrossIndustryInvoice:100}}CrossIndustryInvoice",
        read,
    )
)
