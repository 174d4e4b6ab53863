"""One lender's decision on one application: rules, points, base, offers, outcome, reasons (PRODUCT 2.5–2.9). Pure.

The same inquiry gives the same decision, and nothing else enters it: no clock, no database, no ledger. A doubt never approves: whatever could
not be established refers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from certifier.evidence.assessment import Assessment
from certifier.evidence.finding import Code
from gateway.credit.base import Base, Deductions, Obligation, borrowing_base
from gateway.credit.commerce import Commerce
from gateway.credit.feature import Feature
from gateway.credit.features import Debts, features
from gateway.credit.matching import Ask, Offer, Refused, Room, match, scope, working_capital
from gateway.credit.money import NOTHING, shown, total
from gateway.credit.obligations import Standing, complete, obligations
from gateway.credit.products import Product
from gateway.credit.reasons import merged, reason_of_hit, reason_of_points
from gateway.credit.rules import Hit, RulePack, Situation, hits
from gateway.credit.scorecard import Result, Scorecard

__all__ = ["Decision", "Inquiry", "Loans", "decide", "room"]

_TAKEN = {"B02": "K03", "B06": "K06", "B05": "K07"}
"""Why an obligation is taken away → the rule that declines where nothing is left."""
_OWN_RULE = (Code.E03, Code.E04)
_RANGES: Mapping[str, tuple[int, int]] = {"F03": (0, 100), "F04": (0, 100), "F08": (0, 100), "F12": (0, 100), "F17": (0, 100), "F19": (0, 100), "F14": (0, 1), "F20": (0, 1)}  # fmt: skip


@dataclass(frozen=True)
class Loans:
    """What stands on this platform: owed to this lender without a pledge, all that is owed, by product, and the worst days past due."""

    unpledged: Decimal = NOTHING
    outstanding: Decimal = NOTHING
    pool_used: Mapping[str, Decimal] = field(default_factory=dict)
    days_past_due: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Loans:
        """The loans that a decision record states."""
        pool = {name: Decimal(amount) for name, amount in body["pool_used"].items()}
        return cls(Decimal(body["unpledged"]), Decimal(body["outstanding"]), pool, body["days_past_due"])

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        return {
            "unpledged": shown(self.unpledged),
            "outstanding": shown(self.outstanding),
            "pool_used": {name: shown(amount) for name, amount in sorted(self.pool_used.items())},
            "days_past_due": self.days_past_due,
        }


@dataclass(frozen=True)
class Inquiry:
    """All that a decision rests on. `found` is over the papers that passed; `offered`: assets the applicant names, None for all.

    `invalid`, `unknown`: in words, what required checks called INVALID or could not establish. `withdrawn`: offered assets that are
    revoked or suspended.
    """

    ask: Ask
    products: tuple[Product, ...]
    card: Scorecard
    rules: RulePack
    found: Assessment
    standing: Standing
    offered: tuple[bytes, ...] | None = None
    consent: bool = True
    suspended: bool = False
    asks_for_person: bool = False
    invalid: tuple[str, ...] = ()
    invalid_assets: tuple[bytes, ...] = ()
    unknown: tuple[str, ...] = ()
    withdrawn: tuple[bytes, ...] = ()
    debts: Debts = field(default_factory=Debts)
    loans: Loans = field(default_factory=Loans)


@dataclass(frozen=True)
class Decision:
    """The outcome (approve, refer, decline) and everything it came from. `offers` in order of rank; given only where approved."""

    outcome: str
    features: Mapping[str, Feature]
    result: Result
    hits: tuple[Hit, ...]
    bases: Mapping[str, Base]
    needs: Mapping[str, Decimal | None]
    offers: tuple[Offer, ...]
    refused: tuple[Refused, ...]
    reasons: tuple[dict[str, Any], ...]

    @property
    def amount(self) -> Decimal:
        """What is offered: the best offer's amount; nothing unless approved."""
        return self.offers[0].amount if self.outcome == "approve" else NOTHING


def decide(inquiry: Inquiry) -> Decision:
    """See the module."""
    found, ask = inquiry.found, inquiry.ask
    assumed = inquiry.products[0].need_days
    debts = replace(inquiry.debts, platform=max(inquiry.loans.outstanding, _liened(inquiry)))
    known = features(found, debts, inquiry.invalid_assets, assumed, complete(found))
    result = inquiry.card.score(known)
    rooms = {one.id: _room(inquiry, one, known) for one in inquiry.products}
    offers, refused = match(ask, inquiry.products, result, known, rooms)
    held = hits(inquiry.rules, known, _situation(inquiry, known, result, offers, rooms))
    outcome = _outcome(result, held, offers)
    return Decision(
        outcome,
        known,
        result,
        held,
        {name: room.base for name, room in rooms.items()},
        {name: room.need for name, room in rooms.items()},
        offers,
        refused,
        tuple(_reasons(outcome, result, held, refused)),
    )


def _outcome(result: Result, held: Sequence[Hit], offers: Sequence[Offer]) -> str:
    if any(hit.knocks_out for hit in held) or result.band == "decline":
        return "decline"
    if held:
        return "refer"
    return "approve" if offers else "decline"


def _liened(inquiry: Inquiry) -> Decimal:
    """What is still owed on receivables under a live lien."""
    return total(
        max(NOTHING, one.open)
        for one in inquiry.found.receivables.receivables
        if not inquiry.standing.liened.isdisjoint(one.invoice.assets)
    )


def _room(inquiry: Inquiry, product: Product, known: Mapping[str, Feature]) -> Room:
    given = obligations(inquiry.found, inquiry.standing, product.vat_bps, inquiry.offered)
    return room(product, given, Commerce(inquiry.found).owed_to(), known, inquiry.debts, inquiry.loans)


def room(
    product: Product,
    given: Iterable[Obligation],
    owed: Mapping[str, Decimal],
    known: Mapping[str, Feature],
    debts: Debts,
    loans: Loans,
) -> Room:
    """What a product has room for. `owed`: control group → what the firm owes it."""
    red = known["F17"].value
    deductions = Deductions(
        dilution=None if red is None else red / 100,
        outstanding=loans.unpledged,
    )
    base = borrowing_base(given, product, deductions, owed)
    need = working_capital(product, known["SALES"], known["F15"])
    if need is not None:
        need = max(NOTHING, need - debts.all - loans.outstanding)
    return Room(base, need, loans.outstanding, loans.pool_used.get(product.id, NOTHING))


def _situation(
    inquiry: Inquiry,
    known: Mapping[str, Feature],
    result: Result,
    offers: Sequence[Offer],
    rooms: Mapping[str, Room],
) -> Situation:
    found = inquiry.found
    red = [one for one in found.findings if one.red and one.code not in _OWN_RULE]
    out = [name for name, (low, high) in _RANGES.items() if (value := known[name].value) is not None and not low <= value <= high]  # fmt: skip
    open_assets = {a for one in found.receivables.receivables if one.open > 0 for a in one.invoice.assets}
    best = offers[0] if offers else None
    return Situation(
        issuer_suspended=inquiry.suspended,
        replay=any(one.code is Code.E03 and one.red for one in found.findings),
        invalid_checks=inquiry.invalid,
        consent=inquiry.consent,
        outside_scope=_outside(inquiry),
        days_past_due=inquiry.loans.days_past_due,
        near_duplicates=len(inquiry.standing.alike & open_assets),
        unknown=inquiry.unknown,
        above_auto=best is not None and best.amount > best.product.auto_approve_max,
        score_refers=result.band == "refer",
        red_alerts=len(red),
        asks_for_person=inquiry.asks_for_person,
        out_of_range=out,
        search_truncated=found.trade.truncated,
        offered_none_left=_nothing_left(inquiry, rooms),
    )


def _outside(inquiry: Inquiry) -> list[str]:
    """K10 where no product takes this region, industry and size; one that does not is refused by itself."""
    outside = [scope(inquiry.ask.profile, one) for one in inquiry.products]
    return outside[0] if all(outside) else []


def _nothing_left(inquiry: Inquiry, rooms: Mapping[str, Room]) -> list[str]:
    """K02, K03, K06, K07: obligations taken away, and what is left is below the least that any product here lends."""
    codes: dict[str, None] = {}
    for product in inquiry.products:
        base = rooms[product.id].base
        if base.total >= product.min_amount:
            return []
        taken = {code for item in base.items for code, _ in item.ineligible}
        codes |= dict.fromkeys(_TAKEN[code] for code in sorted(taken & _TAKEN.keys()))
    if inquiry.offered is not None and not frozenset(inquiry.withdrawn).isdisjoint(inquiry.offered):
        codes["K02"] = None
    return sorted(codes)


def _reasons(
    outcome: str, result: Result, held: Sequence[Hit], refused: Sequence[Refused]
) -> list[dict[str, Any]]:
    """What is said to the applicant: rules first, then what points lack; where nothing was offered, why."""
    rules = [reason_of_hit(hit) for hit in held]
    points = [reason_of_points(one) for one in result.reasons]
    if outcome == "decline" and not held:
        rules = [_refusal(one) for one in refused if one.code != "GRADE"]
    return merged([*rules, *points])


def _refusal(one: Refused) -> dict[str, Any]:
    day, name = one.possible_from, one.product.body["name_zh"]
    english = f"{one.product.code}: {one.text}" + ("" if day is None else f"; possible from {day}")
    chinese = f"{name}：{one.zh}" + ("" if day is None else f"，{day}起可申请")
    return {"code": one.code, "points": None, "insufficient": False, "en": english, "zh": chinese}
