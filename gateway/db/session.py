"""Open a home's database. SQLite here; the same models stand on PostgreSQL when the gateway serves many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from gateway.db.models import Base
from gateway.errors import BusyError, UnavailableError

__all__ = ["Database"]


class Database:
    """One engine; `session()` is one transaction, committed at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = _engine(path)
        try:
            Base.metadata.create_all(self._engine)
        except DatabaseError as error:
            raise _unavailable(path, error) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends and rolled back when it raises."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise _unavailable(self._path, error) from error

    def forget_deleted(self) -> None:
        """Move the write-ahead log into the file and cut it, so that deleted secrets are in neither. BusyError where a reader stays."""
        with self._engine.connect() as connection:
            busy, _, _ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        if busy:
            raise BusyError(
                "DATABASE",
                f"another process is reading {self._path}: what was deleted lies in its log; run it again",
            )

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    engine = create_engine(f"sqlite:///{path}", json_serializer=compact)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "busy_timeout=10000",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _unavailable(path: Path, error: DatabaseError) -> UnavailableError:
    reason = str(error.orig)
    hint = (
        "free some space and run it again"
        if "full" in reason
        else "is another process at it, or the folder read-only?"
    )
    return UnavailableError("DATABASE", f"the database {path} cannot be used ({reason}): {hint}")
