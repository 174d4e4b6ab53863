"""A home that cannot be written – a read-only mount, an archive's disk – made usable for verbs that only read.

A stand-in in a temporary folder: links to what is only read, copies of what SQLite has to write beside, and a `run/` of its own, in which
an embedded node starts from the copied log. What is written there is gone afterwards: never for a verb that acts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import UnavailableError
from gateway.home import Home

__all__ = ["readable", "require_writable"]


def require_writable(home: Home) -> Home:
    """This home, or UnavailableError where nothing can be written in it."""
    if not os.access(home.root, os.W_OK):
        raise UnavailableError(
            "READ_ONLY",
            f"{home.root} cannot be written: it is mounted read-only, or somebody else's. Verifying, auditing, listing and backing up "
            "work as it is; for anything else mount it writable, or restore a backup into another home",
        )
    return home


@contextmanager
def readable(home: Home) -> Iterator[Home]:
    """The home itself where it can be written, or does not exist; else a stand-in for as long as the context lasts."""
    if not home.exists or os.access(home.root, os.W_OK):
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="assetcert-") as folder:
        for path in sorted(
            home.root.iterdir()
        ):  # the database before the log, which then holds all that it speaks of
            _stand_in(path, Path(folder, path.name))
        yield Home(Path(folder))


def _stand_in(path: Path, place: Path) -> None:
    if path.name.endswith((".db", ".db-wal")):
        shutil.copyfile(path, place)
    elif path.name != "run" and not path.name.endswith(".db-shm"):
        place.symlink_to(path)
