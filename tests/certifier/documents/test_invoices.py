"""Invoices in several formats: one invoice, one set of facts; EN 16931's arithmetic with the standard's own test sets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from certifier import fingerprint
from certifier.canonical import ident
from certifier.documents import Document, read_bytes
from certifier.errors import DocumentError
from scripts.two_rivers.papers import tables

from .helpers import read_sample, sample
from .test_efapiao import pdf

INVOICE = sample("invoice.xml")
IDENTITY = ("number", "issue_date", "due_date", "seller_id", "buyer_id", "currency", "net", "tax", "total", "order_number",
            "despatch_number", "type_code", "line.0001.quantity", "line.0001.price")  # fmt: skip


ROW = {"number": "RC-2026-0713", "issue_date": "2026/7/13", "due_date": "2026年8月25日", "type_code": "380", "currency": "CNY",
       "seller_id": "９１５０００００００００００２２XC", "buyer_id": "915000000000001236", "order_number": "JL-PO-2026-0703",
       "despatch_number": "RC-DN-2026-0711", "net": "5,920.00", "tax": "769.60", "total": "¥6,689.60",
       "line.quantity": "40", "line.unit": "件", "line.price": "148.00", "line.item": "P201 阀体", "line.net": "5920"}  # fmt: skip


def declared() -> bytes:
    line = {"quantity": "40", "unit": "pcs", "price": "148"}
    head = {name: text for name, text in ROW.items() if "." not in name}
    return json.dumps({"schema": "assetcert/invoice/1", **head, "lines": [line]}).encode()


FORMS = {
    "cii": lambda: sample("invoice-cii.xml"),
    "zugferd 1": lambda: sample("invoice-zugferd1.xml"),
    "factur-x": lambda: pdf(**{"factur-x": sample("invoice-cii.xml"), "another": b"<other/>"}),
    "edifact": lambda: sample("invoice-d96a.edi"),
    "csv": lambda: tables.csv("invoice", [ROW]),
    "csv, gb18030": lambda: tables.csv("invoice", [ROW]).decode("utf-8-sig").encode("gb18030"),
    "xlsx": lambda: tables.xlsx("invoice", [ROW]),
    "json": declared,
}


def identity(document: Document) -> dict[str, str | None]:
    """What the invoice is; a party's number as identities compare it (COMMITMENT 1)."""
    found = {name: document.facts.get(name) for name in IDENTITY}
    return {n: ident(text or "") if n.endswith("_id") else text for n, text in found.items()}


@pytest.mark.parametrize("form", FORMS)
def test_one_invoice_in_every_format_has_one_identity_and_locks_the_same(form: str) -> None:
    other, ubl = read_bytes(FORMS[form]()), read_sample("invoice.xml")
    assert identity(other) == identity(ubl)
    assert (other.kind, other.warnings) == ("invoice", ())
    issuer, number = bytes(32), ubl.facts["seller_id"]
    locks = [fingerprint.assess("invoice", issuer, [number], d.facts, d.format).inputs for d in (other, ubl)]
    assert locks[0] == locks[1]
    assert len(locks[0]) == 4


def test_the_same_example_in_ubl_and_cii(data_dir: Path) -> None:
    ubl = read_bytes((data_dir / "invoices/en16931-ubl/ubl-tc434-example5.xml").read_bytes()).facts
    cii = read_bytes((data_dir / "invoices/en16931-cii/CII_example5.xml").read_bytes()).facts
    for name in (
        "number",
        "issue_date",
        "currency",
        "seller_id",
        "buyer_id",
        "net",
        "tax",
        "total",
        "payable",
        "corrects_number",
    ):
        assert ubl[name] == cii[name], name


SPELLINGS = {
    "as stated": INVOICE,
    "default namespace for components": INVOICE.replace(b"<cbc:ID>RC-2026-0713</cbc:ID>", b'<ID xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">RC-2026-0713</ID>'),
    "root with a prefix": INVOICE.replace(b"<Invoice xmlns=", b"<i:Invoice xmlns:i=").replace(b"</Invoice>", b"</i:Invoice>"),
    "other prefixes": INVOICE.replace(b"cbc:", b"b:").replace(b"cac:", b"a:").replace(b"xmlns:cbc", b"xmlns:b").replace(b"xmlns:cac", b"xmlns:a"),
    "prefix redeclared below": INVOICE.replace(b"<cac:TaxTotal>", b'<cac:TaxTotal xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">'),
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_five_spellings_of_the_namespaces(spelling: str) -> None:
    assert read_bytes(SPELLINGS[spelling]).facts == read_bytes(INVOICE).facts


def test_a_like_named_element_of_another_namespace_is_not_a_fact() -> None:
    fake = INVOICE.replace(
        b"<cbc:ID>RC-2026-0713", b'<x:ID xmlns:x="urn:other">AAA</x:ID><cbc:ID>RC-2026-0713', 1
    )
    assert read_bytes(fake).facts == read_bytes(INVOICE).facts


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_trailing_zeros_of_an_amount_do_not_matter(cents: int, zeros: int) -> None:
    amount = f"{cents / 100:.2f}"
    first = read_bytes(INVOICE.replace(b">6689.60<", f">{amount}<".encode())).facts["total"]
    assert (
        first == read_bytes(INVOICE.replace(b">6689.60<", f">{amount}{'0' * zeros}<".encode())).facts["total"]
    )


def test_an_invoice_of_type_381_is_a_credit_note() -> None:
    assert read_bytes(INVOICE.replace(b">380<", b">381<")).kind == "credit-note"


def test_ids_are_vat_then_registration_then_identifier_never_the_endpoint() -> None:
    party = b"<cac:Party>\n      <cac:PartyTaxScheme>\n        <cbc:CompanyID>9150000000000022XC"
    more = party.replace(
        b"<cac:Party>",
        b"<cac:Party><cbc:EndpointID>E1</cbc:EndpointID><cac:PartyIdentification><cbc:ID>I1</cbc:ID></cac:PartyIdentification>",
    )
    data = INVOICE.replace(party, more)
    assert read_bytes(data).facts["seller_id"] == "9150000000000022XC"
    no_vat = data.replace(b"<cbc:CompanyID>9150000000000022XC</cbc:CompanyID>", b"", 1)
    assert read_bytes(no_vat).facts["seller_id"] == "I1"
    legal = no_vat.replace(
        b"<cac:PartyLegalEntity>", b"<cac:PartyLegalEntity><cbc:CompanyID>L1</cbc:CompanyID>", 1
    )
    assert read_bytes(legal).facts["seller_id"] == "L1"
    only_endpoint = no_vat.replace(
        b"<cac:PartyIdentification><cbc:ID>I1</cbc:ID></cac:PartyIdentification>", b""
    )
    assert "seller_id" not in read_bytes(only_endpoint).facts


def test_what_a_type_refuses_is_left_out_and_told() -> None:
    document = read_bytes(INVOICE.replace(b">2026-07-13<", b">2026-02-30<").replace(b">6689.60<", b">1e3<"))
    assert not {"issue_date", "total", "payable"} & set(document.facts)
    assert [w.code for w in document.warnings] == ["NOT_CANONICAL"] * 3
    long = read_bytes(INVOICE.replace("P201 阀体".encode(), b"x" * 1100))
    assert "line.0001.item" not in long.facts


def test_lines_beyond_the_cap_are_counted() -> None:
    start, end = INVOICE.index(b"<cac:InvoiceLine>"), INVOICE.index(b"</Invoice>")
    line = INVOICE[start:end]
    many = (
        INVOICE[:start]
        + b"".join(line.replace(b"<cbc:ID>1<", b"<cbc:ID>%d<" % i) for i in range(1, 1001))
        + b"</Invoice>"
    )
    document = read_bytes(many)
    assert document.facts["lines"] == "1000"
    assert len(document.facts) <= 900
    assert "LINES_OMITTED" in {w.code for w in document.warnings}
    assert "line.0010.net" in document.facts


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<cbc:LineExtensionAmount currencyID=\"CNY\">5920.00</cbc:LineExtensionAmount>\n    <cac:Item>",
         "<cbc:LineExtensionAmount currencyID=\"CNY\">5919.00</cbc:LineExtensionAmount>\n    <cac:Item>", "BR-CO-10"),
        ("<cac:TaxTotal>", '<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount currencyID="CNY">9</cbc:Amount></cac:AllowanceCharge><cac:TaxTotal>', ""),
        ("TaxExclusiveAmount currencyID=\"CNY\">5920.00", "TaxExclusiveAmount currencyID=\"CNY\">5921.00", "BR-CO-13"),
        ("<cbc:TaxAmount currencyID=\"CNY\">769.60</cbc:TaxAmount>\n    <cac:TaxSubtotal>",
         "<cbc:TaxAmount currencyID=\"CNY\">769.61</cbc:TaxAmount>\n    <cac:TaxSubtotal>", "BR-CO-14"),
        ("TaxInclusiveAmount currencyID=\"CNY\">6689.60", "TaxInclusiveAmount currencyID=\"CNY\">6689.61", "BR-CO-15"),
        ("PayableAmount currencyID=\"CNY\">6689.60", "PayableAmount currencyID=\"CNY\">6689.59", "BR-CO-16"),
        ("<cbc:Percent>13</cbc:Percent>\n        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>\n      </cac:TaxCategory>",
         "<cbc:Percent>17</cbc:Percent>\n        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>\n      </cac:TaxCategory>", "BR-CO-17"),
        ("<cbc:TaxableAmount currencyID=\"CNY\">5920.00", "<cbc:TaxableAmount currencyID=\"CNY\">5918.00", "BR-S-08"),
    ],
)  # fmt: skip
def test_each_rule_of_the_arithmetic(old: str, new: str, rule: str) -> None:
    data = INVOICE.decode()
    assert old in data
    codes = {w.code for w in read_bytes(data.replace(old, new).encode()).warnings}
    assert (rule in codes) if rule else not codes


def test_allowances_and_charges_against_their_totals() -> None:
    entry = '<cac:AllowanceCharge><cbc:ChargeIndicator>{}</cbc:ChargeIndicator><cbc:Amount currencyID="CNY">9</cbc:Amount></cac:AllowanceCharge>'
    total = '<cbc:{0}TotalAmount currencyID="CNY">8.00</cbc:{0}TotalAmount><cbc:PayableAmount'
    for indicator, name, rule in (("false", "Allowance", "BR-CO-11"), ("true", "Charge", "BR-CO-12")):
        data = (
            INVOICE.decode()
            .replace("<cac:TaxTotal>", entry.format(indicator) + "<cac:TaxTotal>")
            .replace("<cbc:PayableAmount", total.format(name))
        )
        assert rule in {w.code for w in read_bytes(data.encode()).warnings}


@pytest.mark.parametrize("name", ["BR-CO-13", "BR-CO-17"])
def test_the_standards_own_test_sets(name: str, data_dir: Path) -> None:
    root = etree.parse(str(data_dir / f"invoices/en16931-unit/{name}.xml")).getroot()
    space = "{http://difi.no/xsd/vefa/validator/1.0}"
    checked = 0
    for test in root.iter(f"{space}test"):
        expected = [
            (child.tag.removeprefix(space), child.text)
            for child in test.iter(f"{space}success", f"{space}error")
        ]
        invoice = next(c for c in test if etree.QName(c).localname in ("Invoice", "CreditNote"))
        codes = {w.code for w in read_bytes(etree.tostring(invoice, with_tail=False)).warnings}
        for outcome, rule in expected:
            assert (rule in codes) == (outcome == "error"), (test.get("id"), codes)
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize("first", range(4))
def test_a_party_of_a_cii_is_its_vat_number_then_its_registration_then_a_global_identifier_then_its_own(
    first: int,
) -> None:
    stated = (
        '<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">N0</ram:ID></ram:SpecifiedTaxRegistration>',
        "<ram:SpecifiedLegalOrganization><ram:ID>N1</ram:ID></ram:SpecifiedLegalOrganization>",
        '<ram:GlobalID schemeID="0088">N2</ram:GlobalID>',
        "<ram:ID>N3</ram:ID>",
    )
    vat = b'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">9150000000000022XC</ram:ID></ram:SpecifiedTaxRegistration>'
    data = sample("invoice-cii.xml").replace(vat, "".join(reversed(stated[first:])).encode())
    assert read_bytes(data).facts["seller_id"] == f"N{first}"


def test_the_net_of_a_cii_is_its_tax_basis_and_not_the_sum_of_its_lines() -> None:
    data = sample("invoice-cii.xml").replace(
        b"5920.00</ram:TaxBasisTotalAmount>", b"5900.00</ram:TaxBasisTotalAmount>"
    )
    document = read_bytes(data)
    assert document.facts["net"] == "5900"
    assert "BR-CO-13" in {w.code for w in document.warnings}


def test_a_factur_x_without_lines_does_not_say_that_there_are_none() -> None:
    data = re.sub(
        rb"<ram:IncludedSupplyChainTradeLineItem>.*</ram:IncludedSupplyChainTradeLineItem>",
        b"",
        sample("invoice-cii.xml"),
        flags=re.DOTALL,
    )
    facts = read_bytes(data).facts
    assert "lines" not in facts
    assert (facts["number"], facts["net"], facts["total"]) == ("RC-2026-0713", "5920", "6689.6")


def test_edifact_totals_by_the_older_codes_and_by_those_of_en_16931() -> None:
    """CEN/TS 16931-3-4: 389, 176 and 388 are what 125, 124 and 77 were."""
    header, mark, summary = sample("invoice-d96a.edi").partition(b"UNS+S'")
    for old, new in ((b"125", b"389"), (b"124", b"176"), (b"77", b"388")):
        summary = summary.replace(b"MOA+" + old, b"MOA+" + new, 1)
    document = read_bytes(header + mark + summary)
    assert document.facts == read_sample("invoice-d96a.edi").facts
    assert not document.warnings


def test_the_edifact_release_character_and_decimal_comma() -> None:
    data = (
        sample("invoice-d96a.edi")
        .replace(b"RUICHUAN PRECISION", b"O?'BRIEN ?+ CO??")
        .replace(b"148'", b"148,50'")
    )
    facts = read_bytes(data).facts
    assert (facts["seller_name"], facts["line.0001.price"]) == ("O'BRIEN + CO?", "148.5")
    other = b"UNA;*,! ~" + sample("invoice-d96a.edi").replace(b":", b";").replace(b"+", b"*").replace(
        b"'", b"~"
    ).replace(b"769.6", b"769,6").replace(b"6689.6", b"6689,6")
    assert read_bytes(other).facts == read_sample("invoice-d96a.edi").facts


@pytest.mark.parametrize(("change", "code"), [
    (lambda d: d[:-12], "EDIFACT"),
    (lambda d: d.replace(b"UNZ", b"UNH+2+INVOIC:D:96A:UN'UNZ"), "SEVERAL_DOCUMENTS"),
])  # fmt: skip
def test_edifact_that_cannot_be_finished(change, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DocumentError) as caught:
        read_bytes(change(sample("invoice-d96a.edi")))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "old", "new", "fact"),
    [
        ("invoice.xml", "<cbc:ID>RC-2026-0713</cbc:ID>", "<cbc:ID>RC-2026-0712</cbc:ID><cbc:ID>RC-2026-0713</cbc:ID>", "number"),
        ("invoice.xml", '<cbc:TaxInclusiveAmount currencyID="CNY">', '<cbc:TaxInclusiveAmount currencyID="CNY">1</cbc:TaxInclusiveAmount><cbc:TaxInclusiveAmount currencyID="CNY">', "total"),
        ("invoice-cii.xml", "<ram:ID>RC-2026-0713</ram:ID>", "<ram:ID>RC-2026-0713</ram:ID><ram:ID>X</ram:ID>", "number"),
        ("e-fapiao.xml", "<InvoiceNumber>", "<InvoiceNumber>1</InvoiceNumber><InvoiceNumber>", "number"),
        ("credit-note.xml", "</cac:BillingReference>", "</cac:BillingReference><cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>Y</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>", "corrects_number"),
    ],
)  # fmt: skip
def test_of_two_different_values_none_is_chosen(name: str, old: str, new: str, fact: str) -> None:
    text = sample(name).decode()
    assert old in text
    document = read_bytes(text.replace(old, new, 1).encode())
    assert fact not in document.facts
    assert "SEVERAL_VALUES" in {w.code for w in document.warnings}
