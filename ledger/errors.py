"""The one error tree of the package `ledger`. Every error a caller can meet is named here."""

from __future__ import annotations

__all__ = ["LedgerError"]


class LedgerError(Exception):
    """Root of everything that this package raises on purpose."""
