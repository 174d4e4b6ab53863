"""Loan products of this home: proposed by one person, published by another, never two versions on one day (PRODUCT 2.1).

The shipped products are published with `publish_defaults`; any other comes from a file. A simulator applies a product to the decisions of
the last days without deciding anything.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from gateway.credit.money import floor_to, shown
from gateway.credit.products import Product, defaults, require_apart
from gateway.db import credit
from gateway.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation

__all__ = ["propose", "publish", "publish_defaults", "published", "refuse", "simulate", "withdraw"]

DAY = 86_400


def published(installation: Installation, lender: Organisation | None = None) -> tuple[Product, ...]:
    """Published products, of one lender or of all, by lender and code."""
    with installation.database.session() as session:
        rows = credit.products_of(session, lender.hex if lender is not None else None)
    return tuple(Product.of(row.content) for row in rows)


def propose(installation: Installation, lender: Organisation, product: Product, maker: str) -> None:
    """A draft. UsageError for another lender's product, ConflictError for a version that is there or overlaps a published one."""
    if product.lender != lender.id:
        raise UsageError("PRODUCT", f"{product.code} is of {product.body['lender']}, not of {lender.short}")
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
    """Publish a draft. ForbiddenError for whoever made it: two people see every product."""
    with installation.database.session() as session:
        row = session.get(credit.ProductVersion, product_id)
        if row is None or row.lender != lender.hex:
            raise NotFoundError("UNKNOWN_PRODUCT", f"{lender.short} has no product {product_id}")
        product = Product.of(row.content)
        if row.state == credit.PUBLISHED:
            return product
        if row.maker == checker:
            raise ForbiddenError("FOUR_EYES", f"{checker} made this product: somebody else publishes it")
        others = [Product.of(one.content) for one in credit.products_of(session, lender.hex)]
        require_apart(product, others)
        row.state, row.checker, row.at = credit.PUBLISHED, checker, installation.now()
    return product


def refuse(installation: Installation, lender: Organisation, product_id: str, checker: str) -> None:
    """Turn a draft down. ForbiddenError for whoever made it, ConflictError where somebody else has decided on it."""
    with installation.database.session() as session:
        row = session.get(credit.ProductVersion, product_id)
        if row is None or row.lender != lender.hex:
            raise NotFoundError("UNKNOWN_PRODUCT", f"{lender.short} has no product {product_id}")
        if row.maker == checker:
            raise ForbiddenError("FOUR_EYES", f"{checker} made this product: somebody else decides on it")
        if row.state != credit.DRAFT:
            raise ConflictError("CONFLICT", f"this product is {row.state} already: look at what it is now")
        row.state, row.checker, row.at = credit.WITHDRAWN, checker, installation.now()


def withdraw(installation: Installation, lender: Organisation, product_id: str, who: str) -> None:
    """Offer a product no more; loans under it stand. NotFoundError where there is none."""
    with installation.database.session() as session:
        row = session.get(credit.ProductVersion, product_id)
        if row is None or row.lender != lender.hex:
            raise NotFoundError("UNKNOWN_PRODUCT", f"{lender.short} has no product {product_id}")
        row.state, row.checker, row.at = credit.WITHDRAWN, who, installation.now()


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

    By what their records hold: grade, history, base and need; it decides nothing and reads no document.
    """
    since = installation.now() - days * DAY
    with installation.database.session() as session:
        rows = credit.decisions_by(session, lender.hex, since)
    passed, amount, why = 0, Decimal(0), Counter[str]()
    for row in rows:
        record = json.loads(row.record)
        reason, worth = _simulated(record, product)
        why[reason] += reason != ""
        passed, amount = passed + (reason == ""), amount + worth
    return {
        "product": product.code,
        "product_id": product.id,
        "days": days,
        "decisions": len(rows),
        "passed": passed,
        "amount": shown(amount),
        "reasons": {reason: count for reason, count in sorted(why.items()) if reason},
    }


def _simulated(record: dict[str, Any], product: Product) -> tuple[str, Decimal]:
    knocked = next((hit["code"] for hit in record["hits"] if hit["code"].startswith("K")), "")
    asked, days = Decimal(record["application"]["amount"]), record["application"]["days"]
    history = Decimal(record["features"]["F24"]["value"] or 0)
    shortest, longest = product.tenor
    if knocked:
        return knocked, Decimal(0)
    if record["grade"] not in product.spreads:
        return "GRADE", Decimal(0)
    if not shortest <= days <= longest:
        return "TENOR", Decimal(0)
    if history < product.min_history_days:
        return "HISTORY", Decimal(0)
    needs = [Decimal(need) for need in record["needs"].values() if need is not None]
    bases = [Decimal(base["total"]) for base in record["bases"].values()]
    limits = [asked, product.max_amount, *needs[:1], *([] if product.unsecured else bases[:1])]
    amount = floor_to(min(limits), product.step)
    return ("TOO_LITTLE", Decimal(0)) if amount < product.min_amount else ("", amount)
