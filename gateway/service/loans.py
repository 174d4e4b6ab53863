"""From an offer to money paid out: accept, contract, draw; and what is owed on a day (PRODUCT 2.2, 2.3).

The ledger's lien is the collateral, and this is its account. Nothing is paid out before the lender has verified again what it took, after its
pledge was final. Each change of state is somebody's act, kept with its time. Money coming back: `gateway.service.receiving`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from certifier.verify import Code, Verdict
from gateway.credit.account import Account, Position, may
from gateway.credit.documents import digest
from gateway.credit.money import NOTHING, shown, total
from gateway.credit.pricing import Line, schedule
from gateway.credit.products import Product
from gateway.db import credit
from gateway.errors import ConflictError, NotFoundError, RefusedError
from gateway.installation import Installation, Organisation
from gateway.service import pledging, verifying
from gateway.service.acts import move, note
from gateway.service.applying import own_application
from gateway.service.own import own_receipt
from gateway.service.times import DAY, business_day
from ledger.types import parse_hex32

__all__ = [
    "TAKEN",
    "accept",
    "account_of",
    "agreed",
    "change",
    "contract",
    "draw",
    "flows",
    "loan",
    "position",
    "today",
]

ACCEPT_DAYS = 3
TAKEN = ("accepted", "contracted", "registered", "drawn", "repaying", "closed")
"""States of an application from which its offers were taken."""


def accept(
    installation: Installation, applicant: Organisation, application_id: str, product: str, who: str
) -> credit.Loan:
    """Accept one offer: the loan it makes, and for a secured one the offer of its receivables to that lender alone."""
    with installation.database.session() as session:
        row = own_application(session, applicant, application_id)
        _require(row.state, "accepted", "application", application_id)
        decision, offer = _offer(credit.decisions_of(session, application_id), product)
        version = session.get(credit.ProductVersion, offer["product_id"])
        assert version is not None
        record = json.loads(decision.record)
        found = Product.of(version.content)
    if installation.now() > decision.at + found.availability_days * DAY:
        raise ConflictError("OFFER_PAST", f"this offer stood for {found.availability_days} days: apply again")
    offered = None if found.unsecured else _pledge_offer(installation, applicant, found, record, offer)
    made = credit.Loan(
        loan_id="loan-" + secrets.token_hex(12),
        decision_id=decision.decision_id,
        application_id=application_id,
        lender=decision.lender,
        borrower=applicant.hex,
        product_id=found.id,
        state="accepted",
        pledge_id=None,
        content={
            "product": found.code,
            "amount": offer["amount"],
            "rate_bps": offer["rate_bps"],
            "days": offer["days"],
            "day_count": found.body["day_count"],
            "overdue_times": found.body["default_rate_multiplier"],
            "offer": None if offered is None else offered.to_json(),
            "schedule": offer["schedule"],
            "drawn_on": None,
            "bank_reference": None,
        },
        at=installation.now(),
    )
    with installation.database.session() as session:
        move(session, row, "accepted")
        session.add(made)
        note(session, installation, made.loan_id, who, "signatory", "ACCEPT", "", "offered", "accepted")
    return made


def _offer(
    rows: Sequence[credit.CreditDecision], product: str
) -> tuple[credit.CreditDecision, dict[str, Any]]:
    for row in rows:
        if row.outcome != "approve":
            continue
        for one in json.loads(row.record)["offers"]:
            if product in (one["product"], one["product_id"]):
                return row, one
    raise NotFoundError("UNKNOWN_OFFER", f"no offer of {product} stands: apply again, or take another one")


def _pledge_offer(
    installation: Installation,
    applicant: Organisation,
    product: Product,
    record: Mapping[str, Any],
    offer: Mapping[str, Any],
) -> pledging.OfferFile:
    """The receivables that the base counted, offered to that lender under the hash of what was agreed."""
    receipts = []
    for item in record["bases"][product.id]["items"]:
        if Decimal(item["eligible"]) > 0 and item["advance_bps"]:
            owned = (own_receipt(installation, applicant, one) for one in item["asset_ids"])
            receipt = next((one for one in owned if "fingerprint.exact" in one.values), None)
            if receipt is not None:
                receipts.append(receipt)
    terms, days = _terms(record, product.id, offer), offer["days"] + ACCEPT_DAYS + 30
    known = pledging.offered_under(installation, applicant, terms, receipts)
    return known or pledging.make_offer(installation, applicant, parse_hex32(record["lender"]), receipts, accept_days=ACCEPT_DAYS, days=days, terms=terms)  # fmt: skip


def _terms(record: Mapping[str, Any], product_id: str, offer: Mapping[str, Any]) -> bytes:
    """The hash of what was agreed."""
    said = {"decision": record["decision_id"], "product": product_id, "offer": dict(offer)}
    return parse_hex32(digest(said))


def agreed(installation: Installation, applicant: Organisation, terms: bytes, who: str) -> None:
    """Go on with the acceptance that waited for the applicant's signature under these terms, if there is one."""
    with installation.database.session() as session:
        found = [row.application_id for row in credit.in_state(session, applicant.hex, "offered")]
        records = [json.loads(row.record) for one in found for row in credit.decisions_of(session, one)]
    for record in records:
        for offer in record["offers"]:
            if _terms(record, offer["product_id"], offer) == terms:
                accept(installation, applicant, record["application_id"], offer["product_id"], who)


def contract(installation: Installation, lender: Organisation, loan_id: str, who: str) -> credit.Loan:
    """The lender's contract: it verifies and takes the pledge. RefusedError where a check stands in the way."""
    row = loan(installation, lender, loan_id)
    _require(row.state, "contracted", "loan", loan_id)
    pledge_id, text = None, "unsecured"
    if row.content["offer"] is not None:
        made = pledging.parse_offer(installation, row.content["offer"], loan_id)
        done = pledging.pledge(installation, lender, made, verifying.of_installation(installation))
        pledge_id = made.to_json()["pledge_id"]
        text = f"pledged in block {done.block}, lien {done.lien.value} once final"
    return change(installation, row, "contracted", who, "officer", "CONTRACT", text, pledge_id=pledge_id)


def draw(
    installation: Installation, lender: Organisation, loan_id: str, bank_reference: str, who: str
) -> credit.Loan:
    """Pay out. Everything that was pledged is verified once more, at the newest final block; what is not VALID stops it."""
    row = loan(installation, lender, loan_id)
    _require(row.state, "drawn", "loan", loan_id)
    if row.content["offer"] is not None:
        _verify_again(installation, lender, row)
    with installation.database.session() as session:
        version = session.get(credit.ProductVersion, row.product_id)
        assert version is not None
        product = Product.of(version.content)
    day = today(installation)
    record = row.content
    terms = replace(product.terms(min(product.spreads), None), rate_bps=record["rate_bps"])
    offered = _lines(row)
    amount = total(line.principal for line in offered)
    lines = schedule(amount, record["days"], day, terms, [(line.due, line.amount) for line in offered])
    content = record | {
        "drawn_on": str(day),
        "bank_reference": bank_reference,
        "schedule": [
            {"due": str(x.due), "principal": shown(x.principal), "interest": shown(x.interest)} for x in lines
        ],
    }
    return change(installation, row, "drawn", who, "operations", "DRAW", bank_reference, content=content)


def _verify_again(installation: Installation, lender: Organisation, row: credit.Loan) -> None:
    """The rule of verify-after-final: LIEN and all else of every pledged receivable, as this lender sees it now."""
    made = pledging.parse_offer(installation, row.content["offer"], row.loan_id)
    verifier = verifying.of_installation(installation)
    for receipt in made.receipts:
        report = verifier.verify(receipt, as_org=lender.id)
        fault = report.fault(
            [Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.STANDING, Code.FINGERPRINT, Code.LIEN]
        )
        if fault is not None and fault.verdict is not Verdict.SKIPPED:
            raise RefusedError(
                "DO_NOT_DISBURSE",
                f"not paid out: {fault.code.name} is {fault.verdict.value}: {fault.message}",
            )


def position(installation: Installation, row: credit.Loan, day: date) -> Position:
    """What is owed on a drawn loan at the end of a day."""
    if row.content["drawn_on"] is None:
        raise ConflictError("NOT_DRAWN", f"loan {row.loan_id} is {row.state}: nothing is owed on it yet")
    with installation.database.session() as session:
        came = credit.receipts_of(session, [row.loan_id])[row.loan_id]
    return account_of(row).position(flows(came), day)


def loan(installation: Installation, party: Organisation, loan_id: str) -> credit.Loan:
    """A loan, for its lender or borrower. NotFoundError for everybody else."""
    with installation.database.session() as session:
        row = session.get(credit.Loan, loan_id)
    if row is None or party.hex not in (row.lender, row.borrower):
        raise NotFoundError("UNKNOWN_LOAN", f"{party.short} has no loan {loan_id!r}")
    return row


def today(installation: Installation) -> date:
    """The business day of the home's clock."""
    return business_day(installation.now())


def _require(before: str, after: str, what: str, name: str) -> None:
    if not may(before, after):
        raise ConflictError("STATE", f"{what} {name} is {before}: it cannot be {after}")


def change(
    installation: Installation,
    row: credit.Loan,
    state: str,
    who: str,
    role: str,
    code: str,
    text: str,
    *,
    pledge_id: str | None = None,
    content: Mapping[str, Any] | None = None,
) -> credit.Loan:
    """Bring a loan into a state by somebody's act, and its application with it. ConflictError where another act was first."""
    with installation.database.session() as session:
        move(session, row, state, pledge_id=pledge_id or row.pledge_id, content=dict(content or row.content))
        note(session, installation, row.loan_id, who, role, code, text, row.state, state)
        application = session.get(credit.Application, row.application_id)
        if application is not None and may(application.state, state):
            move(session, application, state)
        return session.get_one(credit.Loan, row.loan_id)


def account_of(loan: credit.Loan) -> Account:
    """The account of a drawn loan."""
    said = loan.content
    return Account(
        date.fromisoformat(said["drawn_on"]),
        said["rate_bps"],
        said["day_count"],
        _lines(loan),
        Decimal(said.get("overdue_times", 1)),  # a loan of before there was such a term has none
    )


def _lines(loan: credit.Loan) -> list[Line]:
    """Its schedule: as it was offered until it is drawn, then from that day on."""
    return [
        Line(date.fromisoformat(one["due"]), Decimal(one["principal"]), Decimal(one["interest"]), NOTHING)
        for one in loan.content["schedule"]
    ]


def flows(rows: Sequence[credit.LoanReceipt]) -> list[tuple[date, Decimal]]:
    """Receipts as (day, amount)."""
    return [(date.fromisoformat(one.day), Decimal(one.amount)) for one in rows]
