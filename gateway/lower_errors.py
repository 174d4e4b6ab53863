"""Errors of the lower packages, each with the exit code of the command line and a stable code: the only table of its kind."""

from __future__ import annotations

import sqlite3

from certifier import errors as certifier_errors
from gateway.errors import Exit
from ledger import errors as ledger_errors

__all__ = ["classify_lower", "code_of"]

_TABLE: tuple[tuple[type[Exception], Exit], ...] = (
    (certifier_errors.DocumentError, Exit.UNREADABLE),
    (certifier_errors.UnreadableReceiptError, Exit.UNREADABLE),
    (certifier_errors.StoreUnreachableError, Exit.UNAVAILABLE),
    (certifier_errors.StoreFullError, Exit.UNAVAILABLE),
    (certifier_errors.BlockMissingError, Exit.UNAVAILABLE),
    (certifier_errors.CertifierError, Exit.INVALID),
    (ledger_errors.DescriptorError, Exit.UNREADABLE),
    (ledger_errors.NoLedgerError, Exit.USAGE),
    (ledger_errors.NodeUnreachableError, Exit.UNAVAILABLE),
    (ledger_errors.NodeStartError, Exit.UNAVAILABLE),
    (ledger_errors.ArtifactError, Exit.UNAVAILABLE),
    (ledger_errors.WriterBusyError, Exit.UNAVAILABLE),
    (ledger_errors.NotFinalError, Exit.UNAVAILABLE),
    (ledger_errors.LogDamagedError, Exit.UNAVAILABLE),
    (ledger_errors.ContradictedError, Exit.UNKNOWN),
    (ledger_errors.LedgerError, Exit.INVALID),
)


def classify_lower(error: Exception) -> tuple[Exit, str, str] | None:
    """Exit code, stable code and message of an error of `ledger`, `certifier` or their SQLite; None for any other."""
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    if isinstance(cause, sqlite3.OperationalError):
        return (
            Exit.UNAVAILABLE,
            "LEDGER_LOG",
            f"the ledger's log cannot be used ({cause}): is the disk full, or the home read-only?",
        )
    for kind, code in _TABLE:
        if isinstance(error, kind):
            return code, code_of(error), str(error)
    return None


def code_of(error: Exception) -> str:
    """An error's stable code: its own, else its name, such that `NotGoodError` becomes `NOT_GOOD`."""
    if isinstance(code := getattr(error, "code", None), str):
        return code
    words = type(error).__name__.removesuffix("Error")
    return "".join(
        f"_{letter}" if letter.isupper() and at else letter for at, letter in enumerate(words)
    ).upper()
