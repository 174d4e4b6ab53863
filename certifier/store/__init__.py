"""Where encrypted blocks are kept: a store of three verbs, with a local folder and Kubo behind it.

A store keeps blocks under their CID and nothing else; it never sees a key. Deleting is no verb: shredding
destroys keys (DESIGN, Confidentiality).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from certifier.cid import Block

__all__ = ["Block", "ContentStore"]


class ContentStore(Protocol):
    """Raises StoreUnreachableError where the store itself fails, StoreFullError where it has no room."""

    def put(self, blocks: Iterable[Block], roots: Sequence[str]) -> None:
        """Keep the blocks; on return they survive a power cut. `roots`: CIDs to pin, with all below."""

    def get(self, cid: str) -> bytes:
        """The bytes of a block, held to its CID: BlockMissingError or BlockCorruptError otherwise."""

    def has(self, cids: Iterable[str]) -> set[str]:
        """Those of `cids` that are here."""
