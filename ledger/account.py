"""Accounts: what signs transactions and EIP-712 structs for an address, here by a secp256k1 key in memory (`Account`).

Not a keystore (keyfiles belong to the gateway's home). Legacy transactions with EIP-155 replay protection:
every node of a zero-gas network takes them. RLP is written here because it is twelve lines and `import rlp`
is a quarter second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import coincurve

from ledger.types import keccak

__all__ = ["Account", "Signer", "Transaction", "account_key_id", "create_address", "recover"]

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def account_key_id(address: str) -> bytes:
    """Membership's key id of an account: its address, left-padded to 32 bytes."""
    return bytes(12) + bytes.fromhex(address[2:])


def create_address(sender: str, nonce: int) -> str:
    """Where a contract lands that `sender` creates with `nonce`."""
    return "0x" + keccak(_rlp([bytes.fromhex(sender[2:]), nonce]))[12:].hex()


class Signer(Protocol):
    """Signs for one address, wherever the key is: in this process, or in a service that is asked."""

    @property
    def address(self) -> str:
        """`0x` and 40 lower-case digits."""

    def sign(self, data: bytes) -> bytes:
        """Of keccak-256 of `data`: r ‖ s ‖ v (27 or 28), 65 bytes, low s, as contracts recover it."""


@dataclass(frozen=True)
class Transaction:
    """What is signed. `to` None creates a contract; price and value are zero."""

    chain_id: int
    nonce: int
    gas: int
    to: str | None
    data: bytes

    def signed_by(self, signer: Signer) -> bytes:
        """The raw signed transaction; its keccak-256 is the transaction's hash."""
        to = bytes.fromhex(self.to[2:]) if self.to else b""
        fields: list[int | bytes] = [self.nonce, 0, self.gas, to, 0, self.data]
        signature = signer.sign(_rlp([*fields, self.chain_id, 0, 0]))
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return _rlp([*fields, 8 + 2 * self.chain_id + signature[64], r, s])


class Account:
    """A private key of 32 bytes. `repr` shows the address only."""

    def __init__(self, private_key: bytes) -> None:
        self._key = coincurve.PrivateKey(private_key)

    @cached_property
    def address(self) -> str:
        """`0x` and 40 lower-case digits."""
        return _address_of(self._key.public_key)

    @property
    def key_id(self) -> bytes:
        """Its key id in Membership."""
        return account_key_id(self.address)

    def sign(self, data: bytes) -> bytes:
        """See `Signer`."""
        signature = self._key.sign_recoverable(keccak(data), hasher=None)
        return signature[:64] + bytes([27 + signature[64]])

    def __repr__(self) -> str:
        return f"Account({self.address})"


def recover(digest: bytes, signature: bytes) -> str | None:
    """The address that signed `digest`, None where the signature is malformed or has a high s (contracts
    refuse it).
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    try:
        compact = signature[:64] + bytes([signature[64] - 27])
        return _address_of(coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None))
    except Exception:  # noqa: BLE001 - coincurve raises bare Exception for an impossible signature
        return None


def _address_of(key: coincurve.PublicKey) -> str:
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()


def _rlp(item: int | bytes | Sequence[int | bytes]) -> bytes:
    """Recursive length prefix of integers (big-endian, no leading zero), bytes, and one level of lists of
    them.
    """
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item
    body = b"".join(_rlp(part) for part in item)
    return _prefix(len(body), 0xC0) + body


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size
