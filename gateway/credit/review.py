"""A person's word on a case, as a decision record of its own (PRODUCT 1b, 2.9): approve, make a counter-offer, decline, or hand it on. Pure.

The engine's record never changes: a person's record repeats it, names its digest, and says who said what. Nobody lends more than what the
engine found there is room for. Above a product's limit two people say the same; a knock-out is lifted by the risk officer, with a code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from certifier.evidence.paper import SHANGHAI
from gateway.credit.base import Item, expected
from gateway.credit.documents import digest
from gateway.credit.matching import Ask, limits, priced
from gateway.credit.money import shown
from gateway.credit.products import Product
from gateway.errors import ConflictError, ForbiddenError, UsageError

__all__ = ["CODES", "OUTCOMES", "OVERRIDES", "Terms", "Word", "consider", "reviewed", "waits"]

_OVERRIDES = {
    "O1": ("The finding rested on an error in the data, which its source has confirmed.", "该项结果源于数据差错，数据方已确认。"),
    "O2": ("The risk officer takes it on, for reasons that stay with the case.", "由风险官承担，理由留存于案卷。"),
}  # fmt: skip
CODES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "approve": {
        "A1": ("What was open has been cleared up with documents.", "存疑事项已凭单据核实。"),
        "A2": ("The lender knows the business from visits or earlier loans.", "贷款机构通过走访或以往贷款了解该企业。"),
        **_OVERRIDES,
    },
    "counter": {
        "C1": ("A smaller amount fits what could be verified.", "核实的单据支持较小的金额。"),
        "C2": ("Another term fits the days on which your customers pay.", "另一期限与贵单位客户的付款时间相符。"),
        **_OVERRIDES,
    },
    "decline": {
        "D1": ("What could be verified does not carry this loan.", "核实的单据不足以支持该笔贷款。"),
        "D2": ("The lender does not lend for this purpose, or no more of it now.", "贷款机构目前不发放此用途或更多的此类贷款。"),
        "D3": ("Papers that were asked for have not come.", "要求补充的单据未收到。"),
    },
    "refer": {
        "E1": ("A colleague with more authority decides.", "由权限更高的同事决定。"),
        "E2": ("More papers are asked for first.", "需先补充单据。"),
    },
}  # fmt: skip
"""Outcome → code → what the applicant is told, in English and Chinese. The person's own words stay with the case."""
OUTCOMES = tuple(CODES)
OVERRIDES = frozenset(_OVERRIDES)
"""Codes with which a risk officer lifts a knock-out."""
_LENDS = ("approve", "counter")


@dataclass(frozen=True)
class Terms:
    """A counter-offer: of which product, how much, for how many days."""

    product_id: str
    amount: Decimal
    days: int


@dataclass(frozen=True)
class Word:
    """What one person said, when (ISO 8601), and why: `code` is told to the applicant, `text` stays with the case."""

    who: str
    role: str
    outcome: str
    code: str
    text: str
    at: str
    before: str
    terms: Terms | None = None

    def to_json(self) -> dict[str, Any]:
        """Members as in a record's `human`."""
        terms = self.terms
        said = None if terms is None else {"product_id": terms.product_id, "amount": shown(terms.amount), "days": terms.days}  # fmt: skip
        return {"who": self.who, "role": self.role, "outcome": self.outcome, "code": self.code, "text": self.text, "at": self.at, "before": self.before, "terms": said}  # fmt: skip

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Word:
        """As a record has it."""
        terms = said["terms"]
        found = None if terms is None else Terms(terms["product_id"], Decimal(terms["amount"]), terms["days"])
        return cls(**{**said, "terms": found})


def consider(
    machine: Mapping[str, Any], words: Sequence[Word], word: Word, products: Mapping[str, Product]
) -> None:
    """Whether somebody may say this next of the engine's record.

    UsageError without a reason or with terms that do not fit, ForbiddenError for who may not, ConflictError where nothing can be approved.
    """
    if word.outcome not in CODES or word.code not in CODES[word.outcome]:
        known = ", ".join(f"{outcome}: {' '.join(codes)}" for outcome, codes in CODES.items())
        raise UsageError("REASON", f"a word and one of its codes are due ({known})")
    if not word.text.strip():
        raise UsageError("REASON", "say why: the reason stays with the case")
    if (word.terms is not None) != (word.outcome == "counter"):
        raise UsageError("TERMS", "a counter-offer, and only that, names a product, an amount and days")
    if word.outcome not in _LENDS:
        return
    _require_risk_officer(machine, word)
    if word.terms is not None:
        _require_room(machine, word.terms, products)
    elif not machine["offers"]:
        raise ConflictError(
            "NO_OFFER", "no product has an amount for this case: make a counter-offer, or decline"
        )
    if _agreeing(words) and _same(words[-1], word) and word.who in {one.who for one in _agreeing(words)}:
        raise ForbiddenError(
            "FOUR_EYES", f"{word.who} has approved this case already: a second person is due"
        )


def _require_risk_officer(machine: Mapping[str, Any], word: Word) -> None:
    knocked = [hit["code"] for hit in machine["hits"] if hit["code"].startswith("K")]
    if knocked and (word.role != "risk" or word.code not in OVERRIDES):
        raise ForbiddenError(
            "KNOCKED_OUT",
            f"{', '.join(knocked)} stands: only the risk officer may override it, with one of the codes {', '.join(sorted(OVERRIDES))}",
        )


def _require_room(machine: Mapping[str, Any], terms: Terms, products: Mapping[str, Product]) -> None:
    product = products.get(terms.product_id)
    if product is None:
        raise UsageError("TERMS", "the counter-offer is of a product that this case was not asked for")
    shortest, longest = product.tenor
    if not shortest <= terms.days <= longest:
        raise UsageError("TERMS", f"{product.code} runs for {shortest} to {longest} days, not {terms.days}")
    if machine["grade"] not in product.spreads:
        raise UsageError("TERMS", f"{product.code} has no rate for these points")
    room = _limits(machine, product)
    binding = min(room, key=lambda name: room[name])
    if not product.min_amount <= terms.amount <= room[binding] or terms.amount % product.step:
        raise UsageError(
            "TERMS",
            f"{product.code} lends multiples of {shown(product.step)} from {shown(product.min_amount)} to {shown(max(room[binding], Decimal(0)))} ({binding}) here",
        )


def _limits(machine: Mapping[str, Any], product: Product) -> dict[str, Decimal]:
    """What bounds a counter-offer: all that bounds the engine's, but the request."""
    loans, need = machine["off_chain"]["loans"], machine["needs"][product.id]
    return limits(
        product,
        Decimal(machine["bases"][product.id]["total"]),
        None if need is None else Decimal(need),
        Decimal(loans["outstanding"]),
        Decimal(loans["pool_used"].get(product.id, 0)),
    )


def _same(one: Word, other: Word) -> bool:
    return (one.outcome, one.terms) == (other.outcome, other.terms)


def _agreeing(words: Sequence[Word]) -> list[Word]:
    """The last word that lends, with those just before it that say the same."""
    found: list[Word] = []
    for one in reversed(words):
        if one.outcome not in _LENDS or not _same(one, words[-1]):
            break
        found.append(one)
    return found


def waits(machine: Mapping[str, Any], words: Sequence[Word], products: Mapping[str, Product]) -> bool:
    """Whether a second person is due: what is lent is above its product's limit, and one person has said it."""
    said = {one.who for one in _agreeing(words)}
    offers = _offers(machine, words[-1], products)
    above = any(Decimal(one["amount"]) > products[one["product_id"]].four_eyes_above for one in offers)
    return len(said) == 1 and above


def reviewed(
    machine: Mapping[str, Any], decision_id: str, words: Sequence[Word], products: Mapping[str, Product]
) -> dict[str, Any]:
    """The record of what people made of the engine's record."""
    last = words[-1]
    lent = last.outcome in _LENDS and not waits(machine, words, products)
    offers = _offers(machine, last, products)
    english, chinese = CODES[last.outcome][last.code]
    said = {"code": last.code, "points": None, "insufficient": False, "en": english, "zh": chinese}
    best = offers[0] if lent else None
    return dict(machine) | {
        "decision_id": decision_id,
        "automated": False,
        "reviews": {"decision_id": machine["decision_id"], "digest": digest(machine)},
        "human": [one.to_json() for one in words],
        "outcome": "approve" if lent else "decline" if last.outcome == "decline" else "refer",
        "offers": offers,
        "amount": best["amount"] if best else "0",
        "rate_bps": best["rate_bps"] if best else None,
        "binding": best["binding"] if best else None,
        "reasons": [said, *(() if lent else machine["reasons"])],
    }


def _offers(machine: Mapping[str, Any], last: Word, products: Mapping[str, Product]) -> list[dict[str, Any]]:
    """The engine's, or the one that a person makes in their place."""
    if last.terms is None:
        return list(machine["offers"])
    product, said = products[last.terms.product_id], machine["application"]
    start = datetime.fromisoformat(machine["as_of"]["time"]).astimezone(SHANGHAI).date()
    independence = machine["features"]["F20"]["value"]
    ask = Ask(machine["application_id"], Decimal(said["amount"]), said["days"], start)
    terms = product.terms(machine["grade"], None if independence is None else Decimal(independence))
    receipts = expected(map(Item.of, machine["bases"][product.id]["items"]), start)
    return [priced(ask, product, last.terms.amount, "person", last.terms.days, terms, receipts).to_json()]
