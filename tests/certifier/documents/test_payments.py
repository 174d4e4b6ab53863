"""Payments: ISO 20022 statements and UBL remittance advices; despatch papers beside them."""

from __future__ import annotations

import pytest

from certifier.documents import read_bytes

from .helpers import read_sample, sample


def test_a_booked_credit_is_a_payment_to_the_accounts_owner() -> None:
    document = read_sample("bank-receipt.xml")
    facts = document.facts
    assert (document.kind, facts["payments"], facts["payment.0001.amount"]) == ("payment", "1", "6355.12")
    assert (facts["payment.0001.payer_id"], facts["payment.0001.payee_id"]) == (
        "915000000000001236",
        "9150000000000022XC",
    )
    assert facts["payment.0001.reference"] == "RC-2026-0713"
    assert [w.code for w in document.warnings] == ["PENDING_OMITTED"]


def test_older_versions_name_parties_without_pty() -> None:
    old = (
        sample("bank-receipt.xml")
        .replace(b"camt.053.001.08", b"camt.053.001.02")
        .replace(b"<Pty>", b"")
        .replace(b"</Pty>", b"")
    )
    old = old.replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>").replace(
        b"<Sts><Cd>PDNG</Cd></Sts>", b"<Sts>PDNG</Sts>"
    )
    assert read_bytes(old).facts == read_sample("bank-receipt.xml").facts


def test_a_debit_is_paid_by_the_owner_and_a_reversal_counts_negative() -> None:
    debit = read_bytes(sample("bank-receipt.xml").replace(b"CRDT", b"DBIT").replace(b"Dbtr>", b"Cdtr>")).facts
    assert (debit["payment.0001.payer_name"], debit["payment.0001.payee_name"]) == (
        "锐川精密",
        "嘉陵装备制造",
    )
    back = read_bytes(
        sample("bank-receipt.xml").replace(b"<Sts><Cd>BOOK", b"<RvslInd>true</RvslInd><Sts><Cd>BOOK")
    ).facts
    assert back["payment.0001.amount"] == "-6355.12"


@pytest.mark.parametrize("copies", [2, 3])
def test_an_entry_of_several_transactions_is_several_payments(copies: int) -> None:
    data = sample("bank-receipt.xml").decode()
    start, end = data.index("<TxDtls>"), data.index("</TxDtls>") + len("</TxDtls>")
    more = "".join(
        data[start:end]
        .replace('<Amt Ccy="CNY">6355.12', f'<Amt Ccy="CNY">{i}.00')
        .replace("0001</AcctSvcrRef>", f"{i:04}</AcctSvcrRef>")
        for i in range(copies)
    )
    facts = read_bytes((data[:start] + more + data[end:]).encode()).facts
    assert facts["payments"] == str(copies)
    assert [facts[f"payment.{i + 1:04}.amount"] for i in range(copies)] == [str(i) for i in range(copies)]


def test_a_despatch_advice_names_its_carrier() -> None:
    facts = read_sample("despatch-advice.xml").facts
    assert (facts["carrier_id"], facts["carrier_name"]) == ("915000000000007137", "渝陆物流")
    assert (facts["number"], facts["order_number"], facts["line.0001.quantity"]) == (
        "RC-DN-2026-0711",
        "JL-PO-2026-0703",
        "40 H87",
    )


def test_receipt_advice_and_waybill() -> None:
    data = sample("despatch-advice.xml")
    receipt = read_bytes(
        data.replace(b"DespatchAdvice", b"ReceiptAdvice")
        .replace(b"DespatchLine", b"ReceiptLine")
        .replace(b"Delivered", b"Received")
    )
    assert (receipt.kind, receipt.facts) == ("receipt-advice", read_sample("despatch-advice.xml").facts)
    waybill = read_bytes(data.replace(b"DespatchAdvice", b"Waybill"))
    assert (waybill.kind, waybill.facts["carrier_name"]) == ("despatch-advice", "渝陆物流")
