"""Receipts and dossiers: what a stranger checks an asset with (COMMITMENT 10).

Whether what a receipt says is true is for `certifier.verify`; here it only has to be a receipt. Its hint is no
evidence.
"""

from __future__ import annotations

from certifier.receipt.model import (
    DOSSIER_SCHEMA,
    PRESETS,
    SCHEMA,
    DisclosedField,
    Dossier,
    Hint,
    LedgerName,
    Receipt,
    build,
)
from certifier.receipt.reading import parse, parse_any, parse_document

__all__ = [
    "DOSSIER_SCHEMA",
    "PRESETS",
    "SCHEMA",
    "DisclosedField",
    "Dossier",
    "Hint",
    "LedgerName",
    "Receipt",
    "build",
    "parse",
    "parse_any",
    "parse_document",
]
