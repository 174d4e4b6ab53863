"""An organisation signs with a Web3Signer: a process of its own with a real key. What it answers is believed only where it is a signature."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account as EthAccount

from gateway.errors import RefusedError, UnavailableError, UnreadableError, UsageError
from gateway.signing.web3signer import Door, Web3Signer, place_at
from ledger.account import Account, Transaction, account_key_id, recover
from ledger.types import hex32, keccak

from ..conftest import World, assetcert
from ..identity.test_client_certificates import Certificate, certificate

KEY = keccak(b"the key that the service keeps")
TOKEN = "let-me-in"


@contextmanager
def service(*files: Path) -> Iterator[int]:
    """The service's port; with its certificate and those of its clients it speaks TLS."""
    command = [sys.executable, str(Path(__file__).with_name("remote_signer.py")), KEY.hex(), TOKEN]
    with subprocess.Popen([*command, *map(str, files)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the service is."""
    with service() as port:
        yield f"http://127.0.0.1:{port}"


def shown(folder: Path, token: str) -> Path:
    """A file with a token."""
    path = folder / "token"
    path.write_text(token + "\n")
    return path


def test_what_it_signs_is_what_our_own_accounts_would(url: str, tmp_path: Path) -> None:
    door, ours = Door(url, shown(tmp_path, TOKEN)), Account(KEY)
    found = Web3Signer(place_at(door, None, 0))
    assert found.address == ours.address
    assert recover(keccak(b"data"), found.sign(b"data")) == ours.address
    transaction = Transaction(424242, 3, 100_000, "0x" + "ab" * 20, b"\x01\x02")
    raw = transaction.signed_by(found)
    assert EthAccount.recover_transaction(raw).lower() == ours.address
    assert TOKEN not in repr(found) and KEY.hex() not in repr(found)
    with pytest.raises(UsageError, match="no key"):
        place_at(door, "0x" + "ab" * 64, 0)
    with pytest.raises(RefusedError, match="401"):
        place_at(Door(url), None, 0)
    with pytest.raises(UnavailableError, match="does not answer"):
        place_at(Door("http://127.0.0.1:9"), None, 0)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("other", "no signature of 0x"),
        ("high", "no signature of 0x"),
        ("text", "no signature of 0x"),
        ("short", "no signature of 0x"),
        ("long", "more than any answer"),
        ("404", "load the key there"),
        ("403", "token or certificate"),
        ("400", "look at its log"),
    ],
)
def test_no_wrong_answer_counts(url: str, tmp_path: Path, fault: str, told: str) -> None:
    with pytest.raises(RefusedError, match=told) as refused:
        place_at(Door(url, shown(tmp_path, fault)), None, 0)
    assert refused.value.code == "WEB3SIGNER"


@pytest.mark.parametrize("fault", ["500", "503", "429", pytest.param("slow", marks=pytest.mark.long)])
def test_what_may_pass_is_tried_again_later(url: str, tmp_path: Path, fault: str) -> None:
    with pytest.raises(
        UnavailableError, match=rf"{url} (answers {fault}|does not answer \(it answers too slowly)"
    ):
        place_at(Door(url, shown(tmp_path, fault)), None, 0)


def test_over_tls_each_side_shows_its_certificate(tmp_path: Path) -> None:
    site, mine, other = (certificate(tmp_path, name) for name in ("site", "mine", "other"))
    token = shown(tmp_path, TOKEN)
    with service(both(site), mine.pem) as port:
        url = f"https://127.0.0.1:{port}"
        found = Web3Signer(place_at(Door(url, token, both(mine), site.pem), None, 0))
        assert recover(keccak(b"data"), found.sign(b"data")) == Account(KEY).address
        for wrong in (
            Door(url, token, both(mine)),  # nobody we know vouches for the service
            Door(url, token, both(mine), other.pem),
            Door(url, token, None, site.pem),  # nor do we show anything
            Door(url, token, both(other), site.pem),
            Door(
                url.replace("127.0.0.1", "localhost"), token, both(mine), site.pem
            ),  # another name than it has
        ):
            with pytest.raises(UnavailableError, match="does not answer"):
                place_at(wrong, None, 0)
    for missing in (Door(url, token, tmp_path / "none", site.pem), Door(url, token, both(mine), token)):
        with pytest.raises(UnreadableError, match="cannot be used"):
            missing.ask("GET", "/upcheck")


def both(one: Certificate) -> Path:
    """A certificate and its key in one file."""
    path = one.pem.with_suffix(".both")
    path.write_text(one.text + one.key.read_text())
    return path


@pytest.mark.parametrize(
    "where",
    ["http://signer.example", "ftp://127.0.0.1", "https://user@signer.example", "https://a.example?x=1"],
)
def test_it_is_reached_by_https_or_on_this_machine(where: str) -> None:
    with pytest.raises(UsageError):
        Door(where)


def test_an_enterprise_moves_its_key_there_and_certifies(url: str, own: World, tmp_path: Path) -> None:
    paper, token = tmp_path / "log.csv", shown(tmp_path, TOKEN)
    paper.write_text("part,value\nP1,1\n")
    moved = assetcert("key", "move", "M1", "--web3signer", url, "--token-file", token, home=own.home)
    assert moved.json["executed"] is True, moved
    setting = json.loads((own.home / "keys" / "M1" / "signing.json").read_bytes())
    assert (setting["kind"], TOKEN in json.dumps(setting)) == ("web3signer", False)
    assert not (own.home / "keys" / "M1" / "account.json").exists()
    made = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=own.home)
    assert made.code == 0, made
    assert assetcert("verify", made.json["assets"][0]["receipt"], home=own.home).json["verdict"] == "VALID"
    keys = assetcert("key", "list", "M1", home=own.home).json["keys"]
    valid = {key["key_id"]: key["valid_until"] is None for key in keys if key["purpose"] == "account"}
    assert sorted(valid.values()) == [False, True]
    assert valid[hex32(account_key_id(setting["address"]))]
    token.write_text("another")
    paper.write_text("part,value\nP2,2\n")
    away = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=own.home)
    assert (away.code, away.error["code"]) == (1, "WEB3SIGNER")
