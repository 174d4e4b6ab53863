"""Keys and passphrases: how they are given, what they cost, and that none is ever shown."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import keys
from gateway.errors import RefusedError
from gateway.installation import Installation
from gateway.keys import Keystore

from .conftest import COMMAND, PASSPHRASE, World, assetcert, environment, new_note, write_keys

Opens = Callable[[Path], Installation]


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


def test_a_key_that_another_process_has_rotated_is_noticed(tmp_path: Path) -> None:
    write_keys(tmp_path, {"M1": ("account", "account.next")})
    ours, theirs = (Keystore(tmp_path / "keys", lambda: PASSPHRASE) for _ in range(2))
    old, following = ours.seed("M1", "account"), ours.seed("M1", "account.next")
    theirs.succeed("M1", "account", ended_at=7)
    assert ours.seed("M1", "account") == following != old
    (kept,) = ours.retired("M1", "account")
    assert ours.seed("M1", kept) == old


def test_two_rotations_in_one_second_keep_both_old_keys(tmp_path: Path) -> None:
    store, seen = Keystore(tmp_path / "keys", lambda: PASSPHRASE), []
    write_keys(tmp_path, {"M1": ("account",)})
    for _ in range(2):
        write_keys(tmp_path, {"M1": ("account.next",)})
        store.unlock([("M1", "account"), ("M1", "account.next")])
        seen.append(store.seed("M1", "account"))
        store.succeed("M1", "account", ended_at=1_700_000_000)
    kept = store.retired("M1", "account")
    again = Keystore(tmp_path / "keys", lambda: PASSPHRASE)
    assert len(kept) == 2 and [again.seed("M1", purpose) for purpose in reversed(kept)] == seen


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
