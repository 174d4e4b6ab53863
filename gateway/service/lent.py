"""A lender's loans as a book of dossiers: what was known of each when it was decided, and whether it has defaulted since."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

from gateway.credit.book import Dossier
from gateway.db import credit
from gateway.installation import Installation, Organisation
from gateway.service.loans import account_of, flows, today

__all__ = ["dossiers"]

_DEFAULT_DAYS, _YEAR = 90, timedelta(days=365)


def dossiers(installation: Installation, lender: Organisation) -> list[Dossier]:
    """Its loans that were paid out and can be judged: those that defaulted within a year, and those that ended or are a year old."""
    now, found = today(installation), []
    with installation.database.session() as session:
        rows = [one for one in credit.loans_of(session, lender=lender.hex) if one.content["drawn_on"]]
        receipts = credit.receipts_of(session, [one.loan_id for one in rows])
        for row in rows:
            decision = session.get(credit.CreditDecision, row.decision_id)
            bad = _defaulted(row, receipts[row.loan_id], now)
            old = date.fromisoformat(row.content["drawn_on"]) + _YEAR <= now
            if decision is not None and (bad or old or row.state == "closed"):
                features = json.loads(decision.record)["features"]
                values = {
                    name: None if one["value"] is None else Decimal(one["value"])
                    for name, one in features.items()
                }
                found.append(Dossier(row.loan_id, bad, values))
    return found


def _defaulted(row: credit.Loan, receipts: list[credit.LoanReceipt], now: date) -> bool:
    """More than 90 days past due on any day of its first year."""
    account, came = account_of(row), flows(receipts)
    end = min(now, date.fromisoformat(row.content["drawn_on"]) + _YEAR)
    looked = {line.due + timedelta(days=_DEFAULT_DAYS + 1) for line in account.lines}
    return any(account.position(came, day).days_past_due > _DEFAULT_DAYS for day in looked if day <= end)
