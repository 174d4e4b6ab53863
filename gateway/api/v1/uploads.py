"""Uploads: a document's bytes, kept for a day until a certification refers to them by their SHA-256."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from gateway.api.depends import May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Time
from gateway.api.v1.common import Hex32, Running, not_found
from gateway.db import jobs as table
from gateway.db.jobs import Upload
from gateway.errors import UnreadableError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.jobs.running import Jobs
from gateway.jobs.spool import MAX_FILE, SpooledFile

__all__ = ["router"]

router = APIRouter(tags=["uploads"], route_class=Guarded)
Certifier = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
KEPT = 86_400


class UploadOut(BaseModel):
    """A document that waits to be certified, until `expires_at`."""

    id: str
    name: str
    sha256: Hex32
    bytes: int
    expires_at: Time

    @classmethod
    def of(cls, row: Upload) -> UploadOut:
        """As it is kept."""
        return cls(id=row.id, name=row.name, sha256=row.sha256, bytes=row.bytes, expires_at=row.expires_at)


@router.post(
    "/uploads",
    status_code=201,
    openapi_extra={
        **body_limit(MAX_FILE, streamed=True),
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def upload(
    request: Request,
    response: Response,
    caller: Certifier,
    jobs: Running,
    name: Annotated[str, Query(min_length=1, max_length=255, description="What its sender calls it")],
) -> UploadOut:
    """Keep one document. The same bytes again are the same upload: sending twice does no harm."""
    jobs.require_room()
    writing = jobs.spool.begin(name)
    try:
        async for chunk in request.stream():
            writing.write(chunk)
    except ClientDisconnect as error:
        writing.give_up()
        raise UnreadableError("GONE", f"the sender of {name} went away before it had come whole") from error
    except BaseException:
        writing.give_up()
        raise
    file = writing.done()
    if not file.bytes:
        jobs.spool.drop([file.id])
        raise UnreadableError("EMPTY", f"{name} is empty: send the document's bytes as the body")
    row = await run_in_threadpool(_keep, jobs, caller.org, file)
    response.headers["Location"] = f"/api/v1/uploads/{quote(row.id)}"
    return UploadOut.of(row)


def _keep(jobs: Jobs, org: str, file: SpooledFile) -> Upload:
    jobs.spool.settle([file.id])
    until = jobs.now() + KEPT
    with jobs.installation.database.session() as session:
        known = table.upload_with(session, org, file.sha256)
        if known is not None and known.name == file.name:
            known.expires_at = until
            row = known
        else:
            row = Upload(
                id=file.id, org=org, sha256=file.sha256, bytes=file.bytes, name=file.name, expires_at=until
            )
            session.add(row)
    if row.id != file.id:
        jobs.spool.drop([file.id])
    return row


@router.get("/uploads/{upload_id}")
def get_upload(caller: Certifier, jobs: Running, upload_id: str) -> UploadOut:
    """One upload."""
    with jobs.installation.database.session() as session:
        row = table.upload_of(session, caller.org, upload_id)
    if row is None:
        raise not_found("upload", upload_id[:80])
    return UploadOut.of(row)


@router.delete("/uploads/{upload_id}", status_code=204)
def delete_upload(caller: Certifier, jobs: Running, upload_id: str) -> Response:
    """Give an upload up; what was certified of it stays."""
    with jobs.installation.database.session() as session:
        row = table.upload_of(session, caller.org, upload_id)
        if row is None:
            raise not_found("upload", upload_id[:80])
        session.delete(row)
    jobs.spool.drop([row.id])
    return Response(status_code=204)
