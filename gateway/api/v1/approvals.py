"""Acts that one person has prepared and another one releases (`gateway.identity.approvals`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway.api.depends import Db, May
from gateway.api.guard import Guarded
from gateway.api.shapes import IfMatch, Page, Paged, Strict, Time, etag
from gateway.api.v1.common import Running
from gateway.db import identity as table
from gateway.db.identity import Approval
from gateway.errors import NotFoundError
from gateway.identity import approvals
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.jobs import drafts

__all__ = ["router"]

router = APIRouter(tags=["approvals"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.APPROVALS_READ)]
State = Literal["pending", "approved", "rejected", "spent", "withdrawn"]


class ApprovalOut(BaseModel):
    """An act, who prepared it, and what became of it."""

    id: str
    action: str
    subject: str
    detail: dict[str, Any]
    state: State
    maker: str
    made_at: Time
    checker: str | None
    decided_at: Time | None
    note: str | None

    @classmethod
    def of(cls, row: Approval) -> ApprovalOut:
        """Of a row."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class Decision(Strict):
    """Release it or not, and why."""

    approve: bool
    note: Annotated[str, Field(max_length=2000)] = ""


@router.get("/approvals")
def list_approvals(
    caller: Reader, db: Db, at: Paged, state: Annotated[State | None, Query()] = None
) -> Page[ApprovalOut]:
    """What waits for a second person, and what was decided."""
    rows = table.approvals_of(db, caller.org, state=state, after=at.after, limit=at.more)
    return at.page(rows, ApprovalOut.of, lambda row: row.id)


@router.get("/approvals/{approval_id}")
def get_approval(approval_id: str, caller: Reader, db: Db, response: Response) -> ApprovalOut:
    """One of them."""
    row = _approval(db, caller, approval_id)
    response.headers["ETag"] = etag(row.version)
    return ApprovalOut.of(row)


@router.post("/approvals/{approval_id}/decision")
def decide_approval(
    approval_id: str,
    said: Decision,
    caller: Annotated[Principal, May(Action.APPROVALS_DECIDE)],
    db: Db,
    jobs: Running,
    match: IfMatch,
    response: Response,
) -> ApprovalOut:
    """Release or refuse what somebody else has prepared. A draft that is released is signed: it is done at once, as the caller's act."""
    row = _approval(db, caller, approval_id)
    match.check(row.version)
    if row.action not in drafts.KINDS:
        approvals.decide(db, caller, row, approve=said.approve, note=said.note)
    else:
        if said.approve:
            drafts.sign(jobs, caller, approval_id)
        else:
            drafts.send_back(jobs, caller, approval_id, said.note)
        db.refresh(row)
    response.headers["ETag"] = etag(row.version)
    return ApprovalOut.of(row)


def _approval(db: Session, caller: Principal, approval_id: str) -> Approval:
    row = table.approval(db, caller.org, approval_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such approval")
    return row
