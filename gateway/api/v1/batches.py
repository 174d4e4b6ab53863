"""Batches: what one transaction has registered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.depends import Db, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged
from gateway.api.v1.common import Hex32, not_found, placed
from gateway.db import catalogue
from gateway.db.models import Batch
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from ledger.types import hex32

__all__ = ["router"]

router = APIRouter(tags=["batches"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.ASSETS_READ)]


class BatchOut(BaseModel):
    """A batch, its assets in the ledger's order; block and transaction are null while it is on its way."""

    root: Hex32
    block: int | None
    transaction: Hex32 | None
    assets: list[Hex32]

    @classmethod
    def of(cls, row: Batch) -> BatchOut:
        """As the database has it."""
        ids = [hex32(row.ids[at : at + 32]) for at in range(0, len(row.ids), 32)]
        return cls(root=row.root, block=row.block, transaction=row.transaction, assets=ids)


@router.get("/batches")
def list_batches(caller: Reader, db: Db, at: Paged) -> Page[BatchOut]:
    """One's own organisation's batches, the newest first."""
    rows = catalogue.batches(db, caller.org, after=placed(at.after), limit=at.more)
    return at.page(rows, BatchOut.of, lambda row: f"{catalogue.order(row.block)}:{row.root}")


@router.get("/batches/{root}")
def get_batch(caller: Reader, db: Db, root: Hex32) -> BatchOut:
    """One batch."""
    if (row := catalogue.batch(db, caller.org, root)) is None:
        raise not_found("batch", root)
    return BatchOut.of(row)
