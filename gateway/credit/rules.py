"""Knock-outs and referrals, each with its own code, and the words an applicant may read of them (PRODUCT 2.5).

A knock-out declines, a referral hands the case to a person. What is said to an applicant never names a threshold of a fraud rule, another
lender, or that an alert exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.credit.documents import digest
from gateway.credit.feature import Feature
from gateway.errors import UnreadableError

__all__ = ["FRAUD", "SCHEMA", "Hit", "RulePack", "Situation", "hits"]

SCHEMA = "assetcert/credit-rules/1"
FRAUD = frozenset({"K04", "K05", "K06", "K07", "R02", "R07"})
"""What is said of these to an applicant names neither value nor threshold, and not the code."""


@dataclass(frozen=True)
class RulePack:
    """Thresholds by name; `body` is the document that states them, and whose digest names the pack.

    `shift_stop`: PSI of the scores of `shift_days` against those of as many days before, of `shift_least` decisions each.
    """

    body: Mapping[str, Any]
    capacity_knock_out: Decimal
    capacity_refer: Decimal
    coverage_refer: Decimal
    concentration_refer: Decimal
    history_days: int
    overdue_days: int
    block_age_seconds: int
    decision_seconds: int
    shift_stop: Decimal
    shift_days: int
    shift_least: int
    daily_automatic: int
    daily_automatic_amount: Decimal

    @property
    def digest(self) -> str:
        """SHA-256 of the document's RFC 8785 JSON."""
        return digest(self.body)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> RulePack:
        """The pack that a document states. UnreadableError where a member is missing, not known or no number."""
        names = {one.name: one.type for one in fields(cls) if one.name != "body"}
        if body.keys() != names.keys() | {"schema", "code", "version"} or body["schema"] != SCHEMA:
            raise UnreadableError("RULES", f"a rule pack has exactly the members {', '.join(sorted(names))}")
        try:
            values = {name: Decimal(body[name]) if kind == "Decimal" else int(body[name]) for name, kind in names.items()}  # fmt: skip
        except (InvalidOperation, TypeError, ValueError) as error:
            raise UnreadableError("RULES", f"the rule pack is not as it should be: {error!r}") from error
        return cls(body, **values)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Situation:
    """What rules judge beside features: facts of the ledger, of the evidence and of the application, each already established.

    `unknown`: what could not be established, in words (a node, a store, a check that the product asks for, a block too old).
    """

    issuer_suspended: bool = False
    replay: bool = False
    invalid_checks: Sequence[str] = ()
    consent: bool = True
    outside_scope: Sequence[str] = ()
    days_past_due: int = 0
    near_duplicates: int = 0
    unknown: Sequence[str] = ()
    above_auto: bool = False
    score_refers: bool = False
    red_alerts: int = 0
    asks_for_person: bool = False
    out_of_range: Sequence[str] = ()
    search_truncated: bool = False
    offered_none_left: Sequence[str] = ()
    """K02, K03, K06 or K07, where what is left without the obligations they hit is below the least a product lends."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds. `text` is for the lender; `told` for the applicant."""

    code: str
    text: str
    told: str

    @property
    def knocks_out(self) -> bool:
        """Whether it declines; else it refers."""
        return self.code.startswith("K")

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        return {"code": self.code, "text": self.text, "told": self.told}


_TOLD = {
    "K01": "Your membership is suspended: ask the consortium's office why.",
    "K02": "A receivable that you offer is revoked or suspended: offer others.",
    "K03": "A receivable that you offer is pledged already: offer others, or have it released.",
    "K08": "A check of your documents fails: see which one at the document, correct it and certify it again.",
    "K09": "Your consent is missing or has ended: sign it again.",
    "K10": "This product is not for your industry, region or size.",
    "K11": "A loan here is overdue: settle it first.",
    "R01": "One of your documents looks like another one: a person compares them.",
    "R03": "Something could not be checked just now: a person looks at it, or apply again later.",
    "R04": "Your history here is still short: certify something every week.",
    "R05": "This amount is decided by a person.",
    "R06": "Your points are close to the limit: a person decides.",
    "R08": "Most of what you are owed comes from one customer: a person decides.",
    "R09": "You asked for a person to decide.",
    "R10": "A figure is outside what this card was made for: a person decides.",
    "R12": "A person completes a check that was too large to finish.",
}
_TOLD_FRAUD = "Your documents do not agree with each other: a person can look at them with you."


def hits(pack: RulePack, features: Mapping[str, Feature], now: Situation) -> tuple[Hit, ...]:
    """Every rule that holds, knock-outs first, in order of their codes."""
    found = {**_knock_outs(pack, features, now), **_referrals(pack, features, now)}
    return tuple(
        Hit(code, text, _TOLD_FRAUD if code in FRAUD else _TOLD[code]) for code, text in sorted(found.items()) if text
    )  # fmt: skip


def _knock_outs(pack: RulePack, features: Mapping[str, Feature], now: Situation) -> dict[str, str]:
    capacity = _value(features, "F09")
    return {
        "K01": "the applicant is suspended" if now.issuer_suspended else "",
        "K04": f"capacity ratio {capacity} is above {pack.capacity_knock_out}" if capacity is not None and capacity > pack.capacity_knock_out else "",
        "K05": "a machine log repeats an earlier one" if now.replay else "",
        "K08": f"INVALID: {'; '.join(now.invalid_checks)}" if now.invalid_checks else "",
        "K09": "" if now.consent else "no consent that is valid now",
        "K10": f"outside the product: {', '.join(now.outside_scope)}" if now.outside_scope else "",
        "K11": f"{now.days_past_due} days past due on the platform" if now.days_past_due > pack.overdue_days else "",
        **dict.fromkeys(now.offered_none_left, "nothing offered is left without what this rule takes away"),
    }  # fmt: skip


def _referrals(pack: RulePack, features: Mapping[str, Feature], now: Situation) -> dict[str, str]:
    capacity, coverage, history, share = (_value(features, name) for name in ("F09", "F08", "F24", "F14"))
    close = capacity is not None and pack.capacity_refer < capacity <= pack.capacity_knock_out
    blind = coverage is None or coverage < pack.coverage_refer
    return {
        "R01": f"{now.near_duplicates} near duplicates" if now.near_duplicates else "",
        "R02": f"capacity ratio {capacity}, coverage {coverage}" if close or blind else "",
        "R03": "; ".join(now.unknown),
        "R04": f"{history or 0} of {pack.history_days} days of history" if history is None or history < pack.history_days else "",
        "R05": "above what is decided without a person" if now.above_auto else "",
        "R06": "points in the band that is referred" if now.score_refers else "",
        "R07": f"{now.red_alerts} red findings are open" if now.red_alerts else "",
        "R08": f"concentration {share}" if share is not None and share > pack.concentration_refer else "",
        "R09": "the applicant asks for a person" if now.asks_for_person else "",
        "R10": f"outside the declared range: {', '.join(now.out_of_range)}" if now.out_of_range else "",
        "R12": "the search for circular trade was cut short" if now.search_truncated else "",
    }  # fmt: skip


def _value(features: Mapping[str, Feature], name: str) -> Decimal | None:
    found = features.get(name)
    return found.value if found is not None else None
