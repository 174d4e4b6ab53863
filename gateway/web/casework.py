"""A lender's cases: the queue, one case with everything it was decided by, a person's word on it; and the replay of a decision.

A person's word is a decision record of its own. An auditor sees a case without what papers say.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Here, Installed, May
from gateway.api.v1.common import HEX32
from gateway.credit.review import CODES, Terms
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import CreditDecision
from gateway.errors import NotFoundError, UsageError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.service import cases, recording
from gateway.service.reviewing import Opinion
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.borrow import product_names
from gateway.web.credit_parts import waterfall
from gateway.web.depends import As, Shown, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.membership import Role
from ledger.types import parse_hex32

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.DECISIONS_READ)]
AMOUNT_OR_NOTHING = r"^([0-9]{1,13}(\.[0-9]{1,2})?)?$"


@router.get("/queue")
def queue(request: Request, who: Reader, home: Installed, cut: Shown, form: As = "") -> Response:
    """Applications to this lender: what waits for a person first, the oldest on top."""
    with home.database.session() as session:
        part, parties = table.queue(session, cases.scope(who), cut), Parties(session)
    records = {row.decision_id: json.loads(row.record) for row in part.rows}
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    parts: Any = environment(language_of(request)).get_template("includes/credit.html").module
    now = home.now()

    def of(row: CreditDecision) -> dict[str, Any]:
        found: dict[str, Any] = records[row.decision_id]
        return found

    def verdicts(row: CreditDecision) -> str:
        return " / ".join(str(count) for count in cases.counts(of(row)).values())

    def reason(row: CreditDecision) -> str:
        first = cases.top_reason(of(row))
        return formats.rounded(first[language_of(request)]) if first else ""

    def by(row: CreditDecision) -> str:
        return str(of(row)["human"][-1]["who"]) if row.reviews else say(request, "the engine")

    def age(row: CreditDecision) -> str:
        return say(request, "%(hours)s h", hours=max(0, now - row.at) // 3600)

    asked = (
        Column(say(request, "Asked for"), lambda row: Decimal(of(row)["application"]["amount"]), lambda row: formats.money(of(row)["application"]["amount"]), numeric=True),
        Column(say(request, "First reason"), reason),
    )  # fmt: skip
    lender = Column(
        say(request, "Lender"), lambda row: parties[row.lender], lambda row: parties[row.lender].html()
    )
    columns = (
        Column(say(request, "Enterprise"), lambda row: parties[row.applicant], lambda row: cells.linked(f"/queue/{row.decision_id}", parties[row.applicant].name)),
        Column(say(request, "Decision"), lambda row: say(request, words.OUTCOMES[row.outcome][0]), lambda row: parts.outcome(row.outcome, words)),
        *(asked if cases.whole(who) else (lender,)),
        Column(say(request, "Verified / invalid / not known"), verdicts),
        Column(say(request, "By"), by, lambda row: cells.state((by(row), "none"))),
        Column(say(request, "Age"), age, numeric=True),
    )  # fmt: skip
    made = Table.of(say(request, "Cases"), columns, part, say(request, "Nobody has applied yet."))
    if form:
        return export(made, form, "cases")
    lead = say(request, "What waits for a person stands first, the oldest on top.")
    return render(request, "list.html", title=say(request, "Cases"), lead=lead, tables=[(made, "/queue")])


def _case(session: Session, who: Principal, decision_id: str) -> CreditDecision:
    if (row := table.decision(session, cases.scope(who), decision_id)) is None:
        raise NotFoundError("NOT_FOUND", f"there is no case {decision_id[:80]}")
    return row


@router.get("/queue/{decision_id}")
def case(request: Request, who: Reader, home: Installed, decision_id: str) -> HTMLResponse:
    """One case: the ask, what was not verified, base, points, reasons, offers, what people said, and the decision."""
    with home.database.session() as session:
        row, parties = _case(session, who, decision_id), Parties(session)
        application = session.get(credit.Application, row.application_id)
        later = credit.review_of(session, decision_id)
    record = json.loads(row.record)
    shared = {
        "row": row, "words": words, "parties": parties, "counts": cases.counts(record), "later": later,
        "doubts": _doubts(record), "checks_of": cases.checks_of, "people": record.get("human", []), "codes": CODES,
    }  # fmt: skip
    if not cases.whole(who):
        return render(request, "case_audited.html", record=cases.audited(record), **shared)
    best = record["offers"][0]["product_id"] if record["offers"] else next(iter(record["bases"]), None)
    base = record["bases"][best] if best is not None else None
    offers = [{**one, "lender": row.lender} for one in record["offers"]]
    return render(
        request, "case.html", record=record, names=product_names(request, home), base=base, lines=waterfall(base), offers_found=offers,
        counters=[(one["id"], f"{one['code']} {one['version']}") for one in record["products"]], points=record["points"], features=record["features"], auditors=[(p.org, str(p)) for p in parties.with_role(Role.AUDITOR)],
        open=later is None and application is not None and application.state in ("reserved", "decided", "offered"),
        may_decide=row.lender == who.org and may(who, Action.DECISIONS_DECIDE),
        may_disclose=row.lender == who.org and may(who, Action.DECISIONS_DISCLOSE),
        **shared,
    )  # fmt: skip


def _doubts(record: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """What was not verified: a check that is UNKNOWN or INVALID, and the papers of which."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in record["inputs"]:
        for code, word in cases.checks_of(one).items():
            if word in ("UNKNOWN", "INVALID"):
                found.setdefault((word, code), []).append(one["asset_id"])
    return [(word, code, assets) for (word, code), assets in sorted(found.items())]


@router.post("/queue/{decision_id}/review")
def review(
    who: Annotated[Principal, May(Action.DECISIONS_DECIDE)],
    gateway: Here,
    decision_id: str,
    code: Annotated[str, Form(pattern="^(approve|counter|decline|refer) [A-Z][0-9]$")],
    reason: Annotated[str, Form(min_length=1, max_length=2000)],
    product: Annotated[str, Form(max_length=80)] = "",
    amount: Annotated[str, Form(pattern=AMOUNT_OR_NOTHING)] = "",
    days: Annotated[str, Form(pattern=r"^[0-9]{0,4}$")] = "",
) -> Response:
    """A person's word, with a reason; a counter-offer with its terms."""
    outcome, _, found = code.partition(" ")
    terms = None
    if outcome == "counter":
        if not (product and amount and days):
            raise UsageError("TERMS", "a counter-offer names a product, an amount and days")
        terms = Terms(product, Decimal(amount), int(days))
    made = gateway.deciding.review(
        who.organisation,
        decision_id,
        Opinion(outcome, found, reason, terms),
        who.user,
        cases.role_of(who.roles),
    )
    return gone(f"/queue/{made.decision_id}")


@router.post("/queue/{decision_id}/disclose")
def disclose(
    request: Request,
    who: Annotated[Principal, May(Action.DECISIONS_DISCLOSE)],
    home: Installed,
    decision_id: str,
    auditor: Annotated[str, Form(pattern=HEX32)],
) -> Response:
    """Let an auditor read the whole record for 30 days."""
    recording.disclose(
        home, who.organisation, decision_id, parse_hex32(auditor), say(request, "audit of a decision"), 30
    )
    return gone(f"/queue/{decision_id}")


# ── replay


@router.get("/replay")
def replay(
    request: Request,
    who: Annotated[Principal, May(Action.DECISIONS_REPLAY)],
    gateway: Here,
    id: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """Recompute one decision from the ledger at its block: identical, or where it differs."""
    done = None
    if id:
        with gateway.database.session() as session:
            row = _case(session, who, id.strip())
        done = gateway.deciding.lending.replay(row.decision_id)
        done = done if cases.whole(who) else done.without_values()
    return render(request, "replay.html", done=done, asked=id)
