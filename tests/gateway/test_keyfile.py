"""Keyfiles: what we write a wallet opens, and the other way round; what is no keyfile is told apart from a wrong passphrase."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

from gateway import keyfile
from ledger.account import Account

_limit = sys.getrecursionlimit()
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json  # noqa: E402 - its py_ecc raises the limit

sys.setrecursionlimit(_limit)

SECRET, PASSPHRASE = bytes(31) + b"\x07", "密码 horse".encode()


def made() -> dict[str, Any]:
    return keyfile.seal(SECRET, PASSPHRASE, Account(SECRET).address, n=2**10)


def test_a_wallet_opens_ours() -> None:
    document = json.loads(json.dumps(made()))
    assert decode_keyfile_json(document, PASSPHRASE) == SECRET
    theirs = create_keyfile_json(SECRET, PASSPHRASE, kdf="scrypt", iterations=2**10)
    assert document.keys() == theirs.keys() and document["crypto"].keys() == theirs["crypto"].keys()
    assert document["address"] == theirs["address"].lower()


@pytest.mark.parametrize("kdf", ["scrypt", "pbkdf2"])
def test_we_open_a_wallets(kdf: Any) -> None:
    document = create_keyfile_json(SECRET, PASSPHRASE, kdf=kdf, iterations=2**10)
    document["Crypto"] = document.pop("crypto")  # as older ones spell it
    assert keyfile.unseal(document, PASSPHRASE) == SECRET
    with pytest.raises(keyfile.WrongPassphraseError):
        keyfile.unseal(document, PASSPHRASE + b" ")


def test_no_two_are_alike() -> None:
    assert made()["crypto"]["ciphertext"] != made()["crypto"]["ciphertext"]


@pytest.mark.parametrize("member", ["ciphertext", "mac"])
def test_an_altered_file_opens_with_nothing(member: str) -> None:
    document = made()
    document["crypto"][member] = os.urandom(32).hex()
    with pytest.raises(keyfile.WrongPassphraseError):
        keyfile.unseal(document, PASSPHRASE)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 4},
        {"crypto": None},
        {"crypto": {}},
        {"crypto": made()["crypto"] | {"cipher": "rot13"}},
        {"crypto": made()["crypto"] | {"kdf": "sha1"}},
        {"crypto": made()["crypto"] | {"kdfparams": {"dklen": 16, "salt": ""}}},
        {"crypto": made()["crypto"] | {"kdfparams": {"dklen": 32, "salt": "", "n": 2**30, "r": 8, "p": 1}}},
        {"crypto": made()["crypto"] | {"kdfparams": {"dklen": 32, "salt": "", "n": 3, "r": 8, "p": 1}}},
    ],
)
def test_what_is_no_keyfile_is_no_wrong_passphrase(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)) as refused:
        keyfile.unseal(made() | change, PASSPHRASE)
    assert not isinstance(refused.value, keyfile.WrongPassphraseError)
