"""The one error tree of the package `certifier`. Every error a caller can meet is named here."""

from __future__ import annotations

__all__ = [
    "CertifierError",
    "DocumentError",
    "MalformedDocumentError",
    "NotCanonicalError",
    "ProofRefusedError",
    "RefusedDocumentError",
    "TreeError",
    "UnreadableFileError",
    "WorkerError",
]


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


class DocumentError(CertifierError):
    """A file that could not be read as a document. `code` is stable; the text says what, where and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class UnreadableFileError(DocumentError):
    """The file is missing, empty, not a file, or over the byte cap."""


class RefusedDocumentError(DocumentError):
    """The guard refuses the file before any parser sees it: entities, depth, archive bombs, compression."""


class MalformedDocumentError(DocumentError):
    """A format claimed the file and could not finish reading it."""


class WorkerError(DocumentError):
    """The worker process that read the file ran out of time or memory, or died."""


class ProofRefusedError(CertifierError):
    """An evaluation of the fingerprint service, or a receipt's proof of one, does not hold (RFC 9497)."""
