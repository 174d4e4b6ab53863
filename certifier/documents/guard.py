"""The one guard before every parser: size, compression, archives, depth, nodes. Entities: `certifier.documents.prolog`.

It refuses what could exhaust or leave the machine and says what to do instead; whether a file is a good document is
not its question. Time and memory are held by the worker process (`certifier.documents.reader`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from certifier.documents.model import MIB, Limits
from certifier.errors import MalformedDocumentError, RefusedDocumentError, UnreadableFileError

__all__ = ["check_depth", "check_magic", "check_nesting", "check_size", "file_size", "member", "open_archive"]

_ENCRYPTED = 0x1
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def file_size(path: Path) -> int:
    """The size of a regular file. Raises UnreadableFileError where there is none."""
    if not path.exists():
        raise UnreadableFileError("MISSING", "there is no such file: check its path")
    if not path.is_file():
        raise UnreadableFileError("NOT_A_FILE", "it is no regular file: name a document")
    return path.stat().st_size


def check_size(size: int, limits: Limits) -> None:
    """Refuse nothing at all, and too much."""
    if size == 0:
        raise UnreadableFileError("EMPTY", "the file is empty (0 bytes): export it again")
    if size > limits.max_bytes:
        raise UnreadableFileError(
            "TOO_LARGE",
            f"the file has {size / MIB:.1f} MiB, the cap is {limits.max_bytes / MIB:g} MiB: split it by day or raise the cap",
        )


def check_magic(head: bytes) -> None:
    """Refuse gzip: what it holds is unknown until it is unpacked, and the certified bytes would not be the document's."""
    if head.startswith(b"\x1f\x8b"):
        raise RefusedDocumentError(
            "COMPRESSED", "the file is gzip-compressed: unpack it (gunzip) and give the document itself"
        )


def open_archive(opener: Callable[[], BinaryIO], head: bytes, limits: Limits) -> zipfile.ZipFile | None:
    """The ZIP archive that a file is, its directory checked; None where it is none."""
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    try:
        archive = zipfile.ZipFile(opener())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as e:
        raise MalformedDocumentError(
            "ARCHIVE", f"ZIP archive cannot be opened ({e}): it looks cut off, copy it again"
        ) from e
    _check_entries(archive.infolist(), limits)
    return archive


def _check_entries(entries: Iterable[zipfile.ZipInfo], limits: Limits) -> None:
    count = expanded = 0
    names = set()
    for entry in entries:
        if entry.filename in names:
            raise RefusedDocumentError(
                "ARCHIVE_TWICE",
                f"ZIP archive holds {entry.filename!r} twice: which one counts is anybody's guess",
            )
        names.add(entry.filename)
        count += 1
        expanded += entry.file_size
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename[:3]:
            raise RefusedDocumentError(
                "ARCHIVE_PATH", f"ZIP entry {entry.filename!r} points outside of the archive"
            )
    if count > limits.max_entries:
        raise RefusedDocumentError(
            "ARCHIVE_ENTRIES", f"ZIP archive with {count} entries, the cap is {limits.max_entries}"
        )
    if expanded > limits.max_expanded_bytes:
        raise RefusedDocumentError(
            "ARCHIVE_SIZE",
            f"ZIP archive unpacks to {expanded / MIB:.0f} MiB, the cap is {limits.max_expanded_bytes / MIB:g} MiB",
        )


def member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """One entry, unpacked, never more of it than its directory announces. Raises DocumentError."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise MalformedDocumentError(
            "ARCHIVE", f"ZIP archive lacks the entry {name!r}: export the file again"
        ) from None
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedDocumentError(
            "ENCRYPTED", f"ZIP entry {name!r} is encrypted: save it without a password"
        )
    try:
        with archive.open(entry) as stream:
            data = stream.read(entry.file_size + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, zipfile.zlib.error) as e:  # type: ignore[attr-defined]
        raise MalformedDocumentError(
            "ARCHIVE", f"ZIP entry {name!r} cannot be unpacked ({e}): copy the file again"
        ) from e
    if len(data) > min(entry.file_size, limits.max_expanded_bytes):
        raise RefusedDocumentError("ARCHIVE_SIZE", f"ZIP entry {name!r} is larger than it announces")
    return data


def check_nesting(data: bytes, limits: Limits) -> None:
    """Refuse JSON that is nested too deep, before a parser recurses: elsewhere in the process its limit may be anything."""
    if data.count(b"[") + data.count(b"{") <= limits.max_depth:
        return
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKETS)
    for _ in range(limits.max_depth):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if inner == brackets:
            break
        brackets = inner
    if (
        b"[]" in brackets
        or b"{}" in brackets
        or brackets.count(b"[") + brackets.count(b"{") > limits.max_depth
    ):
        raise RefusedDocumentError(
            "TOO_DEEP",
            "JSON: arrays or objects are nested too deep; no business document is: export it again",
        )


def check_depth(value: object, limits: Limits) -> None:
    """Refuse a tree of lists and dicts that is nested too deep or has too many nodes."""
    level: list[object] = [value]
    nodes = 0
    for _ in range(limits.max_depth):
        level = [child for node in level for child in _children(node)]
        nodes += len(level)
        if nodes > limits.max_nodes:
            raise RefusedDocumentError(
                "TOO_MANY_NODES", f"more than {limits.max_nodes} values in one document: split it"
            )
        if not level:
            return
    raise RefusedDocumentError(
        "TOO_DEEP", f"values are nested deeper than {limits.max_depth}: no business document is"
    )


def _children(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return [v for v in node.values() if isinstance(v, (dict, list))] or ()
    if isinstance(node, (list, tuple)):
        return [v for v in node if isinstance(v, (dict, list, tuple))]
    return ()
