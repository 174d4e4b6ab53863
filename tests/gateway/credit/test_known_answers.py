"""PRODUCT 7's known answers to the cent, by the engine itself over the parsed papers of Two Rivers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest

from certifier.evidence.assessment import Assessment
from gateway.credit.decision import Decision, decide
from tests.gateway.credit.conftest import Papers
from tests.gateway.credit.reckoning import assessment, inquiry
from tests.two_rivers.reading import World


@pytest.fixture(scope="session")
def m1(rivers: World, papers: Papers) -> Assessment:
    return assessment(rivers, "M1", papers("M1"))


@pytest.fixture(scope="session")
def made(m1: Assessment) -> Decision:
    return decide(inquiry(m1))


def product(decision: Decision, code: str) -> str:
    return next(one.product.id for one in decision.offers if one.product.code == code)


def test_features(made: Decision) -> None:
    known = made.features
    assert (
        known["F15"].value is not None and known["F14"].value is not None and known["F02"].value is not None
    )
    assert known["F15"].value.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("58.53")
    assert known["F14"].value.quantize(Decimal("0.0001")) == Decimal("0.6627")
    assert known["F15"].denominator == Decimal("1680671.60")
    assert known["F15"].numerator == Decimal("1092981.20") * 90
    assert known["F01"].value == Decimal("469680.00") and known["F01"].n == 12
    assert known["F02"].value.quantize(Decimal("0.001")) == Decimal("0.947")
    assert known["SALES"].value == Decimal("6031908.89")
    assert known["F20"].value is not None and Decimal("0.55") <= known["F20"].value <= Decimal("0.59")
    assert known["F09"].value is not None and Decimal("0.90") <= known["F09"].value <= Decimal("0.93")
    assert all(one.assets for one in known.values() if one.known and one.id not in ("F23",))


def test_points_grade_and_reasons(made: Decision) -> None:
    points = {one.feature: one.points for one in made.result.points}
    assert points == {
        "F03": 50, "F04": 35, "F08": 50, "F09": 30, "F06": 30, "F12": 50, "F20": 35,
        "F16": 45, "F17": 30, "F14": 15, "F02": 20, "F19": 30, "F22": 35, "F24": 10,
    }  # fmt: skip
    assert (made.result.score, made.result.grade) == (765, "A")
    assert [(one.feature, one.shortfall) for one in made.result.reasons] == [
        ("F02", 20),
        ("F14", 15),
        ("F20", 15),
        ("F24", 15),
    ]
    assert [one["code"] for one in made.reasons] == ["F02", "F14", "F20", "F24"]


def test_borrowing_base(made: Decision) -> None:
    base = made.bases[product(made, "L1-AR")]
    lines = {code: amount for code, _, amount in base.lines}
    assert lines == {
        "NET": Decimal("1092981.20"),
        "B12": Decimal("-137817.06"),
        "ELIGIBLE": Decimal("955164.14"),
        "invoice": Decimal("764131.31"),
        "finished-goods-under-order": Decimal("17691.28"),
    }
    assert base.total == Decimal("781822.59")
    (one, other) = (item for item in base.items if item.obligation.kind == "finished-goods-under-order")
    assert one.obligation.gross + other.obligation.gross == Decimal("44228.20")


def test_need_and_offers(made: Decision) -> None:
    assert set(made.needs.values()) == {Decimal("670996.80")}
    assert (made.outcome, made.amount, made.offers[0].binding) == ("approve", Decimal(600_000), "request")
    offers = [
        (one.product.code, (one.price.eac * 100).quantize(Decimal("0.001")), one.price.total_cost)
        for one in made.offers
    ]
    assert offers == [
        ("L1-AR", Decimal("3.961"), Decimal("5775.00")),
        ("L2-FA", Decimal("4.388"), Decimal("6375.00")),
        ("L1-CR", Decimal("4.589"), Decimal("6675.00")),
    ]
    assert made.hits == () and made.refused == ()


def test_rank_flips_with_the_tenor(m1: Assessment) -> None:
    assert [one.product.code for one in decide(inquiry(m1, days=180)).offers] == ["L1-AR", "L2-FA", "L1-CR"]
    thirty = decide(inquiry(m1, days=30))
    assert [one.product.code for one in thirty.offers] == ["L1-AR", "L1-CR", "L2-FA"]


def test_a_dishonest_firm_is_declined_and_told_no_threshold(rivers: World, papers: Papers) -> None:
    made = decide(inquiry(assessment(rivers, "M3", papers("M3"))))
    assert made.outcome == "decline" and made.amount == 0
    assert {"K04", "K05"} <= {hit.code for hit in made.hits}
    told = " ".join(one[language] for one in made.reasons for language in ("en", "zh"))
    assert "1.15" not in told and "alert" not in told and "replay" not in told and "2.12" not in told


def test_an_honest_firm_with_flaws_is_not_declined(rivers: World, papers: Papers) -> None:
    made = decide(inquiry(assessment(rivers, "M2", papers("M2"))))
    assert made.outcome == "approve" and not made.hits
