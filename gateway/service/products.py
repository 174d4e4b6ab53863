"""Loan products of this home: proposed by one person, published by another, never two versions on one day (PRODUCT 2.1).

The shipped products are published with `publish_defaults`; any other comes from a file. A simulator applies a product to the decisions of
the last days without deciding anything.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from gateway.credit.money import shown, total
from gateway.credit.products import Product, defaults, require_apart
from gateway.credit.simulation import simulated
from gateway.db import credit
from gateway.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.times import DAY

__all__ = ["propose", "publish", "publish_defaults", "published", "refuse", "simulate", "withdraw"]


def published(installation: Installation, lender: Organisation | None = None) -> tuple[Product, ...]:
    """Published products, of one lender or of all, by lender and code."""
    with installation.database.session() as session:
        rows = credit.products_of(session, lender.hex if lender is not None else None)
    return tuple(Product.of(row.content) for row in rows)


def propose(installation: Installation, lender: Organisation, product: Product, maker: str) -> None:
    """A draft. UsageError for another lender's product, ConflictError for a version that is there or overlaps a published one."""
    if product.lender != lender.id:
        raise UsageError(
            "PRODUCT", f"lender: {product.code} is of {product.body['lender']}, not of {lender.short}"
        )
    with installation.database.session() as session:
        rows = credit.products_of(session, lender.hex)
        require_apart(product, [Product.of(row.content) for row in rows])
        if session.get(credit.ProductVersion, product.id) is not None:
            raise ConflictError("PRODUCT_EXISTS", f"{product.code} version {product.version} is here already")
        session.add(
            credit.ProductVersion(
                product_id=product.id,
                lender=lender.hex,
                code=product.code,
                version=product.version,
                content=dict(product.body),
                state=credit.DRAFT,
                maker=maker,
                checker=None,
                at=installation.now(),
            )
        )


def publish(installation: Installation, lender: Organisation, product_id: str, checker: str) -> Product:
    """Publish a draft: two people see every product. ForbiddenError for whoever made it, ConflictError where it is no draft any more."""
    with installation.database.session() as session:
        row = _draft(session, lender, product_id, checker)
        product = Product.of(row.content)
        others = [Product.of(one.content) for one in credit.products_of(session, lender.hex)]
        require_apart(product, others)
        _decide(session, row, credit.PUBLISHED, checker, installation.now())
    return product


def refuse(installation: Installation, lender: Organisation, product_id: str, checker: str) -> None:
    """Turn a draft down. ForbiddenError for whoever made it, ConflictError where somebody else has decided on it."""
    with installation.database.session() as session:
        row = _draft(session, lender, product_id, checker)
        _decide(session, row, credit.WITHDRAWN, checker, installation.now())


def withdraw(installation: Installation, lender: Organisation, product_id: str, who: str) -> None:
    """Offer a product no more; loans under it stand. NotFoundError where there is none."""
    with installation.database.session() as session:
        _decide(session, _own(session, lender, product_id), credit.WITHDRAWN, who, installation.now())


def _own(session: Session, lender: Organisation, product_id: str) -> credit.ProductVersion:
    row = session.get(credit.ProductVersion, product_id)
    if row is None or row.lender != lender.hex:
        raise NotFoundError("UNKNOWN_PRODUCT", f"{lender.short} has no product {product_id}")
    return row


def _draft(session: Session, lender: Organisation, product_id: str, checker: str) -> credit.ProductVersion:
    """What waits for this person to decide on it."""
    row = _own(session, lender, product_id)
    if row.maker == checker:
        raise ForbiddenError("FOUR_EYES", f"{checker} made this product: somebody else decides on it")
    if row.state != credit.DRAFT:
        raise _decided(row)
    return row


def _decide(session: Session, row: credit.ProductVersion, state: str, who: str, at: int) -> None:
    if not credit.moved(session, row, state, checker=who, at=at):
        raise _decided(row)


def _decided(row: credit.ProductVersion) -> ConflictError:
    return ConflictError(
        "CONFLICT", f"{row.code} {row.version} was decided on already: look at what it is now"
    )


def publish_defaults(installation: Installation) -> tuple[Product, ...]:
    """Publish the shipped products of every lender that this home knows; those that are there already stay."""
    done = []
    known = {one.id: one for one in installation.book.all()}
    there = {one.id for one in published(installation)}
    for product in defaults():
        lender = known.get(product.lender)
        if lender is None or product.id in there:
            continue
        propose(installation, lender, product, f"{lender.short.lower()}-risk")
        done.append(publish(installation, lender, product.id, f"{lender.short.lower()}-approver"))
    return tuple(done)


def simulate(
    installation: Installation, lender: Organisation, product: Product, days: int = 90
) -> dict[str, Any]:
    """What this product would have made of the lender's decisions of the last days: how many pass, how much, and why not.

    `person`: of those that pass, how many a person would decide. It decides nothing and reads no document: see `gateway.credit.simulation`.
    """
    since = installation.now() - days * DAY
    with installation.database.session() as session:
        records = [row.record for row in credit.decisions_by(session, lender.hex, since)]
    made = [simulated(json.loads(one), product) for one in records]
    passed = [one for one in made if one.reason is None]
    why = Counter(one.reason for one in made if one.reason is not None)
    return {
        "product": product.code,
        "product_id": product.id,
        "days": days,
        "decisions": len(made),
        "passed": len(passed),
        "person": sum(one.person for one in passed),
        "amount": shown(total(one.amount for one in passed)),
        "reasons": dict(sorted(why.items())),
    }
