"""From an offer to a closed loan: accept, contract, draw, receive, close (PRODUCT 2.2, 2.3).

The ledger's lien is the collateral, and this is its account. Nothing is paid out before the lender has verified again what it took, after its
pledge was final. A loan that is paid off has its pledge closed by the same act. Each change of state is somebody's act, kept with its time.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from certifier.evidence.paper import SHANGHAI
from certifier.verify import Code, Verdict
from gateway.credit.account import Position, may
from gateway.credit.documents import digest
from gateway.credit.money import CENT, NOTHING, shown
from gateway.credit.pricing import schedule
from gateway.credit.products import Product
from gateway.db import credit
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    UnreadableError,
    UsageError,
)
from gateway.installation import Installation, Organisation
from gateway.service import pledging, verifying
from gateway.service.lending import account_of, flows
from gateway.service.own import own_receipt
from ledger.pledges import Status
from ledger.types import parse_hex32

__all__ = [
    "Receipt",
    "accept",
    "contract",
    "draw",
    "loan",
    "position",
    "receipts_in",
    "receive",
    "review",
    "withdraw",
]

ACCEPT_DAYS = 3
_TAKEN = ("accepted", "contracted", "registered", "drawn", "repaying", "closed")


@dataclass(frozen=True)
class Receipt:
    """Money that a lender received on a loan; `reference` is its bank's."""

    loan_id: str
    reference: str
    day: date
    amount: Decimal


def accept(
    installation: Installation, applicant: Organisation, application_id: str, product: str, who: str
) -> credit.Loan:
    """Accept one offer: the loan it makes, and for a secured one the offer of its receivables to that lender alone."""
    with installation.database.session() as session:
        row = session.get(credit.Application, application_id)
        if row is None or row.applicant != applicant.hex:
            raise NotFoundError(
                "UNKNOWN_APPLICATION", f"{applicant.short} has no application {application_id!r}"
            )
        _require(row.state, "accepted", "application", application_id)
        decision, offer = _offer(credit.decisions_of(session, application_id), product)
        version = session.get(credit.ProductVersion, offer["product_id"])
        assert version is not None
        record = json.loads(decision.record)
        found = Product.of(version.content)
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
            "days": record["application"]["days"],
            "day_count": found.body["day_count"],
            "offer": None if offered is None else offered.to_json(),
            "schedule": offer["schedule"],
            "drawn_on": None,
            "bank_reference": None,
        },
        at=installation.now(),
    )
    with installation.database.session() as session:
        session.add(made)
        _move(session, application_id, "accepted")
        _note(session, installation, made.loan_id, who, "signatory", "ACCEPT", "", "offered", "accepted")
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
        if Decimal(item["eligible"]) > 0 and item["kind"].startswith("invoice"):
            owned = (own_receipt(installation, applicant, one) for one in item["asset_ids"])
            receipt = next((one for one in owned if "fingerprint.exact" in one.values), None)
            if receipt is not None:
                receipts.append(receipt)
    terms = bytes.fromhex(
        digest({"decision": record["decision_id"], "product": product.id, "offer": dict(offer)})[2:]
    )
    days = int(record["application"]["days"]) + ACCEPT_DAYS + 30
    return pledging.make_offer(installation, applicant, parse_hex32(record["lender"]), receipts, accept_days=ACCEPT_DAYS, days=days, terms=terms)  # fmt: skip


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
    return _changed(installation, row, "contracted", who, "officer", "CONTRACT", text, pledge_id=pledge_id)


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
    today = _today(installation)
    record = row.content
    terms = replace(product.terms(min(product.spreads), None), rate_bps=record["rate_bps"])
    lines = schedule(Decimal(record["amount"]), record["days"], today, terms)
    content = record | {
        "drawn_on": str(today),
        "bank_reference": bank_reference,
        "schedule": [
            {"due": str(x.due), "principal": shown(x.principal), "interest": shown(x.interest)} for x in lines
        ],
    }
    return _changed(installation, row, "drawn", who, "operations", "DRAW", bank_reference, content=content)


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


def receive(
    installation: Installation, lender: Organisation, receipts: Sequence[Receipt], who: str
) -> list[dict[str, Any]]:
    """Money received, each reference once however often it is told. A loan that is settled is closed, and its pledge with it.

    ConflictError where a known reference says something else.
    """
    told = []
    for one in receipts:
        row = loan(installation, lender, one.loan_id)
        if row.state not in ("drawn", "repaying", "closed"):
            raise ConflictError("NOT_DRAWN", f"loan {one.loan_id} is {row.state}: nothing is owed on it yet")
        known = _stored(installation, one)
        if not known:
            found = position(installation, row, max(one.day, _today(installation)))
            told.append(
                {
                    "loan_id": one.loan_id,
                    "reference": one.reference,
                    "existing": False,
                    "position": found.to_json(),
                }
            )
            if row.state == "drawn":
                row = _changed(installation, row, "repaying", who, "operations", "RECEIVE", one.reference)
        else:
            found = position(installation, row, max(one.day, _today(installation)))
            told.append(
                {
                    "loan_id": one.loan_id,
                    "reference": one.reference,
                    "existing": True,
                    "position": found.to_json(),
                }
            )
        if not found.payoff and row.state != "closed":
            told[-1]["closed"] = _close(installation, lender, row, who)
    return told


def _stored(installation: Installation, one: Receipt) -> bool:
    """Whether this reference was here already; else it is now."""
    with installation.database.session() as session:
        known = session.get(credit.LoanReceipt, (one.loan_id, one.reference))
        if known is None:
            session.add(
                credit.LoanReceipt(
                    loan_id=one.loan_id, reference=one.reference, day=str(one.day), amount=shown(one.amount)
                )
            )
            return False
    if (known.day, Decimal(known.amount)) != (str(one.day), one.amount):
        raise ConflictError(
            "REFERENCE_REUSED",
            f"receipt {one.reference} of loan {one.loan_id} was {known.amount} on {known.day}: a reference names one payment",
        )
    return True


def _close(installation: Installation, lender: Organisation, row: credit.Loan, who: str) -> dict[str, Any]:
    """Close the pledge as satisfied, then the account. Told again, it finishes what a killed run has left."""
    block = None
    if row.pledge_id is not None:
        made = pledging.known_offer(installation, row.pledge_id)
        ledger = installation.ledger
        stands = ledger.read_one(ledger.pledges.pledge_of(parse_hex32(row.pledge_id)), ledger.pin()).status
        block = (
            pledging.close(installation, lender, made, Status.SATISFIED) if stands is Status.LIVE else None
        )
    _changed(
        installation,
        row,
        "closed",
        who,
        "operations",
        "PAYOFF",
        f"pledge closed in block {block}" if block else "",
    )
    return {"pledge_id": row.pledge_id, "block": block}


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


def withdraw(installation: Installation, applicant: Organisation, application_id: str, who: str) -> None:
    """Withdraw an application that is not contracted."""
    with installation.database.session() as session:
        row = session.get(credit.Application, application_id)
        if row is None or row.applicant != applicant.hex:
            raise NotFoundError(
                "UNKNOWN_APPLICATION", f"{applicant.short} has no application {application_id!r}"
            )
        _require(row.state, "withdrawn", "application", application_id)
        _note(session, installation, application_id, who, "signatory", "WITHDRAW", "", row.state, "withdrawn")
        row.state = "withdrawn"
        for one in credit.loans_of(session, application_id=application_id):
            one.state = "withdrawn"


def review(
    installation: Installation,
    lender: Organisation,
    decision_id: str,
    outcome: str,
    reason: str,
    who: str,
    role: str,
) -> credit.CreditDecision:
    """A person's word on a case: it stands beside the record, which never changes. A knock-out is lifted by the risk officer only.

    UsageError without a reason; ForbiddenError where the one who asks may not.
    """
    if not reason.strip():
        raise UsageError("REASON", "say why: the reason stays with the case")
    if outcome not in ("approve", "decline"):
        raise UsageError("OUTCOME", "a person approves or declines")
    with installation.database.session() as session:
        row = session.get(credit.CreditDecision, decision_id)
        if row is None or row.lender != lender.hex:
            raise NotFoundError("UNKNOWN_DECISION", f"{lender.short} has no decision {decision_id!r}")
        application = session.get(credit.Application, row.application_id)
        if application is not None and application.state in _TAKEN:
            raise ConflictError(
                "STATE", f"an offer of this case is {application.state}: it is decided no more"
            )
        record = json.loads(row.record)
        knocked = [hit["code"] for hit in record["hits"] if hit["code"].startswith("K")]
        if outcome == "approve" and knocked and role != "risk":
            raise ForbiddenError(
                "KNOCKED_OUT",
                f"{', '.join(knocked)} stands: only the risk officer may override it, with a code",
            )
        if outcome == "approve" and not record["offers"]:
            raise ConflictError("NO_OFFER", "no product has an amount for this case: nothing can be approved")
        _four_eyes(session, row, outcome, who)
        _note(session, installation, decision_id, who, role, outcome.upper(), reason, row.outcome, outcome)
        if outcome == "approve" and not _approved_twice(session, row, record):
            return row
        row.outcome = outcome
        if outcome == "approve" and application is not None and application.state == "decided":
            application.state = "offered"
    return row


def _four_eyes(session: Any, row: credit.CreditDecision, outcome: str, who: str) -> None:
    """Above the product's limit two people approve; the second is another one."""
    done = [act for act in credit.acts_on(session, row.decision_id) if act.code == "APPROVE"]
    if outcome == "approve" and any(act.who == who for act in done):
        raise ForbiddenError("FOUR_EYES", f"{who} has approved this case already: a second person is due")


def _approved_twice(session: Any, row: credit.CreditDecision, record: Mapping[str, Any]) -> bool:
    best = record["offers"][0]
    version = session.get(credit.ProductVersion, best["product_id"])
    if Decimal(best["amount"]) <= Product.of(version.content).four_eyes_above:
        return True
    return len([act for act in credit.acts_on(session, row.decision_id) if act.code == "APPROVE"]) >= 2


def receipts_in(data: bytes, where: str) -> list[Receipt]:
    """Receipts of a CSV file with the columns loan_id, reference, date, amount. UnreadableError names the line."""
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError("RECEIPTS", f"{where} is no CSV in UTF-8: {error}") from error
    found = []
    for line, row in enumerate(rows, 2):
        try:
            amount = Decimal(row["amount"])
            if amount <= NOTHING or amount != amount.quantize(CENT):
                raise ValueError("an amount above nothing, with two decimals, is due")
            if not row["reference"].strip():
                raise ValueError("the bank's reference is due")
            found.append(
                Receipt(row["loan_id"], row["reference"].strip(), date.fromisoformat(row["date"]), amount)
            )
        except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
            raise UnreadableError(
                "RECEIPTS",
                f"{where}, line {line}: {error!r}; the columns are loan_id, reference, date, amount",
            ) from error
    return found


def _today(installation: Installation) -> date:
    return datetime.fromtimestamp(installation.now(), SHANGHAI).date()


def _require(before: str, after: str, what: str, name: str) -> None:
    if not may(before, after):
        raise ConflictError("STATE", f"{what} {name} is {before}: it cannot be {after}")


def _changed(
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
    with installation.database.session() as session:
        stored = session.get(credit.Loan, row.loan_id)
        assert stored is not None
        _note(session, installation, row.loan_id, who, role, code, text, stored.state, state)
        stored.state = state
        stored.pledge_id = pledge_id or stored.pledge_id
        stored.content = dict(content) if content is not None else stored.content
        _move(session, row.application_id, state)
    return stored


def _move(session: Any, application_id: str, state: str) -> None:
    row = session.get(credit.Application, application_id)
    if row is not None and may(row.state, state):
        row.state = state


def _note(
    session: Any,
    installation: Installation,
    subject: str,
    who: str,
    role: str,
    code: str,
    text: str,
    before: str,
    after: str,
) -> None:
    session.add(
        credit.Act(
            subject=subject,
            who=who,
            role=role,
            code=code,
            text=text,
            before=before,
            after=after,
            at=installation.now(),
        )
    )
