"""Signers' statements on three curves."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from certifier import signer
from certifier.canonical import base64url, parse_base64url
from certifier.errors import SignatureRefusedError
from certifier.schema import problem
from certifier.signer import Statement
from ledger.types import hex32

SEED, ISSUER, DIGEST, AT = bytes(range(32)), b"\x11" * 32, b"\x22" * 32, "2026-07-12T10:00:00Z"
MESSAGE = signer.message("inspector", ISSUER, DIGEST, AT)


def statement(curve: str = "ed25519") -> Statement:
    key = signer.multikey(SEED, curve)
    return Statement(key, "inspector", ISSUER, DIGEST, AT, signer.sign(SEED, curve, MESSAGE))


def test_the_message_is_five_lines() -> None:
    expected = f"assetcert/1/signer\ninspector\n0x{'11' * 32}\n0x{'22' * 32}\n{AT}\n"
    assert expected.encode() == MESSAGE


@pytest.mark.parametrize("curve", signer.CURVES)
def test_each_curve_signs_and_nothing_else_verifies(curve: str) -> None:
    key, signature = signer.multikey(SEED, curve), signer.sign(SEED, curve, MESSAGE)
    assert len(signature) == 64 and len(key) in (34, 35)
    assert signer.verify(key, signature, MESSAGE)
    assert signature == signer.sign(SEED, curve, MESSAGE)
    other = signer.multikey(b"\x07" * 32, curve)
    for bad in (
        (other, signature, MESSAGE),
        (key, signature, MESSAGE + b"\n"),
        (key, signature[:63], MESSAGE),
        (key, signature + b"\0", MESSAGE),
        (key, bytes(64), MESSAGE),
        (key, b"\xff" * 64, MESSAGE),
        (key[:-1], signature, MESSAGE),
        (key + b"\0", signature, MESSAGE),
        (b"\x00\x00" + key[2:], signature, MESSAGE),
        (b"", signature, MESSAGE),
    ):
        assert not signer.verify(*bad)


@pytest.mark.parametrize("curve", ["p-256", "secp256k1"])
def test_only_the_low_s(curve: str) -> None:
    key, order = signer.multikey(SEED, curve), signer.order_of(curve)
    assert order is not None
    for number in range(12):
        message = MESSAGE + b"%d" % number
        signature = signer.sign(SEED, curve, message)
        s = int.from_bytes(signature[32:], "big")
        assert s <= order // 2
        assert signer.verify(key, signature, message)
        assert not signer.verify(key, signature[:32] + (order - s).to_bytes(32, "big"), message)


def test_a_plain_library_signature_is_accepted_once_low() -> None:
    private = ec.derive_private_key(int.from_bytes(SEED, "big"), ec.SECP256R1())
    r, s = decode_dss_signature(private.sign(MESSAGE, ec.ECDSA(SHA256())))
    order = signer.order_of("p-256")
    assert order is not None
    signature = r.to_bytes(32, "big") + min(s, order - s).to_bytes(32, "big")
    assert signer.verify(signer.multikey(SEED, "p-256"), signature, MESSAGE)


def test_an_uncompressed_key_is_refused() -> None:
    key = ec.derive_private_key(7, ec.SECP256K1()).public_key().public_numbers()
    raw = b"\xe7\x01\x04" + key.x.to_bytes(32, "big") + key.y.to_bytes(32, "big")
    assert not signer.verify(raw, signer.sign((7).to_bytes(32, "big"), "secp256k1", MESSAGE), MESSAGE)


@pytest.mark.parametrize("curve", signer.CURVES)
def test_a_statement_travels(curve: str) -> None:
    made = statement(curve)
    assert Statement.from_json(made.to_json()) == made
    for name, value in made.fields().items():
        assert problem("other", f"signer.0001.{name}", value) is None
    assert made.fields()["key"] == hex32(signer.key_id(made.public_key))


@pytest.mark.parametrize(
    "edit",
    [
        {"role": "witness"},
        {"role": "owner"},
        {"issuer": hex32(bytes(32))},
        {"issuer": "0x"},
        {"sha256": hex32(bytes(32))},
        {"signed_at": "2026-07-12T10:00:01Z"},
        {"signed_at": "2026-07-12T10:00:00"},
        {"signature": base64url(bytes(64))},
        {"signature": "="},
        {"public_key": base64url(signer.multikey(b"\x07" * 32, "ed25519"))},
        {"public_key": 5},
        {"more": "x"},
    ],
)
def test_an_altered_statement_is_refused(edit: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefusedError):
        Statement.from_json(statement().to_json() | edit)


def test_what_is_no_statement_at_all() -> None:
    for member in (None, [], {}, "x", dict.fromkeys(list(statement().to_json())[:-1], "x")):
        with pytest.raises(SignatureRefusedError):
            Statement.from_json(member)


def test_published_vectors(vectors: Any) -> None:
    file = vectors("signers")
    assert {one["curve"] for one in file["signatures"]} == set(signer.CURVES)
    for one in file["signatures"]:
        key, message = parse_base64url(one["public_key"]), file["message"].encode()
        assert signer.multikey(bytes.fromhex(one["seed"]), one["curve"]) == key
        assert signer.verify(key, parse_base64url(one["signature"]), message)
        assert "refused" not in one or not signer.verify(key, parse_base64url(one["refused"]), message)


def test_scalars_out_of_range_are_no_keys() -> None:
    for seed in (bytes(32), b"\xff" * 32, b"\x01"):
        with pytest.raises(ValueError, match="curve's order"):
            signer.multikey(seed, "p-256")
