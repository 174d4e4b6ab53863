"""The embedded ledger's log, `ledger.db`: every signed transaction with its block's time, committed before it
is sent.

The log is the outbox and the chain: block n holds exactly the n-th transaction under its logged timestamp, so
sending the log again to a fresh node gives the same block hashes. A file of its own, never part of the
droppable index. SQLite, WAL, synchronous FULL. DESIGN, "Homes, processes, keys"; docs/adr/0302.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LogDamagedError, LogUnwritableError, NoLedgerError

__all__ = ["Entry", "TransactionLog", "writable"]

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE entry (
  number INTEGER PRIMARY KEY,
  timestamp INTEGER NOT NULL,
  transaction_hash BLOB NOT NULL UNIQUE,
  raw BLOB NOT NULL,
  block_hash BLOB
) STRICT;
"""


@dataclass(frozen=True)
class Entry:
    """One transaction: its block's number and time, its hash and bytes, and the block's hash once it was
    mined.
    """

    number: int
    timestamp: int
    transaction: bytes
    raw: bytes
    block: bytes | None


@contextlib.contextmanager
def writable(what: str) -> Iterator[None]:
    """Turns SQLite's complaints about writing into LogUnwritableError."""
    try:
        yield
    except sqlite3.OperationalError as e:
        raise LogUnwritableError(f"{what} cannot be written ({e}): nothing was sent") from e


class TransactionLog:
    """An open log. Appending is for the holder of the home's write lock. Safe for threads."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NoLedgerError(
                f"{path} does not exist: this home has no embedded ledger (assetcert up makes one)"
            )
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self.chain_id = self._meta("chain_id")
            self.genesis_time = self._meta("genesis_time")
        except (sqlite3.Error, TypeError) as e:
            raise LogDamagedError(f"{path} is not a ledger's log: {e}") from e

    @classmethod
    def create(cls, path: Path, chain_id: int, genesis_time: int, offset: int) -> None:
        """A new log, whole or not at all; an existing one stays."""
        if path.exists():
            return
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        with (
            writable("a new ledger's log"),
            contextlib.closing(sqlite3.connect(part, isolation_level=None)) as db,
        ):
            db.execute("PRAGMA synchronous=FULL")
            db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
            meta = {"chain_id": chain_id, "genesis_time": genesis_time, "offset": offset}
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        part.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _meta(self, name: str) -> int:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    @property
    def offset(self) -> int:
        """Seconds from wall clock to business time."""
        return self._meta("offset")

    @offset.setter
    def offset(self, seconds: int) -> None:
        with self._lock, writable("the ledger's log"):
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'offset'", (seconds,))

    def head(self) -> Entry | None:
        """The newest entry, None in an empty log."""
        with self._lock:
            row = self._db.execute("SELECT * FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return Entry(*row) if row else None

    def head_time(self) -> int:
        """The newest block's time; the genesis block's in an empty log."""
        with self._lock:
            row = self._db.execute("SELECT timestamp FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return int(row[0]) if row else self.genesis_time

    def entries(self) -> Iterator[Entry]:
        """All entries in order, read one by one."""
        number = 0
        while True:
            with self._lock:
                row = self._db.execute(
                    "SELECT * FROM entry WHERE number > ? ORDER BY number LIMIT 1", (number,)
                ).fetchone()
            if row is None:
                return
            yield Entry(*row)
            number = row[0]

    def append(self, timestamp: int, transaction: bytes, raw: bytes) -> Entry:
        """Commits durably as the next block's transaction. On return it will be on the ledger, whatever
        happens.
        """
        with self._lock, writable("the ledger's log"):
            head = self.head()
            number = head.number + 1 if head else 1
            self._db.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, NULL)", (number, timestamp, transaction, raw)
            )
        return Entry(number, timestamp, transaction, raw, None)

    def withdraw(self, entry: Entry) -> None:
        """Takes back the newest entry, which the node refused and never mined."""
        with self._lock:
            self._db.execute("DELETE FROM entry WHERE number = ? AND block_hash IS NULL", (entry.number,))

    def acknowledge(self, number: int, block: bytes) -> None:
        """Notes the hash of the entry's block. Not synced: a lost note is made again from the node."""
        with self._lock:
            self._db.execute("PRAGMA synchronous=NORMAL")
            try:
                self._db.execute("UPDATE entry SET block_hash = ? WHERE number = ?", (block, number))
            finally:
                self._db.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()
