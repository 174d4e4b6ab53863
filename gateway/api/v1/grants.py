"""Grants: let one organisation read fields or the document of an asset for a purpose until an end; read what was granted; who read what."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Document, Hex32, Running, not_found
from gateway.api.v1.verifications import CheckOut
from gateway.db import catalogue
from gateway.db.models import Grant
from gateway.errors import UnreadableError, UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import grant_reading, granting
from gateway.service.own import own_receipt
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = APIRouter(tags=["grants"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.GRANTS_READ)]
Giver = Annotated[Principal, May(Action.GRANTS_GIVE)]
Ender = Annotated[Principal, May(Action.GRANTS_END)]
ContentReader = Annotated[Principal, May(Action.CONTENT_READ)]
Owner = Annotated[Principal, May(Action.READERS_READ)]


class GrantOut(BaseModel):
    """A grant; `open` as long as its wrap waits in the owner's home."""

    grant_id: Hex32
    owner: Hex32
    grantee: Hex32
    asset_id: Hex32
    purpose: str
    expires_at: Time
    open: bool

    @classmethod
    def of(cls, row: Grant) -> GrantOut:
        """As this home has it."""
        return cls(
            grant_id=row.grant_id,
            owner=row.owner,
            grantee=row.grantee,
            asset_id=row.asset_id,
            purpose=row.purpose,
            expires_at=row.expires_at,
            open=row.sealed is not None,
        )


class NewGrant(Strict):
    """What to grant: paths of fields; `content` is the document itself. What every verifier must see (preset `must-disclose`) goes along."""

    asset_id: Hex32
    grantee: Hex32
    fields: Annotated[list[Annotated[str, Field(max_length=160)]], Field(min_length=1, max_length=1_025)]
    purpose: Annotated[str, Field(min_length=1, max_length=200)]
    expires_at: datetime


class GrantMade(BaseModel):
    """The grant (`assetcert/grant/1`) to hand to the grantee: no key is in it."""

    grant_id: Hex32
    grant: Document


class Granted(Strict):
    """The grant that its owner handed over."""

    grant: Document


class ReadOut(BaseModel):
    """What was read, after the read stood on the ledger in `block`. `receipt` shows it with what every verifier must see; `document` is
    base64 of its bytes where it was granted."""

    asset_id: Hex32
    block: int
    fields: dict[str, str]
    receipt: Document
    document: str | None
    checks: list[CheckOut]


class Ended(BaseModel):
    """The grant's end stands on the ledger in this block."""

    grant_id: Hex32
    block: int


class AccessOut(BaseModel):
    """Something that was done with a grant that one's organisation gave: by whom, in which block."""

    grant_id: Hex32
    asset_id: Hex32
    purpose: str
    event: Literal["granted", "read", "ended"]
    org: Hex32
    block: int


@router.post("/grants", status_code=201)
def give(caller: Giver, home: Installed, jobs: Running, asked: NewGrant) -> GrantMade:
    """Grant one organisation fields or the document of one's own asset. The grant stands on the ledger, the keys do not."""
    receipt = own_receipt(home, caller.organisation, asked.asset_id)
    if asked.expires_at.tzinfo is None:
        raise UsageError("UNTIL", "`expires_at` needs an offset, such as 2026-12-31T16:00:00Z")
    made = granting.make_grant(
        home,
        caller.organisation,
        parse_hex32(asked.grantee),
        receipt,
        asked.fields,
        asked.purpose,
        int(asked.expires_at.timestamp()),
    )
    jobs.tell()
    return GrantMade(grant_id=hex32(made.grant_id), grant=made.to_json())


@router.get("/grants")
def list_grants(
    caller: Reader,
    db: Db,
    at: Paged,
    direction: Annotated[Literal["given", "received"], Query()] = "given",
    asset_id: Annotated[Hex32 | None, Query()] = None,
) -> Page[GrantOut]:
    """Grants that one's organisation has given, or received from others of this home."""
    rows = catalogue.grants(
        db, caller.org, given=direction == "given", after=at.after, limit=at.more, asset_id=asset_id
    )
    return at.page(rows, GrantOut.of, lambda row: row.grant_id)


@router.get("/grants/{grant_id}")
def get_grant(caller: Reader, db: Db, grant_id: Hex32) -> GrantOut:
    """One grant, for its owner and its grantee."""
    if (row := catalogue.grant(db, caller.org, grant_id)) is None:
        raise not_found("grant", grant_id)
    return GrantOut.of(row)


@router.post("/grants/{grant_id}/ending", status_code=201)
def end(caller: Ender, home: Installed, jobs: Running, grant_id: Hex32) -> Ended:
    """End a grant that one's organisation gave. What was read before is out of reach."""
    with home.database.session() as session:
        row = catalogue.grant(session, caller.org, grant_id)
    if row is None:
        raise not_found("grant", grant_id)
    block = granting.end_grant(home, caller.organisation, parse_hex32(grant_id))
    jobs.tell()
    return Ended(grant_id=grant_id, block=block)


@router.post("/reads", status_code=201, openapi_extra=body_limit(4 * 2**20))
def read(caller: ContentReader, home: Installed, jobs: Running, asked: Granted) -> ReadOut:
    """Read what was granted: the read stands on the ledger before any key is handed over."""
    if asked.grant.get("schema") != granting.GRANT_SCHEMA:
        raise UnreadableError("SCHEMA", f'a document of the schema "{granting.GRANT_SCHEMA}" is expected')
    given = granting.parse_grant(asked.grant, "the grant")
    found = grant_reading.read_grant(home, caller.organisation, given)
    jobs.tell()
    return ReadOut.model_validate(
        {
            "asset_id": found.receipt.asset_id_hex,
            "block": found.block,
            "fields": found.fields,
            "receipt": found.receipt.to_document(),
            "document": None if found.document is None else base64.b64encode(found.document).decode(),
            "checks": [one.to_json() for one in found.checks],
        }
    )


@router.get("/reads")
def list_reads(caller: Owner, db: Db, asset_id: Annotated[Hex32 | None, Query()] = None) -> list[AccessOut]:
    """Who was granted, who read and what ended, of one's own assets, in the ledger's order."""
    return [
        AccessOut.model_validate(
            {
                "grant_id": access.subject,
                "asset_id": grant.asset_id,
                "purpose": grant.purpose,
                "event": access.event,
                "org": access.org,
                "block": access.block,
            }
        )
        for access, grant in catalogue.accesses(db, caller.org, asset_id)
    ]
