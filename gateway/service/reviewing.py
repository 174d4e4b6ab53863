"""A person decides a case (PRODUCT 1b): each word becomes a decision record of its own, in the place of the one it reviews.

What may be said, and what follows from it, stands in `gateway.credit.review`. Two people cannot review the same record: the second is told to
look at what the first has said.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.credit.products import Product
from gateway.credit.review import Terms, Word, consider, reviewed
from gateway.db import credit
from gateway.errors import ConflictError, NotFoundError
from gateway.installation import Installation, Organisation
from gateway.service.acts import move
from gateway.service.loans import TAKEN
from gateway.service.recording import stored
from gateway.service.times import instant

__all__ = ["Opinion", "review"]


@dataclass(frozen=True)
class Opinion:
    """What a person wants to say of a case: an outcome and a code of `gateway.credit.review`, own words, and a counter-offer's terms."""

    outcome: str
    code: str
    text: str
    terms: Terms | None = None


def review(
    installation: Installation, lender: Organisation, decision_id: str, opinion: Opinion, who: str, role: str
) -> credit.CreditDecision:
    """The decision that stands after somebody has said this of a case; it is anchored like any other."""
    with installation.database.session() as session:
        row = session.get(credit.CreditDecision, decision_id)
        if row is None or row.lender != lender.hex:
            raise NotFoundError("UNKNOWN_DECISION", f"{lender.short} has no decision {decision_id!r}")
        application = session.get(credit.Application, row.application_id)
        if application is not None and application.state in TAKEN:
            raise ConflictError(
                "STATE", f"an offer of this case is {application.state}: it is decided no more"
            )
        later = credit.review_of(session, decision_id)
        machine, words, products = _known(session, json.loads(row.record))
    if later is not None:
        raise _overtaken(decision_id)
    word = Word(who, role, opinion.outcome, opinion.code, opinion.text.strip(), instant(installation.now()), row.outcome, opinion.terms)  # fmt: skip
    consider(machine, words, word, products)
    record = reviewed(machine, "dec-" + secrets.token_hex(12), [*words, word], products)
    made = stored(record, installation.now(), decision_id)
    try:
        with installation.database.session() as session:
            session.add(made)
            _follow(session, row.application_id, made)
    except IntegrityError as error:
        raise _overtaken(decision_id) from error
    return made


def _known(session: Session, record: dict[str, Any]) -> tuple[dict[str, Any], list[Word], dict[str, Product]]:
    """The engine's record, what people have said of it so far, and the products it was asked for."""
    words = [Word.of(one) for one in record.get("human", ())]
    if "reviews" in record:
        row = session.get(credit.CreditDecision, record["reviews"]["decision_id"])
        assert row is not None
        record = json.loads(row.record)
    rows = [session.get(credit.ProductVersion, one["id"]) for one in record["products"]]
    return record, words, {row.product_id: Product.of(row.content) for row in rows if row is not None}


def _follow(session: Session, application_id: str, made: credit.CreditDecision) -> None:
    """An application has offers while any lender's last word approves."""
    row = session.get(credit.Application, application_id)
    if row is not None and row.state in ("decided", "offered"):
        others = [one for one in credit.decisions_of(session, application_id) if one.lender != made.lender]
        approved = "approve" in {one.outcome for one in (*others, made)}
        move(session, row, "offered" if approved else "decided")


def _overtaken(decision_id: str) -> ConflictError:
    return ConflictError(
        "REVIEWED", f"somebody has decided on {decision_id} since you opened it: open the case again"
    )
