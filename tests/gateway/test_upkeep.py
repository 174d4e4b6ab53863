"""What keeps a home: the demo leaves others alone, doctor, audit, reindex, and databases that are dropped or damaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.demo.place import MARK
from gateway.home import Home, write_private
from gateway.installation import Installation
from ledger.locks import write_lock

from .conftest import World, assetcert

Opens = Callable[[Path], Installation]


def test_demo_refuses_any_home_that_is_not_a_demos(cold: World) -> None:
    before = sorted(cold.home.rglob("*"))
    called = assetcert("demo", home=cold.home)
    assert called.code == 64 and called.error["code"] == "NOT_A_DEMO"
    assert sorted(cold.home.rglob("*")) == before


def demo_home(place: Path) -> Path:
    """As much of a demo's home as says that it is one."""
    home = Home(place).create()
    write_private(home.demo_mark, MARK)
    (place / "papers").mkdir()
    return place


@pytest.mark.parametrize("own_file", ["thesis.tex", "demo.json"])
def test_demo_removes_no_folder_that_holds_anything_else(own_file: str, tmp_path: Path) -> None:
    place = demo_home(tmp_path / "mine")
    (place / own_file).write_text("{}")
    called = assetcert("demo", home=place)
    assert called.code == 64 and called.error["code"] == "NOT_A_DEMO"
    assert (place / own_file).read_text() == "{}" and (place / "papers").is_dir()


@pytest.mark.parametrize("lock", ["up.lock", "write.lock"])
def test_demo_removes_no_home_in_use(lock: str, tmp_path: Path) -> None:
    place = demo_home(tmp_path / "used")
    with write_lock(Home(place).run / lock, 0):
        called = assetcert("demo", home=place)
    assert called.code == 69 and str(os.getpid()) in called.err
    assert (place / "papers").is_dir()


def test_doctor_says_what_works_and_what_does_not(own: World, tmp_path: Path) -> None:
    well = assetcert("doctor", home=own.home)
    assert well.code == 0
    assert {check["name"] for check in well.json["checks"]} == {
        "embedded node",
        "compiled contracts",
        "disk",
        "ledger",
        "fingerprint key",
        "store",
        "keyfiles",
    }
    (own.home / "keys/M1/account.json").chmod(0o644)
    ill = assetcert("doctor", home=own.home)
    assert ill.code == 69
    assert [check["name"] for check in ill.json["checks"] if not check["ok"]] == ["keyfiles"]
    assert assetcert("doctor", home=tmp_path / "none").code == 69


def test_audit_counts_everything_from_block_0(world: World) -> None:
    called = assetcert("audit", home=world.home)
    assert called.code == 0, called.err
    assert list(called.json) == [
        "verdict",
        "from_block",
        "to_block",
        "batches",
        "assets",
        "pledges",
        "findings",
    ]
    assert (called.json["verdict"], called.json["from_block"], called.json["pledges"]) == ("VALID", 0, 0)
    assert called.json["assets"] >= 10 and called.json["findings"] == []


def test_a_dropped_index_comes_back(own: World, tmp_path: Path) -> None:
    before = assetcert("org", "list", home=own.home).json
    with sqlite3.connect(own.home / "assetcert.db") as database:
        for (table,) in database.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'index%' AND type = 'table'"
        ).fetchall():
            database.execute(f"DROP TABLE {table}")
    database.close()
    called = assetcert("reindex", home=own.home)
    assert called.code == 0 and set(called.json) == {"events", "to_block"} and called.json["events"] > 0
    assert assetcert("org", "list", home=own.home).json == before
    assert (
        assetcert(
            "disclose", own.asset("M1/invoice.xml"), "--as", "M1", "--out", tmp_path, home=own.home
        ).code
        == 0
    )


def test_without_its_database_a_home_keeps_the_ledger_and_loses_what_only_it_held(
    own: World, tmp_path: Path
) -> None:
    before = assetcert("org", "list", home=own.home).json
    for path in own.home.glob("assetcert.db*"):
        path.unlink()
    assert assetcert("reindex", home=own.home).code == 0
    assert assetcert("org", "list", home=own.home).json == before
    assert (
        assetcert("verify", own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml"), home=own.home).code
        == 0
    )
    lost = assetcert("disclose", own.asset("M1/invoice.xml"), "--as", "M1", home=own.home)
    assert lost.code == 64 and lost.error["code"] == "UNKNOWN_ASSET"
    anew = assetcert("certify", "--as", "M1", own.paper("M1/invoice.xml"), "--out", tmp_path, home=own.home)
    assert anew.code == 0 and anew.json["assets"][0]["existing"] is False


def test_a_damaged_database_is_69_and_one_line(own: World) -> None:
    for path in own.home.glob("assetcert.db*"):
        path.unlink()
    (own.home / "assetcert.db").write_bytes(b"no database " * 1000)
    called = assetcert("org", "list", home=own.home)
    assert called.code == 69 and called.error["code"] == "DATABASE"


def test_a_home_can_be_moved(cold: World, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.move(cold.home, moved)
    assert (
        assetcert("verify", cold.receipts["M2/invoice.xml"], cold.paper("M2/invoice.xml"), home=moved).code
        == 0
    )
