"""Save what only a home holds, and bring it back: keys, receipts, the log of the ledger, the database, blocks.

A backup is one gzip-compressed tar of the home without `run/`; databases are copied through SQLite's own backup, so that a running
writer leaves no torn page in it.
"""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from gateway.errors import ConflictError, UnreadableError
from gateway.home import Home

__all__ = ["backup", "restore"]

DATABASES = ("assetcert.db", "ledger.db")
SKIPPED = ("run",)


def backup(home: Home, target: Path) -> int:
    """Write the archive; answers how many files are in it. ConflictError where `target` exists."""
    if target.exists():
        raise ConflictError("EXISTS", f"{target} exists: name a file that does not")
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        tempfile.TemporaryDirectory(dir=part.parent) as scratch,
        tarfile.open(part, "w:gz", compresslevel=1) as archive,
    ):
        for path in sorted(home.root.rglob("*")):
            relative = path.relative_to(home.root)
            if not path.is_file() or relative.parts[0] in SKIPPED or path.name.endswith(("-wal", "-shm")):
                continue
            archive.add(
                _copied(path, Path(scratch)) if path.name in DATABASES else path, arcname=str(relative)
            )
            count += 1
    part.chmod(0o600)
    part.replace(target)
    return count


def restore(home: Home, source: Path) -> int:
    """Unpack a backup into a home that does not exist yet. UnreadableError where it is no backup."""
    if home.root.exists() and any(home.root.iterdir()):
        raise ConflictError(
            "EXISTS", f"{home.root} is not empty: a backup is restored into a home that does not exist"
        )
    home.create()
    try:
        with tarfile.open(source, "r:gz") as archive:
            members = archive.getmembers()
            if "ledger.json" not in {member.name for member in members}:
                raise UnreadableError("BACKUP", f"{source} is no backup of a home: it holds no ledger.json")
            archive.extractall(home.root, members=members, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise UnreadableError("BACKUP", f"{source} is no backup that can be read: {error}") from error
    return sum(member.isfile() for member in members)


def _copied(path: Path, scratch: Path) -> Path:
    copy = scratch / path.name
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    return copy
