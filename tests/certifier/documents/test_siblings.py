"""Files like the known ones, as other systems write them: older and newer versions, envelopes, encodings, separators.

All are written by us. Each says what one of our samples says, so that its facts are known.
"""

from __future__ import annotations

import re

import pytest
from lxml import etree

from certifier.documents import Document, read_bytes

from .helpers import read_sample, sample
from .test_efapiao import pdf


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


ZUGFERD1 = sample("invoice-zugferd1.xml").decode()


def test_zugferd_1_says_what_its_successor_says() -> None:
    old, new = read_bytes(ZUGFERD1.encode()), read_sample("invoice-cii.xml")
    assert (old.kind, old.format, old.facts, codes(old)) == ("invoice", "cii", new.facts, [])
    assert old.schema == "urn:ferd:CrossIndustryDocument:invoice:1p0"
    assert old.trace.terms_days == 43
    inside = read_bytes(pdf(**{"ZUGFeRD-invoice": ZUGFERD1.encode()}))
    assert (inside.facts, inside.media_type) == (old.facts, "application/pdf")


def test_zugferd_1_amounts_are_recomputed() -> None:
    charge = "<ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht</ram:Description><ram:AppliedAmount currencyID='CNY'>10.00</ram:AppliedAmount></ram:SpecifiedLogisticsServiceCharge><ram:SpecifiedTradePaymentTerms>"
    assert "BR-CO-12" in codes(
        read_bytes(ZUGFERD1.replace("<ram:SpecifiedTradePaymentTerms>", charge).encode())
    )
    assert "BR-CO-15" in codes(
        read_bytes(ZUGFERD1.replace(">6689.60</ram:Grand", ">6689.61</ram:Grand").encode())
    )


SBDH = (
    '<sh:StandardBusinessDocument xmlns:sh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"><sh:StandardBusinessDocumentHeader>'
    '<sh:HeaderVersion>1.0</sh:HeaderVersion><sh:Sender><sh:Identifier Authority="iso6523-actorid-upis">0192:1</sh:Identifier></sh:Sender>'
    "</sh:StandardBusinessDocumentHeader>{}</sh:StandardBusinessDocument>"
)
SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><w:Security xmlns:w="urn:example:w"/></s:Header>'
    "<s:Body>{}</s:Body></s:Envelope>"
)
OPERATION = '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><o:Submit xmlns:o="urn:example:erp"><o:id>7</o:id><o:doc>{}</o:doc></o:Submit></e:Body></e:Envelope>'
HEADER = '<h:AppHdr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><h:Fr/><h:To/></h:AppHdr>'
SAFE = '<S:DataPDU xmlns:S="urn:swift:saa:xsd:saa.2.0"><S:Revision>2.0.7</S:Revision><S:Body>' + HEADER + "{}</S:Body></S:DataPDU>"  # fmt: skip


@pytest.mark.parametrize(("envelope", "word"), [
    (SBDH, "sbdh"), (SOAP, "soap"), (OPERATION, "soap"), (SOAP.format(SBDH), "soap"), (SAFE, "iso-20022"), ("<Message>" + HEADER + "{}</Message>", "iso-20022"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["invoice.xml", "invoice-cii.xml", "e-fapiao.xml", "bank-receipt.xml", "work-order.xml", "inspection.qif"])  # fmt: skip
def test_an_envelope_is_what_it_holds(envelope: str, word: str, name: str) -> None:
    inside = etree.tostring(etree.fromstring(sample(name)), encoding="unicode")
    document, plain = read_bytes(envelope.format(inside).encode()), read_sample(name)
    assert (document.kind, document.format, document.facts) == (plain.kind, plain.format, plain.facts)
    for other in ("", inside * 2, "<x/>"):
        document = read_bytes(envelope.format(other).encode())
        assert (document.kind, document.format, codes(document)) == ("other", word, ["NO_FACTS"])


def test_a_business_header_before_its_document() -> None:
    plain = read_sample("bank-receipt.xml")
    inside = etree.tostring(etree.fromstring(sample("bank-receipt.xml")), encoding="unicode")
    assert read_bytes(f"{HEADER}\n{inside}".encode()).facts == plain.facts
    twice = read_bytes(f"{HEADER}{inside}{HEADER}{inside}".encode())
    assert (twice.kind, twice.format, codes(twice)) == ("other", "iso-20022", ["NO_FACTS"])


@pytest.mark.parametrize("inside", [
    '<o:CancelInvoice xmlns:o="urn:example:erp">{}</o:CancelInvoice>',
    "<s:Fault><detail>{}</detail></s:Fault>",
])  # fmt: skip
def test_what_an_operation_takes_back_is_no_document(inside: str) -> None:
    invoice = etree.tostring(etree.fromstring(sample("invoice.xml")), encoding="unicode")
    document = read_bytes(SOAP.format(inside.format(invoice)).encode())
    assert (document.kind, document.format, codes(document)) == ("other", "soap", ["NO_FACTS"])


@pytest.mark.parametrize(("root", "what"), [
    ('UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd"', "OPC UA model"),
    ('xbrl xmlns="http://www.xbrl.org/2003/instance"', "XBRL"),
    ('Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-1.0"', "UBL 1.0"),
    ('Order xmlns="urn:oasis:names:tc:ubl:Order:1:0"', "UBL 1.0"),
    ('CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:2"', "Cross Industry Invoice"),
])  # fmt: skip
def test_what_is_known_and_not_read_says_so(root: str, what: str) -> None:
    document = read_bytes(f"<{root}><ID>1</ID></{root.partition(' ')[0]}>".encode())
    assert (document.kind, document.format, codes(document)) == ("other", "other", ["NO_FACTS"])
    assert what in document.warnings[0].message


def test_a_pdf_with_xml_that_nobody_knows() -> None:
    document = read_bytes(pdf(railway=b"<ticket><number>1</number></ticket>"))
    assert (document.kind, document.format, document.media_type) == ("other", "pdf", "application/pdf")
    assert codes(document) == ["NO_FACTS"]


@pytest.mark.parametrize("customization", [
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
])  # fmt: skip
def test_peppol_and_xrechnung_are_ubl(customization: str) -> None:
    attachment = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode='application/pdf' filename='a.pdf'>"
        + "QUJD" * 300_000
        + "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    text = sample("invoice.xml").decode()
    head = f"<cbc:CustomizationID>{customization}</cbc:CustomizationID><cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>"
    changed = text.replace(
        "<cac:AccountingSupplierParty>", f"{head}{attachment}<cac:AccountingSupplierParty>", 1
    )
    assert changed != text
    assert read_bytes(changed.encode()).facts == read_sample("invoice.xml").facts


EDI = sample("invoice-d96a.edi").decode()


def respelled(component: str, element: str, mark: str, escape: str, end: str, between: str = "") -> bytes:
    """The EDIFACT sample with other service characters."""
    body = EDI.partition("UNB")[1] + EDI.partition("UNB")[2] if EDI.startswith("UNA") else EDI
    table = str.maketrans({":": component, "+": element, "'": end + between, "\n": "", "\r": ""})
    text = re.sub(r"(?<=[0-9])\.(?=[0-9]{2}[:+'])", mark, body).translate(table)
    return f"UNA{component}{element}{mark}{escape} {end}{between}{text}".encode(
        "latin-1" if "UNOC" in EDI else "utf-8"
    )


@pytest.mark.parametrize(
    "characters", [(":", "+", ".", "?", "'"), (":", "+", ",", "?", "'"), ("\x1f", "\x1d", ",", " ", "\x1c"), (">", "*", ".", "\\", "~"), (";", "|", ".", "^", "'")]
)  # fmt: skip
@pytest.mark.parametrize("between", ["", "\n", "\r\n"])
def test_edifact_with_other_separators(characters: tuple[str, str, str, str, str], between: str) -> None:
    document = read_bytes(respelled(*characters, between))
    assert document.facts == read_sample("invoice-d96a.edi").facts
    assert codes(document) == codes(read_sample("invoice-d96a.edi"))


@pytest.mark.parametrize("version", ["2.1.0", "2.4.0", "3.0.0", "3.3.0"])
def test_calibration_certificates_of_other_versions(version: str) -> None:
    text = re.sub(r'schemaVersion="[^"]*"', f'schemaVersion="{version}"', sample("calibration.xml").decode())
    document = read_bytes(text.encode())
    assert document.facts == read_sample("calibration.xml").facts
    assert document.schema == f"https://ptb.de/dcc {version}"


@pytest.mark.parametrize(
    ("family", "old", "new"),
    [
        ("camt.053.001.02", ("BkToCstmrStmt", "Stmt"), ("BkToCstmrStmt", "Stmt")),
        ("camt.053.001.13", ("BkToCstmrStmt", "Stmt"), ("BkToCstmrStmt", "Stmt")),
        ("camt.054.001.08", ("BkToCstmrStmt", "Stmt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn")),
        ("camt.052.001.08", ("BkToCstmrStmt", "Stmt"), ("BkToCstmrAcctRpt", "Rpt")),
    ],
)
def test_bank_messages_of_other_versions(family: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    text = re.sub(r"camt\.05[34]\.001\.[0-9]{2}", family, sample("bank-receipt.xml").decode())
    before = re.search(r"<(BkToCstmr\w+)>.*?<(Stmt|Ntfctn)>", text, re.DOTALL)
    assert before is not None
    for was, becomes in zip((before[1], before[2]), new, strict=True):
        text = text.replace(f"<{was}>", f"<{becomes}>").replace(f"</{was}>", f"</{becomes}>")
    document = read_bytes(text.encode())
    assert (document.facts, document.schema) == (
        read_sample("bank-receipt.xml").facts,
        f"urn:iso:std:iso:20022:tech:xsd:{family}",
    )


DFQ = "K0100 1\r\nK1001/1 P201\r\nK1002/1 {}\r\nK0006/1 {}\r\nK2001/1 1\r\nK2002/1 {}\r\nK2110/1 1\r\nK2111/1 2\r\nK0001/1 1,5\r\nK0004/1 01.01.2026/10:00:00\r\n"


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (("Ventilkörper", "Los Nürnberg", "Maß"), "cp1252"),
        (("Ventilkörper", "Los Nürnberg", "Maß"), "utf-8"),
        (("阀体", "批次二零二六", "孔径"), "gb18030"),
        (("阀体", "批次二零二六", "孔径"), "utf-16"),
    ],
)
def test_the_encoding_of_a_data_file(words: tuple[str, str, str], encoding: str) -> None:
    document = read_bytes(DFQ.format(*words).encode(encoding))
    assert (document.kind, document.facts["lot"]) == ("inspection-report", words[1])


@pytest.mark.parametrize(
    "version", ["urn:mtconnect.org:MTConnectStreams:1.1", "urn:mtconnect.org:MTConnectStreams:1.8", "urn:mtconnect.org:MTConnectStreams:2.5", "urn:mtconnect.com:MTConnectStreams:0.9"]
)  # fmt: skip
def test_mtconnect_of_any_version(version: str) -> None:
    text = sample("machine.xml").decode().replace("urn:mtconnect.org:MTConnectStreams:1.3", version)
    prefixed = re.sub(r"<(/?)([A-Z])", r"<\1m:\2", text).replace("xmlns=", "xmlns:m=")
    for document in (read_bytes(text.encode()), read_bytes(prefixed.encode())):
        assert (document.facts, document.schema) == (read_sample("machine.xml").facts, version)


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"BM" + bytes(60)])
def test_old_office_files_and_pictures_say_what_they_are(data: bytes) -> None:
    document = read_bytes(data)
    assert (document.kind, codes(document)) == ("other", ["NO_FACTS"])


def signed_pdf(contents: bytes) -> bytes:
    """A PDF of one page with one signature whose value is `contents`."""
    value = contents.hex().encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Annots [4 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /Rect [0 0 0 0] /P 3 0 R /V 5 0 R >>",
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 30] /Contents <" + value + b"> >>",
    ]  # fmt: skip
    out, places = b"%PDF-1.7\n", []
    for at, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (at, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(out))
    )


def test_an_sm2_seal_in_a_pdf_is_told_and_not_checked() -> None:
    document = read_bytes(signed_pdf(bytes.fromhex("30100603020101" + "06082a811ccf55018375")))
    assert (document.kind, document.format) == ("other", "signed-pdf")
    said = next(w.message for w in document.warnings if w.code == "SIGNATURE_NOT_CHECKED")
    assert "SM2" in said
    assert "not checked" in said


def test_statistics_without_results(data_dir: object) -> None:
    stats = '<QIFDocument xmlns="http://qifstandards.org/xsd/qif3"><Statistics><StatisticalStudiesResults n="1"><SimpleStudyResults id="3"><CharacteristicsStats n="2">{}{}</CharacteristicsStats><NumberOfSamples>25</NumberOfSamples></SimpleStudyResults></StatisticalStudiesResults></Statistics></QIFDocument>'
    one = "<DiameterCharacteristicStats><ValueStats><TotalNumber>25</TotalNumber><NumberOutOfTolerance>1</NumberOutOfTolerance></ValueStats></DiameterCharacteristicStats>"
    two = "<LengthCharacteristicStats><ValueStats><TotalNumber>25</TotalNumber></ValueStats></LengthCharacteristicStats>"
    assert read_bytes(stats.format(one, one).encode()).facts == {
        "parts": "25",
        "characteristics": "50",
        "characteristics_failed": "2",
    }
    assert read_bytes(stats.format(one, two).encode()).facts == {"parts": "25", "characteristics": "50"}


@pytest.mark.parametrize("name", ["UNOA", "UNOB"])
def test_letters_outside_of_the_alphabet_are_left_out_and_told(name: str) -> None:
    data = re.sub("UNO[A-Z]", name, EDI).replace("RC-2026-0713", "RC-Ü-0713").replace("JIALING", "MÜLLER")
    document = read_bytes(data.encode("latin-1"))
    plain = dict(read_sample("invoice-d96a.edi").facts)
    assert document.facts == {k: v for k, v in plain.items() if k not in ("number", "buyer_name")}
    assert codes(document) == ["NOT_CANONICAL", "NOT_CANONICAL"]


def test_edifact_in_a_functional_group_with_charges_and_numbers_for_names() -> None:
    """EANCOM: a charge on the whole without its total in the summary, a line that only has a number, D01B."""
    text = EDI.replace("\n", "").replace("INVOIC:D:96A:UN", "INVOIC:D:01B:UN:EAN010")
    text = text.replace("UNH+1", "UNG+INVOIC+S+R+260713:0900+1+UN+D:01B'UNH+1").replace(
        "UNZ+1", "UNE+1+1'UNZ+1"
    )
    text = text.replace(
        "LIN+1'IMD+F++:::P201 VALVE BODY'",
        "ALC+C++++FC'MOA+23:80'TAX+7+VAT+++:::13+S'LIN+1++4000862141404:SRV'",
    )
    text = (
        text.replace("MOA+125:5920'", "MOA+125:6000'")
        .replace("769.6", "780")
        .replace("MOA+77:6689.6", "MOA+77:6780")
    )
    document = read_bytes(text.encode())
    assert (document.facts["line.0001.item"], document.facts["net"], document.facts["total"]) == (
        "4000862141404",
        "6000",
        "6780",
    )
    assert codes(document) == []
    assert "BR-CO-13" in codes(read_bytes(text.replace("MOA+23:80", "MOA+23:81").encode()))


def test_of_two_sellers_in_edifact_none_is_chosen_and_the_seller_goes_before_the_supplier() -> None:
    twice = read_bytes(EDI.replace("NAD+BY", "NAD+SU+X++ANOTHER'NAD+BY").encode())
    assert {"seller_id", "seller_name"}.isdisjoint(twice.facts)
    both = read_bytes(
        EDI.replace("NAD+SU+", "NAD+SE+").replace("NAD+BY", "NAD+SU+X++ANOTHER'NAD+BY").encode()
    )
    assert both.facts == read_sample("invoice-d96a.edi").facts


def test_lines_of_factur_x_that_only_group_others_are_none() -> None:
    text = sample("invoice-cii.xml").decode()
    start, end = "<ram:IncludedSupplyChainTradeLineItem>", "</ram:IncludedSupplyChainTradeLineItem>"
    line = text[text.index(start) : text.index(end) + len(end)]
    group = line.replace(
        "</ram:LineID>", "</ram:LineID><ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>"
    )
    document = read_bytes(text.replace(line, group + line).encode())
    assert (document.facts, codes(document)) == (read_sample("invoice-cii.xml").facts, [])


def test_an_answer_of_an_agent_that_is_an_error_states_nothing() -> None:
    text = '<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:2.0"><Header/><Errors><Error errorCode="OUT_OF_RANGE">x</Error></Errors></MTConnectError>'
    document = read_bytes(text.encode())
    assert (document.kind, document.format, codes(document)) == ("other", "mtconnect-error", ["NO_FACTS"])


def test_an_interchange_that_cancels_an_invoice_states_none() -> None:
    assert "+9'" in EDI
    document = read_bytes(EDI.replace("RC-2026-0713+9'", "RC-2026-0713+1'").encode())
    assert (document.kind, document.format, codes(document)) == ("other", "edifact", ["NO_FACTS"])


CONTEXT = b"<rsm:ExchangedDocumentContext><ram:TestIndicator><udt:Indicator>%s</udt:Indicator></ram:TestIndicator></rsm:ExchangedDocumentContext>"


@pytest.mark.parametrize(("name", "old", "test", "real"), [
    ("machine.xml", b"<Header ", b'<Header testIndicator="true" ', b'<Header testIndicator="false" '),
    ("invoice-d96a.edi", b"0900+1'", b"0900+1++++++1'", b"0900+1++++++'"),
    ("invoice-cii.xml", b"<rsm:ExchangedDocument>", CONTEXT % b"true" + b"<rsm:ExchangedDocument>", CONTEXT % b"false" + b"<rsm:ExchangedDocument>"),
])  # fmt: skip
def test_what_says_that_it_is_a_test_states_nothing(name: str, old: bytes, test: bytes, real: bytes) -> None:
    data, plain = sample(name), read_sample(name)
    assert old in data
    tried = read_bytes(data.replace(old, test, 1))
    assert (tried.kind, tried.format, codes(tried)) == ("other", plain.format, ["NO_FACTS"])
    assert read_bytes(data.replace(old, real, 1)).facts == plain.facts
