"""The certificate of one asset as a PDF: one A4 page in the user's language, with a QR code to the public report, signed.

The signature says that this gateway made the page, nothing about the document: what is certified is checked by the verifier. Its key and
self-signed certificate are made once per home.
"""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.home import Home, write_private

__all__ = ["pdf", "qr_svg", "sign"]

_YEARS = 10
_MAKING = threading.Lock()


def qr_svg(text: str) -> str:
    """A QR code as SVG, without size: the page's style gives it one."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", omitsize=True, xmldecl=False, dark="#10222e", border=2)
    return out.getvalue().decode()


def pdf(html: str) -> bytes:
    """The page as PDF. Its markup is ours and loads nothing."""
    from weasyprint import HTML  # type: ignore[import-untyped]

    made: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf()
    return made


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a certificate loads nothing: {url}")


def sign(home: Home, document: bytes, reason: str) -> bytes:
    """The PDF with this gateway's signature."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    signer = signers.SimpleSigner.load_pkcs12(str(_identity(home)))  # type: ignore[no-untyped-call]
    assert signer is not None
    metadata = signers.PdfSignatureMetadata(field_name="assetcert", reason=reason, name="assetcert")
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(document)), metadata, signer=signer, in_place=False
    )
    signed: bytes = out.getvalue()
    return signed


def _identity(home: Home) -> Path:
    """Key and certificate as PKCS #12, readable by the home's owner alone; made where absent, once however many ask first."""
    path = home.root / "certificate.p12"
    with _MAKING:
        if not path.is_file():
            write_private(path, _new_identity())
    return path


def _new_identity() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assetcert gateway")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .sign(key, hashes.SHA256())
    )
    return serialization.pkcs12.serialize_key_and_certificates(
        b"assetcert", key, certificate, None, serialization.NoEncryption()
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
