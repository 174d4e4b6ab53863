"""Offer, pledge, close, liens: one lock per business identity, whoever asks (CONTRACTS; DESIGN, Command line)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.installation import Installation

from .conftest import World, assetcert

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
    assert set(done.json) == {"pledge_id", "block", "transaction", "gas", "reports"}
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
    assert assetcert("liens", own.receipts["M2/invoice.xml"], home=own.home).json["liens"] == [row]
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
