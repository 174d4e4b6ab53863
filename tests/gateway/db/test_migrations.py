"""An older home's file is brought to what the models say, all of it or nothing; what stands in it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from gateway.db.migrations import configuration
from gateway.db.session import Database
from gateway.errors import UnavailableError, UnreadableError
from gateway.home import Home

FIRST = "e59118ff0258"


def shape(engine: Engine) -> dict[str, Any]:
    """Tables with their columns, keys and indices, as the file has them."""
    found, seen = {}, inspect(engine)
    for table in seen.get_table_names():
        if table != "alembic_version":
            columns = sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table))
            unique = sorted(tuple(u["column_names"]) for u in seen.get_unique_constraints(table))
            indices = sorted((i["name"] or "", tuple(i["column_names"])) for i in seen.get_indexes(table))
            found[table] = (columns, seen.get_pk_constraint(table)["constrained_columns"], unique, indices)
    return found


def opened(folder: Path) -> Engine:
    """The file of a home, opened as every verb does."""
    folder.mkdir(exist_ok=True)
    Database.open(Home(folder)).close()
    return create_engine(f"sqlite:///{folder / 'assetcert.db'}")


def first(folder: Path) -> Engine:
    """A file as the first revision made it, with a webhook in it."""
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'assetcert.db'}")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), FIRST)
        columns = "id, org, url, kinds, secret, active, version, cursor, failures, due, created_at"
        connection.execute(
            text(f"INSERT INTO webhooks ({columns}) VALUES ('hook', 'o', 'u', '[]', 's', 1, 1, 7, 0, 0, 1)")
        )
    return engine


@pytest.mark.parametrize("lost", [(), ("alembic_version", "api_keys", "loans", "credit_loans")])
def test_an_older_file_becomes_as_a_new_one(tmp_path: Path, lost: tuple[str, ...]) -> None:
    """Also where it was made before revisions were counted, by a verb that needed only some tables."""
    with first(tmp_path / "old").begin() as connection:
        for table in lost:
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    brought, made = opened(tmp_path / "old"), opened(tmp_path / "new")
    assert shape(brought) == shape(made)
    with brought.connect() as connection:
        assert connection.execute(text("SELECT id, cursor FROM webhooks")).all() == [("hook", 7)]


def test_a_file_that_counts_its_revisions_goes_on_from_there(tmp_path: Path) -> None:
    with first(tmp_path / "old").begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("PRAGMA user_version=1"))
    brought, made = opened(tmp_path / "old"), opened(tmp_path / "new")
    assert shape(brought) == shape(made)
    with brought.connect() as old, made.connect() as new:
        revisions = list(ScriptDirectory.from_config(configuration(new)).walk_revisions())
        for each in (old, new):
            assert each.execute(text("PRAGMA user_version")).scalar_one() == len(revisions)


def test_products_of_the_first_schema_are_offered_no_more(tmp_path: Path) -> None:
    with first(tmp_path / "old").begin() as connection:
        columns = "product_id, lender, code, version, content, state, maker, at"
        for version in (1, 2):
            content = f'{{"schema": "assetcert/loan-product/{version}"}}'
            row = {"id": f"p{version}", "content": content}
            values = "(:id, 'l', 'c', 1, :content, 'published', 'm', 1)"
            connection.execute(text(f"INSERT INTO credit_products ({columns}) VALUES {values}"), row)
    with opened(tmp_path / "old").connect() as connection:
        found = connection.execute(text("SELECT product_id, state FROM credit_products ORDER BY 1")).all()
    assert found == [("p1", "withdrawn"), ("p2", "published")]


def test_what_cannot_be_brought_up_is_left_as_it_was(tmp_path: Path) -> None:
    engine = first(tmp_path / "old")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE webhooks DROP COLUMN secret"))
    before = shape(engine)
    with pytest.raises(UnavailableError):
        opened(tmp_path / "old")
    assert shape(engine) == before


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "new").begin() as connection:
        connection.execute(text("PRAGMA user_version=9999"))
    with pytest.raises(UnreadableError, match="newer version"):
        opened(tmp_path / "new")
