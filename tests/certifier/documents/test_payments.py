"""Payments: ISO 20022 statements and UBL remittance advices; despatch papers beside them."""

from __future__ import annotations

import re

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


NUMBERS = ("AcctSvcrRef", "TxId", "InstrId", "EndToEndId")
REMITTANCE = (
    "<Strd><RfrdDocInf><Nb>N1</Nb></RfrdDocInf></Strd>",
    "<Strd><CdtrRefInf><Ref>N2</Ref></CdtrRefInf></Strd>",
    "<Ustrd>N3</Ustrd>",
)


def with_details(refs: str, remittance: str) -> dict[str, str]:
    text = re.sub(r"<Refs>.*?</Refs>", f"<Refs>{refs}</Refs>", sample("bank-receipt.xml").decode())
    return dict(
        read_bytes(re.sub(r"<RmtInf>.*?</RmtInf>", f"<RmtInf>{remittance}</RmtInf>", text).encode()).facts
    )


@pytest.mark.parametrize("first", range(len(NUMBERS)))
def test_the_bank_s_own_number_comes_first_and_the_payer_s_last(first: int) -> None:
    refs = "".join(f"<{name}>{name}</{name}>" for name in reversed(NUMBERS[first:]))
    assert with_details(refs, "")["payment.0001.number"] == NUMBERS[first]


@pytest.mark.parametrize("first", range(len(REMITTANCE)))
def test_the_invoice_s_number_comes_first_then_the_creditor_s_reference_then_free_text(first: int) -> None:
    facts = with_details("<EndToEndId>E2E</EndToEndId>", "".join(reversed(REMITTANCE[first:])))
    assert facts["payment.0001.reference"] == f"N{first + 1}"


def test_an_entry_without_details_has_its_own_number_and_the_day_it_was_booked() -> None:
    text = re.sub(r"<NtryDtls>.*?</NtryDtls>", "", sample("bank-receipt.xml").decode(), flags=re.DOTALL)
    text = text.replace("<AcctSvcrRef>", "<ValDt><Dt>2026-08-27</Dt></ValDt><AcctSvcrRef>", 1)
    facts = read_bytes(text.encode()).facts
    assert (facts["payment.0001.number"], facts["payment.0001.date"]) == ("YS2608250001", "2026-08-25")


def test_transactions_that_do_not_split_their_sum_are_one_payment() -> None:
    data = re.sub(
        r"<TxDtls>(.*?)<Amt [^>]*>[^<]*</Amt>(.*?)</TxDtls>",
        r"<TxDtls>\1\2</TxDtls>" * 2,
        sample("bank-receipt.xml").decode(),
        flags=re.DOTALL,
    )
    document = read_bytes(data.encode())
    assert (document.facts["payments"], document.facts["payment.0001.amount"]) == ("1", "6355.12")
    assert [w.code for w in document.warnings] == ["BATCH_NOT_SPLIT", "PENDING_OMITTED"]


@pytest.mark.parametrize(
    ("debit", "credit"), [("10.00", "0.00"), ("0.00", "10.00"), ("10.00", None), (None, "10.00")]
)
def test_a_remittance_in_either_column(debit: str | None, credit: str | None) -> None:
    space = "urn:oasis:names:specification:ubl:schema:xsd:"
    stated = {"DebitLineAmount": debit, "CreditLineAmount": credit}
    columns = "".join(f'<cbc:{name} currencyID="EUR">{v}</cbc:{name}>' for name, v in stated.items() if v)
    text = (
        f'<RemittanceAdvice xmlns="{space}RemittanceAdvice-2" xmlns:cac="{space}CommonAggregateComponents-2" xmlns:cbc="{space}CommonBasicComponents-2">'
        f"<cbc:ID>R1</cbc:ID><cac:RemittanceAdviceLine><cbc:ID>1</cbc:ID>{columns}</cac:RemittanceAdviceLine></RemittanceAdvice>"
    )
    assert read_bytes(text.encode()).facts["payment.0001.amount"] == "10"


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
    goods = b"<cac:Shipment><cac:GoodsItem><cbc:ID>1</cbc:ID><cbc:Description>bars</cbc:Description></cac:GoodsItem>"
    waybill = read_bytes(data.replace(b"DespatchAdvice", b"Waybill").replace(b"<cac:Shipment>", goods))
    assert "bars" in waybill.facts.values()
    assert (waybill.kind, waybill.facts["carrier_name"]) == ("despatch-advice", "渝陆物流")
