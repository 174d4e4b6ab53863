"""What may stand in the way of a decision, one at a time, for a firm that is approved without it: each refers with its reason (PRODUCT 2.10).

In the demo's home, over M1's thirteen weeks. Nothing here waits: a time that is over is one that nobody has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.credit.products import default_rules
from gateway.credit.rules import RulePack
from gateway.db import credit
from gateway.errors import ConflictError
from gateway.home import Home
from gateway.installation import Installation, Organisation
from gateway.service import certifying, loans
from gateway.service.applying import Order, submit
from gateway.service.lending import Lending
from gateway.service.times import DAY
from ledger.host import Host

from .conftest import new_note
from .telling import Told


class Elsewhere:
    """A home's host as though its node were somebody else's: it may fall silent, and time may go on since its newest block."""

    def __init__(self, node: Host) -> None:
        self._node, self.silent, self.late = node, False, 0
        self.writer, self.clock = node.writer, self

    @property
    def url(self) -> str:
        """A port that nobody listens at where it is silent."""
        return "http://127.0.0.1:9" if self.silent else self._node.url

    def now(self) -> int:
        """Business time."""
        return self._node.clock.now() + self.late


@dataclass
class Desk:
    """Where M1 applies: the home, its node seen from elsewhere, and credit over it."""

    home: Installation
    node: Elsewhere
    away: Installation
    lending: Lending

    @property
    def m1(self) -> Organisation:
        """Who applies."""
        return self.home.book.find("M1")

    def asked(self, lending: Lending | None = None) -> dict[str, Any]:
        """L1's record on a new application; consent is given before anything can be in the way of the decision."""
        row = submit(self.home, self.m1, Order(Decimal(100_000), 90), "m1-signatory")
        made = (lending or self.lending).decided(row)
        return json.loads(next(one.record for one in made if one.lender == self.home.book.find("L1").hex))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def desk(told: Told) -> Iterator[Desk]:
    place = Home(told.home)
    with Installation.open(place, lambda: place.passphrase_file.read_text().strip()) as home:
        node = Elsewhere(home.node)
        away = Installation(home.home, cast(Host, node), home.keys)
        found = Desk(home, node, away, Lending(away))
        found.lending.read(found.m1)
        yield found


def refers(record: dict[str, Any], because: str) -> None:
    """It is referred, for that reason alone, which the record and the hit both say."""
    assert (record["outcome"], record["amount"]) == ("refer", "0")
    (said,) = record["off_chain"]["unknown"]
    assert because in said
    (hit,) = record["hits"]
    assert hit["code"] == "R03" and hit["text"] == said and because not in hit["told"]


def test_without_any_of_it_m1_is_approved(desk: Desk) -> None:
    record = desk.asked()
    assert (record["outcome"], record["amount"], record["hits"]) == ("approve", "100000", [])


def test_a_block_that_is_too_old(desk: Desk) -> None:
    desk.node.late = default_rules().block_age_seconds + 600
    record = desk.asked()
    desk.node.late = 0
    refers(record, "seconds old")


def decision(home: Installation, name: str, **given: Any) -> credit.CreditDecision:
    """One of L1 on somebody else."""
    lender, zero = home.book.find("L1").hex, f"0x{0:064x}"
    usual = {"outcome": "decline", "amount": "0", "score": 0, "at": home.now()}
    return credit.CreditDecision(
        decision_id=name, application_id="none", lender=lender, applicant=lender, record="{}", digest=zero, asset_id=zero, latency={},
        **(usual | given),
    )  # fmt: skip


@contextmanager
def standing(home: Installation, rows: Sequence[credit.CreditDecision]) -> Iterator[None]:
    """While these decisions stand."""
    with home.database.session() as session:
        session.add_all(rows)
    yield
    with home.database.session() as session:
        for row in rows:
            session.delete(row)


@contextmanager
def approved_today(home: Installation, amounts: Sequence[int]) -> Iterator[None]:
    """While so much stands approved by L1 today, for others."""
    rows = [
        decision(home, f"dec-cap-{at}", outcome="approve", amount=str(one)) for at, one in enumerate(amounts)
    ]
    with standing(home, rows):
        yield


@pytest.mark.parametrize(
    ("amounts", "because"),
    [
        ([1] * default_rules().daily_automatic, "as many were approved"),
        ([int(default_rules().daily_automatic_amount)], "as much was approved"),
    ],
)
def test_a_days_cap_that_is_reached(desk: Desk, amounts: list[int], because: str) -> None:
    with approved_today(desk.home, amounts):
        refers(desk.asked(), because)


@pytest.mark.parametrize(("lower", "outcome"), [(0, "approve"), (120, "refer")])
def test_scores_that_have_shifted(desk: Desk, lower: int, outcome: str) -> None:
    """Two hundred of last month, beside two hundred of four months ago that scored as they did, or better."""
    month, each = 30 * DAY, range(default_rules().shift_least)
    recent = [decision(desk.home, f"dec-r{at}", score=600 + at % 100 - lower, at=desk.home.now() - month) for at in each]  # fmt: skip
    before = [decision(desk.home, f"dec-b{at}", score=600 + at % 100, at=desk.home.now() - 4 * month) for at in each]  # fmt: skip
    with standing(desk.home, [*recent, *before]):
        record = desk.asked(Lending(desk.away))
    if outcome == "refer":
        refers(record, "have shifted")
    assert record["outcome"] == outcome


def test_a_paper_that_nobody_has_read_and_a_store_that_does_not_answer(desk: Desk, tmp_path: Path) -> None:
    blocks, away = desk.home.home.blocks, tmp_path / "blocks"
    assert not certifying.certify(desk.home, desk.m1, [new_note(tmp_path, b"\x00doubt")]).errors
    refers(desk.asked(), "CONTENT NOT_GRANTED")
    blocks.rename(away)
    desk.lending.read(desk.m1)
    record = desk.asked()
    away.rename(blocks)
    refers(record, "CONTENT NOT_GRANTED")
    desk.lending.read(desk.m1)
    assert desk.asked()["outcome"] == "approve"


def test_an_offer_stands_for_so_many_days(desk: Desk) -> None:
    record = desk.asked()
    secured = next(one["product_id"] for one in record["offers"] if one["product"] == "L1-AR")
    desk.node.late = 31 * DAY
    with pytest.raises(ConflictError, match="stood for 30 days"):
        loans.accept(desk.away, desk.m1, record["application_id"], secured, "m1-signatory")
    desk.node.late = 0


def test_a_time_that_is_over(desk: Desk) -> None:
    hasty = RulePack.of({**default_rules().body, "decision_seconds": 0})
    refers(desk.asked(Lending(desk.away, hasty)), "it took longer than 0 seconds")


def test_a_node_that_does_not_answer(desk: Desk) -> None:
    """Nothing is known then but that it is not known; such a decision has no block to be recomputed at."""
    row = submit(desk.home, desk.m1, Order(Decimal(100_000), 90), "m1-signatory")
    desk.node.silent = True
    made = desk.lending.decided(row)
    desk.node.silent = False
    record = json.loads(made[0].record)
    assert record["as_of"]["number"] is None and record["outcome"] != "approve"
    assert "R03" in {hit["code"] for hit in record["hits"]}
    assert any("the ledger could not be read" in one for one in record["off_chain"]["unknown"])
    with pytest.raises(ConflictError, match="without a block"):
        desk.lending.replay(made[0].decision_id)
