"""Loan products: everybody's published ones, and a lender's own versions, which two people see before anybody borrows under them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict
from gateway.api.v1.common import Days, Document, Hex32, not_found, placed
from gateway.credit.products import Product
from gateway.db import cases as table
from gateway.db.credit import ProductVersion
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import products

__all__ = ["router"]

router = APIRouter(tags=["credit"], route_class=Guarded)
ProductReader = Annotated[Principal, May(Action.PRODUCTS_READ)]
ProductEditor = Annotated[Principal, May(Action.PRODUCTS_EDIT)]
ProductPublisher = Annotated[Principal, May(Action.PRODUCTS_PUBLISH)]


class ProductOut(BaseModel):
    """A version of a loan product; who made and who published it is its lender's to know."""

    product_id: Hex32
    lender: Hex32
    product: str
    version: int
    state: Literal["draft", "published", "withdrawn"]
    maker: str | None
    checker: str | None
    content: Document

    @classmethod
    def of(cls, row: ProductVersion, org: str) -> ProductOut:
        """As an organisation sees it."""
        mine = row.lender == org
        return cls.model_validate(
            {
                "product_id": row.product_id,
                "lender": row.lender,
                "product": row.code,
                "version": row.version,
                "state": row.state,
                "maker": row.maker if mine else None,
                "checker": row.checker if mine else None,
                "content": row.content,
            }
        )


class NewProduct(Strict):
    """A product's document (`assetcert/loan-product/2`)."""

    content: Document


class Simulated(Strict):
    """A product's document, and how many days of decisions to look back."""

    content: Document
    days: Days = 90


class Simulation(BaseModel):
    """How many of the lender's decisions would pass, for how much, and why not; nothing is decided."""

    product: str
    product_id: Hex32
    days: int
    decisions: int
    passed: int
    person: int
    amount: str
    reasons: dict[str, int]


@router.get("/products")
def list_products(caller: ProductReader, db: Db, at: Paged) -> Page[ProductOut]:
    """Published products of every lender, and all versions of one's own."""
    rows = table.products(db, caller.org, placed(at.after), at.more)
    return at.page(rows, lambda row: ProductOut.of(row, caller.org), lambda row: f"{row.at}:{row.product_id}")


@router.get("/products/{product_id}")
def get_product(caller: ProductReader, db: Db, product_id: Hex32) -> ProductOut:
    """One version."""
    if (row := table.product(db, caller.org, product_id)) is None:
        raise not_found("product", product_id)
    return ProductOut.of(row, caller.org)


@router.post("/products", status_code=201)
def propose_product(caller: ProductEditor, home: Installed, asked: NewProduct) -> ProductOut:
    """Propose a version of one's own organisation's product; a second person publishes it."""
    made = Product.of(asked.content)
    products.propose(home, caller.organisation, made, caller.user)
    return _product(home, caller, made.id)


@router.post("/products/{product_id}/publication", status_code=201)
def publish_product(caller: ProductPublisher, home: Installed, product_id: Hex32) -> ProductOut:
    """Publish what somebody else has proposed."""
    products.publish(home, caller.organisation, product_id, caller.user)
    return _product(home, caller, product_id)


@router.post("/products/{product_id}/withdrawal", status_code=201)
def withdraw_product(caller: ProductEditor, home: Installed, product_id: Hex32) -> ProductOut:
    """Offer it no more; loans under it stand."""
    products.withdraw(home, caller.organisation, product_id, caller.user)
    return _product(home, caller, product_id)


@router.post("/product-simulations")
def simulate_product(caller: ProductEditor, home: Installed, asked: Simulated) -> Simulation:
    """What a product would have made of one's own decisions of the last days."""
    found = products.simulate(home, caller.organisation, Product.of(asked.content), asked.days)
    return Simulation.model_validate(found)


def _product(home: Installed, caller: Principal, product_id: str) -> ProductOut:
    with home.database.session() as session:
        row = table.product(session, caller.org, product_id)
    assert row is not None
    return ProductOut.of(row, caller.org)
