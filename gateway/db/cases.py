"""Lists of credit as the API and the pages page through them: an organisation's applications, decisions, loans, the newest first.

`before` is the (second, id) after which a list goes on. Every query names the organisation whose things it lists.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, or_, select, tuple_
from sqlalchemy.orm import Session

from gateway.db.credit import PUBLISHED, Application, CreditDecision, Loan, ProductVersion, stands
from gateway.db.paging import Cut, Part, part

__all__ = [
    "Place",
    "application",
    "applications",
    "decision",
    "decisions",
    "loans",
    "product",
    "products",
    "queue",
    "reviewed",
    "unanchored",
]

Place = tuple[int, str] | None


def _part(query: Select[Any], model: Any, key: Any, before: Place, limit: int) -> Select[Any]:
    if before is not None:
        query = query.where(tuple_(model.at, key) < before)
    return query.order_by(model.at.desc(), key.desc()).limit(limit)


def applications(
    session: Session, applicant: str, before: Place = None, limit: int = 200
) -> list[Application]:
    """An applicant's applications."""
    query = select(Application).where(Application.applicant == applicant)
    return list(session.scalars(_part(query, Application, Application.application_id, before, limit)))


def application(session: Session, applicant: str, application_id: str) -> Application | None:
    """One of them."""
    row = session.get(Application, application_id)
    return row if row is not None and row.applicant == applicant else None


def decisions(
    session: Session, lender: str | None, before: Place = None, limit: int = 200, outcome: str | None = None
) -> list[CreditDecision]:
    """A lender's decisions that stand; None for all lenders', which an auditor may see."""
    query = _standing(lender, outcome)
    return list(session.scalars(_part(query, CreditDecision, CreditDecision.decision_id, before, limit)))


def _standing(lender: str | None, outcome: str | None = None) -> Select[CreditDecision]:
    query = select(CreditDecision).where(stands())
    if lender is not None:
        query = query.where(CreditDecision.lender == lender)
    return query if outcome is None else query.where(CreditDecision.outcome == outcome)


def queue(session: Session, lender: str | None, cut: Cut) -> Part[CreditDecision]:
    """A part of the decisions that stand: what waits for a person first, the oldest on top; then all others, the newest first."""
    waits = CreditDecision.outcome == "refer"
    key = (case((waits, 1), else_=0), case((waits, -CreditDecision.at), else_=CreditDecision.at), CreditDecision.decision_id)  # fmt: skip
    found: Part[tuple[CreditDecision]] = part(session, _standing(lender), key, cut)
    return found.map(lambda row: row[0])


def reviewed(session: Session, lender: str | None, outcome: str | None = None) -> list[CreditDecision]:
    """Every decision of a person that stands, of one lender or of all, the newest first."""
    query = _standing(lender, outcome).where(CreditDecision.reviews.is_not(None))
    return list(session.scalars(query.order_by(CreditDecision.at.desc(), CreditDecision.decision_id)))


def decision(session: Session, lender: str | None, decision_id: str) -> CreditDecision | None:
    """One of them."""
    row = session.get(CreditDecision, decision_id)
    return row if row is not None and lender in (None, row.lender) else None


def loans(session: Session, party: str, before: Place = None, limit: int = 200) -> list[Loan]:
    """Loans in which an organisation is borrower or lender."""
    query = select(Loan).where(or_(Loan.lender == party, Loan.borrower == party))
    return list(session.scalars(_part(query, Loan, Loan.loan_id, before, limit)))


def products(session: Session, viewer: str, before: Place = None, limit: int = 200) -> list[ProductVersion]:
    """Published versions of every lender, and all of the viewer's own."""
    query = select(ProductVersion).where(
        or_(ProductVersion.state == PUBLISHED, ProductVersion.lender == viewer)
    )
    return list(session.scalars(_part(query, ProductVersion, ProductVersion.product_id, before, limit)))


def product(session: Session, viewer: str, product_id: str) -> ProductVersion | None:
    """One of them."""
    row = session.get(ProductVersion, product_id)
    return row if row is not None and (row.state == PUBLISHED or row.lender == viewer) else None


def unanchored(session: Session, lender: str | None = None) -> list[str]:
    """Decisions, of all lenders or one, whose records do not stand on the ledger yet, the older first."""
    query = select(CreditDecision.decision_id).where(CreditDecision.asset_id.is_(None))
    if lender is not None:
        query = query.where(CreditDecision.lender == lender)
    return list(session.scalars(query.order_by(CreditDecision.at, CreditDecision.decision_id)))
