"""Documents of policy: canonical JSON, products and their versions, the points card, rules; and what does not fit is kept with its reason."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.credit.base import Deductions, borrowing_base
from gateway.credit.documents import canonical, differences, digest
from gateway.credit.feature import Feature, insufficient, quotient
from gateway.credit.matching import Ask, Room, match
from gateway.credit.products import (
    Product,
    default_rules,
    default_scorecard,
    defaults,
    of_file,
    require_apart,
)
from gateway.credit.rules import RulePack
from gateway.credit.scorecard import INSUFFICIENT, Scorecard
from gateway.errors import ConflictError, UnreadableError

DAY = date(2026, 9, 28)
WINDOW = (DAY - timedelta(days=90), DAY)


def test_canonical_json() -> None:
    """Names by UTF-16 code units, shortest escapes, no spaces: RFC 8785, 3.2.3's order."""
    body = {"\u20ac": 1, "\r": 2, "1": 3, "\U0001f600": 4, "\u0080": 5, "\u00f6": 6, "\ufb33": 7}
    assert list(json.loads(canonical(body)).values()) == [2, 3, 5, 6, 1, 4, 7]
    assert (
        canonical({"b": [True, None, '\u000f\n"\\/€'], "a": -0})
        == '{"a":0,"b":[true,null,"\\u000f\\n\\"\\\\/€"]}'.encode()
    )
    for wrong in (1.5, {"a": 2**53}, float("nan"), {"a": b"x"}):
        with pytest.raises(TypeError):
            canonical(wrong)


def test_differences_name_the_deepest_member() -> None:
    before, after = {"a": {"b": [1, {"c": 2}]}, "d": 1}, {"a": {"b": [1, {"c": 3}]}, "d": 1}
    assert differences(before, after) == [("a.b[1].c", 2, 3)]
    assert differences({"a": [1]}, {"a": [1, 2]}) == [("a", [1], [1, 2])]
    assert not differences(before, dict(before))


def changed(**members: Any) -> Product:
    return Product.of({**defaults()[0].body, **members})


def test_the_id_is_the_documents_digest() -> None:
    one = defaults()[0]
    assert one.id == digest(one.body) != changed(version=2).id
    assert of_file(json.dumps(one.body, indent=3).encode(), "a file").id == one.id


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("legal_form", "gift"), ("min_amount", "0"), ("min_amount", 50_000), ("version", "1"), ("tenor_days_min", 400),
        ("valid_from", "2027-01-01"), ("day_count", "ACT/ACT"), ("obligor_limit_bps", 10_001), ("spread_bps_by_grade", {}),
        ("fees", [{"kind": "handling"}]), ("fees", "none"), ("fees", [{**defaults()[2].body["fees"][0], "value": "some"}]), ("need", {}), ("amount_step", "Infinity"), ("max_amount", "NaN"), ("max_amount", "abc"),
        ("pool_cap", "-1"), ("pool_cap", 7), ("region", "50"), ("industry", [34]), ("purpose_codes", []), ("benchmark_fixing_date", "soon"),
        ("spread_bps_by_grade", {"A": "85"}), ("required_checks", ["LINKS"]), ("advance_bps_by_kind", {"machine-data": 1}),
        ("evidence_max_age_days", {"tax-status": 30}), ("default_rate_multiplier", "0.9"), ("currency", "USD"), ("rate_type", "floating"),
        ("need", ["margin_bps"]), ("advance_bps_by_kind", None),
    ],
)  # fmt: skip
def test_a_product_that_is_none_is_refused(member: str, value: object) -> None:
    """The first word of what is said names the member."""
    with pytest.raises(UnreadableError, match=rf"^[^:]*{member.partition('_')[0]}"):
        changed(**{member: value})


def test_an_unknown_member_and_a_float_are_refused() -> None:
    with pytest.raises(UnreadableError, match="teaser"):
        changed(teaser=1)
    text = json.dumps({**defaults()[0].body, "version": 1.5})
    with pytest.raises(UnreadableError, match="as text"):
        of_file(text.encode(), "a file")


def test_versions_of_a_product_never_overlap() -> None:
    one = defaults()[0]
    require_apart(changed(version=2, valid_from="2027-01-01", valid_to="2027-12-31"), [one])
    require_apart(one, [one, defaults()[1]])
    with pytest.raises(ConflictError, match="holds from") as overlap:
        require_apart(changed(version=2), [one])
    assert overlap.value.code == "VERSIONS_OVERLAP"
    with pytest.raises(ConflictError, match="next number"):
        require_apart(changed(name_en="other"), [one])


def test_the_card_by_its_edges() -> None:
    card = default_scorecard()
    assert card.base + sum(one.most for one in card.characteristics) == 830

    def points(feature: str, value: str) -> int:
        known = {feature: Feature(feature, "", Decimal(value), None, None, (), 1, WINDOW)}
        return next(one.points for one in card.score(known).points if one.feature == feature)

    assert [points("F03", value) for value in ("79.99", "80", "90", "97")] == [0, 20, 35, 50]
    assert [points("F09", value) for value in ("0.49", "0.5", "0.95", "1", "1.000001")] == [15, 30, 10, 10, 0]
    assert [points("F06", value) for value in ("-25.1", "-25", "-10", "25", "25.1")] == [0, 15, 30, 30, 20]
    assert [points("F16", value) for value in ("5", "5.1", "15.1", "30.1")] == [45, 30, 15, 0]
    assert [points("F14", value) for value in ("0.25", "0.5", "0.8", "0.81")] == [30, 25, 15, 5]


def test_insufficient_is_the_worst_bin_with_its_own_reason() -> None:
    result = default_scorecard().score({})
    assert all(one.bin == INSUFFICIENT and one.value is None for one in result.points)
    assert result.score == 300 + 5 and result.band == "decline" and len(result.reasons) == 4
    assert insufficient("F03", "%", WINDOW, "nothing").to_json()["value"] is None
    assert not quotient("F03", "%", WINDOW, Decimal(0), Decimal(0), (), 0).known


def test_a_card_with_a_gap_is_refused() -> None:
    body = json.loads(json.dumps(default_scorecard().body))
    body["characteristics"][0]["bins"].pop()
    with pytest.raises(UnreadableError, match="bins"):
        Scorecard.of(body)
    with pytest.raises(UnreadableError):
        RulePack.of({**default_rules().body, "bribe": 1})


def known(**values: str) -> dict[str, Feature]:
    names = ("F20", "F24", "LOG_AGE", *values)
    return {
        name: Feature(name, "", Decimal(values.get(name, "0.5")), Decimal(1), Decimal(1), (), 1, WINDOW)
        for name in names
    }


def refusals(ask: Ask, product: Product, grade: str | None = "A", **values: str) -> tuple[str, date | None]:
    features = known(**values)
    result = default_scorecard().score({})
    result = type(result)(800, grade, "approve", result.points)
    base = borrowing_base([], product, Deductions())
    _, (one,) = match(ask, [product], result, features, {product.id: Room(base, Decimal(10**6))})
    return one.code, one.possible_from


def test_what_does_not_fit_is_kept_with_its_reason_and_day() -> None:
    ask = Ask("a", Decimal(600_000), 90, DAY)
    product = defaults()[0]
    assert refusals(ask, product, F24="41") == ("HISTORY", DAY + timedelta(days=19))
    assert refusals(Ask("a", Decimal(1), 10, DAY), product, F24="90") == ("TENOR", None)
    assert refusals(ask, product, None, F24="90") == ("GRADE", None)
    assert refusals(Ask("a", Decimal(1), 90, date(2025, 12, 1)), product, F24="90") == (
        "NOT_OFFERED_NOW",
        date(2026, 1, 1),
    )
    assert refusals(Ask("a", Decimal(1), 90, DAY, "yacht"), product, F24="90") == ("PURPOSE", None)
    assert refusals(ask, product, F24="90", LOG_AGE="8") == ("STALE", None)
    assert refusals(ask, product, F24="90", LOG_AGE="7") == ("TOO_LITTLE", None)
    assert refusals(ask, changed(industry=["3484"]), F24="90") == ("SCOPE", None)


def test_evidence_from_outside_makes_it_cheaper() -> None:
    product = defaults()[0]
    assert product.rate_bps("A", Decimal("0.599999")) == 385 and product.rate_bps("A", Decimal("0.6")) == 375
    assert product.rate_bps("A", None) == 385
