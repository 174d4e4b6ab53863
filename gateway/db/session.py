"""Open a home's database: SQLite by default, PostgreSQL where `HOME/database.json` names one ({"url": "postgresql+psycopg://…"}).

The same models and the same SQL stand on both (see `repository.insert_new`). Tables are made where absent, and brought up by `migrations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from gateway.db.models import Base
from gateway.errors import BusyError, UnavailableError, UnreadableError
from gateway.home import Home

__all__ = ["Database"]

_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 56}
"""A request holds one connection, and a second one where it calls a service: with fewer than two for each thread all would wait for all."""
_compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


class Database:
    """One engine; `session()` is one transaction, committed at its end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        try:
            if engine.dialect.name == "postgresql":
                from gateway.db.migrations import upgrade

                upgrade(engine)
            else:
                _bring_up(engine)
        except DatabaseError as error:
            raise self._unavailable(error) from error

    @classmethod
    def open(cls, home: Home) -> Database:
        """Of a home. UnreadableError for a setting that names none, UnavailableError where it does not answer."""
        return cls(cls.engine_of(home))

    @staticmethod
    def engine_of(home: Home) -> Engine:
        """The engine alone. UnreadableError for a setting that names none."""
        if not home.database_config.is_file():
            return _sqlite(home.database)
        try:
            return _postgresql(str(json.loads(home.database_config.read_bytes())["url"]))
        except (ValueError, KeyError, TypeError, ArgumentError) as error:
            raise UnreadableError(
                "DATABASE_SETTING",
                f'{home.database_config} must be {{"url": "postgresql+psycopg://…"}}: {type(error).__name__}',
            ) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends and rolled back when it raises."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise self._unavailable(error) from error

    def forget_deleted(self) -> None:
        """Leave nothing of deleted secrets in the database's own files. BusyError where a reader stays.

        SQLite: its log is moved into the file, whose free pages are overwritten, and cut. PostgreSQL: the table is written anew; what its
        archive and replicas keep is their keeper's to destroy.
        """
        if self._engine.dialect.name == "postgresql":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM FULL assets, grants"))
            return
        with self._engine.connect() as connection:
            busy, _, _ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        if busy:
            raise BusyError(
                "DATABASE",
                f"another process is reading {self._name}: what was deleted lies in its log; run it again",
            )

    @property
    def _name(self) -> str:
        """For people, without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    def _unavailable(self, error: DatabaseError) -> UnavailableError:
        reason = str(error.orig).strip()
        hint = (
            "free some space and run it again"
            if "full" in reason
            else "is another process at it, does it run, or is the folder read-only?"
        )
        return UnavailableError("DATABASE", f"the database {self._name} cannot be used ({reason}): {hint}")

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()


def _bring_up(engine: Engine) -> None:
    """Make an SQLite file's tables, or bring those of an older one to what the models say."""
    newest = sum(1 for _ in Path(__file__).parent.glob("migrations/versions/[!_]*.py"))
    with engine.connect() as connection:
        known = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        fresh = not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if known > newest:
        raise UnreadableError(
            "DATABASE", "a newer version of assetcert has written this database: use that one"
        )
    if fresh:
        from gateway.db import credit, evaluations, events, identity, jobs, papers, signing  # noqa: F401 - their tables

        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={newest:d}")
    elif known < newest:
        from gateway.db.migrations import upgrade_file

        upgrade_file(engine, known, newest)


def _postgresql(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise ArgumentError("not PostgreSQL")
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"), json_serializer=_compact, pool_pre_ping=True, **_POOL
    )


def _sqlite(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", json_serializer=_compact, **_POOL)

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
