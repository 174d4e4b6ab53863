"""AccessLog: grants, their ends, and reads, as events only; the ids are computed here as the contract does.
CONTRACTS.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.abi import Type, encode
from ledger.contract import Act, Contract
from ledger.types import keccak

__all__ = ["AccessLog", "grant_id", "scope_of", "shred_commitment"]


def _hash(types: Sequence[str], *values: object) -> bytes:
    return keccak(encode([Type.parse(t) for t in types], values))


def scope_of(salt: bytes, asset_ids: Sequence[bytes]) -> bytes:
    """keccak256(abi.encode(salt, assetIds)): what a grant covers, opened only in the grant's message."""
    return _hash(("bytes32", "bytes32[]"), salt, list(asset_ids))


def shred_commitment(salt: bytes, asset_id: bytes) -> bytes:
    """keccak256(abi.encode(salt, assetId))."""
    return keccak(salt + asset_id)


def grant_id(owner: bytes, grantee: bytes, scope: bytes, wraps: bytes, expires_at: int) -> bytes:
    """keccak256(abi.encode(owner, grantee, scope, wraps, expiresAt))."""
    return _hash(
        ("bytes32", "bytes32", "bytes32", "bytes32", "uint64"), owner, grantee, scope, wraps, expires_at
    )


class AccessLog(Contract):
    """The contract AccessLog."""

    name = "AccessLog"

    def grant(self, grantee: bytes, scope: bytes, wraps: bytes, expires_at: int) -> Act:
        """Owner's statement; `wraps` is the digest of the sealed keys."""
        return self._act("grant", grantee, scope, wraps, expires_at)

    def end(self, grant: bytes) -> Act:
        """Owner or grantee; readers match the sender with the grant."""
        return self._act("end", grant)

    def read(self, grant: bytes, wraps: bytes) -> Act:
        """Grantee's receipt, before the keys are handed over."""
        return self._act("read", grant, wraps)

    def shred(self, commitment: bytes) -> Act:
        """Owner's statement that it destroyed its keys."""
        return self._act("shred", commitment)
