"""Save what only a home holds, and bring it back: keys, receipts, the log of the ledger, the database, blocks.

A backup is one gzip-compressed tar of the home without `run/`: its files, links followed, and last `backup.json`, which lists path, size
and SHA-256 of each. Both databases are copied first, through SQLite's own backup and while nobody certifies or writes, so that they
agree; the blocks that they speak of are there already. Nothing is restored that the list does not name, byte for byte.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from gateway.errors import ConflictError, UnreadableError
from gateway.home import Home
from ledger.locks import write_lock

__all__ = ["backup", "restore"]

DATABASES = ("assetcert.db", "ledger.db")
MANIFEST = "backup.json"
SCHEMA = "assetcert/backup/1"
_LOCK_WAIT = 10.0
_PIECE = 2**20


def backup(home: Home, target: Path) -> int:
    """Write the archive; answers how many files are in it. ConflictError where `target` exists."""
    if target.exists():
        raise ConflictError("EXISTS", f"{target} exists: name a file that does not")
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with write_lock(home.run / "backup.lock", _LOCK_WAIT), _scratch(home, part) as scratch:
        copies = _databases(home, scratch)
        files = [path for path in _files(home.root) if path != part]
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            count = _pack(home, files, copies, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    return count


@contextmanager
def _scratch(home: Home, part: Path) -> Iterator[Path]:
    """A folder for the copies, with a link to `part`: what a killed backup left anywhere is removed by the next one."""
    scratch = home.run / "backup"
    _remove(scratch)
    scratch.mkdir(mode=0o700)
    (scratch / "part").symlink_to(part)
    part.unlink(missing_ok=True)
    try:
        yield scratch
    finally:
        _remove(scratch)


def _remove(scratch: Path) -> None:
    with suppress(FileNotFoundError):
        (scratch / "part").readlink().unlink()
    shutil.rmtree(scratch, ignore_errors=True)


def _databases(home: Home, scratch: Path) -> dict[Path, Path]:
    with write_lock(home.run / "certify.lock", _LOCK_WAIT), write_lock(home.run / "write.lock", _LOCK_WAIT):
        here = [home.root / name for name in DATABASES if (home.root / name).is_file()]
        return {path: _copied(path, scratch / path.name) for path in here}


def _copied(path: Path, copy: Path) -> Path:
    """A sound copy of a database. UnreadableError for a damaged one: a backup of it would only replace a good backup."""
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            found = target.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise UnreadableError(
            "DAMAGED", f"{path} is damaged ({found}): keep the newest good backup, and restore it"
        )
    return copy


def _files(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Files of a home, in order, links followed. UnreadableError for what is neither file nor folder."""
    within = (*above, folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name.endswith(("-wal", "-shm")) or (not above and path.name in ("run", MANIFEST)):
            continue
        if path.is_dir():
            if path.resolve() in within:
                raise UnreadableError(
                    "BACKUP", f"{path} leads back to a folder that it is in: remove this link"
                )
            yield from _files(path, within)
        elif path.is_file():
            yield path
        elif path.is_symlink() or path.exists():  # else a temporary that its writer has renamed meanwhile
            raise UnreadableError("BACKUP", f"{path} cannot be saved: it is a broken link, or no file at all")


def _pack(home: Home, files: list[Path], copies: dict[Path, Path], target: IO[bytes]) -> int:
    listed: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=target, mode="w:gz", compresslevel=1) as archive:
        for path in files:
            with suppress(FileNotFoundError), copies.get(path, path).open("rb") as file:
                name, size = str(path.relative_to(home.root)), os.fstat(file.fileno()).st_size
                listed[name] = {"size": size, "sha256": _add(archive, name, size, file)}
        manifest = json.dumps({"schema": SCHEMA, "files": listed}).encode()
        _add(archive, MANIFEST, len(manifest), io.BytesIO(manifest))
    return len(listed)


def _add(archive: tarfile.TarFile, name: str, size: int, file: IO[bytes]) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    hashed = _Hashed(file)
    archive.addfile(member, hashed)  # type: ignore[arg-type]  # reads, and does nothing else
    return hashed.sha256.hexdigest()


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


def restore(home: Home, source: Path) -> int:
    """Unpack a backup into a home that does not exist yet, whole or not at all. UnreadableError where it is no backup, or damaged."""
    if home.root.exists() and any(home.root.iterdir()):
        raise ConflictError(
            "EXISTS", f"{home.root} is not empty: a backup is restored into a home that does not exist"
        )
    standing = next(folder for folder in home.root.parents if folder.is_dir())
    part = Path(tempfile.mkdtemp(prefix=f".{home.root.name}.", dir=standing))
    try:
        count = _unpack(source, part)
        home.root.parent.mkdir(parents=True, exist_ok=True)
        part.replace(home.root)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, ValueError, zlib.error) as error:
        raise UnreadableError("BACKUP", f"{source} is no backup, or damaged: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def _unpack(source: Path, into: Path) -> int:
    with gzip.open(source) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            archive.extractall(into, filter="data")
        while stream.read(_PIECE):  # to the end, where checksum and length stand
            pass
    manifest = into / MANIFEST
    if not manifest.is_file():
        raise ValueError(f"it holds no {MANIFEST}")
    listed = json.loads(manifest.read_bytes())
    manifest.unlink()
    if listed != {"schema": SCHEMA, "files": _found(into)}:
        raise ValueError(f"what it holds is not what its {MANIFEST} lists")
    if "ledger.json" not in listed["files"]:
        raise ValueError("it holds no ledger.json")
    return len(listed["files"])


def _found(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in folder.rglob("*"):
        if not path.is_dir():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[str(path.relative_to(folder))] = {"size": path.stat().st_size, "sha256": digest}
    return found
