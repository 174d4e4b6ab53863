"""Signatures of instruments, inspectors and witnesses over a document's hash (COMMITMENT 8).

Keys are multikey bytes: a varint prefix and the raw key, compressed for ECDSA. Signatures have 64 bytes,
ECDSA as r ‖ s with low s. Whose key it is and whether it was valid then, the ledger says, not this module.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certifier.canonical import FieldType, base64url, is_canonical, parse_base64url
from certifier.errors import NotCanonicalError, SignatureRefusedError
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["CURVES", "ROLES", "Statement", "key_id", "message", "multikey", "order_of", "sign", "verify"]

ROLES = ("instrument", "inspector", "witness")

_ED25519 = b"\xed\x01"
_ECDSA: dict[bytes, tuple[type[ec.EllipticCurve], int]] = {
    b"\x80\x24": (ec.SECP256R1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
    b"\xe7\x01": (ec.SECP256K1, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141),
}
CURVES = {"ed25519": _ED25519, "p-256": b"\x80\x24", "secp256k1": b"\xe7\x01"}
"""Name of a curve → varint prefix of its multikeys."""


def message(role: str, issuer: bytes, sha256: bytes, signed_at: str) -> bytes:
    """What is signed: five lines. Raises ValueError for an unknown role or a time not canonical."""
    if role not in ROLES:
        raise ValueError(f"the role is one of {', '.join(ROLES)}, not {role!r}")
    if not is_canonical(FieldType.INSTANT, signed_at):
        raise ValueError(f"signed_at is no canonical instant: {signed_at!r}")
    lines = ("assetcert/1/signer", role, hex32(issuer), hex32(sha256), signed_at)
    return "".join(line + "\n" for line in lines).encode()


def key_id(public_key: bytes) -> bytes:
    """The id under which Membership knows a signer's key."""
    return keccak(public_key)


def multikey(seed: bytes, curve: str) -> bytes:
    """The public key, as multikey bytes, of a 32-byte seed (Ed25519), or of a big-endian scalar (ECDSA)."""
    if curve == "ed25519":
        return _ED25519 + Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    prefix = CURVES[curve]
    key = _ecdsa_private(seed, prefix).public_key()
    return prefix + key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def order_of(curve: str) -> int | None:
    """The order of an ECDSA curve's group; None for Ed25519."""
    return _ECDSA[CURVES[curve]][1] if CURVES[curve] in _ECDSA else None


def sign(seed: bytes, curve: str, statement: bytes) -> bytes:
    """64 bytes over `statement` with the key that `multikey` publishes; ECDSA is deterministic (RFC 6979)."""
    if curve == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(seed).sign(statement)
    prefix = CURVES[curve]
    der = _ecdsa_private(seed, prefix).sign(statement, ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    s = min(s, _ECDSA[prefix][1] - s)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public_key: bytes, signature: bytes, statement: bytes) -> bool:
    """Whether `signature` is that of the multikey over `statement`; a high s or a malformed key is not."""
    if len(signature) != 64:
        return False
    try:
        if public_key[:2] == _ED25519:
            Ed25519PublicKey.from_public_bytes(public_key[2:]).verify(signature, statement)
        else:
            _verify_ecdsa(public_key, signature, statement)
    except (InvalidSignature, SignatureRefusedError, ValueError):
        return False
    return True


def _verify_ecdsa(public_key: bytes, signature: bytes, statement: bytes) -> None:
    curve, order = _ECDSA.get(public_key[:2], (None, 0))
    if curve is None or len(public_key) != 35:
        raise SignatureRefusedError("not a multikey of Ed25519, P-256 or secp256k1")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < order and 0 < s <= order // 2):
        raise SignatureRefusedError("r or s is out of range, or s is not the low one")
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve(), public_key[2:])
    key.verify(encode_dss_signature(r, s), statement, ec.ECDSA(SHA256()))


def _ecdsa_private(seed: bytes, prefix: bytes) -> ec.EllipticCurvePrivateKey:
    curve, order = _ECDSA[prefix]
    scalar = int.from_bytes(seed, "big")
    if len(seed) != 32 or not 0 < scalar < order:
        raise ValueError("32 bytes between 1 and the curve's order are due")
    return ec.derive_private_key(scalar, curve())


@dataclass(frozen=True)
class Statement:
    """One signer's word on one document, as it travels in `FILE.signers.json`."""

    public_key: bytes
    role: str
    issuer: bytes
    sha256: bytes
    signed_at: str
    signature: bytes

    def fields(self) -> dict[str, str]:
        """The asset's fields below `signer.NNNN.`."""
        return {
            "key": hex32(key_id(self.public_key)),
            "role": self.role,
            "signature": base64url(self.signature),
            "signed_at": self.signed_at,
        }

    def to_json(self) -> dict[str, str]:
        """Members for `from_json`."""
        return {
            "public_key": base64url(self.public_key),
            "role": self.role,
            "issuer": hex32(self.issuer),
            "sha256": hex32(self.sha256),
            "signed_at": self.signed_at,
            "signature": base64url(self.signature),
        }

    @classmethod
    def from_json(cls, member: object) -> Statement:
        """A statement whose signature holds. Raises SignatureRefusedError for any other."""
        if not isinstance(member, dict) or set(member) != set(cls.__dataclass_fields__):
            raise SignatureRefusedError(
                f"members {', '.join(cls.__dataclass_fields__)} are due, and no others"
            )
        try:
            made = cls(
                parse_base64url(member["public_key"]),
                member["role"],
                parse_hex32(member["issuer"]),
                parse_hex32(member["sha256"]),
                member["signed_at"],
                parse_base64url(member["signature"]),
            )
            signed = message(made.role, made.issuer, made.sha256, made.signed_at)
        except (NotCanonicalError, ValueError, TypeError, AttributeError) as e:
            raise SignatureRefusedError(f"a member is malformed: {e}") from e
        if not verify(made.public_key, made.signature, signed):
            raise SignatureRefusedError("the signature is not that of its key over this document")
        return made
