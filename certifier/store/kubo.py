"""Blocks in Kubo, through its RPC API: one CAR a batch, every answer re-hashed, every call timed.

The node pins the roots; replication is its cluster's affair. What it returns is held to the CID.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipfshttpclient
from ipfshttpclient import exceptions as kubo

from certifier.cid import Block, cbor_links, cid_bytes, matches
from certifier.errors import BlockCorruptError, BlockMissingError, StoreFullError, StoreUnreachableError

__all__ = ["KuboStore", "car"]

_ABSENT = ("not found", "could not find")


class KuboStore:
    """A ContentStore on the node at `address`, a multiaddr such as `/ip4/127.0.0.1/tcp/5001`.

    `timeout` is the limit in seconds of a read; storing a batch may take ten times as long.
    """

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        self._address, self._timeout = address, timeout
        self._client: Any = ipfshttpclient.Client(address, session=True, timeout=timeout)

    def put(self, blocks: Iterable[Block], roots: Sequence[str]) -> None:
        if not roots:
            raise ValueError("a batch of blocks has one root or more")
        for cid in roots:
            cid_bytes(cid)
        with self._failures():
            answers = self._client.dag.imprt(
                io.BytesIO(car(blocks, roots)), stream=True, timeout=10 * self._timeout
            )
            pinned = {item["Root"]["Cid"]["/"] for item in answers if not item["Root"].get("PinErrorMsg")}
        if missing := [cid for cid in roots if cid not in pinned]:
            raise StoreUnreachableError(f"Kubo at {self._address} did not pin {missing[0]}: see its log")

    def get(self, cid: str) -> bytes:
        cid_bytes(cid)
        try:
            with self._failures():
                data: bytes = self._client.block.get(cid, timeout=self._timeout)
        except _AbsentError as e:
            raise BlockMissingError(f"block {cid} is not in Kubo at {self._address}: restore it") from e
        if not matches(cid, data):
            raise BlockCorruptError(f"Kubo at {self._address} answers other bytes for block {cid}")
        return data

    def has(self, cids: Iterable[str]) -> set[str]:
        """Those in this node's own repository; no network is asked."""
        return {cid for cid in cids if self._has(cid)}

    def _has(self, cid: str) -> bool:
        cid_bytes(cid)
        try:
            with self._failures():
                self._client.block.stat(cid, offline=True, timeout=self._timeout)
        except _AbsentError:
            return False
        return True

    def close(self) -> None:
        """Close the session."""
        self._client.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            with warnings.catch_warnings():  # the client still passes urllib3 an argument that it drops
                warnings.filterwarnings("ignore", "The 'strict' parameter", FutureWarning)
                yield
        except kubo.ErrorResponse as e:
            text = str(e)
            if any(word in text for word in _ABSENT):
                raise _AbsentError from e
            if "no space left" in text:
                raise StoreFullError(
                    f"Kubo at {self._address} has no space left: free some and run again"
                ) from e
            raise StoreUnreachableError(f"Kubo at {self._address} refuses: {text}") from e
        except kubo.TimeoutError as e:
            raise StoreUnreachableError(
                f"Kubo at {self._address} did not answer within its time limit"
            ) from e
        except (kubo.Error, OSError) as e:
            raise StoreUnreachableError(f"Kubo at {self._address} is not reachable: is it running?") from e


class _AbsentError(Exception):
    """Kubo has no such block."""


def car(blocks: Iterable[Block], roots: Sequence[str]) -> bytes:
    """A CAR, version 1: a dag-cbor header naming the roots, then each block behind its CID."""
    parts = [_sized(b"\xa2\x65roots" + cbor_links(roots) + b"\x67version\x01")]
    parts += [_sized(cid_bytes(block.cid) + block.data) for block in blocks]
    return b"".join(parts)


def _sized(data: bytes) -> bytes:
    """`data` behind its length as an unsigned LEB128."""
    length, size = len(data), bytearray()
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes(size) + bytes([length]) + data
