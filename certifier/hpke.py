"""Wrapping for one organisation: HPKE (RFC 9180) with the hybrid ML-KEM-768/X25519 (COMMITMENT 9).

One suite, named in the first six bytes of every wrap, and no fallback. A wrap is bound to its asset and
grantee. What is wrapped is the caller's affair.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from certifier.errors import WrapRefusedError

__all__ = ["PUBLIC_KEY_BYTES", "SUITE", "seed_public_key", "unwrap", "wrap"]

PUBLIC_KEY_BYTES = 1216
SUITE = b"\x64\x7a\x00\x01\x00\x02"
"""RFC 9180's registered ids of MLKEM768-X25519, HKDF-SHA256 and AES-256-GCM."""

_MLKEM_BYTES = 1184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seed_public_key(seed: bytes) -> bytes:
    """The 1,216 bytes to publish: ML-KEM-768 public key ‖ X25519 public key."""
    mlkem, x25519 = _private_keys(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def wrap(payload: bytes, asset_id: bytes, grantee: bytes, public_key: bytes) -> bytes:
    """Sealed bytes that only the holder of `public_key`'s seed opens, for this asset and organisation."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise WrapRefusedError(f"an encryption key has {PUBLIC_KEY_BYTES} bytes, not {len(public_key)}")
    info = _info(asset_id, grantee)
    try:
        return SUITE + _SUITE.encrypt(payload, _public_key(public_key), info)
    except ValueError as e:
        raise WrapRefusedError("not an encryption key of this suite") from e


def unwrap(sealed: bytes, asset_id: bytes, grantee: bytes, seed: bytes) -> bytes:
    """What was wrapped. Raises WrapRefusedError for another suite, key, asset, grantee, or altered bytes."""
    if sealed[: len(SUITE)] != SUITE:
        raise WrapRefusedError("sealed under another suite than MLKEM768-X25519, HKDF-SHA256, AES-256-GCM")
    try:
        return _SUITE.decrypt(sealed[len(SUITE) :], _private_key(seed), _info(asset_id, grantee))
    except (InvalidTag, ValueError) as e:
        raise WrapRefusedError("does not open: another key, asset or grantee, or altered bytes") from e


def _info(asset_id: bytes, grantee: bytes) -> bytes:
    if len(asset_id) != 32 or len(grantee) != 32:
        raise ValueError("an asset id and an organisation's id have 32 bytes each")
    return b"assetcert/1/wrap" + asset_id + grantee


@lru_cache(maxsize=16)
def _public_key(data: bytes) -> MLKEM768X25519PublicKey:
    """Kept, as a batch wraps every asset's secret to one owner."""
    mlkem = MLKEM768PublicKey.from_public_bytes(data[:_MLKEM_BYTES])
    return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(data[_MLKEM_BYTES:]))


@lru_cache(maxsize=16)
def _private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """Kept for the process, as its seed is by whoever unlocked it."""
    return MLKEM768X25519PrivateKey(*_private_keys(seed))


def _private_keys(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != 32:
        raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
    mlkem = MLKEM768PrivateKey.from_seed_bytes(_derived(seed, b"assetcert/1/mlkem768", 64))
    return mlkem, X25519PrivateKey.from_private_bytes(_derived(seed, b"assetcert/1/x25519", 32))


def _derived(seed: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=info).derive(seed)
