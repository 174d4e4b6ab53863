"""The embedded ledger's log, `ledger.db`: every signed transaction with its block's time, committed before it
is sent.

The log is the outbox and the chain: block n holds exactly the n-th transaction under its logged timestamp, so
sending the log again to a fresh node gives the same block hashes. A file of its own, never part of the
droppable index. SQLite, WAL, synchronous FULL. Its newest number is kept beside the entries, in the same
commit, so that a log that lost its end is not taken for a younger one. DESIGN, "Homes, processes, keys"; docs/adr/0302.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import LogDamagedError, LogUnwritableError, NoLedgerError

__all__ = ["Entry", "TransactionLog", "usable"]

_REMEDY = "restore the newest backup (assetcert restore)"
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
def usable(what: str) -> Iterator[None]:
    """Turns SQLite's complaints into LogUnwritableError (disk, permission, lock) or LogDamagedError (content)."""
    try:
        yield
    except sqlite3.OperationalError as e:
        raise LogUnwritableError(f"{what} cannot be opened or written ({e}): nothing was sent") from e
    except sqlite3.DatabaseError as e:
        raise LogDamagedError(f"{what} is damaged ({e}): {_REMEDY}") from e


class TransactionLog:
    """An open log. Appending is for the holder of the home's write lock. Safe for threads."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NoLedgerError(
                f"{path} does not exist: this home has no embedded ledger (assetcert up makes one)"
            )
        self._path = path
        self._lock = threading.RLock()
        with usable(f"the ledger's log {path}"):
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            self._rows("PRAGMA journal_mode=WAL")
            self._rows("PRAGMA synchronous=FULL")
            self.chain_id = self._meta("chain_id")
            self.genesis_time = self._meta("genesis_time")
            self._check_complete()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def create(cls, path: Path, chain_id: int, genesis_time: int, offset: int) -> None:
        """A new log, whole or not at all; an existing one stays."""
        if path.exists():
            return
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        with (
            usable(f"the ledger's log {path}"),
            contextlib.closing(sqlite3.connect(part, isolation_level=None)) as db,
        ):
            db.execute("PRAGMA synchronous=FULL")
            db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
            meta = {"chain_id": chain_id, "genesis_time": genesis_time, "offset": offset, "head": 0}
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        part.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    @contextlib.contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock, usable(f"the ledger's log {self._path}"):
            yield self._db

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done in it is done whole or not at all."""
        with self._using() as db, db:
            db.execute("BEGIN IMMEDIATE")
            yield db

    def _rows(self, sql: str, *arguments: Any) -> list[Any]:
        with self._using() as db:
            return db.execute(sql, arguments).fetchall()

    def _meta(self, name: str) -> int:
        rows = self._rows("SELECT value FROM meta WHERE name = ?", name)
        if not rows:
            raise LogDamagedError(f"the ledger's log {self._path} states no {name}: {_REMEDY}")
        return int(rows[0][0])

    def _check_complete(self) -> None:
        """Entries are numbered from 1 without a gap up to the head that was committed with the last of them."""
        if not self._rows("SELECT value FROM meta WHERE name = 'head'"):  # a log of before the head was kept
            self._rows("INSERT OR IGNORE INTO meta SELECT 'head', count(*) FROM entry")
        [(count, last, head)] = self._rows(
            "SELECT count(*), coalesce(max(number), 0), (SELECT value FROM meta WHERE name = 'head') FROM entry"
        )
        if not count == last == head:
            raise LogDamagedError(
                f"the ledger's log {self._path} is incomplete: {count} of {max(last, head)} entries: {_REMEDY}"
            )

    @property
    def offset(self) -> int:
        """Seconds from wall clock to business time."""
        return self._meta("offset")

    @offset.setter
    def offset(self, seconds: int) -> None:
        self._rows("UPDATE meta SET value = ? WHERE name = 'offset'", seconds)

    def head(self) -> Entry | None:
        """The newest entry, None in an empty log."""
        rows = self._rows("SELECT * FROM entry ORDER BY number DESC LIMIT 1")
        return Entry(*rows[0]) if rows else None

    def head_time(self) -> int:
        """The newest block's time; the genesis block's in an empty log."""
        rows = self._rows("SELECT timestamp FROM entry ORDER BY number DESC LIMIT 1")
        return int(rows[0][0]) if rows else self.genesis_time

    def entries(self) -> Iterator[Entry]:
        """All entries in order, read one by one."""
        number = 0
        while rows := self._rows("SELECT * FROM entry WHERE number > ? ORDER BY number LIMIT 1", number):
            yield Entry(*rows[0])
            number = rows[0][0]

    def append(self, timestamp: int, transaction: bytes, raw: bytes) -> Entry:
        """Commits durably as the next block's transaction. On return it will be on the ledger, whatever
        happens.
        """
        with self._transaction() as db:
            head = self.head()
            number = head.number + 1 if head else 1
            db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, NULL)", (number, timestamp, transaction, raw))
            self._keep_head(number)
        return Entry(number, timestamp, transaction, raw, None)

    def withdraw(self, entry: Entry) -> None:
        """Takes back the newest entry, which the node refused and never mined."""
        with self._transaction() as db:
            sql = "DELETE FROM entry WHERE number = ? AND block_hash IS NULL"
            if db.execute(sql, (entry.number,)).rowcount:
                self._keep_head(entry.number - 1)

    def _keep_head(self, number: int) -> None:
        self._rows("UPDATE meta SET value = ? WHERE name = 'head'", number)

    def acknowledge(self, number: int, block: bytes) -> None:
        """Notes the hash of the entry's block. Not synced: a lost note is made again from the node."""
        with self._using() as db:
            db.execute("PRAGMA synchronous=NORMAL")
            try:
                db.execute("UPDATE entry SET block_hash = ? WHERE number = ?", (block, number))
            finally:
                db.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()
