"""A document's bytes, encrypted into content-addressed blocks and back (COMMITMENT 9).

AES-256-GCM over chunks of 1 MiB in raw blocks, under a dag-cbor root that lists them. The key is used for one
content only, so the nonce is a counter with a mark on the last chunk. Not a store (see `certifier.store`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certifier.cid import (
    DAG_CBOR,
    LINK,
    RAW,
    Block,
    cbor_head,
    cbor_links,
    cid_of,
    cid_text,
    codec_of,
    matches,
)
from certifier.commitment import Secret
from certifier.errors import BlockCorruptError, ContentRefusedError

__all__ = ["CHUNK", "Encrypted", "Root", "check", "decrypt", "encrypt", "read_root"]

CHUNK = 1 << 20
_TAG = 16


@dataclass(frozen=True)
class Encrypted:
    """Encrypted content: the root's CID, the plain size, and every block, the root last."""

    cid: str
    size: int
    blocks: list[Block]


@dataclass(frozen=True)
class Root:
    """What the root block says: plain size in bytes, and the CID of each encrypted chunk in order."""

    size: int
    chunks: tuple[str, ...]

    def lengths(self) -> Iterator[int]:
        """Plain length of each chunk."""
        for i in range(len(self.chunks)):
            yield min(CHUNK, self.size - i * CHUNK)

    def encode(self) -> bytes:
        """Deterministic dag-cbor of {v: 1, size, chunks}."""
        head = b"\xa3\x61v\x01\x64size" + cbor_head(0, self.size)
        return head + b"\x66chunks" + cbor_links(self.chunks)


def encrypt(plain: bytes | BinaryIO, secret: Secret) -> Encrypted:
    """Encrypt bytes, or a binary file from where it stands, under the asset's content key."""
    source = io.BytesIO(plain) if isinstance(plain, bytes) else plain
    cipher, size = AESGCM(secret.content_key()), 0
    blocks: list[Block] = []
    chunk = source.read(CHUNK)
    while True:
        following = source.read(CHUNK) if len(chunk) == CHUNK else b""
        data = cipher.encrypt(_nonce(len(blocks), last=not following), chunk, None)
        blocks.append(Block(cid_of(data, RAW), data))
        size += len(chunk)
        if not following:
            break
        chunk = following
    root = Root(size, tuple(block.cid for block in blocks)).encode()
    cid = cid_of(root, DAG_CBOR)
    return Encrypted(cid, size, [*blocks, Block(cid, root)])


def decrypt(get: Callable[[str], bytes], cid: str, key: bytes) -> Iterator[bytes]:
    """The plain chunks. Every block is held to its CID, size and tag before a byte of it is given out.

    Raises BlockCorruptError, or ContentRefusedError where blocks are whole but key or shape is not right.
    """
    root, cipher = read_root(get, cid), AESGCM(key)
    for number, (chunk, length) in enumerate(zip(root.chunks, root.lengths(), strict=True)):
        data = _chunk(get, chunk, length)
        try:
            yield cipher.decrypt(_nonce(number, last=number == len(root.chunks) - 1), data, None)
        except InvalidTag as e:
            raise ContentRefusedError(f"chunk {number + 1} of {cid} does not open with this key") from e


def check(get: Callable[[str], bytes], cid: str) -> int:
    """The plain size, once every encrypted block has been found whole; for who has no key."""
    root = read_root(get, cid)
    for chunk, length in zip(root.chunks, root.lengths(), strict=True):
        _chunk(get, chunk, length)
    return root.size


def read_root(get: Callable[[str], bytes], cid: str) -> Root:
    """The root block, strictly: one encoding, the right number of raw chunks."""
    if codec_of(cid) != DAG_CBOR:
        raise ContentRefusedError(f"{cid} is not the root of encrypted content")
    data = _block(get, cid)
    root = _decode(data)
    if root is None or root.encode() != data or len(root.chunks) != max(1, -(-root.size // CHUNK)):
        raise ContentRefusedError(f"{cid} is not the root of encrypted content: v, size and chunks expected")
    return root


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])


def _block(get: Callable[[str], bytes], cid: str) -> bytes:
    data = get(cid)
    if not matches(cid, data):
        raise BlockCorruptError(
            f"block {cid} holds other bytes than its name says: restore it from another copy"
        )
    return data


def _chunk(get: Callable[[str], bytes], cid: str, length: int) -> bytes:
    data = _block(get, cid)
    if codec_of(cid) != RAW or len(data) != length + _TAG:
        raise ContentRefusedError(f"chunk {cid} is not of the size that its root calls for")
    return data


def _decode(data: bytes) -> Root | None:
    """Reads what `Root.encode` writes; anything odd is left to the comparison with a fresh encoding."""
    prefix, middle = b"\xa3\x61v\x01\x64size", b"\x66chunks"
    size, after = _cbor_value(data, len(prefix))
    _, start = _cbor_value(data, after + len(middle))
    step = len(LINK) + 36
    raw = [data[i + len(LINK) : i + step] for i in range(start, len(data), step)]
    try:
        root = Root(size, tuple(cid_text(cid) for cid in raw))
        root.encode()
    except BlockCorruptError:
        return None
    return root


def _cbor_value(data: bytes, at: int) -> tuple[int, int]:
    """The value of a CBOR head, and where the next item starts."""
    short = data[at] & 31 if at < len(data) else 0
    width = 1 << max(short - 24, 0) if 24 <= short < 28 else 0
    return (
        (int.from_bytes(data[at + 1 : at + 1 + width], "big"), at + 1 + width) if width else (short, at + 1)
    )
