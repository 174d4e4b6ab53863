"""What a product would have made of an application that was decided before, from the decision's record alone (PRODUCT 2.1).

Base, need, limits and price are reckoned again, as the engine reckons them. What does not depend on the product stands as it was recorded:
evidence, features, points, and what rules found. Validity is not asked: a version of tomorrow is tried on yesterday's applications. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.credit.base import Obligation
from gateway.credit.decision import Loans, room
from gateway.credit.feature import Feature
from gateway.credit.features import Debts
from gateway.credit.matching import Ask, Offer, Room, match
from gateway.credit.money import NOTHING
from gateway.credit.products import Product
from gateway.credit.scorecard import Result

__all__ = ["Simulated", "simulated"]

_OF_PRODUCT = frozenset({"K02", "K03", "K06", "K07", "K10", "R05"})
"""Rules that depend on the product: what they say of it is in base, scope and limit."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """`amount` is nothing where it is turned down, for `reason` (a rule's code, or why a product is refused); `person`: one would decide."""

    amount: Decimal
    reason: str | None
    person: bool = False


def simulated(record: Mapping[str, Any], product: Product) -> Simulated:
    """See the module. A record of before that lacks what this takes is turned down for `OLDER`."""
    if "owed" not in record:
        return Simulated(NOTHING, "OLDER")
    held = [hit["code"] for hit in record["hits"] if hit["code"] not in _OF_PRODUCT]
    if knocked := next((code for code in held if code.startswith("K")), None):
        return Simulated(NOTHING, knocked)
    offers, refused = match(*_matched(record, product))
    offer = next((one for one in offers if one.counter != "tenor"), None)
    if offer is None:
        return Simulated(NOTHING, refused[0].code)
    return Simulated(offer.amount, None, bool(held) or _above(offer))


def _above(offer: Offer) -> bool:
    return offer.amount > offer.product.auto_approve_max


def _matched(
    record: Mapping[str, Any], product: Product
) -> tuple[Ask, list[Product], Result, Mapping[str, Feature], Mapping[str, Room]]:
    features = {name: Feature.of(name, one) for name, one in record["features"].items()}
    application, (first, last) = record["application"], product.valid
    day = min(max(features["F24"].window[1], first), last)
    ask = Ask(record["application_id"], Decimal(application["amount"]), application["days"], day, application["purpose"], application["order"]["profile"])  # fmt: skip
    result = Result(record["score"], record["grade"], "", ())
    return ask, [product], result, features, {product.id: _room(record, product, features)}


def _room(record: Mapping[str, Any], product: Product, features: Mapping[str, Feature]) -> Room:
    said = record["off_chain"]
    debts = Debts(declared=Decimal(said["declared_debt"]))
    items: Iterable[Mapping[str, Any]] = next(iter(record["bases"].values()))["items"]
    owed = {group: Decimal(amount) for group, amount in record["owed"].items()}
    return room(product, map(Obligation.of, items), owed, features, debts, Loans.of(said["loans"]))
