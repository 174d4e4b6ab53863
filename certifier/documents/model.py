"""What reading a document gives, and within which limits: plain values, no behaviour.

Facts carry no prefix here (`number`, not `fact.number`), are canonical and sorted by name (COMMITMENT 1 and 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from certifier.documents.trace import EMPTY, Trace
from certifier.errors import DocumentError

__all__ = ["DEFAULT_LIMITS", "MIB", "Document", "Limits", "Notice", "Reading"]

MIB = 1 << 20


@dataclass(frozen=True)
class Notice:
    """Something a person should know about a document that was read: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class Document:
    """One document as its format states it.

    `format` is a word of ours (`ubl`, `qif`), `schema` the document's own namespace and version. `kind` is `other`,
    without facts, where no format states any. `trace` is for checks of evidence only.
    """

    kind: str
    format: str
    schema: str | None
    media_type: str
    facts: Mapping[str, str]
    warnings: tuple[Notice, ...] = ()
    trace: Trace = EMPTY


@dataclass(frozen=True)
class Limits:
    """Caps that the guard holds before and while a parser works. Sizes in bytes, times in seconds."""

    max_bytes: int = 64 * MIB
    max_expanded_bytes: int = 256 * MIB
    max_entries: int = 4096
    max_nodes: int = 2_000_000
    max_depth: int = 128
    max_seconds: float = 60.0
    max_memory: int = 1024 * MIB


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Reading:
    """One file after reading. `document` or `error` is None, never both; a file not even opened has no digest."""

    path: Path
    sha256: bytes | None
    size: int | None
    document: Document | None
    error: DocumentError | None
