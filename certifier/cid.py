"""CIDv1 in its one form here: sha2-256, base32 lower case, raw or dag-cbor; and links in CBOR (COMMITMENT 9).

Not a multiformats library: any other version, hash, codec or base is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from certifier.errors import BlockCorruptError

__all__ = [
    "DAG_CBOR",
    "LINK",
    "RAW",
    "Block",
    "cbor_head",
    "cbor_links",
    "cid_bytes",
    "cid_of",
    "cid_text",
    "codec_of",
    "matches",
]

RAW = 0x55
DAG_CBOR = 0x71
LINK = b"\xd8\x2a\x58\x25\x00"
"""What stands before a CID in dag-cbor: tag 42 over 37 bytes, of which the first is the identity multibase."""
_TEXT = re.compile("b[a-z2-7]{58}")
_HEADS = {codec: bytes([1, codec, 0x12, 0x20]) for codec in (RAW, DAG_CBOR)}
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_AS_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as `int` spells base 32
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]


class Block(NamedTuple):
    """Bytes under their address."""

    cid: str
    data: bytes


def cid_of(data: bytes, codec: int) -> str:
    """The CID of `data`."""
    return cid_text(_HEADS[codec] + sha256(data).digest())


@lru_cache(maxsize=1 << 12)
def cid_bytes(cid: str) -> bytes:
    """The 36 binary bytes of a CID; raises BlockCorruptError for one that is not of this form."""
    if _TEXT.fullmatch(cid):
        number = int(cid[1:].translate(_AS_DIGITS), 32)  # 36 bytes, and two bits of padding
        raw = (number >> 2).to_bytes(36, "big")
        if raw[:4] in _HEADS.values() and number & 3 == 0:
            return raw
    raise BlockCorruptError(f"{cid[:80]!r} is no CIDv1 of sha2-256 in base32")


def cid_text(raw: bytes) -> str:
    """The text of 36 binary bytes."""
    number = int.from_bytes(raw, "big") << 2
    return "b" + "".join([_PAIRS[number >> shift & 1023] for shift in range(280, -1, -10)])


def cbor_head(major: int, value: int) -> bytes:
    """The shortest CBOR head of a major type and a value."""
    if value < 24:
        return bytes([major << 5 | value])
    width = next(width for width in (1, 2, 4, 8) if value < 1 << 8 * width)
    return bytes([major << 5 | 23 + width.bit_length()]) + value.to_bytes(width, "big")


def cbor_links(cids: Sequence[str]) -> bytes:
    """A dag-cbor list of links to `cids`."""
    return cbor_head(4, len(cids)) + b"".join(LINK + cid_bytes(cid) for cid in cids)


def codec_of(cid: str) -> int:
    """RAW or DAG_CBOR; raises BlockCorruptError as `cid_bytes` does."""
    return cid_bytes(cid)[1]


def matches(cid: str, data: bytes) -> bool:
    """Whether `data` is what `cid` names."""
    return cid_bytes(cid)[4:] == sha256(data).digest()
