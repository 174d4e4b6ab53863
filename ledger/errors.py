"""The one error tree of the package `ledger`: its root, and what can go wrong between us and a node.

Two families below the root: the node could not be asked (`NodeUnreachableError`), the node or the descriptor said
what cannot be true (`ContradictedError`). The rest are conditions of our own home: a lock held, a log damaged. What
a contract refuses stands in `refusals`, under the same root.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AbiError",
    "AnswerTooLargeError",
    "ArtifactError",
    "BlockGoneError",
    "ContradictedError",
    "DescriptorError",
    "LedgerError",
    "LogDamagedError",
    "LogUnwritableError",
    "NoLedgerError",
    "NodeStartError",
    "NodeUnreachableError",
    "NotFinalError",
    "RefusedByNodeError",
    "ReplacedError",
    "RpcError",
    "WriterBusyError",
]


class LedgerError(Exception):
    """Root of everything that this package raises on purpose."""


class NodeUnreachableError(LedgerError):
    """The node did not answer: refused, timed out, closed, or served no JSON-RPC at that address."""


class ContradictedError(LedgerError):
    """An answer that cannot be true: another chain, no code of ours, malformed, or logs that were not asked
    for.
    """


class AnswerTooLargeError(ContradictedError):
    """The node answered more than anything asked here can need; logs are then asked in shorter ranges."""


class BlockGoneError(ContradictedError):
    """The block that was pinned is no longer part of the node's chain (a reorganisation, or another node)."""


class AbiError(LedgerError):
    """Data that is not the ABI encoding of the expected types, or a value that does not fit its type."""


class ArtifactError(LedgerError):
    """The compiled contracts are missing or unreadable beside the package."""


class DescriptorError(LedgerError):
    """The ledger descriptor is missing, is not JSON, or has a member that is absent, unknown or malformed."""


class NodeStartError(LedgerError):
    """The embedded node could not be started: no binary, or it ended before it answered."""


class NoLedgerError(LedgerError):
    """The home holds no embedded ledger."""


class LogDamagedError(LedgerError):
    """The log of transactions is unreadable, lost entries, or does not give the block hashes that were
    acknowledged from it.
    """


class LogUnwritableError(LedgerError):
    """The log or the outbox cannot be written (disk full, no permission); nothing was sent."""


class NotFinalError(LedgerError):
    """Sent, kept in the outbox, and not final within the time given. Sending the same again is harmless."""


class ReplacedError(LedgerError):
    """The sender's nonce was used by a transaction that is not in our outbox."""


class RefusedByNodeError(LedgerError):
    """The node refused the transaction itself (too large, too much gas, wrong chain); nothing was sent."""


class WriterBusyError(LedgerError):
    """Another process holds the home's write lock. `pid` is the holder's, None where it left none."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message, pid)
        self.pid = pid

    def __str__(self) -> str:
        return str(self.args[0])


class RpcError(LedgerError):
    """The node answered with a JSON-RPC error object. `data` is what it attached (revert data, or None)."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(code, message, data)
        self.code, self.message, self.data = code, message, data

    def __str__(self) -> str:
        return f"the node answered error {self.code}: {self.message}"
