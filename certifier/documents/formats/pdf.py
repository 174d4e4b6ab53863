"""PDF (ISO 32000): the XML attached to it (Factur-X and ZUGFeRD 1.0.07, 数电票), and its signatures (PAdES, pyhanko).

An attached invoice is read as what it is; Factur-X names the file factur-x.xml, ZUGFeRD zugferd-invoice.xml. The pages
are never guessed: a PDF without XML states no facts, whoever signed it. A signature is checked for integrity, its
signer named; whether the certificate deserves trust is not decided here. SM2 signatures in a PDF are told, not checked.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from certifier.documents.model import Document, Limits, Notice
from certifier.documents.registry import Format, Inner, register
from certifier.documents.source import Source
from certifier.errors import DocumentError, MalformedDocumentError, RefusedDocumentError

MEDIA_TYPE = "application/pdf"
_KNOWN = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml")
_MAX_ATTACHMENTS = 200
MAX_SIGNATURES = 64
_SM_OID = re.compile(
    rb"2a811ccf5501|\x2a\x81\x1c\xcf\x55\x01", re.IGNORECASE
)  # 1.2.156.10197.1, in hexadecimal or not
_NOT_SM = (
    "signed or sealed with SM2 and SM3 (GM/T 0031, GB/T 38540): in a PDF these are not checked here, neither who signed nor whether "
    "the file was changed since; the tax bureau's OFD of the same invoice is checked"
)


def read(source: Source) -> Document | Inner:
    """The attached document, with a notice on every signature; or a document without facts."""
    notices = list(_signatures(source.data)) if b"/ByteRange" in source.data else []
    attached = _attached_xml(source.data, source.limits)
    if attached is not None:
        return Inner(attached, MEDIA_TYPE, tuple(notices))
    notices.append(
        Notice("NO_FACTS", "a PDF without attached XML: certified by its bytes, its pages are not guessed")
    )
    return Document(
        "other",
        "signed-pdf" if len(notices) > 1 else "pdf",
        None,
        MEDIA_TYPE,
        {},
        tuple(sorted(notices, key=lambda n: n.code)),
    )


def _attached_xml(data: bytes, limits: Limits) -> bytes | None:
    """The attached XML: by the names that the standards give it, else the first by name."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs what we answer
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise RefusedDocumentError("ENCRYPTED", "PDF: the file is encrypted: save it without a password")
        found = {}
        for count, (name, contents) in enumerate(reader.attachments.items()):
            if count >= _MAX_ATTACHMENTS:
                raise RefusedDocumentError(
                    "ARCHIVE_ENTRIES", f"PDF: more than {_MAX_ATTACHMENTS} attachments"
                )
            xml = next((c for c in contents if c.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")), None)
            if xml is not None:
                found[str(name).lower()] = xml
    except (DocumentError, MemoryError):
        raise
    except Exception as e:  # pypdf lets out whatever its parsers meet
        raise MalformedDocumentError(
            "PDF", f"PDF: cannot be read ({type(e).__name__}: {str(e)[:80]}): export it again"
        ) from e
    best = next((found[name] for name in _KNOWN if name in found), found[min(found)] if found else None)
    if best is not None and len(best) > limits.max_expanded_bytes:
        raise RefusedDocumentError("ARCHIVE_SIZE", "PDF: the attached XML is larger than the cap")
    return best


def _signatures(data: bytes) -> Iterator[Notice]:
    """What pyhanko says about each signature."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    chinese = _SM_OID.search(data) is not None
    try:
        signatures = list(PdfFileReader(io.BytesIO(data), strict=False).embedded_signatures)
    except MemoryError:
        raise
    except Exception as e:  # noqa: BLE001 pyhanko's reader lets out whatever it meets
        said = _NOT_SM if chinese else f"the PDF's signature cannot be read ({type(e).__name__}): not checked"
        yield Notice("SIGNATURE_NOT_CHECKED", said)
        return
    if len(signatures) > MAX_SIGNATURES:
        raise RefusedDocumentError(
            "TOO_MANY_NODES",
            f"PDF: {len(signatures)} signatures, at most {MAX_SIGNATURES} are checked; no paper carries as many",
        )
    for signature in signatures:
        yield _check(signature, chinese)


def _check(signature: Any, chinese: bool) -> Notice:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko.sign.validation.generic_cms").setLevel(
        logging.CRITICAL
    )  # it logs what we answer
    try:
        signer = signature.signer_cert.subject.human_friendly
        context = ValidationContext(trust_roots=[], allow_fetching=False)
        status = validate_pdf_signature(signature, context, skip_diff=True)
        signature.compute_integrity_info(skip_diff=True)
        coverage = signature.evaluate_signature_coverage().name
    except MemoryError:
        raise
    except Exception as e:  # noqa: BLE001 so do its validator and asn1crypto
        if chinese:
            return Notice("SIGNATURE_NOT_CHECKED", _NOT_SM)
        return Notice(
            "SIGNATURE_NOT_CHECKED",
            f"the PDF's signature cannot be checked ({type(e).__name__}: {str(e)[:80]})",
        )
    if not (status.intact and status.valid):
        return Notice(
            "SIGNATURE_INVALID", f"signed by {signer}, and changed since: the signature does not fit"
        )
    if coverage != "ENTIRE_FILE":
        return Notice(
            "SIGNATURE_PARTIAL",
            f"signed by {signer}: the signature fits, something was added to the file afterwards",
        )
    return Notice(
        "SIGNATURE_VALID",
        f"signed by {signer}: the signature fits the whole file; the certificate's issuer is not judged",
    )


register(
    Format(
        "pdf",
        "PDF ISO 32000 with attached XML (Factur-X/ZUGFeRD, 数电票); PAdES signatures",
        lambda source: b"%PDF-" in source.head[:1024],
        read,
    )
)
