"""A person's word on a case: who may say what, four eyes, counter-offers within the room there is, and the record that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from certifier.evidence.assessment import Assessment
from gateway.credit.decision import Inquiry, decide
from gateway.credit.documents import canonical, digest
from gateway.credit.products import defaults
from gateway.credit.record import Header, compose
from gateway.credit.review import CODES, Terms, Word, consider, reviewed, waits
from gateway.errors import ConflictError, ForbiddenError, UsageError
from tests.gateway.credit.conftest import Papers
from tests.gateway.credit.reckoning import assessment, inquiry
from tests.two_rivers.reading import World

PRODUCTS = {one.id: one for one in defaults()}
AR, CR, FA = defaults()


@pytest.fixture(scope="module")
def m1(rivers: World, papers: Papers) -> Assessment:
    return assessment(rivers, "M1", papers("M1"))


def record(asked: Inquiry) -> dict[str, Any]:
    """The engine's record."""
    said = {"amount": f"{asked.ask.amount:f}", "days": asked.ask.days}
    as_of = {"number": 1, "time": f"{asked.ask.start}T00:00:00+08:00"}
    header = Header("dec-1", "app", said, b"L" * 32, b"M" * 32, as_of, {}, (), (), {}, "0x", "test", None)
    return compose(header, asked, decide(asked))


@pytest.fixture(scope="module")
def referred(m1: Assessment) -> Mapping[str, Any]:
    made = record(inquiry(m1, asks_for_person=True))
    assert made["outcome"] == "refer" and made["offers"]
    return made


def word(
    outcome: str, code: str, who: str = "first", role: str = "officer", terms: Terms | None = None
) -> Word:
    return Word(who, role, outcome, code, "seen", "2026-09-28T01:00:00Z", "refer", terms)


def test_an_approval_repeats_the_engines_record_and_names_it(referred: Mapping[str, Any]) -> None:
    said = word("approve", "A1")
    consider(referred, [], said, PRODUCTS)
    made = reviewed(referred, "dec-2", [said], PRODUCTS)
    assert (made["outcome"], made["automated"], made["amount"]) == ("approve", False, "600000")
    assert made["reviews"] == {"decision_id": "dec-1", "digest": digest(referred)}
    assert Word.of(made["human"][0]) == said and made["reasons"][0]["en"] == CODES["approve"]["A1"][0]
    new = {
        "decision_id",
        "automated",
        "reviews",
        "human",
        "outcome",
        "amount",
        "rate_bps",
        "binding",
        "reasons",
    }
    assert {name for name in made if made[name] != referred.get(name)} == new
    assert canonical(
        reviewed(referred, "dec-2", [Word.of(one) for one in made["human"]], PRODUCTS)
    ) == canonical(made)


def test_above_the_limit_two_people_say_the_same(m1: Assessment) -> None:
    body = {**AR.body, "four_eyes_above": "100000"}
    strict = type(AR).of(body)
    known = {strict.id: strict}
    machine = record(inquiry(m1, asks_for_person=True, products=(strict,)))
    first, again = word("approve", "A1"), word("approve", "A2")
    assert waits(machine, [first], known) and reviewed(machine, "d", [first], known)["outcome"] == "refer"
    with pytest.raises(ForbiddenError, match="second person"):
        consider(machine, [first], again, known)
    second = word("approve", "A2", who="second", role="approver")
    consider(machine, [first], second, known)
    assert reviewed(machine, "d", [first, second], known)["outcome"] == "approve"
    smaller = word("counter", "C1", who="second", terms=Terms(strict.id, Decimal(200_000), 90))
    consider(machine, [first], smaller, known)
    assert reviewed(machine, "d", [first, smaller], known)["outcome"] == "refer"  # they do not say the same
    assert reviewed(machine, "d", [first, word("decline", "D1"), second], known)["outcome"] == "refer"


def test_a_counter_offer_keeps_to_the_room_there_is(referred: Mapping[str, Any]) -> None:
    terms = Terms(AR.id, Decimal(400_000), 60)
    said = word("counter", "C2", terms=terms)
    consider(referred, [], said, PRODUCTS)
    (offer,) = reviewed(referred, "d", [said], PRODUCTS)["offers"]
    assert (offer["amount"], offer["days"], offer["counter"], offer["binding"]) == (
        "400000",
        60,
        "tenor",
        "person",
    )
    assert Decimal(offer["total_cost"]) == (
        Decimal("400000") * offer["rate_bps"] / 10_000 * 60 / 360
    ).quantize(Decimal("0.01"))
    room = min(Decimal(referred["bases"][AR.id]["total"]), Decimal(referred["needs"][AR.id]))
    for amount, days, told in (
        (room + 10_000 - room % 10_000, 90, "need"),
        (Decimal(400_001), 90, "multiples"),
        (Decimal(1), 90, "multiples"),
        (Decimal(400_000), 10_000, "days"),
    ):
        with pytest.raises(UsageError, match=told):
            consider(referred, [], word("counter", "C1", terms=Terms(AR.id, amount, days)), PRODUCTS)
    with pytest.raises(UsageError, match="not asked for"):
        consider(referred, [], word("counter", "C1", terms=Terms("0x", Decimal(400_000), 90)), PRODUCTS)
    for wrong in (word("counter", "C1"), word("approve", "A1", terms=terms)):
        with pytest.raises(UsageError, match="only that"):
            consider(referred, [], wrong, PRODUCTS)


def test_a_knock_out_is_lifted_by_the_risk_officer_with_a_code(m1: Assessment) -> None:
    machine = record(inquiry(m1, invalid=("invoice 1: COMMITMENT",)))
    assert machine["outcome"] == "decline" and machine["offers"]
    for wrong in (
        word("approve", "O1"),
        word("approve", "A1", role="risk"),
        word("approve", "O1", role="approver"),
    ):
        with pytest.raises(ForbiddenError, match="K08"):
            consider(machine, [], wrong, PRODUCTS)
    terms = Terms(AR.id, Decimal(400_000), 60)
    with pytest.raises(ForbiddenError, match="K08"):
        consider(machine, [], word("counter", "C1", role="risk", terms=terms), PRODUCTS)
    consider(machine, [], word("counter", "O2", role="risk", terms=terms), PRODUCTS)
    lifted = word("approve", "O1", role="risk")
    consider(machine, [], lifted, PRODUCTS)
    assert reviewed(machine, "d", [lifted], PRODUCTS)["outcome"] == "approve"
    consider(machine, [], word("decline", "D2"), PRODUCTS)


def test_nothing_is_approved_where_nothing_is_offered(rivers: World) -> None:
    machine = record(inquiry(assessment(rivers, "M1", [])))
    with pytest.raises(ConflictError, match="no product"):
        consider(machine, [], word("approve", "A1"), PRODUCTS)


def test_other_days_are_offered_behind_those_that_were_asked_for(m1: Assessment) -> None:
    asked = inquiry(m1, days=200)
    made = decide(asked)
    assert {one.product.code: (one.days, one.counter) for one in made.offers if one.counter == "tenor"} == {
        one.code: (one.tenor[1], "tenor") for one in defaults() if one.tenor[1] < 200
    }
    assert [one.counter == "tenor" for one in made.offers] == sorted(
        one.counter == "tenor" for one in made.offers
    )
    assert {one.product.code for one in made.refused if one.code == "TENOR"} == {
        one.code for one in defaults() if one.tenor[1] < 200
    }
