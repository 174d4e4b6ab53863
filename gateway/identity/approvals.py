"""Four eyes: one person prepares an act, another one releases it, and it is done once.

row = approvals.propose(session, maker, "pledge.accept", pledge_id, {"amount": "…"})
approvals.decide(session, checker, row, approve=True, note="")     # ForbiddenError for the maker
approvals.spend(session, org, "pledge.accept", pledge_id)          # ForbiddenError unless released and not yet spent
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.db.identity import Approval
from gateway.errors import ConflictError, ForbiddenError
from gateway.identity.principal import Principal
from gateway.identity.tokens import new_id, now

__all__ = [
    "APPROVED",
    "PENDING",
    "REJECTED",
    "SPENT",
    "WITHDRAWN",
    "decide",
    "propose",
    "reopen",
    "spend",
    "withdraw",
]

PENDING = "pending"
APPROVED = "approved"
REJECTED = "rejected"
SPENT = "spent"
WITHDRAWN = "withdrawn"


def propose(
    session: Session, maker: Principal, action: str, subject: str, detail: dict[str, Any]
) -> Approval:
    """An act that waits for another person. ConflictError where the same one waits already."""
    same = (Approval.org == maker.org, Approval.action == action, Approval.subject == subject)
    if session.scalars(select(Approval).where(*same, Approval.state == PENDING)).first() is not None:
        raise ConflictError("APPROVAL_PENDING", "this waits for a second person already")
    row = Approval(
        id=new_id("approval"),
        org=maker.org,
        action=action,
        subject=subject,
        detail=detail,
        maker=maker.user,
        made_at=now(),
        state=PENDING,
        version=1,
    )
    session.add(row)
    session.flush()
    return row


def decide(session: Session, checker: Principal, row: Approval, *, approve: bool, note: str) -> None:
    """Release or refuse. ForbiddenError for who prepared it; ConflictError where somebody else was first."""
    if row.maker == checker.user:
        raise ForbiddenError("SECOND_PERSON", "who has prepared this cannot release it: ask a colleague")
    decided = {
        "state": APPROVED if approve else REJECTED,
        "checker": checker.user,
        "decided_at": now(),
        "note": note or None,
        "version": row.version + 1,
    }
    open_one = update(Approval).where(Approval.id == row.id, Approval.state == PENDING)
    if not session.execute(open_one.values(decided)).rowcount:  # type: ignore[attr-defined]
        raise ConflictError("CONFLICT", "somebody else has decided this: look at what it is now")
    session.refresh(row)


def withdraw(session: Session, maker: Principal, row: Approval) -> None:
    """Take back what one has prepared, or what was refused. ForbiddenError for anybody else; ConflictError once it is released."""
    if row.maker != maker.user:
        raise ForbiddenError("NOT_MAKER", "only who has prepared this can withdraw it")
    left = update(Approval).where(Approval.id == row.id, Approval.state.in_((PENDING, REJECTED)))
    if not session.execute(left.values(state=WITHDRAWN, version=row.version + 1)).rowcount:  # type: ignore[attr-defined]
        raise ConflictError("CONFLICT", "this is done or withdrawn already: look at what it is now")
    session.refresh(row)


def reopen(row: Approval) -> None:
    """What was released could not be done: it waits again."""
    row.state, row.checker, row.decided_at, row.version = PENDING, None, None, row.version + 1


def spend(session: Session, org: str, action: str, subject: str) -> None:
    """Use a release, once. ForbiddenError where there is none."""
    where = (Approval.org == org, Approval.action == action, Approval.subject == subject)
    released = update(Approval).where(*where, Approval.state == APPROVED).values(state=SPENT)
    if not session.execute(released).rowcount:  # type: ignore[attr-defined]
        raise ForbiddenError("APPROVAL", "this needs a second person's approval first")
