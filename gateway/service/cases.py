"""What may be told of a case: to its lender the whole; to its applicant, without what only the lender may read; to an auditor, without what
papers say.

An applicant never reads which rule against fraud held, where a threshold lies, or who else has lent. An auditor sees what was checked, under
which policies, and what came of it; the whole record is its lender's document, and is read by a grant like any other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from gateway.credit.matching import rank
from gateway.credit.money import shown
from gateway.credit.record import summary
from gateway.credit.rules import FRAUD
from gateway.db import credit
from gateway.db.credit import Act, Application, CreditDecision, Loan
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole

__all__ = [
    "STEPS",
    "Step",
    "audited",
    "checks_of",
    "counts",
    "offers_of",
    "power",
    "role_of",
    "scope",
    "steps",
    "told",
    "told_base",
    "told_reasons",
    "top_reason",
    "whole",
]

_KEPT_BACK = frozenset({"B06", "B11"})
"""Lines whose words alone would tell that circular trade or a look-alike was found."""
STEPS = ("applied", "decided", "accepted", "contracted", "drawn", "closed")
_STEP_OF_ACT = {"ACCEPT": "accepted", "CONTRACT": "contracted", "DRAW": "drawn", "PAYOFF": "closed"}
_NEXT = {
    "applied": "lender",
    "decided": "applicant",
    "accepted": "lender",
    "contracted": "lender",
    "drawn": "applicant",
}


@dataclass(frozen=True)
class Step:
    """One of six steps: when it was done, or None; `next` says who is expected to act where it is the one that is open."""

    name: str
    at: int | None
    next: str | None


def told(row: CreditDecision) -> dict[str, Any]:
    """A decision as its applicant may read it."""
    record = json.loads(row.record)
    approved = row.outcome == "approve" and record["offers"]
    said = summary(record) | {
        "decision_id": row.decision_id,
        "digest": row.digest,
        "anchored_as": row.asset_id,
    }
    base = said["borrowing_base"]
    return said | {
        "amount": record["offers"][0]["amount"] if approved else "0",
        "borrowing_base": {"lines": told_base(base["lines"]), "total": base["total"]},
        "reasons": told_reasons(record["reasons"]),
    }


_AUDITED = (
    "schema", "decision_id", "application_id", "application_hash", "lender", "applicant", "as_of", "contracts", "inputs", "context",
    "products", "scorecard", "rules", "evidence_policy", "engine", "score", "grade", "outcome", "automated", "previous", "reviews",
)  # fmt: skip
_CONSENT = (
    "grantor",
    "grantees",
    "fields",
    "expires_at",
    "assets",
    "count",
    "signatory",
    "address",
    "signature",
)
_ACT = ("who", "role", "outcome", "code", "at", "before")


def audited(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as an auditor reads it without a grant: no amount, no value and no text that comes from a paper."""
    consent = record["off_chain"]["consent"]
    return {name: record[name] for name in _AUDITED if name in record} | {
        "consent": {name: consent[name] for name in _CONSENT},
        "hits": [{"code": one["code"]} for one in record["hits"]],
        "findings": sorted({one["code"] for one in record["findings"]}),
        "features": {name: {"status": one["status"], "asset_ids": one["asset_ids"]} for name, one in record["features"].items()},
        "reasons": [{"code": one["code"]} for one in record["reasons"]],
        "human": [{name: one[name] for name in _ACT} for one in record.get("human", ())],
    }  # fmt: skip


def scope(who: Principal) -> str | None:
    """Whose decisions somebody sees: an auditor all, everybody else their own organisation's."""
    return None if UserRole.AUDITOR in who.roles else who.org


def whole(who: Principal) -> bool:
    """Whether somebody reads whole records: an auditor does not."""
    return scope(who) is not None


def told_reasons(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Reasons in their own words, without the code of a rule that is not told; each once."""
    found = ({**one, "code": "REVIEW" if one["code"] in FRAUD else one["code"]} for one in reasons)
    return list({(str(one["code"]), str(one["en"])): one for one in found}.values())


def told_base(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The waterfall with what is kept back under the general reason."""
    found: list[dict[str, Any]] = []
    for line in lines:
        one = dict(line)
        if one["code"] in _KEPT_BACK:
            one |= {"code": "B01", "text": "not valid for this product"}
        same = next((known for known in found if known["code"] == one["code"]), None)
        if same is None:
            found.append(one)
        else:
            same["amount"] = shown(Decimal(same["amount"]) + Decimal(one["amount"]))
    return found


def offers_of(application_id: str, decisions: Sequence[CreditDecision]) -> list[dict[str, Any]]:
    """Offers of all lenders that stand, in order of rank, each with its lender."""
    found = [
        {**offer, "lender": row.lender}
        for row in decisions
        if row.outcome == "approve"
        for offer in json.loads(row.record)["offers"]
    ]
    return sorted(found, key=lambda one: rank(application_id, one))


def power(records: Sequence[Mapping[str, Any]], days: int) -> dict[str, Any]:
    """What a firm could borrow now, of each lender's estimate: offers in order of rank, the base of the largest, what is in the way."""
    knocked = [one for one in records if one["outcome"] == "decline"]
    given = [one for one in records if one not in knocked]
    offers = [
        {**offer, "lender": one["lender"], "person": one["outcome"] == "refer"}
        for one in given
        for offer in one["offers"]
    ]
    offers.sort(key=lambda one: rank("estimate", one))
    largest = max(offers, key=lambda one: Decimal(one["amount"]), default=None)
    said = told_reasons(one for record in records for one in record["reasons"])
    reasons = {str(one["en"]): one for one in said if one["code"] != "R05"}
    return {
        "available": largest["amount"] if largest else "0",
        "person": largest is not None and largest["person"],
        "days": days,
        "borrowing_base": _base_of(records, largest),
        "offers": offers,
        "refused": [one for record in records for one in record["refused"]],
        "reasons": list(reasons.values()),
    }


def _base_of(records: Sequence[Mapping[str, Any]], offer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The waterfall of an offer's product, else of the first; its items with what the firm may read."""
    bases = {name: base for record in records for name, base in record["bases"].items()}
    wanted = offer["product_id"] if offer is not None else next(iter(bases), None)
    if wanted is None:
        return None
    base = bases[wanted]
    return {"lines": told_base(base["lines"]), "total": base["total"], "items": [_told_item(one) for one in base["items"]]}  # fmt: skip


def _told_item(item: Mapping[str, Any]) -> dict[str, Any]:
    codes = [
        {**one, "code": "B01" if one["code"] in _KEPT_BACK else one["code"]} for one in item["ineligible"]
    ]
    told = {
        name: item[name]
        for name in ("identity", "kind", "gross", "net", "eligible", "advance_bps", "asset_ids")
    }
    return told | {"ineligible": codes}


def checks_of(one: Mapping[str, Any]) -> dict[str, str]:
    """An input's checks, each with its verdict alone: a record states the cause behind it."""
    return {code: word.partition(" ")[0] for code, word in one["checks"].items()}


def counts(record: Mapping[str, Any]) -> dict[str, int]:
    """How many checks of all inputs are VALID, INVALID, UNKNOWN."""
    found = Counter(word for one in record["inputs"] for word in checks_of(one).values())
    return {word: found[word] for word in ("VALID", "INVALID", "UNKNOWN")}


def top_reason(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first reason, for a line of a queue."""
    reasons: Sequence[Mapping[str, Any]] = record["reasons"]
    return reasons[0] if reasons else None


def steps(
    session: Session, row: Application, decisions: Sequence[CreditDecision], loan: Loan | None
) -> list[Step]:
    """The six steps of an application, each with its time; the first open one names who is next."""
    acts: Sequence[Act] = credit.acts_on(session, loan.loan_id) if loan is not None else ()
    when: dict[str, int] = {"applied": row.at} if "signature" in row.consent else {}
    if decisions:
        when["decided"] = min(one.at for one in decisions)
    when |= {_STEP_OF_ACT[act.code]: act.at for act in acts if act.code in _STEP_OF_ACT}
    over = row.state in ("withdrawn", "expired") or _declined(decisions)
    last = max((STEPS.index(name) for name in when), default=-1)
    waits = None if over or last == len(STEPS) - 1 else STEPS[last + 1]
    return [Step(name, when.get(name), _next(name, waits, decisions)) for name in STEPS]


def _declined(decisions: Sequence[CreditDecision]) -> bool:
    return bool(decisions) and all(one.outcome == "decline" for one in decisions)


def _next(name: str, waits: str | None, decisions: Sequence[CreditDecision]) -> str | None:
    if name != waits:
        return None
    if name == "applied":  # its consent is still to be signed
        return "applicant"
    if name == "accepted":  # a case that was referred waits for its lender first
        return "applicant" if any(one.outcome == "approve" for one in decisions) else "lender"
    return _NEXT[STEPS[STEPS.index(name) - 1]]


def role_of(roles: frozenset[UserRole]) -> str:
    """As which role somebody decides a case: the one that may most."""
    return next(str(one) for one in (UserRole.RISK, UserRole.APPROVER, UserRole.OFFICER) if one in roles)
