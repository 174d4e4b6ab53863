"""An application and its consent (PRODUCT 2.2): who may use which facts for what until when, signed, and granted on the ledger.

Not the decision: that is `gateway.service.lending`. One application of a firm at a time; the same key makes one application only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.credit.account import may
from gateway.credit.documents import digest
from gateway.credit.money import NOTHING
from gateway.credit.products import Product
from gateway.db import credit, listing
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import indexing, products
from gateway.service.acts import move, note
from gateway.service.times import DAY, instant
from gateway.signing.signatory import SignatureNeededError, all_of
from ledger.access import grant_id, scope_of
from ledger.connection import Ledger
from ledger.typed import Domain, Members, TypedData
from ledger.types import hex32, keccak, parse_hex32

__all__ = [
    "CONSENT_DAYS",
    "CONSENT_FIELDS",
    "Order",
    "draft_with",
    "own_application",
    "proceed",
    "statement",
    "submit",
    "withdraw",
]

CONSENT_DAYS = 30
CONSENT_FIELDS = ("facts", "links", "signers", "trace")
MOST_DOCUMENTS = 5_000
_UNTAKEN = (credit.DRAFT, "submitted", "reserved", "decided", "offered")
_TYPES: dict[str, Members] = {
    "Consent": (
        ("application_id", "string"),
        ("grantor", "bytes32"),
        ("grantees", "bytes32[]"),
        ("fields", "string[]"),
        ("purpose", "string"),
        ("expires_at", "string"),
        ("assets", "bytes32"),
        ("count", "uint256"),
        ("signatory", "string"),
    )
}
_HEX: Mapping[str, Callable[[Any], Any]] = {
    "bytes32": parse_hex32,
    "bytes32[]": lambda found: [parse_hex32(one) for one in found],
}


@dataclass(frozen=True)
class Order:
    """What an applicant asks for. `products`: ids or codes, None for all; `offered`: its own assets, None for everything it has.

    `key` is its own, so that sending it twice makes one application. `profile`: what it declares of itself (`gateway.credit.matching.SCOPE`).
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
            "profile": {name: told for name, told in self.profile.items() if told},
        }


def submit(
    installation: Installation, applicant: Organisation, order: Order, signatory: str
) -> credit.Application:
    """An application with its consent, signed by the applicant and granted on the ledger to each lender asked.

    Until both are done it is a draft, and the same call goes on with it. Raises SignatureNeededError.
    """
    row = _drafted(installation, applicant, order, signatory)
    if row.state == credit.DRAFT:
        return _consented(installation, applicant, row)
    if "signature" not in row.consent:
        raise ConflictError("STATE", f"application {row.application_id} is {row.state}: apply again")
    return row


def proceed(installation: Installation, applicant: Organisation) -> None:
    """Go on with the application that waited for a signature, as far as it can go."""
    with installation.database.session() as session:
        waiting = [
            one for one in credit.in_state(session, applicant.hex, credit.DRAFT) if _open(installation, one)
        ]
    for row in waiting:
        with suppress(SignatureNeededError):
            _consented(installation, applicant, row)


def draft_with(
    installation: Installation, applicant: Organisation, consent: bytes
) -> credit.Application | None:
    """The application whose consent of that digest can still be given."""
    with installation.database.session() as session:
        drafts = credit.in_state(session, applicant.hex, credit.DRAFT)
    said = (one for one in drafts if statement(installation.ledger, one.consent).digest == consent)
    return next((one for one in said if _open(installation, one)), None)


def _open(installation: Installation, row: credit.Application) -> bool:
    return instant(installation.now()) < str(row.consent["expires_at"])


def _drafted(
    installation: Installation, applicant: Organisation, order: Order, signatory: str
) -> credit.Application:
    """The application under the order's key, made where there is none."""
    asked = _asked(installation, order)
    with installation.database.session() as session:
        key = order.key or secrets.token_hex(16)
        known = credit.application(session, applicant.hex, key)
        if known is not None:
            if known.content["order"] != order.to_json():
                raise ConflictError(
                    "KEY_REUSED", f"an application {key!r} asks for something else: take another key"
                )
            if known.state == credit.DRAFT and not _open(installation, known):
                raise ConflictError(
                    "STATE", f"application {known.application_id} was never signed: apply again"
                )
            return known
        ids = credit.anchored_ids(session, applicant.hex)
        _require_own(order, ids)
        _supersede(session, applicant, (credit.DRAFT,))
    application_id = "app-" + secrets.token_hex(12)
    row = credit.Application(
        application_id=application_id,
        applicant=applicant.hex,
        key=key,
        state=credit.DRAFT,
        content=_content(application_id, applicant, order, asked),
        consent=_consent(installation, applicant, application_id, asked, order, signatory, ids),
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
    if not offered:
        raise UsageError(
            "NO_PRODUCTS",
            "no loan product is published: a lender publishes one first (`assetcert product publish`)",
        )
    if order.products is None:
        return offered
    known = {name for one in offered for name in (one.id, one.code)}
    if not order.products or (unknown := sorted(set(order.products) - known)):
        named = ", ".join(unknown) if order.products else "an empty list"
        codes = ", ".join(dict.fromkeys(one.code for one in offered))
        raise UsageError("UNKNOWN_PRODUCT", f"{named}: no such loan product is offered; there are {codes}")
    return tuple(one for one in offered if one.id in order.products or one.code in order.products)


def _require_own(order: Order, ids: Collection[str]) -> None:
    """What is offered is certified by the applicant, and stands on the ledger."""
    if foreign := sorted(set(order.offered or ()) - set(ids)):
        raise UsageError("OFFERED", f"{', '.join(foreign[:3])}: you have certified no such paper")


def _supersede(session: Session, applicant: Organisation, states: Collection[str], by: str = "") -> None:
    """One application at a time: one that was accepted stands in the way of another, others in these states are withdrawn."""
    for row in session.query(credit.Application).filter_by(applicant=applicant.hex):
        if row.state in ("accepted", "contracted", "registered"):
            raise ConflictError(
                "APPLICATION_OPEN",
                f"application {row.application_id} is {row.state}: draw it or withdraw it first",
            )
        if row.state in states and row.application_id != by:
            move(session, row, "withdrawn")


def _consent(
    installation: Installation,
    applicant: Organisation,
    application_id: str,
    asked: Sequence[Product],
    order: Order,
    signatory: str,
    ids: Sequence[str],
) -> dict[str, Any]:
    """Who may use what for which purpose until when; `scope` is what the grants on the ledger cover."""
    if len(ids) > MOST_DOCUMENTS:
        raise UsageError(
            "TOO_MANY", f"{len(ids):,} documents: name what is offered, up to {MOST_DOCUMENTS:,}"
        )
    said = {
        "schema": "assetcert/consent/2",
        "application_id": application_id,
        "grantor": applicant.hex,
        "grantees": sorted({hex32(one.lender) for one in asked}),
        "fields": list(CONSENT_FIELDS),
        "purpose": f"decision on a loan of {order.amount:f} for {order.days} days",
        "expires_at": instant(installation.now() + CONSENT_DAYS * DAY),
        "assets": digest(ids),
        "count": len(ids),
        "signatory": signatory,
    }
    signed = statement(installation.ledger, said).digest
    return said | {"scope": hex32(scope_of(signed, [parse_hex32(one) for one in ids]))}


def statement(ledger: Ledger, consent: Mapping[str, Any]) -> TypedData:
    """What the applicant signs. Its digest is `wraps` of the grants, and the salt of their scope."""
    message = {
        name: _HEX[kind](consent[name]) if kind in _HEX else consent[name] for name, kind in _TYPES["Consent"]
    }
    return TypedData(Domain(ledger.descriptor.chain_id, ledger.access.address), "Consent", _TYPES, message)


def _consented(
    installation: Installation, applicant: Organisation, row: credit.Application
) -> credit.Application:
    """Sign the consent and grant it, each once; then the application stands, and no older one beside it."""
    grants = _grants(installation, applicant, row)
    all_of([partial(_sign, installation, applicant, row), *grants])
    with installation.database.session() as session:
        _supersede(session, applicant, _UNTAKEN, by=row.application_id)
        move(session, row, "reserved", at=installation.now())
        return session.get_one(credit.Application, row.application_id)


def _sign(installation: Installation, applicant: Organisation, row: credit.Application) -> None:
    if "signature" in row.consent:
        return
    signatory = installation.signatory(applicant)
    signature = signatory.sign(statement(installation.ledger, row.consent))
    with installation.database.session() as session:
        stored = session.get_one(credit.Application, row.application_id)
        stored.consent = row.consent | {"address": signatory.address, "signature": "0x" + signature.hex()}


def _grants(
    installation: Installation, applicant: Organisation, row: credit.Application
) -> list[Callable[[], object]]:
    """What puts one grant for each lender on the ledger, over all assets at once, as far as it is not there."""
    consent, scope = statement(installation.ledger, row.consent).digest, parse_hex32(row.consent["scope"])
    expires = int(datetime.fromisoformat(row.consent["expires_at"]).timestamp())
    ids = {hex32(grant_id(applicant.id, one, scope, consent, expires)): one for one in map(parse_hex32, row.consent["grantees"])}  # fmt: skip
    indexing.sync(installation)
    with installation.database.session() as session:
        stand = {one.subject for one in listing.accesses_on(session, ids)}
    send, access = installation.signatory(applicant).send, installation.ledger.access
    return [
        partial(send, access.grant(lender, scope, consent, expires))
        for one, lender in ids.items()
        if one not in stand
    ]


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
        before = row.state
        move(session, row, "withdrawn")
        note(session, installation, application_id, who, "signatory", "WITHDRAW", "", before, "withdrawn")
        for one in credit.loans_of(session, application_id=application_id):
            move(session, one, "withdrawn")
