"""EIP-712: a struct that somebody signs, its digest, and the same as JSON for whoever signs elsewhere (`eth_signTypedData_v4`).

Not a signer. What a browser or a wallet shows comes from `to_json`, what contracts recover from is `data`: both are made of the same
members here, so that what is shown is what is signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.abi import Type, encode
from ledger.types import keccak

__all__ = ["Domain", "Members", "TypedData"]

Members = tuple[tuple[str, str], ...]
"""The members of a struct: (name, type)."""
_DOMAIN: Members = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


@dataclass(frozen=True)
class Domain:
    """The EIP-712 domain of a contract: name `assetcert`, version `1`, this chain, this address."""

    chain_id: int
    contract: str

    def values(self) -> dict[str, Any]:
        """Its members."""
        return {
            "name": "assetcert",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.contract,
        }


@dataclass(frozen=True)
class TypedData:
    """A struct of the type `primary`; `types` has it and every struct it is made of."""

    domain: Domain
    primary: str
    types: Mapping[str, Members]
    message: Mapping[str, Any]

    @property
    def data(self) -> bytes:
        """What is hashed and signed: 0x19 0x01 ‖ domain separator ‖ hash of the struct."""
        return b"\x19\x01" + _separator(self.domain) + _hash(self.primary, self.types, self.message)

    @property
    def digest(self) -> bytes:
        """Keccak-256 of `data`."""
        return keccak(self.data)

    def to_json(self) -> dict[str, Any]:
        """As wallets take it: bytes as hexadecimal text, whole numbers as decimal text."""
        types = {"EIP712Domain": _DOMAIN, **self.types}
        return {
            "types": {
                name: [{"name": one, "type": kind} for one, kind in members]
                for name, members in types.items()
            },
            "primaryType": self.primary,
            "domain": self.domain.values(),
            "message": _told(self.message),
        }


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_told(one) for one in value]
    return str(value)


@lru_cache(maxsize=64)
def _separator(domain: Domain) -> bytes:
    return _hash("EIP712Domain", {"EIP712Domain": _DOMAIN}, domain.values())


def _hash(name: str, types: Mapping[str, Members], values: Mapping[str, Any]) -> bytes:
    """The hash of one struct: its type's, then its members' in their order."""
    words = (_word(kind, types, values[member]) for member, kind in types[name])
    return keccak(_type_hash(name, tuple(types.items())) + b"".join(words))


def _word(kind: str, types: Mapping[str, Members], value: Any) -> bytes:
    if kind.endswith("[]"):
        return keccak(b"".join(_word(kind[:-2], types, one) for one in value))
    if kind in types:
        return _hash(kind, types, value)
    if kind in ("bytes", "string"):
        return keccak(value.encode() if isinstance(value, str) else value)
    return encode([Type.parse(kind)], [value])


@lru_cache(maxsize=64)
def _type_hash(name: str, types: tuple[tuple[str, Members], ...]) -> bytes:
    """Of the type's text: itself first, then the structs that it is made of, by name."""
    known = dict(types)
    needed, left = {name}, [name]
    while left:
        for _, kind in known[left.pop()]:
            inner = kind.removesuffix("[]")
            if inner in known and inner not in needed:
                needed.add(inner)
                left.append(inner)
    order = [name, *sorted(needed - {name})]
    said = (f"{one}({','.join(f'{kind} {member}' for member, kind in known[one])})" for one in order)
    return keccak("".join(said).encode())
