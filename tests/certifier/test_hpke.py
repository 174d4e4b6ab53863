"""Wraps: bound to key, asset and grantee, one suite, and opened by hand from the RFCs' formulas."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from certifier import hpke
from certifier.errors import WrapRefusedError

SEED, OTHER = bytes(range(32)), bytes(32)
ASSET, GRANTEE = b"\xaa" * 32, b"\xbb" * 32
PUBLIC = hpke.seed_public_key(SEED)


def test_round_trip() -> None:
    for payload in (b"", b"x", bytes(100_000)):
        sealed = hpke.wrap(payload, ASSET, GRANTEE, PUBLIC)
        assert hpke.unwrap(sealed, ASSET, GRANTEE, SEED) == payload
        assert sealed[:6] == hpke.SUITE
    assert hpke.wrap(b"x", ASSET, GRANTEE, PUBLIC) != hpke.wrap(b"x", ASSET, GRANTEE, PUBLIC)


def test_a_wrap_is_for_one_key_asset_and_grantee() -> None:
    sealed = hpke.wrap(b"secret", ASSET, GRANTEE, PUBLIC)
    for asset, grantee, seed in ((GRANTEE, GRANTEE, SEED), (ASSET, ASSET, SEED), (ASSET, GRANTEE, OTHER)):
        with pytest.raises(WrapRefusedError):
            hpke.unwrap(sealed, asset, grantee, seed)


@pytest.mark.parametrize("at", [0, 1, 3, 5, 6, 1000, 1100, 1125, -1])
def test_altered_bytes_do_not_open(at: int) -> None:
    sealed = bytearray(hpke.wrap(b"secret", ASSET, GRANTEE, PUBLIC))
    sealed[at] ^= 1
    with pytest.raises(WrapRefusedError):
        hpke.unwrap(bytes(sealed), ASSET, GRANTEE, SEED)


@pytest.mark.parametrize("length", [0, 5, 6, 100, 1125])
def test_a_cut_wrap_does_not_open(length: int) -> None:
    with pytest.raises(WrapRefusedError):
        hpke.unwrap(hpke.wrap(b"secret", ASSET, GRANTEE, PUBLIC)[:length], ASSET, GRANTEE, SEED)


def test_keys_of_another_size_or_form_are_refused() -> None:
    for key in (b"", PUBLIC[:-1], PUBLIC + b"\0", b"\xff" * 1216):
        with pytest.raises(WrapRefusedError):
            hpke.wrap(b"x", ASSET, GRANTEE, key)
    for seed in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            hpke.seed_public_key(seed)
    with pytest.raises(ValueError, match="32 bytes"):
        hpke.wrap(b"x", ASSET[:31], GRANTEE, PUBLIC)


def labelled(suite: bytes, salt: bytes, label: bytes, data: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + data, "sha256")


def expanded(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    message = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, message + b"\x01", "sha256")[:length]


def test_the_published_wrap_opens_by_the_formulas_alone(vectors: Any) -> None:
    """X-Wing's combiner and RFC 9180's key schedule, spelt out: the suite named in the wrap is the one used."""
    file = vectors("hpke")
    seed, sealed = bytes.fromhex(file["seed"]), bytes.fromhex(file["sealed"])
    asset, grantee = (bytes.fromhex(file[name][2:]) for name in ("asset_id", "grantee"))
    mlkem = MLKEM768PrivateKey.from_seed_bytes(HKDF(SHA256(), 64, None, b"assetcert/1/mlkem768").derive(seed))
    x25519 = X25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, b"assetcert/1/x25519").derive(seed))
    own = x25519.public_key().public_bytes_raw()
    assert bytes.fromhex(file["public_key"]) == mlkem.public_key().public_bytes_raw() + own
    pq, ephemeral, sealed_payload = sealed[6:1094], sealed[1094:1126], sealed[1126:]
    classical = x25519.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    shared = hashlib.sha3_256(mlkem.decapsulate(pq) + classical + ephemeral + own + b"\\.//^\\").digest()
    suite = b"HPKE" + sealed[:6]
    context = b"\0" + labelled(suite, b"", b"psk_id_hash", b"")
    context += labelled(suite, b"", b"info_hash", b"assetcert/1/wrap" + asset + grantee)
    secret = labelled(suite, shared, b"secret", b"")
    key = expanded(suite, secret, b"key", context, 32)
    nonce = expanded(suite, secret, b"base_nonce", context, 12)
    assert AESGCM(key).decrypt(nonce, sealed_payload, None).decode() == file["payload"]
    assert hpke.unwrap(sealed, asset, grantee, seed).decode() == file["payload"]
