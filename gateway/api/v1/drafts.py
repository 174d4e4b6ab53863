"""Drafts: an offer or a permission that is prepared for a signatory, who signs it or sends it back (`POST /approvals/{id}/decision`).

What waits is listed under `/approvals`. Papers to certify are prepared on the page where they are dropped; a program certifies them itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Response
from pydantic import Field

from gateway.api.depends import Db, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Strict
from gateway.api.v1.approvals import ApprovalOut
from gateway.api.v1.common import Days, Hex32, not_found
from gateway.db import listing
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.jobs import drafts
from gateway.service.offering import Permission, Terms

__all__ = ["router"]

router = APIRouter(tags=["approvals"], route_class=Guarded)
Preparer = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
Purpose = Annotated[str, Field(min_length=1, max_length=200)]


class OfferDraft(Strict):
    """An offer of one receivable. With a `purpose` the lender may read the document for 30 days."""

    act: Literal["offer"]
    asset_id: Hex32
    lender: Hex32
    percent: Annotated[int, Field(ge=1, le=100)] = 100
    accept_days: Annotated[int, Field(ge=1, le=365)] = 3
    days: Days = 90
    purpose: Purpose | None = None


class GrantDraft(Strict):
    """A permission to read documents with every fact of them, until a moment."""

    act: Literal["grant"]
    assets: Annotated[list[Hex32], Field(min_length=1, max_length=1_000)]
    reader: Hex32
    purpose: Purpose
    until: datetime


NewDraft = Annotated[OfferDraft | GrantDraft, Field(discriminator="act")]


@router.post("/drafts", status_code=201)
def prepare_draft(
    said: Annotated[NewDraft, Body()], caller: Preparer, db: Db, response: Response
) -> ApprovalOut:
    """Put an act before a signatory of one's own organisation. Nothing stands on the ledger before it is signed."""
    action, assets, detail = _prepared(said)
    for asset_id in assets:
        if listing.holding(db, caller.org, asset_id) is None:
            raise not_found("asset", asset_id)
    row = drafts.prepare(db, caller, action, assets[0], detail)
    response.headers["Location"] = f"/api/v1/approvals/{row.id}"
    return ApprovalOut.of(row)


def _prepared(said: OfferDraft | GrantDraft) -> tuple[Action, list[str], dict[str, Any]]:
    """What the signatory would do, about which assets, on which terms."""
    if isinstance(said, OfferDraft):
        terms = Terms(said.lender, said.percent, said.accept_days, said.days, said.purpose)
        return Action.OFFERS_MAKE, [said.asset_id], terms.to_json()
    permission = Permission(said.reader, said.purpose, int(said.until.timestamp()))
    return Action.GRANTS_GIVE, said.assets, {"assets": said.assets, **permission.to_json()}


@router.post("/drafts/{draft_id}/withdrawal")
def withdraw_draft(draft_id: str, caller: Preparer, db: Db) -> ApprovalOut:
    """Take back what one has prepared: before it is signed, or once it came back."""
    return ApprovalOut.of(drafts.withdraw(db, caller, draft_id))
