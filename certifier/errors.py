"""The one error tree of the package `certifier`. Every error a caller can meet is named here."""

from __future__ import annotations

__all__ = ["CertifierError", "NotCanonicalError", "TreeError"]


class CertifierError(Exception):
    """Root of everything that this package raises on purpose."""


class NotCanonicalError(CertifierError):
    """A value has no canonical form in its type (COMMITMENT 1). `kind` is the type's name."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"not canonical as {kind}: {reason}")
        self.kind = kind
        self.reason = reason


class TreeError(CertifierError):
    """Fields or assets that cannot stand in one tree: none, too many, one twice (COMMITMENT 2, 4 and 5)."""
