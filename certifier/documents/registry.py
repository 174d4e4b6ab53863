"""Which formats there are. A module in `certifier.documents.formats` that calls `register` is one; nothing else is.

A format that only wraps a document (PDF, OFD, multipart) answers `Inner`, and the registry reads what it holds: no
format knows another.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from certifier.documents import formats as _package
from certifier.documents import tree
from certifier.documents.model import Document, Limits, Notice
from certifier.documents.source import Source
from certifier.errors import DocumentError, MalformedDocumentError

__all__ = ["Format", "Inner", "claimant", "read", "register", "registered"]


@dataclass(frozen=True)
class Inner:
    """A document found inside another, the wrapper's media type, and what the wrapper has to say.

    The format is the inner document's: the same invoice is the same invoice, whatever it travels in. `schema` is given
    where `data` is the document in other words.
    """

    data: bytes
    media_type: str
    notices: tuple[Notice, ...] = ()
    schema: str | None = None


@dataclass(frozen=True)
class Format:
    """One document format: its word, the standard it reads, whether it claims a source, and its reader."""

    name: str
    standard: str
    claims: Callable[[Source], bool]
    read: Callable[[Source], Document | Inner]


_FORMATS: list[Format] = []


def register(*formats: Format) -> None:
    """Add formats; called once by the module that reads them."""
    _FORMATS.extend(formats)


@cache
def registered() -> tuple[Format, ...]:
    """All formats, in the order in which they are asked; modules are imported on the first call."""
    for module in sorted(m.name for m in pkgutil.iter_modules(_package.__path__)):
        importlib.import_module(f"{_package.__name__}.{module}")
    return tuple(_FORMATS)


def read(source: Source) -> Document:
    """The document that a source is; kind `other` where no format claims it. Raises DocumentError."""
    if (format_ := claimant(source)) is None:
        return _other(source)
    found = _finish(format_, source)
    return found if isinstance(found, Document) else _inner(format_, found, source.limits)


def claimant(source: Source) -> Format | None:
    """The first format that claims a source."""
    return next((format_ for format_ in registered() if format_.claims(source)), None)


def _finish(format_: Format, source: Source) -> Document | Inner:
    try:
        return format_.read(source)
    except (DocumentError, MemoryError, AssertionError):
        raise
    except RecursionError as e:
        raise MalformedDocumentError("TOO_DEEP", f"{format_.name}: nested too deep to be read") from e
    except Exception as e:
        reason = f"{type(e).__name__}: {str(e)[:120]}"
        raise MalformedDocumentError(
            "UNFINISHED", f"{format_.name}: could not be read to its end ({reason}): export it again"
        ) from e


def _inner(wrapper: Format, found: Inner, limits: Limits) -> Document:
    document = read(Source.of_bytes(found.data, limits))
    notices = document.warnings + found.notices
    if document.format == "other":
        unknown = Notice(
            "NO_FACTS", f"{wrapper.name}: what is inside is nothing that is read: certified by its bytes"
        )
        document, notices = replace(document, format=wrapper.name), (*notices, unknown)
    return replace(
        document,
        schema=found.schema or document.schema,
        media_type=found.media_type,
        warnings=tuple(sorted(notices, key=lambda n: (n.code, n.message))),
    )


_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg", "a photo"),
    (b"\x89PNG\r\n", "image/png", "a picture"),
    (b"GIF8", "image/gif", "a picture"),
    (b"II*\x00", "image/tiff", "a scan"),
    (b"MM\x00*", "image/tiff", "a scan"),
    (b"BM", "image/bmp", "a picture"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "application/x-ole-storage",
        "an old Office file (.xls, .doc; save it as .xlsx)",
    ),
)


def _other(source: Source) -> Document:
    """What no format claims: certified by its bytes, and said so."""
    if source.root is not None:
        tree.check_nesting(source.data, source.limits)
        return Document("other", "other", source.root.namespace or None, "application/xml", {})
    for magic, media_type, what in _MAGIC:
        if source.head.startswith(magic):
            return Document(
                "other",
                "other",
                None,
                media_type,
                {},
                (Notice("NO_FACTS", f"{what}: kept and certified by its bytes, no facts are read"),),
            )
    if source.archive is not None:
        notice = Notice(
            "NO_FACTS", "an archive: kept and certified by its bytes; unpack it to certify what is inside"
        )
        return Document("other", "other", None, "application/zip", {}, (notice,))
    if source.json is not None:
        return Document("other", "other", None, "application/json", {})
    media_type = "text/plain" if source.head_text else "application/octet-stream"
    return Document("other", "other", None, media_type, {})
