"""Homes on somebody else's node: one founds a consortium there, another joins it with the descriptor alone."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.conftest import PASSPHRASE, assetcert, started, write_keys
from tests.ledger.world import plain_anvil


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home whose consortium stands on a node of its own, and that node's address."""
    home = tmp_path_factory.mktemp("remote") / "home"
    with plain_anvil("--block-time", "0.1") as url:
        assert assetcert("connect", url, "--confirmations", "1", home=home).json["founded"] is False
        (home / "passphrase").write_text(PASSPHRASE + "\n")
        (home / "passphrase").chmod(0o600)
        write_keys(home, {"R1": ("account", "fingerprint"), "M1": ("account", "encryption")})
        running = started("up", "--port", "0", home=home)
        running.line()
        os.kill(running.pid, signal.SIGINT)
        assert running.wait().code == 0
        yield home, url


def test_certify_pledge_and_audit_through_a_remote_node(founded: tuple[Path, str], tmp_path: Path) -> None:
    home, _ = founded
    assert not (home / "ledger.db").exists()
    admitted = assetcert("org", "admit", "M1", "TEST:M1", "Shop", "--role", "enterprise", home=home)
    assert admitted.json["executed"]
    paper = tmp_path / "note.txt"
    paper.write_text(f"a note of {time.time()}")
    made = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=home).json
    receipt = made["assets"][0]["receipt"]
    assert assetcert("verify", receipt, paper, home=home).json["verdict"] == "VALID"
    assert assetcert("certify", "--as", "M1", paper, home=home).json["assets"][0]["existing"]
    assert assetcert("audit", home=home).json["assets"] == 1


def test_a_stranger_joins_with_the_descriptor(founded: tuple[Path, str], tmp_path: Path) -> None:
    home, url = founded
    copy = shutil.copy(home / "ledger.json", tmp_path / "ledger.json")
    joined = assetcert("connect", url, "--ledger", copy, home=tmp_path / "joined")
    assert joined.json["founded"] is True
    listed = assetcert("org", "list", home=tmp_path / "joined")
    assert listed.code == 0, listed.err
    assert {row["identifier"] for row in listed.json["organisations"]} == {"LOCAL:REGISTRAR1", "TEST:M1"}
    again = assetcert("connect", url, home=tmp_path / "joined")
    assert again.code == 64 and again.error["code"] == "HAS_LEDGER"


def test_a_member_keeps_its_keys_in_its_own_home_and_the_registrar_publishes_them(
    founded: tuple[Path, str], tmp_path: Path
) -> None:
    home, url = founded
    joined, paper = tmp_path / "joined", tmp_path / "note.txt"
    assert assetcert("connect", url, "--ledger", home / "ledger.json", home=joined).code == 0
    (joined / "passphrase").write_text(PASSPHRASE + "\n")
    admit = ("org", "admit", "M5", "TEST:M5", "Forge", "--role", "enterprise", "--no-keys")
    early = assetcert("key", "request", "M5", "account", home=joined)
    assert early.code == 64 and early.error["code"] == "UNKNOWN_ORG"
    for place in (home, joined):  # the registrar's vote; then the member's own home has it from the ledger
        assert assetcert(*admit, home=place).json["executed"]
    paper.write_text(f"a note of {time.time()}")
    assert assetcert("certify", "--as", "M5", paper, home=joined).code == 64  # no key yet
    write_keys(joined, {"M5": ("account", "encryption")})
    for purpose in ("account", "encryption"):
        asked = assetcert("key", "request", "M5", purpose, "--out", tmp_path, home=joined)
        assert asked.code == 0, asked.err
        added = assetcert("key", "add", "M5", purpose, "--request", asked.json["request"], home=home)
        assert added.code == 0 and added.json["executed"], added.err
    made = assetcert("certify", "--as", "M5", paper, "--out", tmp_path, home=joined)
    assert made.code == 0, made.err
    assert assetcert("verify", made.json["assets"][0]["receipt"], paper, home=home).json["verdict"] == "VALID"
    assert not (home / "keys/M5/account.json").exists()
    other = assetcert("key", "add", "M5", "account", "--request", paper, home=home)
    assert other.code == 65


def test_a_signer_in_a_home_of_its_own_signs_at_the_nodes_time(
    founded: tuple[Path, str], tmp_path: Path
) -> None:
    home, _ = founded
    write_keys(home, {"R1": ("inspector",)})
    paper = tmp_path / "note.txt"
    paper.write_text(f"a note of {time.time()}")
    signed = assetcert("sign", paper, "--as", "R1", "--for", "TEST:M1", "--role", "inspector", home=home)
    assert signed.code == 0, signed.err


def test_a_node_of_another_chain_is_refused(founded: tuple[Path, str], tmp_path: Path) -> None:
    home, _ = founded
    with plain_anvil() as other:
        refused = assetcert("connect", other, "--ledger", home / "ledger.json", home=tmp_path / "home")
    assert refused.code == 2 and not (tmp_path / "home").exists()
    gone = assetcert("connect", other, home=tmp_path / "home")
    assert gone.code == 69
