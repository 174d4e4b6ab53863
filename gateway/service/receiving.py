"""Money received on loans, each reference once however often it is told; a loan that is settled is closed, and its pledge with it (PRODUCT 2.3)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from certifier.evidence.paper import SHANGHAI
from gateway.credit.base import Item, expected
from gateway.credit.money import CENT, NOTHING, shown
from gateway.db import credit
from gateway.errors import ConflictError, UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import pledging
from gateway.service.loans import change, loan, position, today
from gateway.service.recording import row_of
from ledger.pledges import Status

__all__ = ["Receipt", "receipts_in", "receive"]


@dataclass(frozen=True)
class Receipt:
    """Money that a lender received on a loan; `reference` is its bank's."""

    loan_id: str
    reference: str
    day: date
    amount: Decimal


def receive(
    installation: Installation, lender: Organisation, receipts: Sequence[Receipt], who: str
) -> list[dict[str, Any]]:
    """Book money received. ConflictError where a known reference says something else, UsageError for a day before the loan or to come."""
    return [_received(installation, lender, one, who) for one in receipts]


def _received(installation: Installation, lender: Organisation, one: Receipt, who: str) -> dict[str, Any]:
    row = loan(installation, lender, one.loan_id)
    if row.state not in ("drawn", "repaying", "closed"):
        raise ConflictError("NOT_DRAWN", f"loan {one.loan_id} is {row.state}: nothing is owed on it yet")
    first, last = row.content["drawn_on"], today(installation)
    if not date.fromisoformat(first) <= one.day <= last:
        raise UsageError(
            "RECEIPT_DATE",
            f"receipt {one.reference} is of {one.day}: loan {one.loan_id} was drawn on {first}, and today is {last}",
        )
    existing = _stored(installation, one)
    if not existing and row.state == "drawn":
        with suppress(ConflictError):  # another receipt was first
            change(installation, row, "repaying", who, "operations", "RECEIVE", one.reference)
        row = loan(installation, lender, one.loan_id)
    found = position(installation, row, last)
    told: dict[str, Any] = {
        "loan_id": one.loan_id,
        "reference": one.reference,
        "existing": existing,
        "position": found.to_json(),
    }
    if not found.payoff and row.state != "closed":
        told["closed"] = _close(installation, lender, row, who)
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
    """Close the pledge, then the account. Told again, it finishes what a killed run has left."""
    block = None
    if row.pledge_id is not None:
        made = pledging.known_offer(installation, row.pledge_id)
        ledger, pinned = installation.ledger, installation.ledger.pin()
        registry = ledger.registry_of(made, pinned)
        stands = ledger.read_one(registry.pledge_of(registry.pledge_id(made)), pinned).status
        if stands is Status.LIVE:
            block = pledging.close(installation, lender, made, _end(installation, row))
    change(
        installation,
        row,
        "closed",
        who,
        "operations",
        "PAYOFF",
        f"pledge closed in block {block}" if block else "",
    )
    return {"pledge_id": row.pledge_id, "block": block}


def _end(installation: Installation, row: credit.Loan) -> Status:
    """How its pledge ends: freed while a receivable of it is still to fall due, so that it may be pledged again; burned once all have, for
    then they are paid, or ought to be."""
    record = json.loads(row_of(installation, row.decision_id).record)
    made = datetime.fromisoformat(record["as_of"]["time"]).astimezone(SHANGHAI).date()
    due = expected(map(Item.of, record["bases"][row.product_id]["items"]), made)
    ahead = any(day > today(installation) for day, _ in due)
    return Status.CANCELLED if ahead else Status.SATISFIED


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
