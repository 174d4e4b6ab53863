"""A loan from the first application to the released receivable, by the command, in a home that the demo has made."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.demo.ledgerwide import signers_of
from gateway.home import Home
from gateway.installation import Installation
from ledger.types import organisation_id
from tests.gateway.conftest import assetcert
from tests.gateway.telling import Told

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def home(told: Told) -> Path:
    return told.home


def test_m1_borrows_repays_and_is_released(home: Path, tmp_path: Path) -> None:
    answer = assetcert("apply", "--as", "M1", "--amount", "600000", "--days", "90", home=home).json
    assert (answer["outcome"], answer["amount"], answer["score"], answer["grade"]) == (
        "approve",
        "600000",
        765,
        "A",
    )
    assert answer["borrowing_base"]["total"] == "781822.59" and answer["need"] == "670996.80"
    assert [one["product"] for one in answer["offers"]] == ["L1-AR", "L2-FA", "L1-CR"]
    decision = answer["decisions"][0]["decision_id"]
    loan = assetcert(
        "loan", "accept", answer["application_id"], "--product", "L1-AR", "--as", "M1", home=home
    ).json["loan_id"]
    early = assetcert("loan", "draw", loan, "--as", "L1", "--reference", "B1", home=home)
    assert (early.code, early.error["code"]) == (1, "STATE")
    pledge = assetcert("loan", "contract", loan, "--as", "L1", home=home).json["pledge_id"]
    assert (
        assetcert("loan", "draw", loan, "--as", "L1", "--reference", "B1", home=home).json["state"] == "drawn"
    )
    again = assetcert(
        "apply", "--as", "M1", "--amount", "100000", "--days", "60", "--product", "L2-FA", home=home
    ).json
    lines = {one["code"]: Decimal(one["amount"]) for one in again["borrowing_base"]["lines"]}
    assert lines["B02"] < -900_000 and Decimal(again["amount"]) < 100_000  # what is pledged counts no more
    assert "finished-goods-under-order" not in lines and "L1" not in str(again["reasons"])
    assert assetcert("decision", "replay", decision, home=home).json["verdict"] == "identical"
    shown = assetcert("loan", "show", loan, "--as", "M1", home=home).json
    assert shown["position"]["principal"] == "600000"
    receipts = tmp_path / "receipts.csv"
    receipts.write_text(f"loan_id,reference,date,amount\n{loan},R1,{shown['position']['day']},600000.00\n")
    booked = assetcert("loan", "receive", receipts, "--as", "L1", home=home).json["receipts"][0]
    assert booked["position"]["payoff"] == "0.00" and booked["closed"]["pledge_id"] == pledge
    twice = assetcert("loan", "receive", receipts, "--as", "L1", home=home).json["receipts"][0]
    assert twice["existing"] and "closed" not in twice
    rows = assetcert("liens", "--as", "L1", home=home).json["liens"]
    assert {row["status"] for row in rows if row["pledge_id"] == pledge} == {"cancelled"}
    free = assetcert("apply", "--as", "M1", "--amount", "600000", "--days", "90", home=home).json
    assert (free["outcome"], free["borrowing_base"]["total"]) == (
        "approve",
        "781822.59",
    )  # it is not due yet, so it may be pledged again
    assert assetcert("decision", "replay", decision, home=home).json["verdict"] == "identical"
    assert_no_core_enterprise(home)


def assert_no_core_enterprise(place: Path) -> None:
    """From the first certificate to the closed loan: every transaction is an admitted member's or a deployer's, and no buyer is one."""
    home = Home(place)
    with Installation.open(home, lambda: home.passphrase_file.read_text().strip()) as installation:
        ledger = installation.ledger
        known = {one.id for one in installation.book.all()}
        signers = signers_of(ledger)
        buyers = [
            organisation_id(f"CN-USCC:{number}") for number in ("91500000000000115B", "915000000000001236")
        ]
        admitted = ledger.read([ledger.membership.organisation(one) for one in buyers], ledger.pin())
    assert sum(signers.values()) > 100
    assert signers.keys() <= known | {bytes(32)}
    assert not known & set(buyers) and all(not one.roles for one in admitted)


def test_m4_offers_what_is_pledged_already(home: Path) -> None:
    rows = assetcert("liens", "--as", "M4", home=home).json["liens"]
    pledged = [row["asset_id"] for row in rows if row["status"] == "live"]
    assert pledged
    offers = [word for asset in pledged for word in ("--offer", asset)]
    answer = assetcert(
        "apply", "--as", "M4", "--amount", "60000", "--days", "60", "--product", "L2-FA", *offers, home=home
    ).json
    assert answer["outcome"] in ("decline", "refer") and answer["offers"] == []
    assert "L1" not in str(answer["reasons"])
