"""Files that are on disk, whole and under their names, when the call returns; or not there at all.

The one place where this product writes what it has promised: blocks of a store, receipts, whatever a verb leaves behind. Few files are flushed
one by one; for many the whole file system is, once before and once after they get their names (ADR 0204).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

__all__ = ["File", "make_durably", "runs", "write_durably"]

FEW = 8


class File(NamedTuple):
    """What to write, where to, under which name until it is whole (a path on the same file system), and who may read it."""

    temporary: str
    place: str
    data: bytes
    mode: int = 0o600


def write_durably(files: Iterable[File]) -> None:
    """Every file has its name and its bytes, through a power cut too; if it raises, none of the temporaries is left."""
    written: list[tuple[str, str]] = []
    try:
        for file in files:
            written.append(file[:2])
            _write_new(file)
        if written:
            _settle(written)
    except BaseException:
        for temporary, _ in written:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise


def make_durably(folder: str) -> None:
    """A folder, made where absent with all above it."""
    for above in set(_make(folder)):
        _synchronise(above, os.fsync)


def _settle(written: list[tuple[str, str]]) -> None:
    """Bytes to disk, then names, then names to disk. Paths are strings here: a batch has thousands."""
    few = len(written) <= FEW
    folder = os.path.dirname(written[0][0])  # noqa: PTH120
    if few:
        for temporary, _ in written:
            _synchronise(temporary, os.fsync)
    else:
        _synchronise(folder, _syncfs)
    parents = {os.path.dirname(place) for _, place in written}  # noqa: PTH120
    above = {made for parent in parents for made in _make(parent)}
    for temporary, place in written:
        os.replace(temporary, place)  # noqa: PTH105
    if few:
        for parent in parents | above:
            _synchronise(parent, os.fsync)
    else:
        _synchronise(folder, _syncfs)


def _make(folder: str) -> Iterator[str]:
    """Makes a folder where absent; gives those in which something was made."""
    if not os.path.isdir(folder):  # noqa: PTH112
        above = os.path.dirname(folder) or "."  # noqa: PTH120
        yield from _make(above)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)  # noqa: PTH102
        yield above


def _write_new(file: File) -> None:
    handle = os.open(file.temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file.mode)
    try:
        rest = memoryview(file.data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _synchronise(path: str, flush: Any) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        flush(handle)
    finally:
        os.close(handle)


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _syncfs(handle: int) -> None:
    """On return all that was written to the file system is on disk; errors are reported (Linux)."""
    if not hasattr(_libc(), "syncfs"):
        raise OSError(errno.ENOSYS, "this system cannot flush a file system (Linux can)")
    if _libc().syncfs(handle):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def runs(pid: int) -> bool:
    """Whether that process is there: what it has half written is its own affair."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
