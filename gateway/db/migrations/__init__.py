"""Migrations of the PostgreSQL database (Alembic). A home's SQLite file is made whole from the models instead, and rebuilt where it is older.

A new one: change the models, then `python -m gateway.db.migrations "what changed"` with HOME/database.json naming an empty database in
ASSETCERT_HOME; look at what it wrote into `versions/` before committing it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

__all__ = ["configuration", "upgrade"]

_LOCK = 0x61737365


def configuration(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision, one process at a time."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(configuration(connection), "head")
