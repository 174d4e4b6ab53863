"""Bad input and bad surroundings: one clear line, the designed exit code, nothing written (DESIGN, Command line)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.db.models import Asset
from gateway.installation import Installation

from .conftest import World, assetcert

Opens = Callable[[Path], Installation]
CLOSED = "http://127.0.0.1:9"

BOMB = b'<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;">]><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">&y;</Invoice>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">&x;</Invoice>'
HEAD = b'<?xml version="1.0" encoding="UTF-8"?><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
BAD: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: b"",
    "truncated": lambda invoice: invoice[:-300],
    "wrong encoding": lambda invoice: invoice.replace(b"P101", b"P\xb0\xa1\xff"),
    "entity bomb": lambda _: BOMB,
    "external entity": lambda _: EXTERNAL,
    "million deep": lambda _: HEAD + b"<a>" * 10**6,
}


@pytest.mark.parametrize("name", BAD)
def test_a_document_that_cannot_be_read_is_65_and_leaves_nothing(
    name: str, own: World, tmp_path: Path
) -> None:
    path = tmp_path / "bad.xml"
    content = BAD[name](own.paper("M1/invoice.xml").read_bytes())
    if content is not None:
        path.write_bytes(content)
    database = (own.home / "assetcert.db").read_bytes()
    called = assetcert("certify", "--as", "M1", path, "--out", tmp_path / "out", home=own.home)
    assert called.code == 65
    (error,) = called.json["errors"]
    assert (
        error["path"] == str(path)
        and error["code"].isupper()
        and error["message"]
        and "\n" not in error["message"]
    )
    assert "Traceback" not in called.err
    assert called.json["assets"] == called.json["batches"] == []
    assert not (tmp_path / "out").exists()
    assert (own.home / "assetcert.db").read_bytes() == database
    inspected = assetcert("inspect", path)
    assert inspected.code == 65 and inspected.json["files"][0]["error"] == {
        key: error[key] for key in ("code", "message")
    }


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"schema": "assetcert/receipt/2"}', b"[" * 10**6]
)
def test_a_file_that_is_no_receipt_is_65(content: bytes, world: World, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(content)
    for verb in (
        ["verify"],
        ["disclose"],
        ["revoke", "--as", "M1"],
        ["offer", "--as", "M1", "--to", "L1"],
        ["liens"],
    ):
        called = assetcert(verb[0], path, *verb[1:], home=world.home)
        assert called.code == 65, (verb, called.err)
        assert called.error["message"]


def test_a_missing_receipt_or_document_is_65(world: World, tmp_path: Path) -> None:
    assert assetcert("verify", tmp_path / "none.json", home=world.home).code == 65
    assert (
        assetcert("verify", world.receipts["M1/invoice.xml"], tmp_path / "none.xml", home=world.home).code
        == 65
    )
    assert assetcert("revoke", tmp_path / "none.json", "--as", "M1", home=world.home).code == 65
    assert assetcert("pledge", tmp_path / "none.json", "--as", "L1", home=world.home).code == 65
    assert (
        assetcert(
            "sign", tmp_path / "none", "--as", "I1", "--for", "M1", "--role", "inspector", home=world.home
        ).code
        == 65
    )


def cause_of(called: object, code: str) -> tuple[str, str | None]:
    report = getattr(called, "json")  # noqa: B009
    return next((check["verdict"], check["cause"]) for check in report["checks"] if check["code"] == code)


def test_a_node_that_is_down_makes_verify_unknown_and_others_69(world: World) -> None:
    called = assetcert("verify", world.receipts["M1/invoice.xml"], "--rpc", CLOSED, home=world.home)
    assert called.code == 2 and called.json["verdict"] == "UNKNOWN"
    assert cause_of(called, "REGISTRATION") == ("UNKNOWN", "UNREACHABLE")
    audited = assetcert("audit", "--rpc", CLOSED, home=world.home)
    assert audited.code == 69 and CLOSED in audited.error["message"]


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Another consortium's ledger, whose deployment is its own."""
    from gateway import samples as papers
    from gateway.home import Home
    from gateway.keys import Keystore
    from gateway.service import consortium
    from ledger import embedded

    from .conftest import PASSPHRASE, write_keys

    home = Home(tmp_path_factory.mktemp("foreign") / "home").create()
    embedded.create(home.root)
    write_keys(home.root, {"R1": ("account", "fingerprint"), "R2": ("account",), "R3": ("account",)})
    keystore = Keystore(home.keys, lambda: PASSPHRASE)
    with embedded.open(home.root) as node:
        consortium.found(home, node, keystore, papers.REGISTRARS, quorum=2)
        with Installation.attached(home, node, keystore) as installation:
            yield installation


def test_a_node_of_another_chain_contradicts(world: World, foreign: Installation) -> None:
    called = assetcert("verify", world.receipts["M1/invoice.xml"], "--rpc", foreign.node.url, home=world.home)
    assert called.code == 2 and cause_of(called, "REGISTRATION") == ("UNKNOWN", "CONTRADICTED")
    audited = assetcert("audit", "--rpc", foreign.node.url, home=world.home)
    assert audited.code == 2 and audited.error["code"] == "CONTRADICTED"


def test_a_node_without_our_contracts_contradicts(
    world: World, foreign: Installation, tmp_path: Path
) -> None:
    document = json.loads((foreign.home.root / "ledger.json").read_text())
    elsewhere = {name: "0x" + f"{at:040x}" for at, name in enumerate(document["contracts"], 1)}
    (tmp_path / "ledger.json").write_text(json.dumps(document | {"contracts": elsewhere}))
    audited = assetcert(
        "audit", "--ledger", tmp_path / "ledger.json", "--rpc", foreign.node.url, home=world.home
    )
    assert audited.code == 2 and "no contract at" in audited.error["message"]


def test_a_receipt_of_another_deployment_is_invalid_before_any_network(
    world: World, foreign: Installation
) -> None:
    called = assetcert(
        "verify",
        world.receipts["M1/invoice.xml"],
        "--ledger",
        foreign.home.root / "ledger.json",
        "--rpc",
        CLOSED,
        home=world.home,
    )
    assert called.code == 1 and called.json["verdict"] == "INVALID"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"schema": "assetcert/ledger/1"}'])
def test_a_descriptor_that_is_none_is_65(content: bytes, world: World, tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_bytes(content)
    called = assetcert(
        "verify", world.receipts["M1/invoice.xml"], "--ledger", tmp_path / "ledger.json", home=world.home
    )
    assert called.code == 65 and str(tmp_path) in called.error["message"]


def test_a_ledger_that_does_not_fit_its_descriptor_stops_every_verb(
    cold: World, foreign: Installation, tmp_path: Path
) -> None:
    shutil.copy(foreign.home.root / "ledger.json", cold.home / "ledger.json")
    (tmp_path / "note.bin").write_bytes(b"\x00note")
    called = assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=cold.home)
    assert called.code == 2 and called.error["code"] == "CONTRADICTED"


def test_a_damaged_log_is_69(cold: World) -> None:
    (cold.home / "ledger.db").write_bytes(b"no log " * 1000)
    for path in cold.home.glob("ledger.db-*"):
        path.unlink()
    called = assetcert("org", "list", home=cold.home)
    assert called.code == 69 and "ledger.db" in called.error["message"]


# --- a full disk


@pytest.fixture()
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a full disk needs mount(8)")
    if mounted.returncode:
        pytest.skip(f"a full disk needs the right to mount one: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_69_registers_nothing_and_goes_on_when_there_is_room(
    made: World, small_disk: Path, tmp_path: Path, installed: Opens
) -> None:
    home = small_disk / "home"
    shutil.copytree(made.home, home)
    paper = tmp_path / "big.bin"
    paper.write_bytes(os.urandom(8 << 20))
    called = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=home)
    assert called.code == 69, called.err
    assert called.error["message"].count("\n") == 0
    assert not list((tmp_path / "out").glob("*"))
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    again = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=home)
    assert again.code == 0, again.err
    assert again.json["assets"][0]["existing"] is False and len(list((tmp_path / "out").iterdir())) == 1
    opened = installed(home)
    with opened.database.session() as session:
        assert (
            session.get_one(Asset, again.json["assets"][0]["asset_id"]).root
            == again.json["assets"][0]["root"]
        )


@pytest.mark.parametrize("verb", ["certify", "backup", "disclose", "org"])
def test_not_a_byte_left_is_69(verb: str, made: World, small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    shutil.copytree(made.home, home)
    (tmp_path / "note.bin").write_bytes(b"\x00note")
    filler = os.open(small_disk / "filler", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError, match="No space left"):
        while os.write(filler, bytes(4096)):
            pass
    os.close(filler)
    arguments = {
        "certify": ["--as", "M1", tmp_path / "note.bin", "--out", tmp_path / "out"],
        "backup": [small_disk / "saved.tar.gz"],
        "disclose": [made.receipts["M1/invoice.xml"], "--out", small_disk],
        "org": ["list"],
    }
    called = assetcert(verb, *arguments[verb], home=home)
    assert called.code == 69, called.err
    assert "space" in called.err or "full" in called.err
    assert not list(small_disk.glob("*.receipt.json")) and not (small_disk / "saved.tar.gz").exists()
