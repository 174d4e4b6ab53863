"""Words that every layer shares: keccak-256, 32-byte ids and their one textual form.

Not a codec for ABI data (see the contract classes) and not canonical text for facts (see `certifier.canonical`).
COMMITMENT 1 (hex32) and 6 (organisation).
"""

from __future__ import annotations

import re

import sha3

__all__ = ["ZERO32", "hex32", "keccak", "organisation_id", "parse_hex32"]

ZERO32 = bytes(32)
ZERO_ADDRESS = "0x" + "00" * 20
_HEX32 = re.compile(r"0x[0-9a-f]{64}")


def keccak(data: bytes) -> bytes:
    """Keccak-256 of `data`, 32 bytes (the pre-standard padding that the EVM uses)."""
    return bytes(sha3.keccak_256(data).digest())


def hex32(value: bytes) -> str:
    """`0x` and 64 lower-case digits. Raises ValueError unless `value` has 32 bytes."""
    if len(value) != 32:
        raise ValueError(f"32 bytes expected, got {len(value)}")
    return "0x" + value.hex()


def parse_hex32(text: str) -> bytes:
    """The 32 bytes of a hex32. Raises ValueError for every other spelling."""
    if not _HEX32.fullmatch(text):
        raise ValueError(f"not 0x and 64 lower-case hexadecimal digits: {text[:80]!r}")
    return bytes.fromhex(text[2:])


def organisation_id(identifier: str) -> bytes:
    """The id of an organisation: keccak-256 of its identifier, `scheme:ident` in UTF-8 (COMMITMENT 6)."""
    return keccak(identifier.encode())
