"""A lender's pages of credit: the queue, one case with everything it was decided by, products; and the replay of a decision.

A person's word needs a reason, and above the product's limit a second person; the record itself never changes.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Here, Installed, May
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import CreditDecision
from gateway.errors import NotFoundError, UsageError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action, UserRole
from gateway.service import cases, loans, products
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.borrow import product_names
from gateway.web.credit_parts import waterfall
from gateway.web.depends import As, Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.DECISIONS_READ)]
ProductReader = Annotated[Principal, May(Action.PRODUCTS_READ)]
_ORDER = {"refer": 0, "approve": 1, "decline": 2}


@router.get("/queue")
def queue(request: Request, who: Reader, home: Installed, form: As = "") -> Response:
    """Applications to this lender: what waits for a person first, the older first."""
    with home.database.session() as session:
        rows, parties = table.decisions(session, _scope(who)), Parties(session)
    rows.sort(key=lambda row: (_ORDER[row.outcome], row.at))
    records = {row.decision_id: json.loads(row.record) for row in rows}
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
        return str(first[language_of(request)]) if first else ""

    def age(row: CreditDecision) -> str:
        return say(request, "%(hours)s h", hours=max(0, now - row.at) // 3600)

    columns = (
        Column(say(request, "Enterprise"), lambda row: parties[row.applicant], lambda row: cells.linked(f"/queue/{row.decision_id}", parties[row.applicant].name)),
        Column(say(request, "Decision"), lambda row: say(request, words.OUTCOMES[row.outcome][0]), lambda row: parts.outcome(row.outcome, words)),
        Column(say(request, "Asked for"), lambda row: Decimal(of(row)["application"]["amount"]), lambda row: formats.money(of(row)["application"]["amount"]), numeric=True),
        Column(say(request, "Verified / invalid / not known"), verdicts),
        Column(say(request, "First reason"), reason),
        Column(say(request, "Age"), age, numeric=True),
    )  # fmt: skip
    made = Table(say(request, "Cases"), columns, rows, say(request, "Nobody has applied yet."))
    if form:
        return export(made, form, "cases")
    lead = say(request, "What waits for a person stands first, the oldest on top.")
    return render(request, "list.html", title=say(request, "Cases"), lead=lead, tables=[(made, "/queue")])


def _scope(who: Principal) -> str | None:
    return None if UserRole.AUDITOR in who.roles else who.org


def _case(session: Session, who: Principal, decision_id: str) -> CreditDecision:
    if (row := table.decision(session, _scope(who), decision_id)) is None:
        raise NotFoundError("NOT_FOUND", f"there is no case {decision_id[:80]}")
    return row


@router.get("/queue/{decision_id}")
def case(request: Request, who: Reader, home: Installed, decision_id: str) -> HTMLResponse:
    """One case: the ask, what was not verified, base, points, reasons, offers, what people did, and the decision."""
    with home.database.session() as session:
        row, parties = _case(session, who, decision_id), Parties(session)
        acts = credit.acts_on(session, decision_id)
        application = session.get(credit.Application, row.application_id)
    record = json.loads(row.record)
    bases = record.get("bases", {})
    best = record["offers"][0]["product_id"] if record.get("offers") else next(iter(bases), None)
    base = bases[best] if best is not None else None
    offers = [{**one, "lender": row.lender} for one in record.get("offers", [])]
    return render(
        request, "case.html", row=row, record=record, acts=acts, words=words, parties=parties, names=product_names(request, home),
        counts=cases.counts(record), base=base, lines=waterfall(base), offers_found=offers, doubts=_doubts(record),
        points=record.get("points", []), features=record.get("features", {}), checks_of=cases.checks_of,
        open=application is not None and application.state in ("reserved", "decided", "offered"),
        may_decide=row.lender == who.org and may(who, Action.DECISIONS_DECIDE),
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
    home: Installed,
    decision_id: str,
    outcome: Annotated[str, Form(pattern="^(approve|decline)$")],
    reason: Annotated[str, Form(min_length=1, max_length=2000)],
) -> Response:
    """Approve or decline, with a reason."""
    loans.review(home, who.organisation, decision_id, outcome, reason, who.user, cases.role_of(who.roles))
    return gone(f"/queue/{decision_id}")


# ── products


@router.get("/products")
def listed(request: Request, who: ProductReader, home: Installed, form: As = "") -> Response:
    """Loans that are offered, and a lender's own drafts."""
    with home.database.session() as session:
        rows, parties = table.products(session, who.org), Parties(session)
    rows.sort(key=lambda row: (row.lender, row.code, row.version))
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    name = f"name_{language_of(request)}"
    columns = (
        Column(say(request, "Loan"), lambda row: row.content[name], lambda row: cells.linked(f"/products/{row.product_id}", row.content[name])),
        Column(say(request, "Version"), lambda row: f"{row.code} {row.version}"),
        Column(say(request, "Lender"), lambda row: parties[row.lender], lambda row: parties[row.lender].html()),
        Column(say(request, "Largest amount"), lambda row: Decimal(row.content["max_amount"]), lambda row: formats.money(row.content["max_amount"]), numeric=True),
        Column(say(request, "Days"), lambda row: f"{row.content['tenor_days_min']}–{row.content['tenor_days_max']}"),
        Column(say(request, "State"), lambda row: say(request, words.PRODUCT_STATES[row.state][0]), lambda row: cells.state(words.PRODUCT_STATES[row.state])),
    )  # fmt: skip
    made = Table(say(request, "Loans offered"), columns, rows, say(request, "No loan is offered yet."))
    if form:
        return export(made, form, "products")
    title = say(request, "Loans offered")
    return render(request, "list.html", title=title, lead="", tables=[(made, "/products")])


@router.get("/products/{product_id}")
def product(request: Request, who: ProductReader, home: Installed, product_id: Id) -> HTMLResponse:
    """One version: its terms, its hash, and for its lender what it would have made of the last 90 days."""
    with home.database.session() as session:
        row, parties = table.product(session, who.org, product_id), Parties(session)
    if row is None:
        raise NotFoundError("NOT_FOUND", f"there is no product {product_id}")
    mine = row.lender == who.org
    found = products.simulate(home, who.organisation, Product.of(row.content)) if mine else None
    return render(
        request, "product.html", row=row, words=words, lender=parties[row.lender], found=found, mine=mine,
        name=row.content[f"name_{language_of(request)}"],
        may_publish=mine and row.state == credit.DRAFT and row.maker != who.user and may(who, Action.PRODUCTS_PUBLISH),
        may_withdraw=mine and row.state == credit.PUBLISHED and may(who, Action.PRODUCTS_EDIT),
        may_edit=mine and may(who, Action.PRODUCTS_EDIT), following=_following(row.content),
    )  # fmt: skip


def _following(content: dict[str, Any]) -> str:
    """The document of the next version, for its maker to change."""
    return json.dumps({**content, "version": content["version"] + 1}, ensure_ascii=False, indent=1)


@router.post("/products")
def propose(
    who: Annotated[Principal, May(Action.PRODUCTS_EDIT)],
    home: Installed,
    content: Annotated[str, Form(max_length=100_000)],
) -> Response:
    """Propose a version; a second person publishes it."""
    try:
        said = json.loads(content)
    except ValueError as error:
        raise UsageError("PRODUCT", f"this is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise UsageError("PRODUCT", "a loan product is one JSON object")
    made = Product.of(said)
    products.propose(home, who.organisation, made, who.user)
    return gone(f"/products/{made.id}")


@router.post("/products/{product_id}/publish")
def publish(
    who: Annotated[Principal, May(Action.PRODUCTS_PUBLISH)], home: Installed, product_id: Id
) -> Response:
    """Publish what somebody else has proposed."""
    products.publish(home, who.organisation, product_id, who.user)
    return gone(f"/products/{product_id}")


@router.post("/products/{product_id}/withdraw")
def withdraw(
    who: Annotated[Principal, May(Action.PRODUCTS_EDIT)], home: Installed, product_id: Id
) -> Response:
    """Offer it no more."""
    products.withdraw(home, who.organisation, product_id, who.user)
    return gone(f"/products/{product_id}")


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
    return render(request, "replay.html", done=done, asked=id)
