"""Backup and restore: whole or not at all, nothing that the list does not name, every byte as it was."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import UnreadableError
from gateway.home import Home
from gateway.installation import Installation
from gateway.service import archive

from .conftest import PASSPHRASE, World, assetcert, new_note, started

Opens = Callable[[Path], Installation]


def test_backup_and_restore_into_a_new_home_where_everything_works(own: World, tmp_path: Path) -> None:
    made = assetcert(
        "grant", own.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", tmp_path, home=own.home
    ).json
    saved = assetcert("backup", tmp_path / "saved.tar.gz", home=own.home)
    assert saved.code == 0 and set(saved.json) == {"backup", "files"}
    assert Path(saved.json["backup"]).stat().st_mode & 0o777 == 0o600
    assert assetcert("backup", tmp_path / "saved.tar.gz", home=own.home).code == 1
    assert not list(tmp_path.glob(".*"))
    home = tmp_path / "elsewhere" / "home"
    restored = assetcert("restore", tmp_path / "saved.tar.gz", home=home)
    assert restored.code == 0, restored.err
    assert restored.json["files"] == saved.json["files"]
    assert home.stat().st_mode & 0o777 == 0o700
    assert (
        assetcert("verify", own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml"), home=home).code == 0
    )
    again = assetcert("certify", "--as", "M1", own.papers / "M1", "--out", tmp_path / "out", home=home)
    assert all(asset["existing"] for asset in again.json["assets"])
    assert assetcert("read", made["grant"], "--as", "L1", "--out", tmp_path, home=home).json["fields"] == {}
    assert assetcert("certify", "--as", "M1", new_note(tmp_path), home=home).code == 0


def test_restore_refuses_a_home_that_is_there_and_what_is_no_backup(own: World, tmp_path: Path) -> None:
    assert assetcert("backup", tmp_path / "saved.tar.gz", home=own.home).code == 0
    assert assetcert("restore", tmp_path / "saved.tar.gz", home=own.home).code == 1
    data = (tmp_path / "saved.tar.gz").read_bytes()
    for name, content in (
        ("cut", data[: len(data) // 2]),
        ("noise", bytes(1000)),
        ("bent", data[:200] + bytes(50) + data[250:]),
    ):
        (tmp_path / name).write_bytes(content)
        called = assetcert("restore", tmp_path / name, home=tmp_path / "new")
        assert called.code == 65 and called.error["code"] == "BACKUP", name
        assert not (tmp_path / "new").exists()


def test_a_backup_with_any_byte_bent_is_refused_and_nothing_stays(own: World, tmp_path: Path) -> None:
    saved = tmp_path / "saved.tar.gz"
    assert assetcert("backup", saved, home=own.home).code == 0
    data = saved.read_bytes()
    before = sorted(tmp_path.iterdir())
    for at in (0, 12, len(data) // 3, len(data) * 9 // 10, len(data) - 6, len(data) - 1):
        bent = bytearray(data)
        bent[at] ^= 0xFF
        saved.write_bytes(bent)
        with pytest.raises(UnreadableError):
            archive.restore(Home(tmp_path / "deep" / "new"), saved)
        assert sorted(tmp_path.iterdir()) == before, at


def repacked(saved: Path, change: Callable[[Path], object]) -> Path:
    """A backup unpacked, changed and packed again, every checksum of gzip right."""
    folder = saved.parent / "unpacked"
    with tarfile.open(saved) as packed:
        packed.extractall(folder, filter="data")
    change(folder)
    with tarfile.open(saved, "w:gz") as packed:
        packed.add(folder, arcname=".")
    shutil.rmtree(folder)
    return saved


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "passphrase").write_text("other"),
        lambda folder: (folder / "passphrase").unlink(),
        lambda folder: (folder / "more").write_text("more"),
        lambda folder: (folder / "backup.json").unlink(),
        lambda folder: (folder / "backup.json").write_text("[]"),
    ],
)
def test_restore_takes_what_the_backup_lists_and_nothing_else(
    change: Callable[[Path], object], cold: World, tmp_path: Path
) -> None:
    archive.backup(Home(cold.home), tmp_path / "saved.tar.gz")
    with pytest.raises(UnreadableError):
        archive.restore(Home(tmp_path / "new"), repacked(tmp_path / "saved.tar.gz", change))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["ledger.db", "assetcert.db"])
def test_a_damaged_database_is_not_saved_over_a_good_backup(cold: World, tmp_path: Path, name: str) -> None:
    path = cold.home / name
    data = bytearray(path.read_bytes())
    data[4096 : 2 * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    done = assetcert("backup", tmp_path / "b.tgz", home=cold.home)
    assert (done.code, done.error["code"]) == (65, "DAMAGED")
    assert str(path) in done.error["message"]
    assert list(tmp_path.glob("*b.tgz*")) == []


def test_a_backup_follows_links(cold: World, tmp_path: Path) -> None:
    for name in ("blocks", "passphrase"):
        (cold.home / name).rename(tmp_path / name)
        (cold.home / name).symlink_to(tmp_path / name)
    archive.backup(Home(cold.home), tmp_path / "saved.tar.gz")
    archive.restore(Home(tmp_path / "new"), tmp_path / "saved.tar.gz")
    for path in (path for path in (tmp_path / "blocks").rglob("*") if path.is_file()):
        copy = tmp_path / "new" / path.relative_to(tmp_path)
        assert copy.read_bytes() == path.read_bytes()
    assert (tmp_path / "new/passphrase").read_text() == PASSPHRASE + "\n"


@pytest.mark.parametrize("leads_to", ["nowhere", "."])
def test_a_link_that_cannot_be_followed_is_refused_at_backup(
    leads_to: str, cold: World, tmp_path: Path
) -> None:
    (cold.home / "extra").symlink_to(cold.home / leads_to)
    called = assetcert("backup", tmp_path / "saved.tar.gz", home=cold.home)
    assert called.code == 65 and "extra" in called.error["message"]
    assert not list(tmp_path.glob("*saved*"))


def test_a_killed_backup_shows_nobody_the_keys_and_the_next_one_removes_it(
    cold: World, tmp_path: Path
) -> None:
    for number in range(20):
        (cold.home / f"large{number}").write_bytes(os.urandom(4 * 2**20))
    running = started("backup", tmp_path / "first.tar.gz", home=cold.home)
    part = tmp_path / ".first.tar.gz.part"
    while not part.exists():
        time.sleep(0.001)
    assert part.stat().st_mode & 0o777 == 0o600
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait().code == -signal.SIGKILL
    assert part.exists() and (cold.home / "run/backup/ledger.db").exists()
    assert (cold.home / "run/backup").stat().st_mode & 0o777 == 0o700
    assert assetcert("backup", tmp_path / "second.tar.gz", home=cold.home).code == 0
    assert not part.exists() and not (cold.home / "run/backup").exists()
