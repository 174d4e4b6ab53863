"""Offer, pledge, close, liens: one lock per business identity, whoever asks (CONTRACTS; DESIGN, Command line)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.installation import Installation
from gateway.service import indexing

from .conftest import World, assetcert, started

Opens = Callable[[Path], Installation]


def offered(
    world: World, out: Path, lender: str = "L1", *extra: str, target: str = "M2/invoice.xml"
) -> dict[str, str]:
    called = assetcert(
        "offer",
        world.receipts[target],
        "--as",
        target[:2],
        "--to",
        lender,
        "--out",
        out,
        *extra,
        home=world.home,
    )
    assert called.code == 0, called.err
    made: dict[str, str] = called.json
    return made


def liens(world: World, org: str = "L1") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = assetcert("liens", "--as", org, home=world.home).json["liens"]
    return found


def test_an_offer_travels_signed_with_what_must_be_disclosed(own: World, tmp_path: Path) -> None:
    made = offered(own, tmp_path)
    assert made["offer"] == str(tmp_path / f"{made['pledge_id']}.offer.json")
    document = json.loads(Path(made["offer"]).read_text())
    assert set(document) == {"schema", "pledge_id", "offer", "signature", "receipts"}
    shown = {field["path"] for field in document["receipts"][0]["fields"] if "value" in field}
    assert {"fact.number", "fact.seller_id", "fact.total", "fact.type_code", "fingerprint.exact"} <= shown
    assert not any(path.startswith("fact.line.") for path in shown)
    assert liens(own, "M2") == []


def test_pledge_locks_once_and_the_second_lender_is_refused(own: World, tmp_path: Path) -> None:
    first, second = offered(own, tmp_path), offered(own, tmp_path, "L2")
    done = assetcert("pledge", first["offer"], "--as", "L1", home=own.home)
    assert done.code == 0, done.err
    assert set(done.json) == {"pledge_id", "block", "transaction", "gas", "lien", "accepted", "reports"}
    assert (done.json["lien"], done.json["accepted"]) == ("VALID", [])
    assert done.json["pledge_id"] == first["pledge_id"]
    (row,) = liens(own)
    assert set(row) == {
        "pledge_id",
        "debtor",
        "lender",
        "fingerprint",
        "asset_id",
        "share",
        "rank",
        "expires_at",
        "status",
    }
    assert (row["share"], row["rank"], row["status"]) == (10_000, 1, "live")
    assert assetcert("liens", own.receipts["M2/invoice.xml"], home=own.home).json["liens"] == [
        {name: value for name, value in row.items() if name != "lender"}
    ]
    refused = assetcert("pledge", second["offer"], "--as", "L2", home=own.home)
    assert refused.code == 1 and refused.error["code"] == "LIEN"
    again = assetcert("pledge", first["offer"], "--as", "L1", home=own.home)
    assert again.code == 1


def test_an_offer_is_to_one_lender(own: World, tmp_path: Path) -> None:
    made = offered(own, tmp_path)
    called = assetcert("pledge", made["offer"], "--as", "L2", home=own.home)
    assert called.code == 1 and called.error["code"] == "NOT_PARTY"


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("signature", "0x" + "11" * 65, 1),
        ("signature", "zz", 65),
        ("receipts", [], 65),
        ("schema", "assetcert/offer/2", 65),
    ],
)
def test_an_altered_offer_is_refused(
    member: str, value: object, code: int, own: World, tmp_path: Path
) -> None:
    path = Path(offered(own, tmp_path)["offer"])
    path.write_text(json.dumps(json.loads(path.read_text()) | {member: value}))
    called = assetcert("pledge", path, "--as", "L1", home=own.home)
    assert called.code == code, called.err
    assert called.error["message"]
    assert liens(own) == []


def test_closing_by_lender_frees_or_burns_and_a_stranger_may_not(own: World, tmp_path: Path) -> None:
    made = offered(own, tmp_path)
    assetcert("pledge", made["offer"], "--as", "L1", home=own.home)
    stranger = assetcert("close", made["pledge_id"], "--as", "L2", "--status", "cancelled", home=own.home)
    assert stranger.code == 1 and stranger.error["code"] == "NOT_PARTY"
    early = assetcert("close", made["pledge_id"], "--as", "M2", "--status", "expired", home=own.home)
    assert early.code == 1
    closed = assetcert("close", made["offer"], "--as", "L1", "--status", "satisfied", home=own.home)
    assert (
        closed.code == 0
        and closed.json["status"] == "satisfied"
        and closed.json["pledge_id"] == made["pledge_id"]
    )
    assert [row["status"] for row in liens(own)] == ["satisfied"]
    burned = offered(own, tmp_path, "L2")
    assert assetcert("pledge", burned["offer"], "--as", "L2", home=own.home).code == 1


def test_after_its_end_anybody_closes_it_as_expired(own: World, tmp_path: Path, installed: Opens) -> None:
    made = offered(own, tmp_path, "L1", "--days", "5")
    assetcert("pledge", made["offer"], "--as", "L1", home=own.home)
    installed(own.home).node.clock.advance(6 * 86_400)
    closed = assetcert("close", made["pledge_id"], "--as", "M1", "--status", "expired", home=own.home)
    assert closed.code == 0, closed.err
    assert [row["status"] for row in liens(own)] == ["expired"]


def test_a_lapsed_offer_is_refused(own: World, tmp_path: Path, installed: Opens) -> None:
    made = offered(own, tmp_path, "L1", "--accept-days", "1")
    installed(own.home).node.clock.advance(2 * 86_400)
    called = assetcert("pledge", made["offer"], "--as", "L1", home=own.home)
    assert called.code == 1 and called.error["code"] == "OFFER_LAPSED"


def test_evidence_is_no_collateral_and_the_asset_must_be_ones_own(world: World) -> None:
    evidence = assetcert(
        "offer", world.receipts["M2/machine.xml"], "--as", "M2", "--to", "L1", home=world.home
    )
    foreign = assetcert(
        "offer", world.receipts["M1/invoice.xml"], "--as", "M2", "--to", "L1", home=world.home
    )
    assert evidence.code == 1 and evidence.error["code"] == "NOT_PLEDGEABLE"
    assert foreign.code == 64 and foreign.error["code"] == "UNKNOWN_ASSET"


def test_a_pledge_nobody_knows_is_a_usage_error(world: World) -> None:
    called = assetcert("close", "0x" + "00" * 32, "--as", "L1", "--status", "cancelled", home=world.home)
    assert called.code == 64 and called.error["code"] == "UNKNOWN_PLEDGE"
    assert assetcert("liens", home=world.home).error["code"] == "WHICH"


def test_half_and_half_to_two_lenders(own: World, tmp_path: Path) -> None:
    halves = [offered(own, tmp_path, lender, "--share", "5000") for lender in ("L1", "L2")]
    for made, lender in zip(halves, ("L1", "L2"), strict=True):
        assert assetcert("pledge", made["offer"], "--as", lender, home=own.home).code == 0
    assert [(row["share"], row["rank"]) for row in liens(own, "M2")] == [(5000, 1), (5000, 2)]


def test_an_offer_that_the_debtor_did_not_sign_is_said_to_be_so(own: World, tmp_path: Path) -> None:
    path, other = (
        Path(offered(own, tmp_path, "L1", target=f"{one}/invoice.xml")["offer"]) for one in ("M2", "M1")
    )
    signature = json.loads(other.read_text())["signature"]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"signature": signature}))
    called = assetcert("pledge", path, "--as", "L1", home=own.home)
    assert called.code == 1 and called.error["code"] == "OFFER_SIGNATURE"
    assert "not signed by the debtor" in called.error["message"]


def test_what_the_profile_requires_must_be_known_or_accepted(own: World, tmp_path: Path) -> None:
    made = offered(own, tmp_path)
    (own.home / "blocks").rename(own.home / "away")
    refused = assetcert("pledge", made["offer"], "--as", "L1", home=own.home)
    assert refused.code == 1 and refused.error["code"] == "CONTENT"
    unheard = assetcert("pledge", made["offer"], "--as", "L1", "--accept", "ALL", home=own.home)
    assert unheard.code == 64 and unheard.error["code"] == "ACCEPT"
    done = assetcert("pledge", made["offer"], "--as", "L1", "--accept", "CONTENT", home=own.home)
    assert done.code == 0 and [check["code"] for check in done.json["accepted"]] == ["CONTENT"]


def test_a_lien_that_is_not_known_to_be_good_is_no_success(own: World, tmp_path: Path) -> None:
    paper = tmp_path / "other-number.xml"
    paper.write_bytes(
        own.paper("M2/invoice.xml").read_bytes().replace(b"M2-INV-2026-0703", b"M2-INV-2026-0704")
    )
    (asset,) = assetcert("certify", paper, "--as", "M2", home=own.home).json["assets"]
    seen = offered(own, tmp_path)
    assert assetcert("pledge", seen["offer"], "--as", "L1", home=own.home).code == 0
    offer = assetcert(
        "offer", asset["receipt"], "--as", "M2", "--to", "L2", "--out", tmp_path, home=own.home
    ).json["offer"]
    assert assetcert("pledge", offer, "--as", "L2", home=own.home).error["code"] == "LIEN"
    done = assetcert("pledge", offer, "--as", "L2", "--accept", "LIEN", home=own.home, as_json=False)
    assert done.code == 2
    assert "DO NOT DISBURSE" in done.out and "accepted though not known: LIEN" in done.out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda field, _: field.update(value="0x" + "11" * 32), "COMMITMENT"),
        (lambda field, _: [field.pop(name) for name in ("value", "salt")], "NOT_SUPPLIED"),
        (lambda _, receipt: receipt["ledger"].update(chain_id=7_777_777_777), "REGISTRATION"),
    ],
)
def test_liens_are_told_of_genuine_receipts_alone(
    change: Callable[[dict[str, Any], dict[str, Any]], object], code: str, world: World, tmp_path: Path
) -> None:
    receipt = json.loads(world.receipts["M1/invoice.xml"].read_text())
    change(next(field for field in receipt["fields"] if field["path"] == "fingerprint.exact"), receipt)
    if code == "NOT_SUPPLIED":
        del receipt["prf"]
    path = tmp_path / "changed.receipt.json"
    path.write_text(json.dumps(receipt))
    called = assetcert("liens", path, home=world.home)
    assert called.code == 1 and called.error["code"] == code


def test_who_looks_while_the_index_is_rebuilt_sees_it_whole(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    assert assetcert("pledge", offered(own, tmp_path)["offer"], "--as", "L1", home=own.home).code == 0
    home, other = installed(own.home), installed(own.home)
    org = other.book.find("L1").hex
    indexing.sync(home)
    seen = {len(indexing.liens_of(other, org))}
    indexing.reindex(home, lambda _: seen.add(len(indexing.liens_of(other, org))))
    assert seen == {1} and len(indexing.liens_of(other, org)) == 1


def test_first_uses_of_a_database_at_once(own: World) -> None:
    for left in own.home.glob("assetcert.db*"):
        left.unlink()
    calls = [started("liens", "--as", "M1", home=own.home) for _ in range(6)]
    assert [called.code for call in calls if (called := call.wait()).err or called.code] == []


@pytest.mark.parametrize(
    ("to", "extra", "code"),
    [
        ("M2", [], "SELF"),
        ("lei:NOBODY", [], "UNKNOWN_ORG"),
        ("L1", ["--accept-days", "9", "--days", "5"], "DAYS"),
        ("L1", ["--days", str(2**64)], "USAGE"),
    ],
)
def test_an_offer_that_nobody_could_accept_is_a_usage_error(
    to: str, extra: list[str], code: str, world: World
) -> None:
    target = world.receipts["M2/invoice.xml"]
    called = assetcert("offer", target, "--as", "M2", "--to", to, *extra, home=world.home)
    assert called.code == 64 and called.error["code"] == code


def test_an_offer_names_a_receipt_once(world: World) -> None:
    target = world.receipts["M2/invoice.xml"]
    called = assetcert(
        "offer", target, world.asset("M2/invoice.xml"), "--as", "M2", "--to", "L1", home=world.home
    )
    assert called.code == 64 and called.error["code"] == "TWICE"
