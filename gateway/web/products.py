"""Loans that are offered, and a lender's own versions of them: proposed by one person, published by another."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db import credit
from gateway.errors import NotFoundError, UsageError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.service import products
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.depends import As, Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
ProductReader = Annotated[Principal, May(Action.PRODUCTS_READ)]


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
