"""Assets: certify documents (files of a form, or uploads by reference), list, show, disclose, download, revoke, correct, shred.

`POST /assets` answers once every file is on the disk and the job is committed: 202 with the job's place. The worker certifies what many
requests have brought in one batch. `Prefer: wait=N` answers 201 with the assets where that is done in time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from certifier.schema import RELATIONS
from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import IfMatch, Page, Paged, Strict, etag
from gateway.api.v1.common import (
    HEX32,
    Document,
    Hex32,
    Running,
    inlined,
    not_found,
    placed,
    version_of,
)
from gateway.api.v1.jobs import FileOut, JobOut, Prefer, answer, located, waited
from gateway.api.v1.multipart import Form, read_form
from gateway.db import catalogue
from gateway.db import jobs as table
from gateway.db.catalogue import AssetRow
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs import certification, intake
from gateway.jobs.running import Jobs
from gateway.jobs.spool import SpooledFile
from gateway.service import revoking
from gateway.service.files import SIGNERS_SUFFIX
from gateway.service.own import own_asset, own_document, own_receipt
from ledger.assets import Standing

__all__ = ["DOSSIER_NAME", "DossierName", "router"]

router = APIRouter(tags=["assets"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.ASSETS_READ)]
Certifier = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
Revoker = Annotated[Principal, May(Action.ASSETS_REVOKE)]
Shredder = Annotated[Principal, May(Action.ASSETS_SHRED)]

MAX_FILES = 1_000
MAX_BODY = 2 * 2**30
DOSSIER_NAME = r"^[^./\\\x00][^/\\\x00]{0,127}$"
DossierName = Annotated[str, StringConstraints(pattern=DOSSIER_NAME, max_length=128)]
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
    def of(cls, row: AssetRow) -> AssetOut:
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


class Link(Strict):
    """A stated link to an earlier asset."""

    relation: Annotated[str, Field(pattern="^[a-z]{2,16}$", examples=["fulfils"])]
    asset_id: Hex32


class Reference(Strict):
    """A file that was uploaded before, by its SHA-256; `name` is what to call it in answers."""

    sha256: Hex32
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class ByReference(Strict):
    """Documents to certify whose bytes are here already (`POST /uploads`)."""

    documents: Annotated[list[Reference], Field(min_length=1, max_length=MAX_FILES)]
    dossier: DossierName | None = None
    links: list[Link] = Field(default_factory=list, max_length=64)


class Correction(Strict):
    """A corrected document, uploaded before: certified, then the asset that it replaces is revoked."""

    sha256: Hex32
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class Standings(Strict):
    """What an asset is to be; revoked is for good, `reason` a number of one's own."""

    standing: StandingName
    reason: Annotated[int, Field(ge=0, lt=2**16)] = 0


class Stated(BaseModel):
    """An act that stands on the ledger in this block."""

    asset_id: Hex32
    block: int


_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "dossier": {"type": "string", "maxLength": 128},
                    "links": {
                        "type": "array",
                        "items": {"type": "string", "example": "fulfils=0x…"},
                    },
                },
            },
        },
        "application/json": {"schema": inlined(ByReference)},
    },
}


@router.post(
    "/assets",
    status_code=202,
    response_model=JobOut,
    responses={201: {"model": JobOut, "description": "Certified within the wait"}},
    openapi_extra={**body_limit(MAX_BODY, streamed=True), "requestBody": _BODY},
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
        order = await _referenced(request, jobs, caller.org)
    else:
        order = _formed(await read_form(request, jobs.spool, 2 * MAX_FILES), jobs)
    return await _submit(jobs, caller.org, order, prefer, idempotency_key)


class _Order:
    """What is to be certified, its files in the spool."""

    def __init__(
        self,
        files: Sequence[SpooledFile],
        dossier: str | None = None,
        links: Sequence[tuple[str, str]] = (),
        replaces: str | None = None,
        signers: Sequence[str] = (),
    ) -> None:
        self.files = files
        self.dossier = dossier
        self.links = links
        self.replaces = replaces
        self.signers = signers

    @property
    def request(self) -> dict[str, Any]:
        """As the job keeps it."""
        files = [
            {"id": one.id, "name": one.name, "sha256": one.sha256, "bytes": one.bytes} for one in self.files
        ]
        links = [list(one) for one in self.links]
        return {"dossier": self.dossier, "links": links, "replaces": self.replaces, "files": files}

    @property
    def digest(self) -> str:
        """Of all that makes it another request."""
        said = self.request
        said["files"] = [[one.name, one.sha256] for one in self.files]
        return hashlib.sha256(json.dumps([said, sorted(self.signers)]).encode()).hexdigest()


def _formed(form: Form, jobs: Jobs) -> _Order:
    """A form's files, those of signers put beside what they sign."""
    try:
        documents = [one for one in form.files if not one.name.endswith(SIGNERS_SUFFIX)]
        named = {one.name: one for one in documents}
        beside = [one for one in form.files if one.name.endswith(SIGNERS_SUFFIX)]
        if not documents or len(documents) > MAX_FILES:
            raise UsageError("FILES", f"1 to {MAX_FILES:,} files are expected, in parts named `files`")
        for one in beside:
            if (document := named.get(one.name.removesuffix(SIGNERS_SUFFIX))) is None:
                raise UsageError(
                    "SIGNERS", f"{one.name} is beside no file of this form: send the file it signs with it"
                )
            jobs.spool.put_beside(document, one)
        dossier = form.texts.get("dossier", [None])[-1] or None
        said = {"dossier": dossier, "links": [_link(text) for text in form.texts.get("links", [])]}
        asked = _Terms.model_validate(said)
    except BaseException as error:
        jobs.spool.drop(file.id for file in form.files)
        if isinstance(error, ValidationError):
            raise _invalid(error) from error
        raise
    links = [(one.relation, one.asset_id) for one in asked.links]
    return _Order(documents, asked.dossier, links, signers=[f"{one.name} {one.sha256}" for one in beside])


class _Terms(Strict):
    """What a form says beside its files."""

    dossier: DossierName | None = None
    links: list[Link] = Field(default_factory=list, max_length=64)


def _link(text: str) -> dict[str, str]:
    relation, _, target = text.partition("=")
    return {"relation": relation, "asset_id": target}


def _invalid(error: ValidationError) -> RequestValidationError:
    """As the framework refuses a document."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found])


async def _referenced(request: Request, jobs: Jobs, org: str) -> _Order:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_JSON:
            raise UsageError("TOO_LONG", f"a document that names uploads has at most {_MAX_JSON:,} bytes")
    try:
        asked = ByReference.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _invalid(error) from error
    links = [(one.relation, one.asset_id) for one in asked.links]
    files = await asyncio.to_thread(_linked, jobs, org, asked.documents)
    return _Order(files, asked.dossier, links)


_MAX_JSON = 2**20


def _linked(jobs: Jobs, org: str, documents: Sequence[Reference | Correction]) -> list[SpooledFile]:
    """The uploads that are meant, each under an id of the job's own."""
    files: list[SpooledFile] = []
    with jobs.installation.database.session() as session:
        for one in documents:
            if (row := table.upload_with(session, org, one.sha256)) is None:
                jobs.spool.drop(file.id for file in files)
                raise NotFoundError(
                    "UNKNOWN_UPLOAD",
                    f"no upload with SHA-256 {one.sha256} is here (any more): upload it first",
                )
            upload = SpooledFile(row.id, one.name or row.name, row.sha256, row.bytes)
            files.append(jobs.spool.link(upload))
    return files


async def _submit(jobs: Jobs, org: str, order: _Order, prefer: str | None, key: str | None) -> Response:
    for relation, _ in order.links:
        if all(relation != known for _, known in RELATIONS):
            jobs.spool.drop(one.id for one in order.files)
            raise UsageError("LINK", f"there is no relation {relation!r}")
    ids = [one.id for one in order.files]
    asked = intake.Asked(
        org,
        certification.KIND,
        order.request,
        order.digest,
        certification.group_key(order.dossier, order.links, order.replaces),
        len(ids),
        key,
        ids,
    )
    accepted = await asyncio.wrap_future(jobs.intake.submit(asked))
    if prefer is None and not accepted.existing:
        return _accepted(accepted, asked)
    job = await waited(jobs, org, accepted.job_id, prefer)
    response = answer(job, 202 if job.finished_at is None else 201)
    if accepted.existing:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _accepted(made: intake.Accepted, asked: intake.Asked) -> Response:
    """The job as it was committed a moment ago, without asking for it again."""
    shown = JobOut(
        id=made.job_id,
        kind="certify",
        state="queued",
        created_at=made.at,
        finished_at=None,
        files=[
            FileOut(name=one["name"], sha256=one["sha256"], bytes=one["bytes"], asset=None, error=None)
            for one in asked.request["files"]
        ],
        error=None,
        waiting_for=None,
        progress=None,
        audit=None,
    )
    return located(shown, 202)


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
    return at.page(rows, AssetOut.of, lambda row: f"{row.order}:{row.asset.asset_id}")


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
    asked: Correction,
    match: IfMatch,
    prefer: Prefer = None,
) -> Response:
    """Replace an asset: certify the corrected upload, then revoke the old one. Its lenders are told; a lien on it stays."""
    shown = await asyncio.to_thread(_shown, jobs.installation, caller.org, asset_id)
    match.check(shown.version)
    if shown.sha256 == asked.sha256:
        raise ConflictError("SAME_DOCUMENT", "the correction has the same bytes as what it is to replace")
    files = await asyncio.to_thread(_linked, jobs, caller.org, [asked])
    return await _submit(jobs, caller.org, _Order(files, replaces=asset_id), prefer, None)
