"""An enterprise's pages of credit: how much it can borrow now and at what cost, an application with its consent, its way to the money."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Here, Installed, May
from gateway.credit.matching import SCOPE
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db import credit
from gateway.db.credit import Application
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import applying, cases, loans, products
from gateway.service.applying import CONSENT_DAYS, CONSENT_FIELDS, Order
from gateway.service.times import DAY
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.credit_parts import waterfall
from gateway.web.depends import As, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.types import hex32

__all__ = ["product_names", "router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.APPLICATIONS_READ)]
Applicant = Annotated[Principal, May(Action.APPLICATIONS_MAKE)]
_PATIENCE = 1.5
_AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,2})?$"


@router.get("/borrow")
def borrow(request: Request, who: Reader, home: Installed, form: As = "") -> Response:
    """The page at once; the figure comes when it is worked out."""
    listed = _applications(request, home, who)
    if form:
        return export(listed, form, "applications")
    return render(request, "borrow.html", applications=listed, found=None, days=90)


@router.get("/borrow/now")
def now(
    request: Request, who: Reader, gateway: Here, days: Annotated[int, Query(ge=1, le=3650)] = 90
) -> HTMLResponse:
    """The figure, the waterfall and the offers; while papers are still being read, the page asks again."""
    records = gateway.deciding.estimate(who.organisation, days, _PATIENCE)
    found = cases.power(records, days) if records is not None else None
    with gateway.database.session() as session:
        parties = Parties(session)
    return render(
        request, "borrow_now.html", found=found, days=days, lines=waterfall(found["borrowing_base"] if found else None),
        names=product_names(request, gateway.installation), parties=parties, words=words,
    )  # fmt: skip


def product_names(request: Request, home: Installation) -> dict[str, str]:
    """What products are called, by their code."""
    member = f"name_{language_of(request)}"
    with home.database.session() as session:
        rows = credit.products_of(session, None, None)
    return {row.code: row.content.get(member, row.code) for row in rows}


def _applications(request: Request, home: Installation, who: Principal) -> Table:
    with home.database.session() as session:
        rows = table.applications(session, who.org)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Applied"), lambda row: row.at, lambda row: cells.linked(f"/borrow/{row.application_id}", formats.time(row.at))),
        Column(say(request, "Amount"), lambda row: Decimal(row.content["amount"]), lambda row: formats.money(row.content["amount"]), numeric=True),
        Column(say(request, "Days"), lambda row: row.content["days"], numeric=True),
        Column(say(request, "State"), lambda row: say(request, words.LOAN_STATES[row.state][0]), lambda row: cells.state(words.LOAN_STATES[row.state])),
    )  # fmt: skip
    return Table(say(request, "Applications"), columns, rows, say(request, "No application yet."))


@router.get("/apply")
def form(
    request: Request, who: Reader, home: Installed, amount: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """What is asked for, and the consent: who sees which fields, for what, until when."""
    offered = products.published(home)
    with home.database.session() as session:
        parties = Parties(session)
        count = len(credit.anchored_ids(session, who.org))
    return render(
        request, "apply.html", amount=amount, key=secrets.token_hex(16), count=count, words=words, fields=CONSENT_FIELDS,
        lenders=[parties[one] for one in dict.fromkeys(hex32(one.lender) for one in offered)],
        products=[(one.code, _named(request, one)) for one in offered], until=home.now() + CONSENT_DAYS * DAY,
        purposes_of_credit=[(key, say(request, text)) for key, text in words.PURPOSES.items()],
        declared=[(name, say(request, words.DECLARED[name])) for name in SCOPE if any(one.body[name] for one in offered)],
        may_apply=may(who, Action.APPLICATIONS_MAKE),
    )  # fmt: skip


def _named(request: Request, product: Product) -> str:
    return f"{product.body[f'name_{language_of(request)}']} ({product.code})"


@router.post("/apply")
def apply(
    who: Applicant,
    gateway: Here,
    amount: Annotated[str, Form(pattern=_AMOUNT)],
    days: Annotated[int, Form(ge=1, le=3650)],
    purpose: Annotated[str, Form(max_length=64)],
    key: Annotated[str, Form(min_length=8, max_length=64)],
    sign: Annotated[str, Form(pattern="^yes$")],  # noqa: ARG001 - without it there is no consent
    account: Annotated[str, Form(max_length=64)] = "",
    debt: Annotated[str, Form(pattern=_AMOUNT)] = "0",
    product: Annotated[Sequence[str], Form()] = (),
    person: Annotated[str, Form()] = "",
    region: Annotated[str, Form(max_length=32)] = "",
    industry: Annotated[str, Form(max_length=32)] = "",
    enterprise_size: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Sign the consent and apply; what takes longer goes on while the next page is open."""
    order = Order(
        amount=Decimal(amount), days=days, key=key, purpose=purpose, products=list(product) or None,
        declared_debt=Decimal(debt), payee_account=account or None, asks_for_person=bool(person),
        profile={"region": region.strip(), "industry": industry.strip(), "enterprise_size": enterprise_size.strip()},
    )  # fmt: skip
    row, _ = gateway.deciding.apply(who.organisation, order, who.user, _PATIENCE)
    return gone(f"/borrow/{row.application_id}")


@router.get("/borrow/{application_id}")
def application(request: Request, who: Reader, home: Installed, application_id: str) -> HTMLResponse:
    """Where an application stands and who is next; its decisions, offers and reasons; what the loan owes."""
    with home.database.session() as session:
        row = _application(session, who, application_id)
        made = credit.decisions_of(session, application_id)
        accounts = credit.loans_of(session, application_id=application_id)
        loan = accounts[-1] if accounts else None
        steps, parties = cases.steps(session, row, made, loan), Parties(session)
    told = [cases.told(one) for one in made]
    return render(
        request, "application.html", row=row, steps=steps, told=told, loan=loan, words=words, parties=parties,
        offers_found=cases.offers_of(application_id, made), told_reasons=_once(told), names=product_names(request, home),
        may_accept=may(who, Action.APPLICATIONS_MAKE) and row.state == "offered",
        may_withdraw=may(who, Action.APPLICATIONS_MAKE) and row.state in ("draft", "reserved", "decided", "offered", "accepted"),
        until=_consent_end(row),
    )  # fmt: skip


def _once(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons of all decisions, each said once."""
    return list({one["en"]: one for each in told for one in each["reasons"]}.values())


def _consent_end(row: Application) -> datetime | None:
    said = row.consent.get("expires_at")
    return datetime.fromisoformat(said) if said else None


def _application(session: Any, who: Principal, application_id: str) -> Application:
    if (row := table.application(session, who.org, application_id)) is None:
        raise NotFoundError("NOT_FOUND", f"there is no application {application_id[:80]} of yours")
    return row


@router.post("/borrow/{application_id}/accept")
def accept(
    who: Applicant,
    home: Installed,
    application_id: str,
    product: Annotated[str, Form(min_length=1, max_length=80)],
) -> Response:
    """Accept one offer: its receivables are offered to that lender alone."""
    loans.accept(home, who.organisation, application_id, product, who.user)
    return gone(f"/borrow/{application_id}")


@router.post("/borrow/{application_id}/withdraw")
def withdraw(who: Applicant, home: Installed, application_id: str) -> Response:
    """Withdraw what is not contracted."""
    applying.withdraw(home, who.organisation, application_id, who.user)
    return gone(f"/borrow/{application_id}")
