"""Migrations of the database (Alembic). PostgreSQL's tables are made by them; a new SQLite file is made whole from the models, an older one is
brought up by them.

An SQLite file says in `PRAGMA user_version` how many revisions it has, so that opening one that is up to date loads nothing of this. A file from
before they were counted says 0 and is taken through all: the first makes only what is not there.

A new one: change the models, then `python -m gateway.db.migrations "what changed"` with HOME/database.json naming an empty database in
ASSETCERT_HOME; look at what it wrote into `versions/` before committing it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

__all__ = ["configuration", "upgrade", "upgrade_file"]

_LOCK = 0x61737365


def configuration(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring a PostgreSQL database to the newest revision, one process at a time."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(configuration(connection), "head")


def upgrade_file(engine: Engine, known: int, newest: int) -> None:
    """Bring an SQLite file from its first `known` revisions to the newest, all of them or none. The caller keeps other processes out."""
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins nothing before DDL
        config = configuration(connection)
        if known:
            oldest_first = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
            command.stamp(config, oldest_first[known - 1].revision)
        command.upgrade(config, "head")
        connection.exec_driver_sql(f"PRAGMA user_version={newest:d}")
