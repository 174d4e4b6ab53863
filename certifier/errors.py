"""The one error tree of the package `certifier`. Every error a caller can meet is named here."""

from __future__ import annotations

__all__ = ["CertifierError"]


class CertifierError(Exception):
    """Root of everything that this package raises on purpose."""
