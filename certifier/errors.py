"""The one error tree of the package `certifier`. Every error a caller can meet is named here."""

from __future__ import annotations

__all__ = [
    "BlockCorruptError",
    "BlockMissingError",
    "CertifierError",
    "ContentRefusedError",
    "DocumentError",
    "InvalidReceiptError",
    "MalformedDocumentError",
    "NotCanonicalError",
    "ProofRefusedError",
    "RefusedDocumentError",
    "SignatureRefusedError",
    "StoreFullError",
    "StoreUnreachableError",
    "TreeError",
    "UnreadableFileError",
    "UnreadableReceiptError",
    "WorkerError",
    "WrapRefusedError",
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
        self.code = code
        self.message = " ".join(message.split())
        super().__init__(self.message)


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


class BlockCorruptError(CertifierError):
    """A block's bytes are not those that its CID names, or the CID is not of our form."""


class BlockMissingError(CertifierError):
    """The content store has no such block."""


class ContentRefusedError(CertifierError):
    """Blocks are whole, yet they are not encrypted content of this key and shape (COMMITMENT 9)."""


class InvalidReceiptError(CertifierError):
    """A receipt or dossier breaks a rule of COMMITMENT 10: judged INVALID before any network is asked.

    `cause` is `NOT_SUPPLIED` where the applicant hides what every receipt shows, else None.
    """

    def __init__(self, message: str, cause: str | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class SignatureRefusedError(CertifierError):
    """A signer's statement that is malformed or whose signature does not hold (COMMITMENT 8)."""


class StoreFullError(CertifierError):
    """The content store has no room left; nothing of the batch counts as stored."""


class StoreUnreachableError(CertifierError):
    """The content store did not answer, or refused for a reason that is not the block's."""


class UnreadableReceiptError(CertifierError):
    """A file that is no receipt or dossier at all: not JSON, or without its schema."""


class WrapRefusedError(CertifierError):
    """A wrap that cannot be made or opened: suite, key, asset, grantee or bytes differ (COMMITMENT 9)."""
