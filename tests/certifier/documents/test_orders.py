"""Purchase orders: UBL Order and OrderResponse."""

from __future__ import annotations

from certifier.documents import read_bytes

from .helpers import read_sample, sample

ORDER = sample("order.xml")


def test_our_order() -> None:
    document = read_sample("order.xml")
    facts = document.facts
    assert (document.kind, document.warnings) == ("purchase-order", ())
    assert (facts["number"], facts["issue_date"], facts["currency"]) == (
        "JL-PO-2026-0703",
        "2026-07-03",
        "CNY",
    )
    assert (facts["buyer_id"], facts["seller_id"]) == ("915000000000001236", "9150000000000022XC")
    assert (facts["net"], facts["total"], facts["lines"]) == ("5920", "6689.6", "1")
    assert (facts["line.0001.quantity"], facts["line.0001.price"], facts["line.0001.promised_date"]) == (
        "40 H87",
        "148",
        "2026-07-11",
    )


def test_a_response_states_the_order_that_it_answers() -> None:
    reference = b"<cac:OrderReference><cbc:ID>JL-PO-2026-0703</cbc:ID><cbc:IssueDate>2026-07-03</cbc:IssueDate></cac:OrderReference>"
    data = (
        ORDER.replace(b"<Order xmlns", b"<OrderResponse xmlns")
        .replace(b"</Order>", b"</OrderResponse>")
        .replace(b"schema:xsd:Order-2", b"schema:xsd:OrderResponse-2")
    )
    data = data.replace(b"<cbc:ID>JL-PO-2026-0703</cbc:ID>", b"<cbc:ID>RC-OR-1</cbc:ID>", 1).replace(
        b"<cbc:IssueDate>2026-07-03</cbc:IssueDate>", b"<cbc:IssueDate>2026-07-04</cbc:IssueDate>"
    )
    data = data.replace(b"<cac:BuyerCustomerParty>", reference + b"<cac:BuyerCustomerParty>", 1)
    assert read_bytes(data).facts == read_sample("order.xml").facts
    answer = b"<cbc:OrderResponseCode>%s</cbc:OrderResponseCode><cac:BuyerCustomerParty>"
    accepted, rejected = (
        read_bytes(data.replace(b"<cac:BuyerCustomerParty>", answer % code, 1)) for code in (b"AP", b"RE")
    )
    assert accepted.facts == read_sample("order.xml").facts
    assert (rejected.kind, [w.code for w in rejected.warnings]) == ("other", ["NO_FACTS"])
    refused = read_bytes(
        data.replace(b"<cac:LineItem>", b"<cac:LineItem><cbc:LineStatusCode>7</cbc:LineStatusCode>", 1)
    )
    assert int(refused.facts["lines"]) == int(accepted.facts["lines"]) - 1


def test_a_requested_day_stands_where_none_is_promised() -> None:
    asked = read_bytes(ORDER.replace(b"PromisedDeliveryPeriod", b"RequestedDeliveryPeriod"))
    assert asked.facts["line.0001.promised_date"] == "2026-07-11"
    none = read_bytes(ORDER.replace(b"PromisedDeliveryPeriod", b"EstimatedDeliveryPeriod"))
    assert "line.0001.promised_date" not in none.facts


def test_totals_without_tax_columns() -> None:
    plain = (
        ORDER.replace(b"TaxExclusiveAmount", b"X")
        .replace(b"TaxInclusiveAmount", b"Y")
        .replace(b"cbc:X", b"cbc:AllowanceTotalAmount")
        .replace(b"cbc:Y", b"cbc:ChargeTotalAmount")
    )
    facts = read_bytes(plain).facts
    assert (facts["net"], facts["total"]) == ("5920", "6689.6")
