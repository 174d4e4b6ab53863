"""The local block store: one file per CID in a folder, written atomically and re-hashed on every read.

A batch gets its names when all of its bytes are on disk (`certifier.store.files`): never a name without its bytes. Not a
cache; it forgets nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from certifier.cid import Block, cid_bytes, matches
from certifier.errors import BlockCorruptError, BlockMissingError, StoreFullError, StoreUnreachableError
from certifier.store.files import File, runs, write_durably

__all__ = ["LocalStore"]

_FULL = {errno.ENOSPC, errno.EDQUOT}


class LocalStore:
    """A ContentStore in a folder, which is made where absent. Any number of processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path, self._blocks, self._temporary = path, str(path / "blocks"), path / "tmp"

    def put(self, blocks: Iterable[Block], roots: Sequence[str]) -> None:  # noqa: ARG002 (all blocks are held)
        """See ContentStore. A block that is here already is written again, which also heals a damaged one."""
        with self._failures():
            self._sweep()
            self._temporary.mkdir(parents=True, exist_ok=True)
            mine = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._temporary))
            try:
                write_durably(self._files(str(mine), blocks))
            finally:
                shutil.rmtree(mine, ignore_errors=True)

    def get(self, cid: str) -> bytes:
        try:
            with self._failures():
                data = Path(self._place(cid)).read_bytes()
        except FileNotFoundError as e:
            raise BlockMissingError(
                f"block {cid} is not in {self._path}: restore it from another copy"
            ) from e
        if not matches(cid, data):
            raise BlockCorruptError(f"block {cid} in {self._path} is damaged: restore it from another copy")
        return data

    def has(self, cids: Iterable[str]) -> set[str]:
        with self._failures():
            return {cid for cid in cids if Path(self._place(cid)).is_file()}

    def _place(self, cid: str) -> str:
        cid_bytes(cid)  # a name from outside must not lead out of the folder
        return f"{self._blocks}/{cid[-2]}/{cid}"

    def _files(self, folder: str, blocks: Iterable[Block]) -> Iterator[File]:
        for number, block in enumerate(blocks):
            yield File(f"{folder}/{number}", self._place(block.cid), block.data)

    def _sweep(self) -> None:
        """Removes what a killed writer left behind."""
        with contextlib.suppress(FileNotFoundError):
            for left in self._temporary.iterdir():
                pid = left.name.partition("-")[0]
                if pid.isdecimal() and not runs(int(pid)):
                    shutil.rmtree(left, ignore_errors=True)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as e:
            if e.errno in _FULL:
                raise StoreFullError(
                    f"no space left for blocks in {self._path}: free some and run again"
                ) from e
            raise StoreUnreachableError(f"the block store {self._path} fails: {e.strerror}") from e
