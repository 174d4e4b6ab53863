"""The decision record, `assetcert/decision/1`: canonical JSON whose digest is anchored, and how two of them are compared (PRODUCT 2.9).

It holds every input's id and verdicts, every intermediate number, and the outcome, so that whoever has the inputs gets the same bytes.
Latencies stand outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.credit.commerce import Commerce
from gateway.credit.decision import Decision, Inquiry
from gateway.credit.documents import digest
from gateway.credit.matching import RANKING
from gateway.credit.money import shown
from gateway.credit.reasons import ASK_FOR_A_PERSON
from ledger.types import hex32

__all__ = ["SCHEMA", "Header", "compose", "summary"]

SCHEMA = "assetcert/decision/1"


@dataclass(frozen=True)
class Header:
    """What a record says beside the decision: who, about what, at which block, on which inputs, by which program."""

    decision_id: str
    application_id: str
    application: Mapping[str, Any]
    lender: bytes
    applicant: bytes
    as_of: Mapping[str, Any]
    contracts: Mapping[str, str]
    inputs: Sequence[Mapping[str, Any]]
    context: Sequence[str]
    consent: Mapping[str, Any]
    evidence_policy: str
    engine: str
    previous: str | None


def compose(header: Header, inquiry: Inquiry, made: Decision) -> dict[str, Any]:
    """The record's members, ready for `canonical`."""
    return {
        "schema": SCHEMA,
        "decision_id": header.decision_id,
        "application_id": header.application_id,
        "application": dict(header.application),
        "application_hash": digest(header.application),
        "lender": hex32(header.lender),
        "applicant": hex32(header.applicant),
        "as_of": dict(header.as_of),
        "contracts": dict(header.contracts),
        "inputs": list(header.inputs),
        "context": list(header.context),
        "off_chain": _off_chain(header, inquiry),
        "products": [{"code": one.code, "version": one.version, "id": one.id} for one in inquiry.products],
        "scorecard": inquiry.card.digest,
        "rules": inquiry.rules.digest,
        "evidence_policy": header.evidence_policy,
        "engine": header.engine,
        "findings": [one.to_json() for one in inquiry.found.findings],
        "features": {name: one.to_json() for name, one in made.features.items()},
        "hits": [hit.to_json() for hit in made.hits],
        "points": [one.to_json() for one in made.result.points],
        "score": made.result.score,
        "grade": made.result.grade,
        "bases": {name: base.to_json() | {"items": [item.to_json() for item in base.items]} for name, base in made.bases.items()},
        "owed": {group: shown(amount) for group, amount in sorted(Commerce(inquiry.found).owed_to().items())},
        "needs": {name: None if need is None else shown(need) for name, need in made.needs.items()},
        "offers": [one.to_json() for one in made.offers],
        "refused": [one.to_json() for one in made.refused],
        "ranking": RANKING,
        "outcome": made.outcome,
        "amount": shown(made.amount),
        "rate_bps": made.offers[0].price.rate_bps if made.outcome == "approve" else None,
        "binding": made.offers[0].binding if made.outcome == "approve" else None,
        "reasons": list(made.reasons),
        "automated": True,
        "previous": header.previous,
    }  # fmt: skip


def _off_chain(header: Header, inquiry: Inquiry) -> dict[str, Any]:
    return {
        "consent": dict(header.consent),
        "declared_debt": shown(inquiry.debts.declared),
        "loans": inquiry.loans.to_json(),
        "benchmarks": [
            {"product": one.code, "name": one.body["benchmark"], "bps": one.benchmark_bps, "fixing": one.body["benchmark_fixing_date"]}
            for one in inquiry.products
        ],
        "unknown": list(inquiry.unknown),
    }  # fmt: skip


def summary(record: Mapping[str, Any]) -> dict[str, Any]:
    """What `apply` prints of a record: for the applicant, so without what only its lender may read."""
    secured = [one["id"] for one in record["products"] if one["id"] in record["bases"]]
    best = record["offers"][0]["product_id"] if record["offers"] else secured[0]
    base = record["bases"][best]
    approved = record["outcome"] == "approve"
    return {
        "decision_id": record["decision_id"],
        "lender": record["lender"],
        "as_of": record["as_of"],
        "outcome": record["outcome"],
        "amount": record["amount"],
        "score": record["score"],
        "grade": record["grade"],
        "borrowing_base": {"lines": base["lines"], "total": base["total"]},
        "need": record["needs"][best],
        "offers": record["offers"] if approved else [],
        "refused": record["refused"],
        "reasons": record["reasons"],
        "review": ASK_FOR_A_PERSON,
    }
