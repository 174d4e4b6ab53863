"""Which ids were registered more than once, and whether those named later were registered: on disk, in partitions.

Ids are spread over 256 files by their first byte, and each file is judged alone, so memory holds one 256th of them.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Doubt", "Spool"]

_RECORD = struct.Struct(">32scI")
_FLUSH = 16_384
_IN, _NAMED = b"r", b"n"


@dataclass(frozen=True)
class Doubt:
    """An id with the batches that hold it: several of them, or not the one in which it was said to be (`named`)."""

    asset_id: bytes
    batches: tuple[int, ...]
    named: int | None


class Spool:
    """Registered ids and the ids that claims and standings named, by number of batch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buffers = [bytearray() for _ in range(256)]

    def register(self, asset_ids: tuple[bytes, ...], batch: int) -> None:
        """The batch holds these ids."""
        tail, buffers = _IN + batch.to_bytes(4, "big"), self._buffers
        for asset_id in asset_ids:
            buffers[asset_id[0]] += asset_id + tail
        for number, buffer in enumerate(buffers):
            if len(buffer) > _FLUSH:
                self._flush(number)

    def name(self, asset_id: bytes, batch: int) -> None:
        """Somebody says that the batch holds the id."""
        self._buffers[asset_id[0]] += _RECORD.pack(asset_id, _NAMED, batch)

    def _flush(self, number: int) -> None:
        with (self._folder / f"{number:02x}").open("ab") as file:
            file.write(self._buffers[number])
        self._buffers[number].clear()

    def doubts(self) -> Iterator[Doubt]:
        """Ids in several batches, then ids named in batches that do not hold them, partition by partition."""
        for number in range(256):
            self._flush(number)
            path = self._folder / f"{number:02x}"
            yield from _judge(path.read_bytes())
            path.unlink()


def _judge(records: bytes) -> Iterator[Doubt]:
    batches: dict[bytes, int] = {}
    more: defaultdict[bytes, list[int]] = defaultdict(list)
    named: set[tuple[bytes, int]] = set()
    for asset_id, kind, batch in _RECORD.iter_unpack(records):
        if kind == _NAMED:
            named.add((asset_id, batch))
        elif asset_id in batches:
            more[asset_id].append(batch)
        else:
            batches[asset_id] = batch
    for asset_id, others in more.items():
        yield Doubt(asset_id, (batches[asset_id], *others), None)
    for asset_id, batch in named:
        holding = () if asset_id not in batches else (batches[asset_id], *more.get(asset_id, ()))
        if batch not in holding:
            yield Doubt(asset_id, holding, batch)
