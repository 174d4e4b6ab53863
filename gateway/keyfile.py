"""A secret under a passphrase: the Web3 Secret Storage format, version 3, as every Ethereum wallet reads and writes it.

Written by hand: the library for it costs every verb that signs two thirds of a second of imports (docs/adr/0004); it is the witness in the
tests. Writes scrypt and AES-128-CTR; reads PBKDF2 too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import Any

from ledger.types import keccak

__all__ = ["WrongPassphraseError", "seal", "unseal"]

_LENGTH = 32
_BLOCK = 8
_MOST_MEMORY = 2**30


class WrongPassphraseError(ValueError):
    """The passphrase is not the one that the file was made with, or the file was altered."""


def seal(secret: bytes, passphrase: bytes, address: str, n: int) -> dict[str, Any]:
    """The keyfile's document; `n` is scrypt's cost, a power of two, `address` what the file shows without its passphrase."""
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    derived = _scrypt(passphrase, salt, n, _BLOCK, 1)
    ciphertext = _aes(derived, iv, secret)
    return {
        "version": 3,
        "id": str(uuid.uuid4()),
        "address": address.removeprefix("0x"),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": {"dklen": _LENGTH, "n": n, "r": _BLOCK, "p": 1, "salt": salt.hex()},
            "mac": _mac(derived, ciphertext).hex(),
        },
    }


def unseal(document: dict[str, Any], passphrase: bytes) -> bytes:
    """The secret. Raises WrongPassphraseError, and ValueError, KeyError or TypeError for what is no keyfile."""
    members = {name.lower(): member for name, member in document.items()}
    if members["version"] != 3:
        raise ValueError(f"it is of version {members['version']!r}, not 3")
    crypto = members["crypto"]
    if crypto["cipher"] != "aes-128-ctr":
        raise ValueError(f"it is encrypted with {crypto['cipher']!r}")
    derived, ciphertext = _derived(crypto, passphrase), bytes.fromhex(crypto["ciphertext"])
    if not hmac.compare_digest(_mac(derived, ciphertext), bytes.fromhex(crypto["mac"])):
        raise WrongPassphraseError("its checksum is another one")
    return _aes(derived, bytes.fromhex(crypto["cipherparams"]["iv"]), ciphertext)


def _derived(crypto: dict[str, Any], passphrase: bytes) -> bytes:
    given = crypto["kdfparams"]
    salt = bytes.fromhex(given["salt"])
    if given["dklen"] != _LENGTH:
        raise ValueError(f"it derives {given['dklen']!r} bytes, not {_LENGTH}")
    if crypto["kdf"] == "scrypt":
        return _scrypt(passphrase, salt, given["n"], given["r"], given["p"])
    if (crypto["kdf"], given.get("prf")) == ("pbkdf2", "hmac-sha256"):
        return hashlib.pbkdf2_hmac("sha256", passphrase, salt, given["c"], _LENGTH)
    raise ValueError(f"it derives its key with {crypto['kdf']!r}")


def _scrypt(passphrase: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    needed = 128 * r * (n + p + 2)
    if needed > _MOST_MEMORY:
        raise ValueError(f"opening it takes {needed // 2**20} MiB of memory")
    return hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=needed + 2**20, dklen=_LENGTH)


def _aes(derived: bytes, iv: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    return Cipher(AES(derived[:16]), CTR(iv)).encryptor().update(data)


def _mac(derived: bytes, ciphertext: bytes) -> bytes:
    return keccak(derived[16:32] + ciphertext)
