"""Approvals: everything that waits for a second person of one's own organisation, in one queue; what one prepared oneself waits for others.

A loan product is released or refused here. A case is decided where all of it is in view, and a draft where what would be signed is: the queue
leads there. Nothing of this is kept twice: each row is read from what waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Installed, May
from gateway.db import cases, credit
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.jobs import drafts
from gateway.service import products
from gateway.web import formats, words
from gateway.web.depends import Id, gone, note, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import language_of, render, say

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.APPROVALS_READ)]
_LENDS = ("approve", "counter")


@dataclass(frozen=True)
class Waiting:
    """What waits: where all of it is seen, who prepared it and when, what follows, and where it is decided here, if it is."""

    what: str
    about: str
    path: str
    by: str
    since: object
    follows: str
    decide: str | None = None


@router.get("/approvals")
def approvals(request: Request, who: Reader, home: Installed) -> HTMLResponse:
    """The queue, the oldest first, one's own apart."""
    with home.database.session() as session:
        parties = Parties(session)
        found = [
            *_products(request, session, who),
            *_cases(request, session, who, parties),
            *_drafts(request, session, who),
        ]
    mine = [one for one in found if one.by == who.user]
    return render(request, "approvals.html", waiting=[one for one in found if one not in mine], mine=mine)


def _products(request: Request, session: Session, who: Principal) -> Iterator[Waiting]:
    """Loan products that somebody has proposed."""
    for row in credit.products_of(session, who.org, credit.DRAFT):
        content: dict[str, Any] = row.content
        yield Waiting(
            say(request, "Offer a loan"),
            f"{content[f'name_{language_of(request)}']} · {row.code} {row.version}",
            f"/products/{row.product_id}",
            row.maker,
            formats.time(row.at),
            say(request, "Enterprises are offered it from %(day)s on, up to %(amount)s each.", day=content["valid_from"], amount=formats.plain_money(content["max_amount"])),
            f"/approvals/products/{row.product_id}" if may(who, Action.PRODUCTS_PUBLISH) else None,
        )  # fmt: skip


def _cases(request: Request, session: Session, who: Principal, parties: Parties) -> Iterator[Waiting]:
    """Cases above a product's limit that one person has approved."""
    if not may(who, Action.DECISIONS_DECIDE):
        return
    for row in reversed(cases.reviewed(session, who.org, "refer")):
        record = json.loads(row.record)
        said = record["human"]
        if said[-1]["outcome"] in _LENDS:
            yield Waiting(
                say(request, "Approve a loan above the limit"),
                say(request, "%(name)s asks for %(amount)s", name=parties[row.applicant].name, amount=formats.plain_money(record["application"]["amount"])),
                f"/queue/{row.decision_id}",
                said[-1]["who"],
                formats.time(row.at),
                say(request, "The enterprise may accept the offer at once."),
            )  # fmt: skip


def _drafts(request: Request, session: Session, who: Principal) -> Iterator[Waiting]:
    """What somebody has prepared for a signatory."""
    for row in reversed(drafts.waiting(session, who.org)):
        yield Waiting(
            say(request, words.DRAFTS[row.action]),
            say(request, "See what would be signed"),
            f"/drafts/{row.id}",
            row.maker,
            formats.time(row.made_at),
            say(request, "It is done in your organisation's name."),
        )


@router.post("/approvals/products/{product_id}")
def decide_product(
    who: Annotated[Principal, May(Action.PRODUCTS_PUBLISH)],
    home: Installed,
    product_id: Id,
    outcome: Annotated[str, Form(pattern="^(approve|refuse)$")],
    reason: Annotated[str, Form(min_length=1, max_length=400)],
) -> Response:
    """Release what somebody else has proposed, or refuse it; the reason stays in the organisation's events."""
    act = products.publish if outcome == "approve" else products.refuse
    act(home, who.organisation, product_id, who.user)
    note(home, who, outcome, {"product": product_id, "reason": reason})
    return gone("/approvals")
