"""CIDv1 in its one form here: sha2-256, base32 lower case, raw or dag-cbor (COMMITMENT 9).

Not a multiformats library: any other version, hash, codec or base is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from typing import NamedTuple

from certifier.errors import BlockCorruptError

__all__ = ["DAG_CBOR", "RAW", "Block", "cid_bytes", "cid_of", "codec_of", "matches"]

RAW = 0x55
DAG_CBOR = 0x71
_TEXT = re.compile("b[a-z2-7]{58}")
_HEADS = {codec: bytes([1, codec, 0x12, 0x20]) for codec in (RAW, DAG_CBOR)}


class Block(NamedTuple):
    """Bytes under their address."""

    cid: str
    data: bytes


def cid_of(data: bytes, codec: int) -> str:
    """The CID of `data`."""
    return "b" + base64.b32encode(_HEADS[codec] + sha256(data).digest()).rstrip(b"=").decode().lower()


def cid_bytes(cid: str) -> bytes:
    """The 36 binary bytes of a CID; raises BlockCorruptError for one that is not of this form."""
    if _TEXT.fullmatch(cid):
        try:
            raw = base64.b32decode(cid[1:].upper() + "======")
        except binascii.Error:
            raw = b""
        if raw[:4] in _HEADS.values() and cid_text(raw) == cid:
            return raw
    raise BlockCorruptError(f"{cid[:80]!r} is no CIDv1 of sha2-256 in base32")


def cid_text(raw: bytes) -> str:
    """The text of 36 binary bytes."""
    return "b" + base64.b32encode(raw).rstrip(b"=").decode().lower()


def codec_of(cid: str) -> int:
    """RAW or DAG_CBOR; raises BlockCorruptError as `cid_bytes` does."""
    return cid_bytes(cid)[1]


def matches(cid: str, data: bytes) -> bool:
    """Whether `data` is what `cid` names."""
    return cid_bytes(cid)[4:] == sha256(data).digest()
