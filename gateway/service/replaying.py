"""A decision recomputed from the ledger at its block and from what was granted (PRODUCT 2.9); later blocks change nothing.

What a person decided is recomputed too: the engine's record first, whose digest it names, then what people said of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from certifier.verify import Node
from gateway.credit.decision import Loans
from gateway.credit.documents import differences, digest
from gateway.credit.products import Product
from gateway.credit.review import Word, reviewed
from gateway.credit.rules import RulePack
from gateway.credit.scorecard import Scorecard
from gateway.db import credit
from gateway.errors import ConflictError, NotFoundError
from gateway.installation import Installation
from gateway.service.examining import Examiner
from gateway.service.recording import Case, is_anchored, record_of, row_of
from gateway.service.vetting import pin_at

__all__ = ["Replay", "replay"]


@dataclass(frozen=True)
class Replay:
    """What recomputing a decision gave: `identical`, or where the two records differ as (path, recorded, recomputed)."""

    decision_id: str
    block: int
    differences: tuple[tuple[str, Any, Any], ...]
    anchored: bool

    @property
    def identical(self) -> bool:
        """Whether every field is the same."""
        return not self.differences

    def without_values(self) -> Replay:
        """Where the records differ, and not how: for whom the values are none of their business."""
        return replace(self, differences=tuple((path, None, None) for path, _, _ in self.differences))

    def to_json(self) -> dict[str, Any]:
        """The members of `decision replay`."""
        return {
            "decision_id": self.decision_id,
            "verdict": "identical" if self.identical else "differs",
            "block": self.block,
            "anchored": self.anchored,
            "differences": [
                {"field": path, "recorded": old, "recomputed": new} for path, old, new in self.differences
            ],
        }


def replay(installation: Installation, examiner: Examiner, decision_id: str) -> Replay:
    """Recompute a decision and compare field by field."""
    row = row_of(installation, decision_id)
    record = json.loads(row.record)
    at = record["as_of"]
    if at["number"] is None:
        raise ConflictError(
            "NOT_REPLAYABLE",
            "this decision was made without a block: the ledger could not be read then, and it was referred",
        )
    case = _case(installation, record)
    again = _recomputed(installation, examiner, record, case)
    if "human" in record:
        words = [Word.of(one) for one in record["human"]]
        again = reviewed(again, decision_id, words, {one.id: one for one in case.products})
    stated = [] if digest(record) == row.digest else [("digest", row.digest, digest(record))]
    found = (*stated, *differences(record, again))
    return Replay(decision_id, at["number"], found, is_anchored(installation, row))


def _recomputed(
    installation: Installation, examiner: Examiner, record: Mapping[str, Any], case: Case
) -> dict[str, Any]:
    at = record["as_of"]
    pinned = pin_at(Node(installation.ledger), at["number"], at["hash"])
    among = frozenset(one["asset_id"] for one in record["inputs"])
    applicant = installation.book.find(record["applicant"])
    seen = examiner.examine(applicant, case.products, pinned, among)
    return record_of(case, seen, examiner.contracts)


def _case(installation: Installation, record: Mapping[str, Any]) -> Case:
    """What the engine was asked, as the record says it."""
    with installation.database.session() as session:
        versions = [(session.get(credit.ProductVersion, one["id"]), one["id"]) for one in record["products"]]
        card = session.get(credit.PolicyDocument, record["scorecard"])
        rules = session.get(credit.PolicyDocument, record["rules"])
        return Case(
            decision_id=record["reviews"]["decision_id"] if "human" in record else record["decision_id"],
            application_id=record["application_id"],
            application=record["application"],
            consent=record["off_chain"]["consent"],
            products=tuple(Product.of(_content(found, name)) for found, name in versions),
            card=Scorecard.of(_content(card, record["scorecard"])),
            rules=RulePack.of(_content(rules, record["rules"])),
            loans=Loans.of(record["off_chain"]["loans"]),
            transient=tuple(record["transient"]),
            previous=record["previous"],
        )


def _content(row: credit.ProductVersion | credit.PolicyDocument | None, name: str) -> Mapping[str, Any]:
    if row is None:
        raise NotFoundError(
            "POLICY", f"this home has no policy {name} any more: the decision cannot be recomputed"
        )
    return row.content
