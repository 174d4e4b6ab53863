"""Disclose, grant, read, revoke, shred: what travels, in which order, and what is gone afterwards (DESIGN, What travels)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from certifier.commitment import BatchTree, Commitment, Secret
from certifier.receipt import Receipt, build, parse
from gateway.db.models import Asset, Grant
from gateway.errors import ConflictError, RefusedError
from gateway.installation import Installation
from gateway.service import grant_reading, granting
from gateway.service.own import own_asset
from ledger.access import grant_id, scope_of
from ledger.events import Read
from ledger.replay import events
from ledger.types import hex32, parse_hex32

from .conftest import World, assetcert

Opens = Callable[[Path], Installation]
DAY = 86_400


def receipt_at(path: str | Path) -> Receipt:
    found = parse(Path(path).read_bytes())
    assert isinstance(found, Receipt)
    return found


def shown(receipt: Receipt) -> set[str]:
    return {path for path in receipt.values if not path.startswith(("asset.", "content."))}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("fact.number,fact.total", {"fact.number", "fact.total"}),
        (
            "identity",
            {
                "fact.buyer_id",
                "fact.currency",
                "fact.issue_date",
                "fact.number",
                "fact.order_number",
                "fact.seller_id",
                "fact.total",
            }
            | {
                "fingerprint.exact",
                "fingerprint.loose.number",
                "fingerprint.loose.order",
                "fingerprint.loose.seller",
            },
        ),
    ],
)
def test_disclose_shows_what_was_asked_and_no_more(
    fields: str, expected: set[str], world: World, tmp_path: Path
) -> None:
    called = assetcert(
        "disclose", world.receipts["M1/invoice.xml"], "--fields", fields, "--out", tmp_path, home=world.home
    )
    assert called.code == 0 and set(called.json) == {"asset_id", "receipt", "fields"}
    receipt = receipt_at(called.json["receipt"])
    assert receipt.asset_id_hex == called.json["asset_id"] == world.asset("M1/invoice.xml")
    assert shown(receipt) == expected
    assert bool(receipt.prf) == (fields == "identity")


def test_must_disclose_is_what_a_stranger_needs(world: World, tmp_path: Path) -> None:
    called = assetcert("disclose", world.receipts["M1/invoice.xml"], "--out", tmp_path, home=world.home)
    assert {"fact.type_code", "fact.seller_id"} <= shown(receipt_at(called.json["receipt"]))
    report = assetcert("verify", called.json["receipt"], world.paper("M1/invoice.xml"), home=world.home).json
    verdicts = {check["code"]: check["verdict"] for check in report["checks"]}
    assert verdicts["FINGERPRINT"] == verdicts["LIEN"] == "VALID"


def test_disclose_takes_an_asset_id_and_refuses_unknown_fields(world: World, tmp_path: Path) -> None:
    target = world.asset("M1/invoice.xml")
    by_id = assetcert("disclose", target, "--as", "M1", "--fields", "all", "--out", tmp_path, home=world.home)
    assert json.loads(Path(by_id.json["receipt"]).read_text()) == json.loads(
        world.receipts["M1/invoice.xml"].read_text()
    )
    wrong = assetcert(
        "disclose", target, "--as", "M1", "--fields", "fact.nothing", home=world.home, cwd=tmp_path
    )
    assert wrong.code == 64 and "fact.nothing" in wrong.error["message"]
    foreign = assetcert("disclose", target, "--as", "M2", home=world.home)
    assert foreign.code == 64 and foreign.error["code"] == "UNKNOWN_ASSET"


def grant(world: World, out: Path, *extra: str) -> dict[str, str]:
    called = assetcert(
        "grant",
        world.receipts["M1/invoice.xml"],
        "--as",
        "M1",
        "--to",
        "L1",
        "--fields",
        "content,fact.total",
        "--out",
        out,
        *extra,
        home=world.home,
    )
    assert called.code == 0, called.err
    found: dict[str, str] = called.json
    return found


def test_a_grant_travels_without_keys_and_its_read_stands_on_the_ledger_first(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    made = grant(own, tmp_path)
    document = json.loads(Path(made["grant"]).read_text())
    assert made["grant"] == str(tmp_path / f"{made['grant_id']}.grant.json")
    assert set(document) == {"schema", "grant", "scope", "sealed", "receipt"}
    assert shown(receipt_at_document(document["receipt"])) == set()

    home = installed(own.home)
    given = granting.load_grant(Path(made["grant"]))
    l1 = home.book.find("L1")
    with pytest.raises(RefusedError, match="does not stand on the ledger yet"):
        grant_reading.release(home, given.grant_id, l1.id)
    called = assetcert("read", made["grant"], "--as", "L1", "--out", tmp_path, home=own.home)
    assert called.code == 0 and set(called.json) == {
        "asset_id",
        "block",
        "fields",
        "receipt",
        "document",
        "checks",
    }
    assert called.json["fields"] == {"fact.total": "6237.6"}
    assert Path(called.json["document"]).read_bytes() == own.paper("M1/invoice.xml").read_bytes()
    log = events(home.ledger, called.json["block"], home.ledger.pin(), ["access_log"])
    (read,) = [event for event in log if isinstance(event, Read)]
    assert (read.grant_id, read.org) == (given.grant_id, l1.id)
    assert grant_reading.release(home, given.grant_id, l1.id)


def test_what_was_granted_can_be_judged(own: World, tmp_path: Path) -> None:
    asked = ("grant", own.receipts["M1/invoice.xml"], "--as", "M1", "--to", "L1", "--fields", "content")
    made = assetcert(*asked, "--out", tmp_path, home=own.home).json
    found = assetcert("read", made["grant"], "--as", "L1", "--out", tmp_path, home=own.home).json
    assert found["fields"] == {}
    whole = receipt_at(own.receipts["M1/invoice.xml"])
    assert receipt_at(found["receipt"]) == whole.redact("must-disclose")
    report = assetcert("verify", found["receipt"], found["document"], "--as", "L1", home=own.home)
    assert (report.code, report.json["verdict"]) == (0, "VALID")


def receipt_at_document(document: object) -> Receipt:
    found = parse(json.dumps(document).encode())
    assert isinstance(found, Receipt)
    return found


def test_a_foreign_or_altered_grant_is_refused(own: World, tmp_path: Path) -> None:
    made = grant(own, tmp_path)
    foreign = assetcert("read", made["grant"], "--as", "L2", home=own.home)
    assert foreign.code == 1 and foreign.error["code"] == "NOT_GRANTEE"
    document = json.loads(Path(made["grant"]).read_text())
    document["grant"]["expires_at"] += DAY
    Path(made["grant"]).write_text(json.dumps(document))
    altered = assetcert("read", made["grant"], "--as", "L1", home=own.home)
    assert altered.code == 1 and altered.error["code"] == "GRANT_ID"
    Path(made["grant"]).write_text("{}")
    assert assetcert("read", made["grant"], "--as", "L1", home=own.home).code == 65


def test_an_ended_grant_gives_nothing_and_its_wrap_is_gone(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    made = grant(own, tmp_path)
    assert assetcert("read", made["grant"], "--as", "L1", "--out", tmp_path, home=own.home).code == 0
    ended = assetcert("revoke", made["grant"], "--as", "M1", home=own.home)
    assert ended.code == 0 and ended.json["grant_id"] == made["grant_id"]
    called = assetcert("read", made["grant"], "--as", "L1", home=own.home)
    assert called.code == 1 and called.error["code"] == "GRANT_ENDED"
    home = installed(own.home)
    with home.database.session() as session:
        assert session.get_one(Grant, made["grant_id"]).sealed is None
    with pytest.raises(RefusedError):
        grant_reading.release(home, parse_hex32(made["grant_id"]), home.book.find("L1").id)


def test_an_expired_grant_gives_nothing(own: World, tmp_path: Path, installed: Opens) -> None:
    made = grant(own, tmp_path, "--until", "2026-07-20")
    home = installed(own.home)
    home.node.clock.advance(60 * DAY)
    called = assetcert("read", made["grant"], "--as", "L1", home=own.home)
    assert called.code == 1 and called.error["code"] == "GRANT_EXPIRED"


def test_a_date_that_is_none_is_a_usage_error(world: World) -> None:
    target = world.receipts["M1/invoice.xml"]
    called = assetcert("grant", target, "--as", "M1", "--to", "L1", "--until", "soon", home=world.home)
    assert called.code == 64 and called.error["code"] == "DATE"


def test_revoking_twice_is_once_and_suspending_can_be_followed(own: World) -> None:
    target = own.receipts["M1/machine.xml"]
    suspended = assetcert("revoke", target, "--as", "M1", "--suspend", home=own.home)
    assert suspended.code == 0
    assert assetcert("verify", target, home=own.home).code == 1
    first = assetcert("revoke", target, "--as", "M1", home=own.home)
    again = assetcert("revoke", target, "--as", "M1", home=own.home)
    assert first.code == again.code == 0 and first.json == again.json


def traces(secret: bytes, home: Path) -> int:
    """How many pieces of it stand in the database's files: a long value is spread over pages."""
    stored = b"".join(path.read_bytes() for path in sorted(home.glob("assetcert.db*")))
    return sum(
        secret[start : start + 16] in stored for start in range(0, len(secret), 16) if len(secret[start:]) > 8
    )


def test_shredding_leaves_nothing_in_the_files_and_the_anchor_on_the_ledger(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    paper = tmp_path / "invoice.xml"
    paper.write_bytes(
        own.paper("M1/invoice.xml").read_bytes().replace(b"M1-INV-2026-0701", b"M1-INV-PECULIAR7")
    )
    called = assetcert("certify", "--as", "M1", paper, "--dossier", "peculiar", home=own.home).json
    (asset,) = called["assets"]
    kept = tmp_path / "kept.receipt.json"
    kept.write_bytes(Path(asset["receipt"]).read_bytes())
    made = assetcert(
        "grant", asset["receipt"], "--as", "M1", "--to", "L1", "--out", tmp_path, home=own.home
    ).json
    home = installed(own.home)
    with home.database.session() as session:
        row, given = session.get_one(Asset, asset["asset_id"]), session.get_one(Grant, made["grant_id"])
    assert row.sealed_secret and given.sealed
    secret = home.open_secret(home.book.find("M1"), parse_hex32(row.asset_id), row.sealed_secret)
    precious = (b"PECULIAR7", row.sealed_secret, given.sealed)
    assert all(traces(one, own.home) for one in precious) and not traces(secret.reveal(), own.home)
    home.database.close()

    shredded = assetcert("shred", asset["receipt"], "--as", "M1", "--yes", home=own.home)
    assert shredded.code == 0 and set(shredded.json) == {"asset_id", "block"}
    assert not any(traces(one, own.home) for one in (*precious, secret.reveal()))
    assert not Path(asset["receipt"]).exists() and not Path(called["dossier"]).exists()
    checks = {
        check["code"]: check["verdict"] for check in assetcert("verify", kept, home=own.home).json["checks"]
    }
    assert checks["REGISTRATION"] == "VALID"
    for verb in (["disclose"], ["grant", "--to", "L1"]):
        refused = assetcert(*verb, asset["asset_id"], "--as", "M1", home=own.home)
        assert refused.code == 1 and refused.error["code"] == "SHREDDED"
    assert assetcert("read", made["grant"], "--as", "L1", home=own.home).error["code"] == "NO_WRAP"


def test_shredding_asks_and_says_what_is_out_of_reach(world: World) -> None:
    asked = assetcert("shred", world.asset("M1/order.xml"), "--as", "M1", home=world.home, as_json=False)
    assert asked.code != 0
    assert "out of reach" in asked.err + asked.out


def test_an_owner_cannot_grant_what_it_has_not_certified(world: World) -> None:
    called = assetcert("grant", world.receipts["M2/invoice.xml"], "--as", "M1", "--to", "L1", home=world.home)
    assert called.code == 64 and called.error["code"] == "UNKNOWN_ASSET"


def test_one_that_publishes_no_encryption_key_cannot_be_granted_to(world: World) -> None:
    called = assetcert("grant", world.receipts["M1/invoice.xml"], "--as", "M1", "--to", "I1", home=world.home)
    assert called.code == 1 and called.error["code"] == "NO_ENCRYPTION_KEY"


def test_an_asset_that_is_not_anchored_yet_is_not_shared(own: World, installed: Opens) -> None:
    home = installed(own.home)
    with home.database.session() as session:
        session.get_one(Asset, own.asset("M1/order.xml")).root = None
    with pytest.raises(ConflictError, match="certify its file again"):
        own_asset(home, home.book.find("M1"), own.asset("M1/order.xml"))
    assert hex32(home.book.find("M1").id)


def test_shredding_that_is_refused_destroys_nothing(own: World, tmp_path: Path) -> None:
    target, wrong = own.asset("M1/invoice.xml"), tmp_path / "wrong"
    wrong.write_text("another passphrase\n")
    shred = ["shred", target, "--as", "M1", "--yes"]
    refused = assetcert(*shred, "--passphrase-file", wrong, home=own.home)
    assert refused.code == 1 and refused.error["code"] == "WRONG_PASSPHRASE"
    listed = assetcert("key", "list", "M1", home=own.home).json["keys"]
    (account,) = [key["key_id"] for key in listed if key["purpose"] == "account"]
    assert assetcert("key", "revoke", "M1", account, home=own.home).code == 0
    assert assetcert(*shred, home=own.home).code == 1
    shown = assetcert(
        "disclose", target, "--as", "M1", "--fields", "all", "--out", tmp_path, home=own.home
    ).json
    assert (
        receipt_at(shown["receipt"]).values["fact.number"]
        == receipt_at(own.receipts["M1/invoice.xml"]).values["fact.number"]
    )


@pytest.mark.parametrize(("issuer", "code"), [("M1", "GRANT_MISMATCH"), ("M2", "REGISTRATION")])
def test_a_made_up_receipt_is_not_read(
    issuer: str, code: str, own: World, tmp_path: Path, installed: Opens
) -> None:
    home = installed(own.home)
    org, owner, secret = home.book.find(issuer), home.book.find("M2"), Secret.generate()
    genuine = receipt_at(own.receipts["M2/invoice.xml"])
    values = genuine.values | {"asset.issuer": org.hex, "fact.total": "9999999"}
    commitment = Commitment(values, secret)
    tree = BatchTree([commitment.asset_id])
    forged = build(home.ledger.descriptor, org.id, commitment, tree, genuine.prf)
    document = json.loads(
        Path(
            assetcert(
                "grant",
                own.receipts["M2/invoice.xml"],
                "--as",
                "M2",
                "--to",
                "L1",
                "--fields",
                "fact.total",
                "--out",
                tmp_path,
                home=own.home,
            ).json["grant"]
        ).read_text()
    )
    scope = scope_of(bytes(32), [forged.asset_id])
    sealed = parse_hex32(document["sealed"])
    l1, expires_at = home.book.find("L1").id, document["grant"]["expires_at"]
    home.signatory(owner).send(home.ledger.access.grant(l1, scope, sealed, expires_at))
    document["grant"]["grant_id"] = hex32(grant_id(owner.id, l1, scope, sealed, expires_at))
    document["scope"] = {"salt": hex32(bytes(32)), "asset_ids": [forged.asset_id_hex]}
    document["receipt"] = json.loads(forged.redact([]).to_json())
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(document))
    called = assetcert("read", path, "--as", "L1", home=own.home)
    assert called.code == 1 and called.error["code"] == code


def test_a_reader_is_told_the_standing(own: World, tmp_path: Path) -> None:
    made = grant(own, tmp_path)
    assert (
        assetcert("revoke", own.asset("M1/invoice.xml"), "--as", "M1", "--suspend", home=own.home).code == 0
    )
    called = assetcert("read", made["grant"], "--as", "L1", "--out", tmp_path, home=own.home)
    verdicts = {check["code"]: check["verdict"] for check in called.json["checks"]}
    assert called.code == 0
    assert verdicts == {
        "COMMITMENT": "VALID",
        "REGISTRATION": "VALID",
        "ISSUER": "VALID",
        "STANDING": "INVALID",
    }


def test_only_its_parties_end_a_grant_whatever_its_file_is_called(own: World, tmp_path: Path) -> None:
    made = grant(own, tmp_path)
    path = tmp_path / "renamed.json"
    path.write_bytes(Path(made["grant"]).read_bytes())
    stranger = assetcert("revoke", path, "--as", "L2", home=own.home)
    assert stranger.code == 1 and stranger.error["code"] == "NOT_PARTY"
    ended = assetcert("revoke", path, "--as", "L1", home=own.home)
    assert ended.code == 0 and ended.json["grant_id"] == made["grant_id"]
    again = assetcert("revoke", path, "--as", "M1", home=own.home)
    assert again.code == 0 and again.json["block"] == ended.json["block"]


@pytest.mark.parametrize("finish", ["revoke", "certify"])
def test_a_revocation_killed_before_the_database_knew_is_finished(
    finish: str, own: World, installed: Opens
) -> None:
    target, home = own.asset("M1/machine.xml"), installed(own.home)
    with home.database.session() as session:
        live = session.get_one(Asset, target).live
    revoked = assetcert("revoke", target, "--as", "M1", home=own.home)
    with home.database.session() as session:
        session.get_one(Asset, target).live = live
    if finish == "revoke":
        again = assetcert("revoke", target, "--as", "M1", home=own.home)
        assert again.code == 0 and again.json == revoked.json
        with home.database.session() as session:
            assert session.get_one(Asset, target).live is None
    else:
        made = assetcert("certify", own.paper("M1/machine.xml"), "--as", "M1", home=own.home).json
        assert made["assets"][0]["existing"] is False and made["assets"][0]["asset_id"] != target


def test_two_choices_of_fields_are_two_files(world: World, tmp_path: Path) -> None:
    paths = {
        assetcert(
            "disclose",
            world.receipts["M1/invoice.xml"],
            "--fields",
            fields,
            "--out",
            tmp_path,
            home=world.home,
        ).json["receipt"]
        for fields in ("fact.total", "fact.number", "fact.number,fact.number")
    }
    assert len(paths) == 2 and all(Path(path).is_file() for path in paths)


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (["--to", "L1", "--until", "2020-01-01"], "UNTIL"),
        (["--to", "L1", "--fields", ""], "NO_FIELDS"),
        (["--to", "M1"], "SELF"),
    ],
)
def test_a_grant_that_gives_nobody_anything_is_a_usage_error(
    extra: list[str], code: str, world: World
) -> None:
    called = assetcert("grant", world.receipts["M1/invoice.xml"], "--as", "M1", *extra, home=world.home)
    assert called.code == 64 and called.error["code"] == code
