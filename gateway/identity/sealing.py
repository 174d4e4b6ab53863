"""What the database must not hold in the open, under a key that is not in it: `HOME/keys/identity.key`, 32 random bytes.

Secrets to be given back are sealed: ChaCha20-Poly1305 (RFC 8439), a random nonce before each; what a sealed value belongs to is authenticated
with it, so that rows cannot be swapped. Keys to sign with, and those of public links, are not kept at all: each is derived anew (HKDF,
RFC 5869) from what it belongs to.
"""

from __future__ import annotations

import os
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import UnreadableError
from gateway.home import Home, write_private
from ledger.locks import write_lock

__all__ = ["Sealing"]

_NONCE = 12


class Sealing:
    """The identity key of a home, made at its first use."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = ChaCha20Poly1305(key)

    def __repr__(self) -> str:
        return "Sealing()"

    @classmethod
    def of(cls, home: Home) -> Sealing:
        """The home's; read once per process."""
        return _of(home)

    def seal(self, secret: bytes, belongs_to: str) -> bytes:
        """Sealed, for `open` with the same words."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, belongs_to.encode())

    def open(self, sealed: bytes, belongs_to: str) -> bytes:
        """The secret. UnreadableError where key, value and place do not belong together."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], belongs_to.encode())
        except (InvalidTag, ValueError) as error:
            raise UnreadableError(
                "IDENTITY_KEY", "a sealed value of the database is not of this home's identity key"
            ) from error

    def signing_key(self, belongs_to: str) -> Ed25519PrivateKey:
        """The Ed25519 key that only this home can make of these words, the same each time."""
        return Ed25519PrivateKey.from_private_bytes(self.derived(f"signing/{belongs_to}"))

    def derived(self, belongs_to: str) -> bytes:
        """32 bytes that only this home can make of these words, the same each time."""
        derived = HKDF(SHA256(), 32, salt=None, info=b"assetcert/" + belongs_to.encode())
        return derived.derive(self._key)


@cache
def _of(home: Home) -> Sealing:
    path = home.keys / "identity.key"
    with write_lock(home.run / "database.lock", 10.0):
        if not path.is_file():
            write_private(path, secrets.token_bytes(32))
    return Sealing(path.read_bytes())
