"""Homes, processes, keys: passphrases, the ledger shared and locked, `up`, backup, restore, reindex, doctor, audit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import keys
from gateway.demo.place import MARK
from gateway.errors import RefusedError, UnreadableError
from gateway.home import Home, write_private
from gateway.installation import Installation
from gateway.keys import Keystore
from gateway.service import archive, consortium, serving
from ledger import embedded
from ledger.locks import write_lock

from .conftest import COMMAND, PASSPHRASE, World, assetcert, environment, started, write_keys

Opens = Callable[[Path], Installation]


# --- keys and passphrases


def test_the_product_writes_keyfiles_of_full_strength_for_the_owner_alone(tmp_path: Path) -> None:
    store = Keystore(tmp_path, lambda: PASSPHRASE)
    store.create([("M1", "account")])
    path = tmp_path / "M1" / "account.json"
    crypto = json.loads(path.read_text())["crypto"]
    assert (crypto["kdf"], crypto["kdfparams"]["n"]) == ("scrypt", 2**18) and keys.SCRYPT_N == 2**18
    assert path.stat().st_mode & 0o777 == 0o600
    seed = store.seed("M1", "account")
    assert (
        seed.hex() not in path.read_text() and seed.hex() not in repr(store) and PASSPHRASE not in repr(store)
    )
    again = Keystore(tmp_path, lambda: PASSPHRASE)
    assert again.seed("M1", "account") == seed
    with pytest.raises(RefusedError) as refused:
        Keystore(tmp_path, lambda: "wrong horse").seed("M1", "account")
    assert "wrong horse" not in str(refused.value) and str(path) in str(refused.value)


def new_note(folder: Path, content: bytes = b"\x00note") -> Path:
    (folder / "note.bin").write_bytes(content)
    return folder / "note.bin"


def test_passphrase_by_file_by_descriptor_and_never_by_argument(own: World, tmp_path: Path) -> None:
    note = new_note(tmp_path)
    (own.home / "passphrase").unlink()
    (tmp_path / "secret").write_text(PASSPHRASE + "\nsecond line\n")
    nobody = assetcert("certify", "--as", "M1", note, home=own.home)
    assert nobody.code == 64 and nobody.error["code"] == "NO_PASSPHRASE"
    by_file = assetcert(
        "certify", "--as", "M1", note, "--passphrase-file", tmp_path / "secret", home=own.home
    )
    assert by_file.code == 0, by_file.err
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode() + b"\n")
    os.close(writing)
    command = [
        *COMMAND,
        "--home",
        str(own.home),
        "certify",
        "--as",
        "M1",
        str(note),
        "--passphrase-fd",
        str(reading),
    ]
    by_descriptor = subprocess.run(
        command, env=environment(), pass_fds=[reading], capture_output=True, check=False
    )
    os.close(reading)
    assert by_descriptor.returncode == 0, by_descriptor.stderr
    by_argument = assetcert("certify", "--as", "M1", note, "--passphrase", PASSPHRASE, home=own.home)
    assert by_argument.code == 64


@pytest.mark.parametrize("content", [b"wrong horse\n", PASSPHRASE.encode() + b" \n"])
def test_a_wrong_passphrase_is_1_with_one_line(content: bytes, own: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    note = new_note(tmp_path)
    called = assetcert("certify", "--as", "M1", note, "--passphrase-file", tmp_path / "secret", home=own.home)
    assert called.code == 1 and called.error["code"] == "WRONG_PASSPHRASE"
    assert content.decode().strip() not in called.err + called.out
    assert not (own.home / "receipts").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n"])
def test_a_passphrase_file_without_a_line_is_65(content: bytes, own: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    called = assetcert(
        "certify", "--as", "M1", new_note(tmp_path), "--passphrase-file", tmp_path / "secret", home=own.home
    )
    assert called.code == 65 and called.error["code"] == "PASSPHRASE_FILE"


def test_a_damaged_keyfile_is_65(own: World, tmp_path: Path) -> None:
    (own.home / "keys/M1/account.json").write_text("{}")
    called = assetcert("certify", "--as", "M1", new_note(tmp_path), home=own.home)
    assert called.code == 65 and called.error["code"] == "KEYFILE"


def test_reading_verbs_need_no_passphrase(own: World) -> None:
    (own.home / "passphrase").write_text("wrong horse\n")
    for verb in (["org", "list"], ["liens", "--as", "M1"], ["key", "list", "M1"], ["reindex"], ["doctor"]):
        assert assetcert(*verb, home=own.home).code == 0, verb
    assert (
        assetcert("verify", own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml"), home=own.home).code
        == 0
    )


def test_no_secret_in_output_logs_or_the_home(own: World, tmp_path: Path, installed: Opens) -> None:
    called = assetcert(
        "certify", "--as", "M1", new_note(tmp_path), home=own.home, env={"ASSETCERT_LOG": "DEBUG"}
    )
    assert called.code == 0
    home = installed(own.home)
    secrets = [PASSPHRASE.encode()] + [
        home.keys.seed(org, purpose) for org in ("M1", "R1") for purpose in home.keys.purposes(org)
    ]
    secrets += [secret.hex().encode() for secret in secrets[1:]]
    assert PASSPHRASE not in repr(home.__dict__) and secrets[-1].decode() not in repr(home.__dict__)
    (own.home / "passphrase").unlink()
    written = [path for path in own.home.rglob("*") if path.is_file()]
    for path in written:
        data = path.read_bytes()
        assert not any(secret in data for secret in secrets), path
    assert not any(secret in (called.out + called.err).encode() for secret in secrets)


# --- locks


def test_a_second_writer_is_69_with_the_holders_pid(own: World, tmp_path: Path) -> None:
    with write_lock(own.home / "run" / "write.lock", 1):
        begun = time.monotonic()
        called = assetcert("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home)
        waited = time.monotonic() - begun
        assert called.code == 69 and called.error["code"] == "WRITER_BUSY"
        assert str(os.getpid()) in called.err and waited >= 10
        receipt, paper = own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml")
        assert assetcert("verify", receipt, paper, home=own.home).code == 0  # readers do not wait
    assert assetcert("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home).code == 0


def test_a_writer_waits_for_a_short_hold(own: World) -> None:
    with write_lock(own.home / "run" / "write.lock", 1):
        running = started("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home)
        time.sleep(1)
    assert running.wait().code == 0


def test_two_certify_at_once_and_no_document_becomes_two_assets(own: World, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.bin").write_bytes(b"both %d" % number)
    running = [
        started("certify", "--as", "M1", folder, "--out", tmp_path / f"{n}", home=own.home) for n in range(2)
    ]
    done = [one.wait() for one in running]
    assert [one.code for one in done] == [0, 0], done[0].err + done[1].err
    ids = [[asset["asset_id"] for asset in one.json["assets"]] for one in done]
    assert ids[0] == ids[1] and len(set(ids[0])) == 40


# --- up


def ask(url: str) -> tuple[int, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, json.load(answer)


def test_up_prints_one_line_serves_and_ends_cleanly(cold: World, tmp_path: Path) -> None:
    running = started("up", "--port", "0", home=cold.home)
    urls = json.loads(running.line())
    assert running.line().count("\n") == 1
    assert set(urls) >= {"gateway", "ready", "rpc"} and urls["gateway"].startswith("http://127.0.0.1:")
    assert ask(urls["ready"]) == (200, {"status": "ready", "faults": []})
    second = assetcert("up", "--port", "0", home=cold.home)
    assert second.code == 69 and second.error["code"] == "ALREADY_UP" and str(running.pid) in second.err
    certified = assetcert("certify", "--as", "M1", new_note(tmp_path), home=cold.home)
    assert certified.code == 0, certified.err
    assert (
        assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=cold.home).json["assets"][0][
            "existing"
        ]
        is True
    )
    os.kill(running.pid, signal.SIGTERM)
    ended = running.wait()
    assert (ended.code, ended.err) == (0, "")
    assert _node_ends(cold.home)


def test_ctrl_c_ends_up_too_and_a_taken_port_is_69(cold: World) -> None:
    running = started("up", "--port", "0", home=cold.home)
    port = json.loads(running.line())["gateway"].rpartition(":")[2]
    os.kill(running.pid, signal.SIGINT)
    assert running.wait().code == 0
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        called = assetcert("up", "--port", taken.getsockname()[1], home=cold.home)
    assert port and called.code == 69 and called.error["code"] == "PORT"


def _node_ends(home: Path) -> bool:
    """Whether nothing of the home's node is left within a few seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        mine = str(home / "run").encode()
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _alive(path)]
        if not any(mine in line for line in lines):
            return True
        time.sleep(0.05)
    return False


def _alive(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_up_founds_a_new_home_without_a_prompt_where_nobody_can_be_asked(tmp_path: Path) -> None:
    home = tmp_path / "new"
    running = started("up", "--port", "0", home=home)
    assert ask(json.loads(running.line())["ready"])[0] == 200
    os.kill(running.pid, signal.SIGTERM)
    assert running.wait().code == 0
    assert home.stat().st_mode & 0o777 == 0o700 and (home / "passphrase").stat().st_mode & 0o777 == 0o600
    assert [row["short"] for row in assetcert("org", "list", home=home).json["organisations"]] == ["R1"]


def test_up_finishes_a_founding_that_was_interrupted_and_doctor_says_so_before(tmp_path: Path) -> None:
    home = Home(tmp_path / "half").create()
    write_private(home.passphrase_file, PASSPHRASE.encode() + b"\n")
    write_keys(home.root, {"R1": ("account", "fingerprint")})
    embedded.create(home.root)
    with embedded.open(home.root) as node:
        consortium.found(home, node, Keystore(home.keys, lambda: PASSPHRASE), [serving.FIRST_REGISTRAR], 1)
        ill = assetcert("doctor", home=home.root)
        assert [check["name"] for check in ill.json["checks"] if not check["ok"]] == ["fingerprint key"]
        heads = []
        for _ in range(2):  # nothing is done twice
            running = started("up", "--port", "0", home=home.root)
            running.line()
            os.kill(running.pid, signal.SIGTERM)
            assert running.wait().code == 0
            assert assetcert("doctor", home=home.root).code == 0
            rows = assetcert("key", "list", serving.FIRST_REGISTRAR.identifier, home=home.root).json["keys"]
            assert [row["purpose"] for row in rows] == ["account", "fingerprint"]
            head = node.log.head()
            heads.append(head.number if head else 0)
    assert heads[0] == heads[1]


def test_up_makes_a_folder_that_was_there_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    (tmp_path / "home").mkdir(mode=0o755)
    assert Home(tmp_path / "home").create().root.stat().st_mode & 0o777 == 0o700


def test_what_a_verb_writes_is_for_its_caller_alone(cold: World, tmp_path: Path) -> None:
    for name in ("assetcert.db", "ledger.db"):
        shutil.copyfile(cold.home / name, tmp_path / "kept")
        (cold.home / name).unlink()
        (tmp_path / "kept").rename(cold.home / name)
    out = tmp_path / "out"
    certified = assetcert("certify", "--as", "M1", new_note(tmp_path), "--out", out, home=cold.home)
    given = assetcert(
        "grant", cold.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", out, home=cold.home
    )
    read = assetcert("read", given.json["grant"], "--as", "L1", "--out", out, home=cold.home)
    assert (certified.code, given.code, read.code) == (0, 0, 0)
    written = [*out.rglob("*"), *(cold.home / "receipts").rglob("*"), *(cold.home / "run").rglob("*")]
    assert Path(read.json["document"]) in written
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_up_asks_for_the_passphrase_before_it_writes(tmp_path: Path) -> None:
    refused = assetcert("up", "--port", "0", "--passphrase-file", tmp_path / "none", home=tmp_path / "new")
    assert refused.code == 65 and refused.error["code"] == "PASSPHRASE_FILE"
    assert not (tmp_path / "new").exists()


# --- demo, doctor, audit


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


# --- backup, restore, reindex


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
