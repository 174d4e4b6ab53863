"""Assets: certify documents (files of a form, or uploads by reference), list, show, disclose, download, revoke, correct, shred.

`POST /assets` answers once every file is on the disk and the job is committed: 202 with the job's place. The worker certifies what many
requests have brought in one batch. `Prefer: wait=N` answers 201 with the assets where that is done in time.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import IfMatch, Page, Paged, Strict, etag
from gateway.api.v1.common import (
    HEX32,
    Document,
    Hex32,
    Running,
    not_found,
    placed,
    version_of,
)
from gateway.api.v1.jobs import JobOut, Prefer
from gateway.api.v1.multipart import read_form
from gateway.api.v1.orders import BODY, MAX_FILES, Order, Reference, formed, linked, referenced, submit
from gateway.db import catalogue
from gateway.db.listing import Held
from gateway.errors import ConflictError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import revoking
from gateway.service.own import own_asset, own_document, own_receipt
from ledger.assets import Standing

__all__ = ["router"]

router = APIRouter(tags=["assets"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.ASSETS_READ)]
Certifier = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
Revoker = Annotated[Principal, May(Action.ASSETS_REVOKE)]
Shredder = Annotated[Principal, May(Action.ASSETS_SHRED)]

MAX_BODY = 2 * 2**30
Key = Annotated[
    str | None, Header(max_length=255, description="The same key with the same request is the same job")
]
StandingName = Literal["good", "suspended", "revoked"]


class AssetOut(BaseModel):
    """A certified document. `block` and `standing` are null until its batch is final."""

    asset_id: Hex32
    kind: str
    number: str | None
    sha256: Hex32 | None
    media_type: str | None
    bytes: int | None
    cid: str
    issued_at: datetime | None
    root: Hex32 | None
    block: int | None
    standing: StandingName | None
    shredded: bool
    facts: dict[str, str]

    @classmethod
    def of(cls, row: Held) -> AssetOut:
        """As database and index have it."""
        one, fields = row.asset, row.asset.fields or {}
        return cls.model_validate(
            {
                "asset_id": one.asset_id,
                "kind": one.kind,
                "number": fields.get("fact.number"),
                "sha256": fields.get("content.sha256"),
                "media_type": fields.get("content.media_type"),
                "bytes": fields.get("content.bytes"),
                "cid": one.cid,
                "issued_at": fields.get("asset.issued_at"),
                "root": one.root,
                "block": row.block,
                "standing": row.standing,
                "shredded": one.fields is None,
                "facts": {
                    path.removeprefix("fact."): value
                    for path, value in fields.items()
                    if path.startswith("fact.")
                },
            }
        )

    @property
    def version(self) -> str:
        """Of all that may change."""
        return version_of(self.asset_id, self.root, self.standing, self.shredded)


class Standings(Strict):
    """What an asset is to be; revoked is for good, `reason` a number of one's own."""

    standing: StandingName
    reason: Annotated[int, Field(ge=0, lt=2**16)] = 0


class Stated(BaseModel):
    """An act that stands on the ledger in this block."""

    asset_id: Hex32
    block: int


@router.post(
    "/assets",
    status_code=202,
    response_model=JobOut,
    responses={201: {"model": JobOut, "description": "Certified within the wait"}},
    openapi_extra={**body_limit(MAX_BODY, streamed=True), "requestBody": BODY},
)
async def certify(
    request: Request,
    caller: Certifier,
    jobs: Running,
    prefer: Prefer = None,
    idempotency_key: Key = None,
) -> Response:
    """Certify documents: many files of a form, each with `NAME.signers.json` beside it where it has signers; or uploads by their SHA-256."""
    jobs.require_room()
    if request.headers.get("content-type", "").startswith("application/json"):
        order = await referenced(request, jobs, caller.org)
    else:
        order = formed(await read_form(request, jobs.spool, 2 * MAX_FILES), jobs)
    return await submit(jobs, caller.org, order, prefer, idempotency_key)


@router.get("/assets")
def list_assets(
    caller: Reader,
    db: Db,
    at: Paged,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    standing: StandingName | None = None,
    dossier: Annotated[str | None, Query(max_length=128)] = None,
    number: Annotated[str | None, Query(max_length=1024)] = None,
    sha256: Annotated[str | None, Query(pattern=HEX32)] = None,
) -> Page[AssetOut]:
    """One's own organisation's assets, the newest first."""
    rows = catalogue.assets(
        db,
        caller.org,
        after=placed(at.after),
        limit=at.more,
        kind=kind,
        standing=standing,
        dossier_name=dossier,
        number=number,
        sha256=sha256,
    )
    return at.page(rows, AssetOut.of, lambda row: f"{catalogue.order(row.block)}:{row.asset.asset_id}")


@router.get("/assets/{asset_id}")
def get_asset(caller: Reader, db: Db, response: Response, asset_id: Hex32) -> AssetOut:
    """One asset, with the ETag that its changes ask for."""
    if (row := catalogue.asset(db, caller.org, asset_id)) is None:
        raise not_found("asset", asset_id)
    shown = AssetOut.of(row)
    response.headers["ETag"] = etag(shown.version)
    return shown


def _shown(home: Installation, org: str, asset_id: str) -> AssetOut:
    with home.database.session() as session:
        row = catalogue.asset(session, org, asset_id)
    if row is None:
        raise not_found("asset", asset_id)
    return AssetOut.of(row)


@router.get("/assets/{asset_id}/receipt", response_model=Document)
def get_receipt(
    caller: Reader,
    home: Installed,
    asset_id: Hex32,
    disclose: Annotated[
        Literal["identity", "must-disclose", "all"] | None, Query(description="Show only these fields")
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The receipt (`assetcert/receipt/1`), whole or redacted: what anybody verifies the asset with."""
    shown = _shown(home, caller.org, asset_id)
    tag = etag(version_of(shown.asset_id, shown.root, disclose, shown.shredded))
    if tag == if_none_match:
        return Response(status_code=304, headers={"ETag": tag})
    receipt = own_receipt(home, caller.organisation, asset_id)
    if disclose is not None:
        receipt = receipt.redact(disclose)
    return Response(receipt.to_json(), media_type="application/json", headers={"ETag": tag})


@router.get(
    "/assets/{asset_id}/document",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
def download(caller: Reader, home: Installed, asset_id: Hex32) -> Response:
    """The document itself, byte for byte, for its owner."""
    _shown(home, caller.org, asset_id)
    content = own_document(home, caller.organisation, asset_id)
    return StreamingResponse(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{asset_id}"'},
    )


@router.put("/assets/{asset_id}/standing")
def set_standing(
    caller: Revoker, home: Installed, jobs: Running, asset_id: Hex32, asked: Standings, match: IfMatch
) -> Stated:
    """Revoke an asset for good, suspend it, or lift that. A lien on it stays."""
    shown = _shown(home, caller.org, asset_id)
    match.check(shown.version)
    row = own_asset(home, caller.organisation, asset_id)
    block = revoking.revoke(
        home, caller.organisation, row, to=Standing[asked.standing.upper()], reason=asked.reason
    )
    jobs.tell()
    return Stated(asset_id=asset_id, block=block)


@router.post("/assets/{asset_id}/shredding", status_code=201)
def shred(caller: Shredder, home: Installed, jobs: Running, asset_id: Hex32, match: IfMatch) -> Stated:
    """Destroy an asset's secret: nothing of it can be disclosed or granted again, its anchor stays. What was shown before is out of reach."""
    shown = _shown(home, caller.org, asset_id)
    match.check(shown.version)
    if shown.shredded:
        raise ConflictError("SHREDDED", f"the secret of asset {asset_id} was shredded before")
    row = own_asset(home, caller.organisation, asset_id)
    block = revoking.shred(home, caller.organisation, row)
    jobs.tell()
    return Stated(asset_id=asset_id, block=block)


@router.post("/assets/{asset_id}/correction", status_code=202, response_model=JobOut)
async def correct(
    caller: Revoker,
    jobs: Running,
    asset_id: Annotated[Hex32, Path()],
    asked: Reference,
    match: IfMatch,
    prefer: Prefer = None,
) -> Response:
    """Replace an asset: certify the corrected upload, then revoke the old one. Its lenders are told; a lien on it stays."""
    shown = await asyncio.to_thread(_shown, jobs.installation, caller.org, asset_id)
    match.check(shown.version)
    if shown.sha256 == asked.sha256:
        raise ConflictError("SAME_DOCUMENT", "the correction has the same bytes as what it is to replace")
    files = await asyncio.to_thread(linked, jobs, caller.org, [asked])
    return await submit(jobs, caller.org, Order(files, replaces=asset_id), prefer, None)
