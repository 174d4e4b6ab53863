"""UBL 2.1: a buyer's blanket order, a despatch advice, and a self-billed invoice for what a buyer fetched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from scripts.two_rivers.events import VAT, Delivery, Order, cents
from scripts.two_rivers.firms import BUYERS, ORGANISATIONS, PARTS

__all__ = ["despatch", "goods_note", "order", "self_billed"]

_SPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
_VAT = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"


def _document(root: str, body: str) -> bytes:
    spaces = (
        f'xmlns="{_SPACE}{root}-2" xmlns:cac="{_SPACE}CommonAggregateComponents-2" '
        f'xmlns:cbc="{_SPACE}CommonBasicComponents-2"'
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {spaces}>\n{body}\n</{root}>\n'
    return text.encode()


def _party(short: str) -> str:
    return f"<cac:Party>{_party_of(short)}</cac:Party>"


def _party_of(short: str) -> str:
    who = ORGANISATIONS[short]
    return (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{who.uscc}</cbc:CompanyID>{_VAT}</cac:PartyTaxScheme>"
        f"<cac:PartyLegalEntity><cbc:RegistrationName>{who.name}</cbc:RegistrationName></cac:PartyLegalEntity>"
    )


def _amount(name: str, value: Decimal) -> str:
    return f'<cbc:{name} currencyID="CNY">{cents(value)}</cbc:{name}>'


def _totals(element: str, net: Decimal, gross: Decimal) -> str:
    names = ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount")
    amounts = (_amount(name, value) for name, value in zip(names, (net, net, gross, gross), strict=True))
    return f"<cac:{element}>{''.join(amounts)}</cac:{element}>"


def order(order: Order) -> bytes:
    """A month's calls of one part, a line each."""
    part = PARTS[order.part]
    lines = "\n".join(
        f'<cac:OrderLine><cac:LineItem><cbc:ID>{call.number}</cbc:ID><cbc:Quantity unitCode="H87">{call.quantity}</cbc:Quantity>'
        f"{_amount('LineExtensionAmount', call.quantity * part.price)}<cac:Delivery><cac:PromisedDeliveryPeriod><cbc:EndDate>"
        f"{call.promised}</cbc:EndDate></cac:PromisedDeliveryPeriod></cac:Delivery><cac:Price>{_amount('PriceAmount', part.price)}"
        f"</cac:Price><cac:Item><cbc:Name>{part.number} {part.name}</cbc:Name></cac:Item></cac:LineItem></cac:OrderLine>"
        for call in order.calls
    )
    net = sum((call.quantity * part.price for call in order.calls), Decimal(0))
    terms = BUYERS[order.buyer].terms
    return _document(
        "Order",
        f"<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>{order.number}</cbc:ID><cbc:IssueDate>{order.issued}</cbc:IssueDate>"
        "<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>\n"
        f"<cac:BuyerCustomerParty>{_party(order.buyer)}</cac:BuyerCustomerParty>\n"
        f"<cac:SellerSupplierParty>{_party(order.seller)}</cac:SellerSupplierParty>\n"
        f"<cac:PaymentTerms><cbc:Note>交货后{terms}天付款</cbc:Note><cac:SettlementPeriod>"
        f'<cbc:DurationMeasure unitCode="DAY">{terms}</cbc:DurationMeasure></cac:SettlementPeriod></cac:PaymentTerms>\n'
        f"{_totals('AnticipatedMonetaryTotal', net, net + cents(net * VAT))}\n{lines}",
    )


def despatch(delivery: Delivery, *, carrier: bool) -> bytes:
    """What leaves for a buyer; without a carrier where nobody but the firm itself says so."""
    lines = "\n".join(
        f'<cac:DespatchLine><cbc:ID>{at}</cbc:ID><cbc:DeliveredQuantity unitCode="H87">{quantity}</cbc:DeliveredQuantity>'
        f"<cac:OrderLineReference><cbc:LineID>{call.number}</cbc:LineID><cac:OrderReference><cbc:ID>{order.number}</cbc:ID>"
        f"</cac:OrderReference></cac:OrderLineReference><cac:Item><cbc:Name>{part} {PARTS[part].name}</cbc:Name></cac:Item></cac:DespatchLine>"
        for at, (part, quantity, order, call) in enumerate(delivery.lines, 1)
    )
    orders = tuple(dict.fromkeys(order.number for _, _, order, _ in delivery.lines))
    return _advice(delivery.number, delivery.day, delivery.seller, delivery.buyer, lines, orders, carrier)


def goods_note(number: str, day: date, seller: str, buyer: str, item: str, kilograms: Decimal) -> bytes:
    """Goods by weight that a carrier moved, without an order."""
    line = (
        f'<cac:DespatchLine><cbc:ID>1</cbc:ID><cbc:DeliveredQuantity unitCode="KGM">{kilograms}</cbc:DeliveredQuantity>'
        f"<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>"
        f"<cac:Item><cbc:Name>{item}</cbc:Name></cac:Item></cac:DespatchLine>"
    )
    return _advice(number, day, seller, buyer, line, (), True)


def _advice(
    number: str, day: date, seller: str, buyer: str, lines: str, orders: tuple[str, ...], carrier: bool
) -> bytes:
    reference = "".join(
        f"<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>\n" for order in orders
    )
    moved = (
        f"<cac:ShipmentStage><cac:CarrierParty>{_party_of('C1')}</cac:CarrierParty></cac:ShipmentStage>"
        if carrier
        else ""
    )
    return _document(
        "DespatchAdvice",
        f"<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>{number}</cbc:ID><cbc:IssueDate>{day}</cbc:IssueDate>\n{reference}"
        f"<cac:DespatchSupplierParty>{_party(seller)}</cac:DespatchSupplierParty>\n"
        f"<cac:DeliveryCustomerParty>{_party(buyer)}</cac:DeliveryCustomerParty>\n"
        f"<cac:Shipment><cbc:ID>1</cbc:ID>{moved}</cac:Shipment>\n{lines}",
    )


def self_billed(
    number: str, day: date, seller: str, buyer: str, item: str, gross: Decimal, kilograms: Decimal
) -> bytes:
    """An invoice that the buyer writes for the seller (type 389): what a mill pays for chips, VAT included."""
    net = cents(gross / (1 + VAT))
    price = (net / kilograms).quantize(Decimal("0.000001"))
    rate = f"<cbc:ID>S</cbc:ID><cbc:Percent>13</cbc:Percent>{_VAT}"
    subtotal = f"{_amount('TaxableAmount', net)}{_amount('TaxAmount', gross - net)}<cac:TaxCategory>{rate}</cac:TaxCategory>"
    return _document(
        "Invoice",
        f"<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>{number}</cbc:ID><cbc:IssueDate>{day}</cbc:IssueDate>"
        "<cbc:InvoiceTypeCode>389</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>\n"
        f"<cac:AccountingSupplierParty>{_party(seller)}</cac:AccountingSupplierParty>\n"
        f"<cac:AccountingCustomerParty>{_party(buyer)}</cac:AccountingCustomerParty>\n"
        f"<cac:TaxTotal>{_amount('TaxAmount', gross - net)}<cac:TaxSubtotal>{subtotal}</cac:TaxSubtotal></cac:TaxTotal>\n"
        f"{_totals('LegalMonetaryTotal', net, gross)}\n"
        f'<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="KGM">{kilograms}</cbc:InvoicedQuantity>'
        f"{_amount('LineExtensionAmount', net)}<cac:Item><cbc:Name>{item}</cbc:Name><cac:ClassifiedTaxCategory>{rate}"
        f'</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="CNY">{price}</cbc:PriceAmount></cac:Price></cac:InvoiceLine>',
    )
