"""Chinese e-invoices: XML of both generations, red letters, OFD with its seal, PDF with the XML attached."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from certifier.documents import Document, read_bytes
from certifier.errors import DocumentError
from certifier.fingerprint import assess
from scripts.two_rivers.papers.efapiao import ofd as sealed_ofd

from .helpers import read_sample, sample


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


def test_our_invoice() -> None:
    document = read_sample("e-fapiao.xml")
    assert (document.kind, document.format, codes(document)) == ("invoice", "e-fapiao", [])
    assert document.facts["number"] == "26502000000000220713"
    assert (document.facts["net"], document.facts["tax"], document.facts["total"]) == (
        "5920",
        "769.6",
        "6689.6",
    )
    assert document.facts["line.0001.quantity"] == "40 H87"
    assert (document.facts["currency"], document.facts["issue_date"]) == ("CNY", "2026-07-13")


def test_a_red_letter_names_what_it_corrects() -> None:
    document = read_sample("e-fapiao-red.xml")
    assert (document.kind, codes(document)) == ("credit-note", [])
    assert document.facts["corrects_number"] == "26502000000000220713"
    assert document.facts["total"] == "-334.48"


def test_totals_that_do_not_add_up_are_told() -> None:
    document = read_bytes(sample("e-fapiao.xml").replace(b"<Amount>5920.00", b"<Amount>5919.00"))
    assert codes(document) == ["BR-CO-10"]
    assert document.facts["net"] == "5920"


def repacked(data: bytes, change: dict[str, bytes | None]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = change.get(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(entry.filename, content)
    return out.getvalue()


@pytest.mark.parametrize(("second", "kind"), [("e-fapiao.xml", "invoice"), ("e-fapiao-red.xml", "other")])
def test_an_ofd_of_two_invoices_is_none_of_them(second: str, kind: str) -> None:
    """Software that prints joins several OFD files to one; the same invoice twice is one."""
    whole = sealed_ofd(sample("e-fapiao.xml"), 7)
    with zipfile.ZipFile(io.BytesIO(whole)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    body = re.search(rb"<ofd:DocBody>.*</ofd:DocBody>", parts["OFD.xml"], re.DOTALL)
    assert body is not None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as joined:
        joined.writestr(
            "OFD.xml", parts.pop("OFD.xml").replace(body[0], body[0] + body[0].replace(b"Doc_0", b"Doc_1"))
        )
        for name, data in parts.items():
            joined.writestr(name, data)
            again = (
                sample(second) if name.endswith("original_invoice.xml") else data.replace(b"Doc_0", b"Doc_1")
            )
            joined.writestr(name.replace("Doc_0", "Doc_1", 1), again)
    document = read_bytes(out.getvalue())
    assert (document.kind, "NO_FACTS" in codes(document)) == (kind, kind == "other")
    assert bool(document.facts) == (kind == "invoice")


@pytest.mark.parametrize("name", ["vat-efapiao-999", "vat-efapiao-ukey-test"])
def test_an_ofd_is_its_invoice_and_its_seal(name: str, data_dir: Path) -> None:
    folder = data_dir / "invoices/efapiao"
    ofd = read_bytes((folder / f"{name}.ofd").read_bytes())
    inner = read_bytes((folder / f"{name}.original_invoice.xml").read_bytes())
    assert (ofd.facts, ofd.kind, ofd.format, ofd.media_type) == (
        inner.facts,
        inner.kind,
        "e-fapiao",
        "application/ofd",
    )
    assert codes(ofd) == ["SEAL_VALID"]
    assert "重庆市税务局" in ofd.warnings[0].message


def test_a_changed_ofd_has_an_invalid_seal(data_dir: Path) -> None:
    data = (data_dir / "invoices/efapiao/vat-efapiao-999.ofd").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("Doc_0/Attachs/original_invoice.xml")
        signature = archive.read("Doc_0/Signs/Sign_0/Signature.xml")
        value = archive.read("Doc_0/Signs/Sign_0/SignedValue.dat")
    changed = xml.replace(b"10600.00", b"90600.00")
    forged = repacked(data, {"Doc_0/Attachs/original_invoice.xml": changed})
    assert codes(read_bytes(forged)) == ["BR-CO-15", "SEAL_INVALID"]
    assert read_bytes(forged).facts["total"] == "90600"
    touched = repacked(
        data, {"Doc_0/Signs/Sign_0/Signature.xml": signature.replace(b"20200817111329Z", b"20200817111330Z")}
    )
    assert codes(read_bytes(touched)) == ["SEAL_INVALID"]
    bits = bytearray(value)
    bits[-1] ^= 1
    assert codes(read_bytes(repacked(data, {"Doc_0/Signs/Sign_0/SignedValue.dat": bytes(bits)}))) == [
        "SEAL_INVALID"
    ]
    assert codes(read_bytes(repacked(data, {"Doc_0/Signs/Sign_0/SignedValue.dat": None}))) == ["SEAL_INVALID"]
    assert codes(
        read_bytes(repacked(data, {"Doc_0/Signs/Sign_0/SignedValue.dat": b"0\x03\x02\x01\x01"}))
    ) == ["SEAL_NOT_CHECKED"]


def test_a_seal_that_is_listed_often_is_checked_once_and_hundreds_are_refused() -> None:
    def listing(count: int, place: str) -> bytes:
        data = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(sealed_ofd(sample("e-fapiao.xml"), 7))) as old,
            zipfile.ZipFile(data, "w") as new,
        ):
            for name in old.namelist():
                text = old.read(name)
                if name.endswith("Signatures.xml"):
                    entry = re.search(rb"<ofd:Signature [^>]*/>", text)
                    assert entry is not None
                    more = b"".join(
                        entry[0].replace(b"Sign_0", place.format(n).encode()) for n in range(count)
                    )
                    text = text.replace(entry[0], entry[0] + more)
                new.writestr(name, text)
        return data.getvalue()

    again = read_bytes(listing(200, "Sign_0"))
    assert len([code for code in codes(again) if code.startswith("SEAL_")]) == 1
    with pytest.raises(DocumentError) as caught:
        read_bytes(listing(200, "Sign_{}"))
    assert caught.value.code == "TOO_MANY_NODES"


def test_the_older_number_is_code_and_number(data_dir: Path) -> None:
    document = read_bytes((data_dir / "invoices/efapiao/vat-efapiao-999.original_invoice.xml").read_bytes())
    assert document.facts["number"] == "05000170011112235358"
    assert (document.facts["net"], document.facts["tax"], document.facts["total"]) == (
        "10000",
        "600",
        "10600",
    )
    assert (document.facts["lines"], document.facts["seller_id"]) == ("100", "91500102563638729E")
    assert "buyer_id" not in document.facts


def pdf(**attachments: bytes) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    for name, data in attachments.items():
        writer.add_attachment(f"{name}.xml", data)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_its_attached_xml() -> None:
    document = read_bytes(pdf(invoice=sample("e-fapiao.xml")))
    assert document.facts == read_sample("e-fapiao.xml").facts
    assert (document.format, document.media_type) == ("e-fapiao", "application/pdf")


def test_a_pdf_without_xml_is_never_guessed() -> None:
    document = read_bytes(pdf())
    assert (document.kind, document.format, dict(document.facts), codes(document)) == (
        "other",
        "pdf",
        {},
        ["NO_FACTS"],
    )


def signed(data: bytes) -> bytes:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string("CN=西南计量检测")
    from datetime import UTC, datetime

    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    )
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(certificate), asn1_keys.PrivateKeyInfo.load(private), None
    )  # type: ignore[arg-type]
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name="S"),
        signer=signer,
    )
    return bytes(out.getvalue())


def test_a_signed_pdf_names_its_signer() -> None:
    data = signed(pdf())
    document = read_bytes(data)
    assert (document.format, codes(document)) == ("signed-pdf", ["NO_FACTS", "SIGNATURE_VALID"])
    assert "西南计量检测" in document.warnings[1].message
    changed = bytearray(data)
    changed[data.index(b"/MediaBox") + 14] = ord("9")
    assert codes(read_bytes(bytes(changed))) == ["NO_FACTS", "SIGNATURE_INVALID"]
    assert codes(read_bytes(data + b"\n% more\n"))[-1] in ("SIGNATURE_PARTIAL", "SIGNATURE_VALID")


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.7\nnonsense" * 20, b"%PDF-1.4\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"],
)
def test_a_broken_pdf_is_an_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_bytes(data)


@pytest.mark.parametrize("name", ["e-fapiao.xml", "e-fapiao-2019.xml", "e-fapiao-red.xml"])
def test_one_invoice_in_every_wrapper_is_the_same_invoice(name: str) -> None:
    plain = read_sample(name)
    for wrapped in (sealed_ofd(sample(name), 3), pdf(invoice=sample(name))):
        document = read_bytes(wrapped)
        assert (document.kind, document.format) == (plain.kind, "e-fapiao")
        assert (document.facts, document.trace) == (plain.facts, plain.trace)


def test_an_invoice_locks_the_order_that_its_remark_names() -> None:
    """One lock on the order, whether it is pledged itself or stands in the remark of a 数电票 (COMMITMENT 7)."""
    issuer, seller = b"\x01" * 32, ["9150000000000022XC"]
    order, invoice = read_sample("order.xml"), read_sample("e-fapiao.xml")
    pledged = assess(order.kind, issuer, seller, order.facts, order.format).inputs
    billed = assess(invoice.kind, issuer, seller, invoice.facts, invoice.format).inputs
    assert billed["fingerprint.loose.order"] == pledged["fingerprint.exact"]
    silent = read_bytes(sample("e-fapiao.xml").replace("订单号".encode(), "备注".encode()))
    assert "fingerprint.loose.order" not in assess("invoice", issuer, seller, silent.facts, "e-fapiao").inputs


@pytest.mark.parametrize(
    ("stated", "kept"),
    [("6222 0000-0000 0011", "6222000000000011"), ("渝商银行", None), ("0231", None), ("1" * 33, None)],
)
def test_a_sellers_account_is_traced_and_no_fact(stated: str, kept: str | None) -> None:
    """By whom one is paid tells who is under one control; it is shown nowhere and never committed."""
    plain = sample("e-fapiao.xml")
    said = plain.replace(b"</SellerInformation>", f"<SellerBankAccNum>{stated}</SellerBankAccNum></SellerInformation>".encode())  # fmt: skip
    document = read_bytes(said)
    assert said != plain and document.trace.account == kept
    assert document.facts == read_bytes(plain).facts
