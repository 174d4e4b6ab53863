"""AssetRegistry: batches of asset ids and their standing, every key under the issuing organisation.
CONTRACTS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from ledger.chain import Call
from ledger.contract import Act, Contract
from ledger.types import ZERO32

__all__ = ["AssetRegistry", "Batch", "Standing"]


class Standing(IntEnum):
    """Revoked is final. A lien outlives its asset's standing."""

    GOOD = 0
    SUSPENDED = 1
    REVOKED = 2


@dataclass(frozen=True)
class Batch:
    """`registered_at` (block time) is zero where there is no such batch; `account` signed the
    registration.
    """

    registered_at: int
    count: int
    account: str


class AssetRegistry(Contract):
    """The contract AssetRegistry."""

    name = "AssetRegistry"

    def batch(self, org: bytes, root: bytes) -> Call[Batch]:
        """A batch by issuer and root."""
        return self._call("batch", org, root, to=Batch)

    def standing(self, org: bytes, asset_id: bytes) -> Call[Standing]:
        """Good for an id that was never registered as well: ask for its batch too."""
        return self._call("standing", org, asset_id, to=Standing)

    def register(self, asset_ids: Sequence[bytes]) -> Act:
        """1 to 1,024 ids in strictly ascending order of leaf hash (COMMITMENT 5)."""
        return self._act("register", list(asset_ids))

    def set_standing(
        self,
        root: bytes,
        asset_id: bytes,
        proof: Sequence[bytes],
        to: Standing,
        *,
        reason: int = 0,
        successor: bytes = ZERO32,
    ) -> Act:
        """Issuer only."""
        return self._act("setStanding", root, asset_id, list(proof), int(to), reason, successor)
