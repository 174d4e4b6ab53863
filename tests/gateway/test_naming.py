"""What a contract refuses is told in names: organisations, papers and accounts, as far as the home knows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from gateway.db.models import Asset
from gateway.installation import Installation
from gateway.service.naming import named

from .conftest import World, assetcert

Opens = Callable[[Path], Installation]


def test_a_refusal_names_organisations_and_accounts(own: World) -> None:
    refused = assetcert("org", "admit", "M7", "CN-USCC:91500000000000799X", "新来者", "--role", "enterprise", "--as", "M1", home=own.home)  # fmt: skip
    assert refused.code == 1 and refused.error["code"] == "NOT_ACTIVE"
    assert "account of M1 " in refused.err and "0x" not in refused.err
    instrument = next(
        row
        for row in assetcert("key", "list", "M1", home=own.home).json["keys"]
        if row["purpose"] == "instrument"
    )
    foreign = assetcert("key", "revoke", "M2", instrument["key_id"], home=own.home)
    assert "belongs to organisation M1 (恒精机械)" in foreign.err


def test_the_end_of_a_pledge_is_told_as_a_day(own: World, tmp_path: Path) -> None:
    offered = assetcert(
        "offer", own.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", tmp_path, home=own.home
    )
    assert assetcert("pledge", offered.json["offer"], "--as", "L1", home=own.home).code == 0
    early = assetcert("close", offered.json["offer"], "--as", "M1", "--status", "expired", home=own.home)
    assert early.code == 1 and early.error["code"] == "NOT_EXPIRED"
    assert re.search(r"before 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", early.err)


def test_papers_keep_their_id_behind_their_name(own: World, installed: Opens) -> None:
    home, invoice = installed(own.home), own.asset("M1/invoice.xml")
    issuer, stranger = home.book.find("M1"), "0x" + "ab" * 32
    with home.database.session() as session:
        number = (session.get_one(Asset, invoice).fields or {})["fact.number"]
    said = named(home, f"asset {invoice} of organisation {issuer.hex} is not {stranger}")
    assert said == f"asset invoice {number} ({invoice}) of organisation M1 ({issuer.name}) is not {stranger}"
