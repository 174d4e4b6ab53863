"""`org` and `key`: votes cast apart meet, keys are rotated and revoked, what was done before stands (CONTRACTS, Registrars)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import RefusedError
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import published_keys
from gateway.service.voting import Vote
from ledger.membership import FOREVER

from .conftest import World, assetcert, write_keys

KEYS = {"M7": ("account", "encryption")}
NEW = ("org", "admit", "M7", "CN-USCC:91500000000000799X", "新来者", "--role", "enterprise")


def keys_of(world: World, org: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = assetcert("key", "list", org, home=world.home).json["keys"]
    return found


def organisation(world: World, short: str) -> dict[str, Any] | None:
    listed = assetcert("org", "list", home=world.home).json["organisations"]
    return next((row for row in listed if row["short"] == short), None)


def test_two_votes_admit_one_does_not(own: World) -> None:
    first = assetcert(*NEW, "--as", "R1", home=own.home)
    assert first.code == 0
    assert set(first.json) == {"organisation", "votes", "executed", "call"}
    assert (first.json["votes"], first.json["executed"]) == (1, False)
    assert organisation(own, "M7") is None
    same = assetcert("org", "confirm", first.json["call"], "--as", "R1", home=own.home)
    assert same.code == 1 and same.error["code"] == "ALREADY_CONFIRMED"
    second = assetcert("org", "confirm", first.json["call"], "--as", "R2", home=own.home)
    assert second.code == 0 and second.json["executed"] is True
    write_keys(own.home, KEYS)
    again = assetcert(*NEW, "--as", "R1", home=own.home)  # the ledger has it: the book of this home follows
    assert again.code == 0 and (again.json["votes"], again.json["executed"]) == (0, True)
    admitted = organisation(own, "M7")
    assert admitted is not None and admitted["roles"] == ["enterprise"]


def test_a_home_with_enough_registrars_admits_at_once_and_the_member_can_certify(
    own: World, tmp_path: Path
) -> None:
    write_keys(own.home, KEYS)
    admitted = assetcert(*NEW, home=own.home)
    assert admitted.code == 0 and admitted.json["executed"] is True and admitted.json["votes"] == 2
    assert [row["purpose"] for row in keys_of(own, "M7")] == ["account", "encryption"]
    (tmp_path / "note.bin").write_bytes(b"\x00\x01")
    called = assetcert("certify", "--as", "M7", tmp_path / "note.bin", home=own.home)
    assert called.code == 0, called.err
    assert (
        assetcert("verify", called.json["assets"][0]["receipt"], home=own.home).json["verdict"] != "INVALID"
    )


def test_who_is_no_registrar_has_no_vote(world: World) -> None:
    called = assetcert(*NEW, "--as", "M1", home=world.home)
    assert called.code == 1 and called.error["code"] == "NOT_ACTIVE"


@pytest.mark.parametrize("short", ["../M7", "", "M 7", "x" * 33])
def test_a_short_name_is_a_folder_name(short: str, world: World) -> None:
    called = assetcert(
        "org", "admit", short, "CN-USCC:91500000000000799X", "n", "--role", "lender", home=world.home
    )
    assert called.code == 64 and called.error["code"] == "SHORT"


def test_a_short_name_means_one_organisation(world: World) -> None:
    called = assetcert(
        "org", "admit", "M1", "CN-USCC:91500000000000799X", "n", "--role", "lender", home=world.home
    )
    assert called.code == 64 and "CN-USCC:91500000000000211L" in called.err


@pytest.mark.parametrize("wrong", ["91500000000000799X", "cn:1", "CN-USCC:Ж", "X:1"])
def test_an_identifier_has_scheme_and_number(wrong: str, world: World) -> None:
    called = assetcert("org", "admit", "M7", wrong, "n", "--role", "lender", home=world.home)
    assert called.code == 64 and called.error["code"] == "IDENTIFIER"


@pytest.mark.parametrize(("call", "code"), [("0x00", "ID"), ("0x" + "00" * 32, "UNKNOWN_CALL")])
def test_a_call_that_nobody_proposed_is_a_usage_error(call: str, code: str, world: World) -> None:
    called = assetcert("org", "confirm", call, "--as", "R2", home=world.home)
    assert called.code == 64 and called.error["code"] == code


def test_a_suspended_member_opens_nothing_new_until_it_is_lifted(own: World, tmp_path: Path) -> None:
    (tmp_path / "note.bin").write_bytes(b"\x00\x02")
    assert assetcert("org", "suspend", "M1", home=own.home).code == 0
    row = organisation(own, "M1")
    assert row is not None and row["suspended"] is True
    refused = assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home)
    assert refused.code == 1 and refused.error["code"] == "NOT_ACTIVE"
    assert assetcert("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home).code == 0
    assert assetcert("org", "suspend", "M1", "--lift", home=own.home).code == 0
    again = assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home)
    assert again.code == 0 and again.json["assets"][0]["existing"] is False


def test_rotating_the_account_key(own: World, tmp_path: Path) -> None:
    old = keys_of(own, "M1")[0]
    kept = (own.home / "keys/M1/account.json").read_bytes()
    write_keys(own.home, {"M1": ("account.next",)})
    assert assetcert("key", "rotate", "M1", "account", home=own.home).code == 0
    accounts = [row for row in keys_of(own, "M1") if row["purpose"] == "account"]
    assert [row["valid_until"] is None for row in accounts] == [False, True]
    assert accounts[0]["key_id"] == old["key_id"] != accounts[1]["key_id"]
    assert (
        assetcert("verify", own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml"), home=own.home).code
        == 0
    )
    (tmp_path / "note.bin").write_bytes(b"\x00\x03")
    assert assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home).code == 0
    (own.home / "keys/M1/account.json").write_bytes(kept)
    (tmp_path / "note.bin").write_bytes(b"\x00\x04")
    refused = assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home)
    assert refused.code == 1 and refused.error["code"] == "NOT_ACTIVE"


def test_a_rotation_waits_for_its_votes_and_the_old_key_serves_meanwhile(own: World, tmp_path: Path) -> None:
    write_keys(own.home, {"M1": ("account.next",)})
    first = assetcert("key", "rotate", "M1", "account", "--as", "R1", home=own.home)
    assert first.code == 0 and first.json["executed"] is False
    (tmp_path / "note.bin").write_bytes(b"\x00\x05")
    assert assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home).code == 0
    assert (
        assetcert("org", "confirm", first.json["call"], "--as", "R2", home=own.home).json["executed"] is True
    )
    done = assetcert("key", "rotate", "M1", "account", "--as", "R1", home=own.home)
    assert done.code == 0 and done.json["executed"] is True and done.json["votes"] == 0
    accounts = [row for row in keys_of(own, "M1") if row["purpose"] == "account"]
    assert [row["valid_until"] is None for row in accounts] == [False, True]
    (tmp_path / "note.bin").write_bytes(b"\x00\x06")
    assert assetcert("certify", "--as", "M1", tmp_path / "note.bin", home=own.home).code == 0


def test_votes_cast_at_two_moments_end_one_key(own: World, installed: Callable[[Path], Installation]) -> None:
    (own.home / "keys/M1/account.json").unlink()  # its account is elsewhere: the registrars end its keys
    home = installed(own.home)
    member, registrars = home.book.find("M1"), [home.book.find(short) for short in ("R1", "R2")]
    home.keys.unlock([("M1", "encryption")])
    key_id, public = published_keys.published(home.keys.seed("M1", "encryption"), "encryption")

    def end(voter: Organisation) -> tuple[Vote, int]:
        vote = published_keys.end_key(home, member, key_id, public, [voter])
        return vote, home.ledger.read_one(home.ledger.membership.key(key_id), home.ledger.pin()).valid_until

    begun = home.now()
    first, until = end(registrars[0])
    assert (first.votes, first.executed, until) == (1, False, FOREVER)
    home.node.clock.advance(3_600)
    second, until = end(registrars[1])
    assert second.executed and begun <= until < begun + 3_600


def test_what_was_wrapped_before_an_encryption_key_was_rotated_still_opens(
    own: World, tmp_path: Path
) -> None:
    given = assetcert(
        "grant", own.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", tmp_path, home=own.home
    ).json
    for org in ("M1", "L1"):
        write_keys(own.home, {org: ("encryption.next",)})
        assert assetcert("key", "rotate", org, "encryption", home=own.home).code == 0
        rows = [row for row in keys_of(own, org) if row["purpose"] == "encryption"]
        assert [row["valid_until"] is None for row in rows] == [False, True]
    again = assetcert("certify", "--as", "M1", own.paper("M1/invoice.xml"), "--out", tmp_path, home=own.home)
    assert again.code == 0, again.err
    assert again.json["assets"][0]["asset_id"] == own.asset("M1/invoice.xml")
    read = assetcert("read", given["grant"], "--as", "L1", "--out", tmp_path, home=own.home)
    assert Path(read.json["document"]).read_bytes() == own.paper("M1/invoice.xml").read_bytes()


def test_the_owner_revokes_a_key_and_nobody_else(own: World, tmp_path: Path) -> None:
    instrument = next(row for row in keys_of(own, "M1") if row["purpose"] == "instrument")
    foreign = assetcert("key", "revoke", "M2", instrument["key_id"], home=own.home)
    assert foreign.code == 1 and foreign.error["code"] == "KEY_BELONGS_TO_ANOTHER"
    assert assetcert("key", "revoke", "M1", instrument["key_id"], home=own.home).code == 0
    ended = next(row for row in keys_of(own, "M1") if row["purpose"] == "instrument")
    assert ended["valid_until"] is not None
    assert assetcert("key", "revoke", "M1", "0x12", home=own.home).code == 64


def test_a_new_signing_key_is_published(own: World) -> None:
    called = assetcert("key", "add", "M2", "instrument", home=own.home)
    assert called.code == 0 and called.json["executed"] is True
    assert [row["purpose"] for row in keys_of(own, "M2")].count("instrument") == 1
    assert (own.home / "keys/M2/instrument.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("call", [("key", "add", "M2", "inspector"), NEW])
def test_a_wrong_passphrase_makes_no_key_and_no_entry(
    call: tuple[str, ...], own: World, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("wrong horse\n")
    before = sorted((own.home / "keys").rglob("*"))
    called = assetcert(*call, "--passphrase-file", tmp_path / "secret", home=own.home)
    assert called.code == 1 and called.error["code"] == "WRONG_PASSPHRASE"
    assert sorted((own.home / "keys").rglob("*")) == before
    write_keys(own.home, KEYS)
    assert assetcert(*call, home=own.home).code == 0


def test_a_keystore_takes_one_passphrase(own: World) -> None:
    store = Keystore(own.home / "keys", lambda: "wrong horse")
    with pytest.raises(RefusedError):
        store.create([("M2", "witness")])
    assert not (own.home / "keys/M2/witness.json").exists()


def test_what_one_registrar_proposed_reaches_the_ledger_by_no_other_vote(own: World) -> None:
    before = organisation(own, "M1")
    assert before is not None
    change = ("org", "admit", "M1", before["identifier"], "Renamed", "--role", "lender", "--change")
    proposed = assetcert(*change, "--as", "R1", home=own.home)
    assert proposed.code == 0 and proposed.json["executed"] is False
    assert assetcert("org", "suspend", "M1", home=own.home).json["executed"] is True
    assert organisation(own, "M1") == {**before, "suspended": True}
    changed = assetcert("org", "confirm", proposed.json["call"], "--as", "R2", home=own.home)
    assert changed.code == 0 and changed.json["executed"] is True


def test_an_organisation_is_changed_only_when_told_to_and_has_one_short_name(own: World) -> None:
    before = organisation(own, "M1")
    assert before is not None
    other = ("org", "admit", "EVIL", before["identifier"], "x", "--role", "lender")
    for flags in ((), ("--change",)):
        called = assetcert(*other, *flags, home=own.home)
        assert called.code == 64 and called.error["code"] == "SHORT"
    same = ("org", "admit", "M1", before["identifier"], "x", "--role", "lender", "--no-keys")
    called = assetcert(*same, home=own.home)
    assert called.code == 64 and called.error["code"] == "ADMITTED"
    assert organisation(own, "M1") == before
    assert assetcert("org", "suspend", "M1", home=own.home).code == 0
    assert assetcert(*same, "--change", home=own.home).json["executed"] is True
    assert organisation(own, "M1") == {**before, "name": "x", "roles": ["lender"], "suspended": True}
