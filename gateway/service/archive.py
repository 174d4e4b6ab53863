"""Save what only a home holds, and bring it back: keys, receipts, the log of the ledger, the database, blocks.

A backup is one gzip-compressed tar of the home without `run/`. Both databases are copied first, through SQLite's own backup and while
nobody certifies or writes, so that they agree; the blocks that they speak of are there already.
"""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from contextlib import closing, suppress
from pathlib import Path

from gateway.errors import ConflictError, UnreadableError
from gateway.home import Home
from ledger.locks import write_lock

__all__ = ["backup", "restore"]

DATABASES = ("assetcert.db", "ledger.db")
_LOCK_WAIT = 10.0


def backup(home: Home, target: Path) -> int:
    """Write the archive; answers how many files are in it. ConflictError where `target` exists."""
    if target.exists():
        raise ConflictError("EXISTS", f"{target} exists: name a file that does not")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            count = _pack(home, part, Path(scratch))
        part.chmod(0o600)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return count


def _pack(home: Home, part: Path, scratch: Path) -> int:
    run = home.root / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    with write_lock(run / "certify.lock", _LOCK_WAIT), write_lock(run / "write.lock", _LOCK_WAIT):
        copies = {
            name: _copied(home.root / name, scratch / name)
            for name in DATABASES
            if (home.root / name).is_file()
        }
    files = [path for path in sorted(home.root.rglob("*")) if _belongs(path, home, scratch)]
    with tarfile.open(part, "w:gz", compresslevel=1) as archive:
        for path in files:
            relative = str(path.relative_to(home.root))
            with suppress(FileNotFoundError):  # a temporary that its writer has renamed meanwhile
                archive.add(copies.get(relative, path), arcname=relative)
    return len(files)


def _belongs(path: Path, home: Home, scratch: Path) -> bool:
    relative = path.relative_to(home.root)
    passing = relative.parts[0] == "run" or path.name.endswith(("-wal", "-shm")) or scratch in path.parents
    return path.is_file() and not passing


def _copied(path: Path, copy: Path) -> Path:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def restore(home: Home, source: Path) -> int:
    """Unpack a backup into a home that does not exist yet, whole or not at all. UnreadableError where it is no backup."""
    if home.root.exists() and any(home.root.iterdir()):
        raise ConflictError(
            "EXISTS", f"{home.root} is not empty: a backup is restored into a home that does not exist"
        )
    home.root.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{home.root.name}.", dir=home.root.parent))
    try:
        count = _unpack(source, part)
        part.replace(home.root)
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise UnreadableError("BACKUP", f"{source} is no backup that can be read: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def _unpack(source: Path, into: Path) -> int:
    with tarfile.open(source, "r:gz") as archive:
        members = archive.getmembers()
        if "ledger.json" not in {member.name for member in members}:
            raise UnreadableError("BACKUP", f"{source} is no backup of a home: it holds no ledger.json")
        archive.extractall(into, members=members, filter="data")
    return sum(member.isfile() for member in members)
