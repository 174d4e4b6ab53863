"""Verification reports: of receipts and dossiers, with a document where there is one; check by check as they are made; for strangers too.

Nothing is decided here and nothing kept: `certifier.verify` decides, on this gateway's node. What a stranger asks at `/verify` counts against
the rate of its address.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from certifier.documents import Reading
from certifier.receipt import Receipt
from certifier.verify import Check, Report, Verifier
from gateway.api.depends import Anybody, Here, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Strict
from gateway.api.state import Gateway
from gateway.api.v1.common import Document
from gateway.errors import UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service.profiles import of_home
from gateway.service.reports import Asked, as_json, receipt_of
from gateway.service.verifying import reading_of

__all__ = ["public", "router"]

router = APIRouter(tags=["verification"], route_class=Guarded)
public = APIRouter(tags=["verification"], route_class=Guarded)
Caller = Annotated[Principal, May(Action.VERIFY)]
MAX_BODY = 64 * 2**20
MOST = 1_000

VerdictName = Literal["VALID", "INVALID", "UNKNOWN", "SKIPPED"]


class CheckOut(BaseModel):
    """One numbered check: a verdict, a sentence, and what it rests on."""

    number: int
    code: str
    verdict: VerdictName
    cause: str | None
    message: str
    evidence: Document


class AsOf(BaseModel):
    """The one block for which a report holds."""

    chain_id: int
    genesis: str
    number: int
    hash: str
    time: str
    finality: str


class Unverified(BaseModel):
    """What nobody checked."""

    code: str
    message: str


class ReportOut(BaseModel):
    """The report on one receipt."""

    verdict: VerdictName
    asset_id: str | None
    checks: list[CheckOut]
    as_of: AsOf | None
    not_verified: list[Unverified]


class ReportsOut(BaseModel):
    """Reports in the order of what was given, and the worst verdict of all; of a dossier, its name."""

    verdict: VerdictName
    dossier: str | None
    reports: list[ReportOut]


class Evidence(Strict):
    """Receipts to verify, all at one block; or one dossier."""

    receipts: list[Document] = Field(default_factory=list, max_length=MOST)
    dossier: Document | None = None


class Single(Strict):
    """One receipt to verify."""

    receipt: Document


@router.post("/verifications", response_model=ReportsOut, openapi_extra=body_limit(MAX_BODY))
async def verify(caller: Caller, gateway: Here, request: Request, asked: Evidence) -> Response:
    """Verify receipts, or a dossier, as one's own organisation: its own live pledges are no liens in the way."""
    return await _answered(gateway, request, asked, caller.organisation.id)


@router.post("/verifications/stream", openapi_extra=body_limit(2**20), response_class=StreamingResponse)
def verify_stream(caller: Caller, gateway: Here, request: Request, asked: Single) -> StreamingResponse:
    """One receipt, each check as soon as it is made, then the report: a line of JSON each, or server-sent events where they are accepted."""
    return _streamed(gateway, request, asked.receipt, caller.organisation.id)


@router.post("/verifications/document", response_model=ReportOut, openapi_extra=body_limit(MAX_BODY))
def verify_document(
    caller: Caller, gateway: Here, receipt: Annotated[UploadFile, File()], file: Annotated[UploadFile, File()]
) -> Response:
    """One receipt with the plain document that it is of: checks 1 and 9 read the document."""
    return _with_document(gateway, receipt, file, caller.organisation.id)


@public.post("/verify", response_model=ReportsOut, openapi_extra=body_limit(8 * 2**20))
async def verify_publicly(_: Anybody, gateway: Here, request: Request, asked: Evidence) -> Response:
    """The same for anybody, without an account."""
    return await _answered(gateway, request, asked, None)


@public.post("/verify/stream", openapi_extra=body_limit(2**20), response_class=StreamingResponse)
def verify_publicly_stream(_: Anybody, gateway: Here, request: Request, asked: Single) -> StreamingResponse:
    """The same for anybody, check by check."""
    return _streamed(gateway, request, asked.receipt, None)


@public.post("/verify/document", response_model=ReportOut, openapi_extra=body_limit(MAX_BODY))
def verify_publicly_document(
    _: Anybody, gateway: Here, receipt: Annotated[UploadFile, File()], file: Annotated[UploadFile, File()]
) -> Response:
    """The same for anybody, with the document."""
    return _with_document(gateway, receipt, file, None)


async def _answered(gateway: Gateway, request: Request, asked: Evidence, as_org: bytes | None) -> Response:
    """The body goes on as it came: it is parsed to be verified where it is verified."""
    if (asked.dossier is None) == (not asked.receipts):
        raise UsageError("WHAT", "give `receipts`, or else a `dossier`")
    made = await gateway.together.answer(Asked(await request.body(), as_org))
    return Response(made, media_type="application/json")


def _streamed(
    gateway: Gateway, request: Request, document: Document, as_org: bytes | None
) -> StreamingResponse:
    found = receipt_of(document)
    events = "text/event-stream" in request.headers.get("accept", "")
    lines = _lines(gateway.verifier, found, as_org, events=events)
    return StreamingResponse(lines, media_type="text/event-stream" if events else "application/x-ndjson")


def _lines(
    verifier: Verifier, found: Receipt | Report, as_org: bytes | None, *, events: bool
) -> Iterator[str]:
    made: Iterable[Check | Report] = (
        [*found.checks, found] if isinstance(found, Report) else verifier.stream(found, as_org=as_org)
    )
    for one in made:
        kind = "report" if isinstance(one, Report) else "check"
        text = json.dumps(one.to_json(), ensure_ascii=False)
        yield f"event: {kind}\ndata: {text}\n\n" if events else f'{{"{kind}":{text}}}\n'


def _with_document(gateway: Gateway, receipt: UploadFile, file: UploadFile, as_org: bytes | None) -> Response:
    found = receipt_of(receipt.file.read(_MAX_RECEIPT))
    if isinstance(found, Report):
        report = found
    else:
        report = gateway.verifier.verify(found, _reading(gateway, file), as_org=as_org)
    return Response(as_json(report.to_json()), media_type="application/json")


_MAX_RECEIPT = 4 * 2**20


def _reading(gateway: Gateway, file: UploadFile) -> Reading:
    """What the document says, read where every document is: in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document"
        with path.open("wb") as copy:
            while piece := file.file.read(2**20):
                copy.write(piece)
        return reading_of(path, of_home(gateway.installation.home))
