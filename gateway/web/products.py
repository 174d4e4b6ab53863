"""Loans that are offered, and a lender's own versions of them: proposed by one person, published by another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db import credit
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import products
from gateway.service.loans import today
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.depends import As, Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.product_form import FEE_CHOICES, FIELDS, SECTIONS, changed, document_of, fee_rows, shown
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from gateway.web.words import N_

__all__ = ["router"]

router = router_of_pages()
ProductReader = Annotated[Principal, May(Action.PRODUCTS_READ)]
Editor = Annotated[Principal, May(Action.PRODUCTS_EDIT)]
_UNITS = {
    "percent": "%",
    "days": N_("days"),
    "hours": N_("hours"),
    "yuan": "¥",
    "times": N_("times"),
    "fees": "",
    "date": "",
    "choice": "",
    "list": N_("separated by commas"),
    "text": "",
}


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
    versions = [row]
    if mine:
        with home.database.session() as session:
            rows = credit.products_of(session, who.org, None)
        versions = [one for one in rows if one.code == row.code]
    differing = {field for one in versions for field in changed(row.content, one.content)}
    in_force = _in_force(home, versions)
    return render(
        request, "product.html", row=row, words=words, lender=parties[row.lender], mine=mine,
        found=_simulated(home, who, row.content) if mine else None,
        before=_simulated(home, who, in_force.content) if mine and in_force is not None and in_force is not row else None,
        versions=versions, differing=[field for field in FIELDS if field in differing], shown=shown, units=_units(request),
        name=row.content[f"name_{language_of(request)}"], document=json.dumps(row.content, ensure_ascii=False, indent=1),
        may_publish=mine and row.state == credit.DRAFT and row.maker != who.user and may(who, Action.PRODUCTS_PUBLISH),
        may_withdraw=mine and row.state == credit.PUBLISHED and may(who, Action.PRODUCTS_EDIT),
        may_edit=mine and may(who, Action.PRODUCTS_EDIT),
    )  # fmt: skip


def _units(request: Request) -> dict[str, str]:
    return {unit: say(request, text) for unit, text in _UNITS.items()}


def _in_force(home: Installation, versions: Sequence[credit.ProductVersion]) -> credit.ProductVersion | None:
    """The published version that holds today."""
    day = str(today(home))
    held = (
        one
        for one in versions
        if one.state == credit.PUBLISHED and one.content["valid_from"] <= day <= one.content["valid_to"]
    )
    return next(held, None)


def _simulated(home: Installation, who: Principal, content: Mapping[str, Any]) -> dict[str, Any]:
    return products.simulate(home, who.organisation, Product.of(content))


def _own(
    home: Installation, who: Principal, product_id: str
) -> tuple[credit.ProductVersion, list[credit.ProductVersion]]:
    """One of one's own versions, with all of its product."""
    with home.database.session() as session:
        rows = credit.products_of(session, who.org, None)
    row = next((one for one in rows if one.product_id == product_id), None)
    if row is None:
        raise NotFoundError("NOT_FOUND", f"there is no product {product_id} of yours")
    return row, [one for one in rows if one.code == row.code]


@router.get("/products/{product_id}/edit")
def edit(request: Request, who: Editor, home: Installed, product_id: Id) -> HTMLResponse:
    """The next version as a form, each term beside that of the version in force."""
    row, versions = _own(home, who, product_id)
    in_force = _in_force(home, versions)
    return render(
        request, "product_edit.html", row=row, name=row.content[f"name_{language_of(request)}"], sections=SECTIONS, shown=shown,
        units=_units(request), in_force=in_force.content if in_force is not None else None, words=words,
        fees=fee_rows(row.content), fee_choices=FEE_CHOICES,
    )  # fmt: skip


async def _given(request: Request) -> Mapping[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


Given = Annotated[Mapping[str, str], Depends(_given)]


def _next(
    home: Installation, who: Principal, product_id: str, given: Mapping[str, str]
) -> tuple[Product, Any]:
    row, versions = _own(home, who, product_id)
    number = max(one.version for one in versions) + 1
    return Product.of(document_of(row.content, given, number)), _in_force(home, versions)


@router.post("/products/{product_id}/versions")
def propose(who: Editor, home: Installed, product_id: Id, given: Given) -> Response:
    """Propose the next version; a second person publishes it."""
    made, _ = _next(home, who, product_id, given)
    products.propose(home, who.organisation, made, who.user)
    return gone(f"/products/{made.id}")


@router.post("/products/{product_id}/simulation")
def simulate(request: Request, who: Editor, home: Installed, product_id: Id, given: Given) -> HTMLResponse:
    """What the terms in the form would have made of the last 90 days, beside the version in force; nothing is decided."""
    made, in_force = _next(home, who, product_id, given)
    before = _simulated(home, who, in_force.content) if in_force is not None else None
    return render(
        request,
        "product_simulated.html",
        found=_simulated(home, who, made.body),
        in_force=before,
        words=words,
    )


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
