"""The spool: `HOME/spool/<id>`, files that were uploaded and are not certified yet.

A file is written while it comes, its SHA-256 computed on the way, never held in memory whole. It counts once `settle` has put it and its
name on the disk; one that nobody's row names after a crash is swept away at the next start. Names that people gave stay in the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.errors import FULL, TooLargeError, UnavailableError
from gateway.jobs.ids import new_id
from gateway.service.files import SIGNERS_SUFFIX

__all__ = ["MAX_FILE", "Spool", "SpooledFile", "Writing"]

MAX_FILE = 256 * 2**20
_OURS = re.compile(r"file_[0-9a-f]{32}(\.signers\.json)?")


@dataclass(frozen=True)
class SpooledFile:
    """A file that has come whole: `name` is what its sender calls it."""

    id: str
    name: str
    sha256: str
    bytes: int


class Writing:
    """A file that is coming. TooLargeError once it is over the cap."""

    def __init__(self, path: Path, name: str, limit: int) -> None:
        self._path = path
        self._name = name
        self._room = self._limit = limit
        self._digest = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._room -= len(data)
        if self._room < 0:
            raise TooLargeError(
                "TOO_LARGE",
                f"{self._name} is larger than {self._limit // 2**20} MiB: split it, or certify it on the command line",
            )
        self._digest.update(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise _full(self._path, error) from error

    def done(self) -> SpooledFile:
        """The whole file, not yet safe from a crash: see `Spool.settle`."""
        try:
            self._file.close()
        except OSError as error:
            raise _full(self._path, error) from error
        size = self._limit - self._room
        return SpooledFile(self._path.name, self._name, "0x" + self._digest.hexdigest(), size)

    def give_up(self) -> None:
        """Nothing of it stays."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


class Spool:
    """The folder. Safe for threads; one gateway's at a time sweeps it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="spool")

    def path(self, file_id: str) -> Path:
        """Where a spooled file lies."""
        return self._folder / file_id

    def begin(self, name: str, limit: int = MAX_FILE) -> Writing:
        """Start to take a file."""
        return Writing(self.path(new_id("file")), name, limit)

    def link(self, file: SpooledFile) -> SpooledFile:
        """The same bytes under an id of their own, whatever becomes of the first."""
        made = new_id("file")
        self.path(made).hardlink_to(self.path(file.id))
        return SpooledFile(made, file.name, file.sha256, file.bytes)

    def put_beside(self, file: SpooledFile, statements: SpooledFile) -> None:
        """Signers' statements of a file: they lie beside it, as on the command line."""
        self.path(statements.id).rename(self.path(file.id + SIGNERS_SUFFIX))

    def settle(self, ids: Iterable[str]) -> None:
        """Put files and their names on the disk, however many, in parallel: their syncs meet in the file system's journal."""
        names = [name for file_id in ids for name in (file_id, file_id + SIGNERS_SUFFIX)]
        try:
            for _ in self._threads.map(self._sync, [name for name in names if self.path(name).exists()]):
                pass
            self._sync(".")
        except OSError as error:
            raise _full(self._folder, error) from error

    def _sync(self, name: str) -> None:
        descriptor = os.open(self._folder / name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def drop(self, ids: Iterable[str]) -> None:
        """Remove files, and the statements beside them; one that is gone already is no error."""
        for file_id in ids:
            for name in (file_id, file_id + SIGNERS_SUFFIX):
                with contextlib.suppress(FileNotFoundError):
                    self.path(name).unlink()

    def sweep(self, wanted: Collection[str]) -> int:
        """Remove what a crash has left that no row names; how many files that were. Only while nothing is being taken."""
        with os.scandir(self._folder) as entries:
            left = [entry.name for entry in entries if _OURS.fullmatch(entry.name)]
        orphans = [name for name in left if name.removesuffix(SIGNERS_SUFFIX) not in wanted]
        for name in orphans:
            self.path(name).unlink()
        return len(orphans)

    def close(self) -> None:
        """End its threads."""
        self._threads.shutdown()


def _full(path: Path, error: OSError) -> UnavailableError:
    if error.errno in FULL:
        return UnavailableError(
            "DISK_FULL", f"no room left at {path.parent}: nothing was taken, send it again later"
        )
    return UnavailableError("SPOOL", f"{path} cannot be written: {error.strerror}")
