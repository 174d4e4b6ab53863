"""An application and its consent (PRODUCT 2.2): who may use which facts for what until when, signed, and granted on the ledger.

Not the decision: that is `gateway.service.lending`. One application of a firm at a time; the same key makes one application only.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.credit.account import may
from gateway.credit.documents import canonical, digest
from gateway.credit.money import NOTHING
from gateway.credit.products import Product
from gateway.db import credit
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import products
from gateway.service.acts import note
from gateway.service.times import instant
from ledger.access import scope_of
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["CONSENT_DAYS", "CONSENT_FIELDS", "Order", "own_application", "submit", "withdraw"]

DAY = 86_400
CONSENT_DAYS = 30
CONSENT_FIELDS = ("facts", "links", "signers", "trace")
MOST_DOCUMENTS = 5_000


@dataclass(frozen=True)
class Order:
    """What an applicant asks for. `products`: ids or codes, None for all; `offered`: its own assets, None for everything it has.

    `key` is its own, so that sending it twice makes one application.
    """

    amount: Decimal
    days: int
    key: str = ""
    purpose: str = "working-capital"
    products: Sequence[str] | None = None
    offered: Sequence[str] | None = None
    declared_debt: Decimal = NOTHING
    payee_account: str | None = None
    asks_for_person: bool = False
    profile: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Members as the application keeps them; of the account only its hash."""
        account = self.payee_account
        return {
            "amount": f"{self.amount:f}",
            "days": self.days,
            "purpose": self.purpose,
            "products": None if self.products is None else sorted(self.products),
            "offered": None if self.offered is None else sorted(self.offered),
            "declared_debt": f"{self.declared_debt:f}",
            "payee_account": None if account is None else "0x" + keccak(account.encode()).hex(),
            "asks_for_person": self.asks_for_person,
            "profile": dict(self.profile),
        }


def submit(
    installation: Installation, applicant: Organisation, order: Order, signatory: str
) -> credit.Application:
    """An application with its consent, signed by the applicant and granted on the ledger to each lender asked."""
    asked = _asked(installation, order)
    with installation.database.session() as session:
        key = order.key or secrets.token_hex(16)
        known = credit.application(session, applicant.hex, key)
        if known is not None:
            if known.content["order"] != order.to_json():
                raise ConflictError(
                    "KEY_REUSED", f"an application {key!r} asks for something else: take another key"
                )
            return known
        _supersede(session, applicant)
    application_id = "app-" + secrets.token_hex(12)
    row = credit.Application(
        application_id=application_id,
        applicant=applicant.hex,
        key=key,
        state="reserved",
        content=_content(application_id, applicant, order, asked),
        consent=_consent(installation, applicant, application_id, asked, order, signatory),
        at=installation.now(),
    )
    try:
        with installation.database.session() as session:
            session.add(row)
    except IntegrityError as error:  # the same key, sent twice at the same moment
        raise ConflictError("KEY_REUSED", f"an application {key!r} is being made: ask again") from error
    return row


def _content(
    application_id: str, applicant: Organisation, order: Order, asked: Sequence[Product]
) -> dict[str, Any]:
    return {
        "schema": "assetcert/application/1",
        "application_id": application_id,
        "applicant": applicant.hex,
        "amount": f"{order.amount:f}",
        "days": order.days,
        "purpose": order.purpose,
        "products": [one.id for one in asked],
        "order": order.to_json(),
    }


def _asked(installation: Installation, order: Order) -> tuple[Product, ...]:
    if order.amount <= 0 or order.days <= 0:
        raise UsageError("ORDER", "an amount and a number of days above nothing are due")
    offered = products.published(installation)
    if order.products is not None:
        offered = tuple(one for one in offered if one.id in order.products or one.code in order.products)
    if not offered:
        raise UsageError(
            "NO_PRODUCTS",
            "no loan product is published: a lender publishes one first (`assetcert product publish`)",
        )
    return offered


def _supersede(session: Session, applicant: Organisation) -> None:
    """One application at a time: an older one that was not accepted is withdrawn, one that was stands in the way."""
    for row in session.query(credit.Application).filter_by(applicant=applicant.hex):
        if row.state in ("accepted", "contracted", "registered"):
            raise ConflictError(
                "APPLICATION_OPEN",
                f"application {row.application_id} is {row.state}: draw it or withdraw it first",
            )
        if row.state in ("submitted", "reserved", "decided", "offered"):
            row.state = "withdrawn"


def _consent(
    installation: Installation,
    applicant: Organisation,
    application_id: str,
    asked: Sequence[Product],
    order: Order,
    signatory: str,
) -> dict[str, Any]:
    """Who may use what for which purpose until when: signed, and one grant on the ledger for each lender, over all assets at once."""
    with installation.database.session() as session:
        ids = credit.anchored_ids(session, applicant.hex)
    if len(ids) > MOST_DOCUMENTS:
        raise UsageError(
            "TOO_MANY", f"{len(ids):,} documents: name what is offered, up to {MOST_DOCUMENTS:,}"
        )
    expires = installation.now() + CONSENT_DAYS * DAY
    said: dict[str, Any] = {
        "schema": "assetcert/consent/1",
        "application_id": application_id,
        "grantor": applicant.hex,
        "grantees": sorted({hex32(one.lender) for one in asked}),
        "fields": list(CONSENT_FIELDS),
        "purpose": f"decision on a loan of {order.amount:f} for {order.days} days",
        "expires_at": instant(expires),
        "assets": digest(ids),
        "count": len(ids),
        "signatory": signatory,
    }
    account, statement = installation.account(applicant), b"assetcert/consent/1\n" + canonical(said)
    signed = said | {"address": account.address, "signature": "0x" + account.sign(statement).hex()}
    hashed = keccak(statement)
    scope = scope_of(hashed, [parse_hex32(one) for one in ids])
    for lender in signed["grantees"]:
        act = installation.ledger.access.grant(parse_hex32(lender), scope, hashed, expires)
        installation.writer.send(account, act)
    return signed


def own_application(session: Session, applicant: Organisation, application_id: str) -> credit.Application:
    """An applicant's own application. NotFoundError for everybody else."""
    row = session.get(credit.Application, application_id)
    if row is None or row.applicant != applicant.hex:
        raise NotFoundError("UNKNOWN_APPLICATION", f"{applicant.short} has no application {application_id!r}")
    return row


def withdraw(installation: Installation, applicant: Organisation, application_id: str, who: str) -> None:
    """Withdraw an application that is not contracted."""
    with installation.database.session() as session:
        row = own_application(session, applicant, application_id)
        if not may(row.state, "withdrawn"):
            raise ConflictError(
                "STATE", f"application {application_id} is {row.state}: it cannot be withdrawn"
            )
        note(session, installation, application_id, who, "signatory", "WITHDRAW", "", row.state, "withdrawn")
        row.state = "withdrawn"
        for one in credit.loans_of(session, application_id=application_id):
            one.state = "withdrawn"
