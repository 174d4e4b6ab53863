"""The parts of a streamed HTTP answer (multipart/x-mixed-replace; RFC 2046, 5.1), as agents write them: no MIME in general."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from certifier.errors import MalformedDocumentError

__all__ = ["is_multipart", "parts"]

CHUNK = 1 << 18
_MULTIPART = re.compile(rb"\A\s*--([^\r\n]{1,200})\r?\n(?:[A-Za-z-]+:[^\r\n]*\r?\n)+\r?\n")
_LENGTH = re.compile(rb"content-length:\s*([0-9]{1,12})\s*\Z", re.IGNORECASE)


def is_multipart(head: bytes) -> bool:
    """Whether a file begins with a boundary and the headers of a part."""
    return _MULTIPART.match(head) is not None


def parts(stream: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The bodies of a multipart/x-mixed-replace answer (RFC 2046, 5.1; MTConnect part 1, streaming)."""
    boundary = b""
    while line := stream.readline(CHUNK):
        text = line.strip()
        if not text or (boundary and text == boundary + b"--"):
            continue
        if not boundary and text.startswith(b"--"):
            boundary = text
        if text == boundary:
            yield _body(stream, boundary)
        else:
            raise MalformedDocumentError(
                "MULTIPART", "text between the parts of a multipart answer; save it again"
            )


def _body(stream: BinaryIO, boundary: bytes) -> Iterator[bytes]:
    left: int | None = None
    while header := stream.readline(CHUNK).strip():
        if match := _LENGTH.match(header):
            left = int(match[1])
    while left is None or left > 0:
        before = stream.tell()
        chunk = stream.readline(CHUNK) if left is None else stream.read(min(CHUNK, left))
        if not chunk:
            return
        if left is None and chunk.rstrip() in (boundary, boundary + b"--"):
            stream.seek(before)
            return
        left = None if left is None else left - len(chunk)
        yield chunk
