"""Which products fit, how much of each, at what price, in which order (PRODUCT 2.7, 2.8): filter, price, rank. No optimiser, no auction.

What does not fit is kept with its reason, and the day on which it will where that is known. Rank at the asked tenor: effective annual cost
to a basis point, the share of what is asked that is covered, hours to the money, and the digest of application and product, which makes
ties neutral. Nobody can pay for a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from gateway.credit.base import Base, expected
from gateway.credit.feature import Feature
from gateway.credit.money import NOTHING, cents, divided, floor_to, shown
from gateway.credit.pricing import Flow, Price, Terms, price
from gateway.credit.products import Product
from gateway.credit.scorecard import Result

__all__ = [
    "RANKING",
    "SCOPE",
    "Ask",
    "Offer",
    "Refused",
    "Room",
    "limits",
    "match",
    "priced",
    "rank",
    "scope",
    "working_capital",
]

RANKING = "those of the asked days first, then effective annual cost to 0.01 %, then share of the amount covered, then hours to the money, then a digest that favours nobody"
SCOPE = ("region", "industry", "enterprise_size")
"""What an applicant declares of itself: prefixes of its code by GB/T 2260 and GB/T 4754, and its size."""
_BINDING = {"request": "申请金额", "borrowing_base": "可融资额", "need": "资金需求", "product_max": "产品上限", "single_name_limit": "单户限额", "pool_cap": "产品总额度"}  # fmt: skip
_BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True)
class Ask:
    """What is applied for, from the day `start`. `profile`: the applicant's region, industry and size, where declared."""

    application: str
    amount: Decimal
    days: int
    start: date
    purpose: str = "working-capital"
    profile: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Room:
    """What a product has room for: its base, the need, what its lender has lent to this firm, and to all under the product."""

    base: Base
    need: Decimal | None
    outstanding: Decimal = NOTHING
    pool_used: Decimal = NOTHING


@dataclass(frozen=True)
class Offer:
    """One product that fits: how much, what bound it, for how many days, and its price.

    `counter`: what was asked for and is offered otherwise, `tenor` or `amount`; None where it is just as asked.
    """

    product: Product
    amount: Decimal
    binding: str
    days: int
    counter: str | None
    price: Price

    def to_json(self) -> dict[str, Any]:
        """Members as `apply` prints them."""
        return {
            "product": self.product.code,
            "product_id": self.product.id,
            "amount": shown(self.amount),
            "binding": self.binding,
            "days": self.days,
            "counter": self.counter,
            **self.price.to_json(),
            "hours_to_cash": self.product.expected_hours_to_cash,
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """One product that does not fit: why, and from which day on that reason is gone, where it is known."""

    product: Product
    code: str
    text: str
    zh: str
    possible_from: date | None = None

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        day = None if self.possible_from is None else str(self.possible_from)
        return {"product": self.product.code, "product_id": self.product.id, "code": self.code, "text": self.text, "zh": self.zh, "possible_from": day}  # fmt: skip


def working_capital(product: Product, sales: Feature, receivable_days: Feature) -> Decimal | None:
    """Need by the formula for working-capital loans: annual net sales less margin, over the turns of its cycle. None where not known.

    `sales`: net sales of a year. `receivable_days`: F15, whose exact quotient is used.
    """
    if sales.value is None or receivable_days.numerator is None or receivable_days.denominator is None:
        return None
    given = product.need_days
    cost = sales.value * (10_000 - given["margin_bps"]) / 10_000 * (10_000 + given["growth_bps"]) / 10_000
    days = (
        given["dio_days"]
        + divided(receivable_days.numerator, receivable_days.denominator)
        - given["dpo_days"]
    )
    return max(NOTHING, cents(cost * days / 360))


def match(
    ask: Ask,
    products: Iterable[Product],
    result: Result,
    features: Mapping[str, Feature],
    rooms: Mapping[str, Room],
) -> tuple[tuple[Offer, ...], tuple[Refused, ...]]:
    """Offers in order of rank, and what was refused, by product. `rooms` by product id.

    A product that only the asked days do not fit is offered for the nearest that do, behind all the others, and says why beside.
    """
    offers: list[Offer] = []
    refused: list[Refused] = []
    for product in sorted(products, key=lambda one: (one.code, one.version)):
        found = _unfit(ask, product, result, features) or _offer(
            ask, product, result, features, rooms[product.id]
        )
        if isinstance(found, Refused):
            refused.append(found)
        if isinstance(found, Refused) and found.code == "TENOR":
            found = _offer(ask, product, result, features, rooms[product.id])
        if isinstance(found, Offer):
            offers.append(found)
    return tuple(sorted(offers, key=lambda one: rank(ask.application, one.to_json()))), tuple(refused)


def rank(application: str, offer: Mapping[str, Any]) -> tuple[bool, Decimal, Decimal, int, bytes]:
    """Where an offer, as a record has it, stands among those of all lenders to one application: the smaller, the better."""
    tie = sha256(f"{application}{offer['product_id']}".encode()).digest()
    cost = Decimal(offer["eac"]).quantize(_BASIS_POINT)
    return offer["counter"] == "tenor", cost, -Decimal(offer["amount"]), offer["hours_to_cash"], tie


def _unfit(ask: Ask, product: Product, result: Result, features: Mapping[str, Feature]) -> Refused | None:
    shortest, longest = product.tenor
    first, last = product.valid
    history = features["F24"].value or NOTHING
    missing = product.min_history_days - int(history)
    if not first <= ask.start <= last:
        later = first if ask.start < first else None
        return Refused(
            product, "NOT_OFFERED_NOW", f"offered from {first} to {last}", f"受理期为{first}至{last}", later
        )
    if ask.purpose not in product.body["purpose_codes"]:
        return Refused(product, "PURPOSE", f"not for the purpose {ask.purpose}", f"不用于{ask.purpose}")
    if missing > 0:
        later = ask.start + timedelta(days=missing)
        return Refused(
            product, "HISTORY", f"needs {missing} more days of history", f"存证历史还差{missing}天", later
        )
    most = product.max_age("machine-data")
    if (age := features["LOG_AGE"].value) is not None and age > most:
        told = f"the newest machine log is {age} days old, at most {most} are due"
        return Refused(product, "STALE", told, f"最新设备数据已有{age}天，最多{most}天")
    if result.grade is None or result.grade not in product.spreads:
        grades = ", ".join(sorted(product.spreads))
        return Refused(product, "GRADE", f"for grades {grades}", f"仅限等级{grades}")
    if outside := scope(ask.profile, product):
        return Refused(product, "SCOPE", f"only for {'; '.join(outside)}", f"仅限{'；'.join(outside)}")
    if not shortest <= ask.days <= longest:
        told = f"runs for {shortest} to {longest} days, not {ask.days}"
        return Refused(product, "TENOR", told, f"期限为{shortest}至{longest}天，而非{ask.days}天")
    return None


def scope(profile: Mapping[str, str] | None, product: Product) -> list[str]:
    """What a product is only for, where region, industry or size of the applicant lie outside it; what is not declared lies outside a list."""
    told = profile or {}
    return [
        f"{name.replace('_', ' ')} {', '.join(product.body[name])}"
        for name in SCOPE
        if product.body[name] and not told.get(name, "").startswith(tuple(product.body[name]))
    ]


def _offer(
    ask: Ask, product: Product, result: Result, features: Mapping[str, Feature], room: Room
) -> Offer | Refused:
    if room.need is None:
        told = "net sales or receivable days are not known: the need cannot be reckoned"
        return Refused(product, "NEED", told, "销售额或应收账款周转天数未知，无法测算资金需求")
    found = {"request": ask.amount} | limits(
        product, room.base.total, room.need, room.outstanding, room.pool_used
    )
    binding = min(found, key=lambda name: found[name])
    amount = floor_to(found[binding], product.step)
    if amount < product.min_amount:
        told = f"{shown(amount)} by {binding}: below the least amount {shown(product.min_amount)}"
        least = f"按{_BINDING[binding]}可贷{shown(amount)}，低于最低金额{shown(product.min_amount)}"
        return Refused(product, "TOO_LITTLE", told, least)
    assert result.grade is not None
    shortest, longest = product.tenor
    days = min(max(ask.days, shortest), longest)
    terms = product.terms(result.grade, features["F20"].value)
    return priced(ask, product, amount, binding, days, terms, expected(room.base.items, ask.start))


def priced(
    ask: Ask,
    product: Product,
    amount: Decimal,
    binding: str,
    days: int,
    terms: Terms,
    receipts: Sequence[Flow],
) -> Offer:
    """An offer of that much for so many days, beside what was asked for. `receipts`: what a self-liquidating loan is repaid from."""
    counter = "tenor" if days != ask.days else "amount" if amount < ask.amount else None
    found = price(amount, days, ask.start, terms, receipts)
    return Offer(product, amount, binding, days, counter, found)


def limits(
    product: Product, base: Decimal, need: Decimal | None, outstanding: Decimal, pool_used: Decimal
) -> dict[str, Decimal]:
    """Everything that binds but the request; of equal ones the first named. `outstanding` and `pool_used`: what its lender has lent already."""
    found = {} if product.unsecured else {"borrowing_base": base}
    if need is not None:
        found["need"] = need
    found["product_max"] = product.max_amount
    found["single_name_limit"] = product.single_name_limit - outstanding
    if product.pool_cap is not None:
        found["pool_cap"] = product.pool_cap - pool_used
    return found
