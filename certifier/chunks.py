"""A stream of sized things, some at a time: as many as a count and a number of bytes allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Sized", "chunks"]


class Sized(Protocol):
    """What has a size in bytes."""

    @property
    def size(self) -> int:
        """Bytes."""


S = TypeVar("S", bound=Sized)


def chunks(items: Iterable[S], count: int, size: int) -> Iterator[list[S]]:
    """Lists of at most `count` items of `size` bytes in all; an item that is larger alone goes alone."""
    chunk: list[S] = []
    bytes_ = 0
    for item in items:
        if chunk and (len(chunk) == count or bytes_ + item.size > size):
            yield chunk
            chunk, bytes_ = [], 0
        chunk.append(item)
        bytes_ += item.size
    if chunk:
        yield chunk
