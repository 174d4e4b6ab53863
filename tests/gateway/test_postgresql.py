"""The same home on a real PostgreSQL: certify, pledge, shred, index. Skips where no server is installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from gateway.db import credit, evaluations, events, identity, jobs, papers, signing  # noqa: F401 - their tables
from gateway.db.migrations import upgrade
from gateway.db.models import Base
from tests.gateway.conftest import World, assetcert

pytestmark = pytest.mark.long


def _binaries() -> Path | None:
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    return Path(found).resolve().parent if found else None


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """URL of an empty database of a server of our own, which refuses to run as root. Its folder is none of pytest's: those are for one user."""
    if (binaries := _binaries()) is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="assetcert-postgresql-") as folder:
        yield from _served(binaries, Path(folder))


def _served(binaries: Path, place: Path) -> Iterator[str]:
    as_user = []
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(place, "nobody", "nogroup")
    data = place / "data"
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, "-U", "assetcert", "-A", "trust"],
        check=True,
        cwd=place,
        stdout=subprocess.DEVNULL,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place}"
    control = [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-l", place / "log"]
    subprocess.run([*control, "-o", options, "start"], check=True, cwd=place, stdout=subprocess.DEVNULL)
    try:
        yield f"postgresql+psycopg://assetcert@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, cwd=place, stdout=subprocess.DEVNULL
        )


def test_a_home_on_postgresql(own: World, database: str, tmp_path: Path) -> None:
    (own.home / "database.json").write_text(json.dumps({"url": database}))
    (own.home / "assetcert.db").unlink()
    paper = tmp_path / "invoice.xml"
    paper.write_text(own.paper("M1/invoice.xml").read_text().replace("M1-", "M1-9"))
    made = assetcert(
        "certify", "--as", "M1", paper, "--dossier", "one", "--out", tmp_path / "out", home=own.home
    )
    assert made.code == 0, made.err
    receipt = made.json["assets"][0]["receipt"]
    assert assetcert("certify", "--as", "M1", paper, home=own.home).json["assets"][0]["existing"]
    assert assetcert("reindex", home=own.home).code == 0
    assert assetcert("verify", receipt, paper, home=own.home).json["verdict"] == "VALID"
    offer = assetcert("offer", "--as", "M1", receipt, "--to", "L1", "--out", tmp_path / "out", home=own.home)
    assert assetcert("pledge", "--as", "L1", offer.json["offer"], home=own.home).code == 0, offer.out
    assert assetcert("liens", receipt, home=own.home).json["liens"]
    note = tmp_path / "note.txt"
    note.write_text("to be shredded")
    asset = assetcert("certify", "--as", "M1", note, home=own.home).json["assets"][0]["asset_id"]
    assert assetcert("shred", "--as", "M1", asset, "--yes", home=own.home).code == 0


def test_a_database_that_does_not_answer_is_69(own: World) -> None:
    (own.home / "database.json").write_text('{"url": "postgresql+psycopg://a:secret@127.0.0.1:1/none"}')
    gone = assetcert("reindex", home=own.home)
    assert gone.code == 69 and gone.error["code"] == "DATABASE" and "secret" not in gone.err


def test_a_setting_that_names_no_database_is_65(own: World) -> None:
    (own.home / "database.json").write_text('{"url": "mysql://somewhere"}')
    assert assetcert("reindex", home=own.home).error["code"] == "DATABASE_SETTING"


def test_migrations_make_what_the_models_say(database: str) -> None:
    engine = create_engine(database)
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()
