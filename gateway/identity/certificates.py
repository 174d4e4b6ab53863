"""Keys of machines that count only over TLS with a client certificate (RFC 8705): known by the certificate's SHA-256, `x5t#S256`.

TLS ends in front of the gateway: the proxy asks for the certificate, holds the machine to its private key, and passes the certificate on in
`Client-Cert` (RFC 9440). Whether a request came from that proxy is not decided here (`gateway.api.proxied`).
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.util import urlsafe_b64encode

from gateway.errors import UnauthenticatedError, UsageError
from gateway.identity.tokens import now

__all__ = ["check", "of_header", "thumbprint"]


def thumbprint(pem: str) -> str:
    """Of a certificate in PEM. UsageError for what is none, or has expired."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise UsageError(
            "CERTIFICATE", "one X.509 certificate in PEM is expected, -----BEGIN CERTIFICATE----- and on"
        ) from error
    if certificate.not_valid_after_utc.timestamp() <= now():
        raise UsageError(
            "CERTIFICATE", f"this certificate has expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    return _thumbprint(certificate.public_bytes(Encoding.DER))


def of_header(values: list[bytes]) -> str | None:
    """The thumbprint of what a proxy has passed on; None where that is not exactly one `:base64:`."""
    if len(values) != 1 or len(text := values[0].strip()) < 3 or text[:1] != b":" or text[-1:] != b":":
        return None
    try:
        return _thumbprint(base64.b64decode(text[1:-1], validate=True))
    except ValueError:
        return None


def check(shown: str | None, bound_to: str) -> None:
    """UnauthenticatedError unless the request's connection showed the certificate with that thumbprint."""
    if shown is None or not hmac.compare_digest(shown.encode(), bound_to.encode()):
        raise UnauthenticatedError(
            "CERTIFICATE", "this key counts only over TLS with the client certificate that it is bound to"
        )


def _thumbprint(der: bytes) -> str:
    return urlsafe_b64encode(sha256(der).digest()).decode()
