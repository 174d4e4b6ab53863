"""What was accepted and is being done: certifications and audits, each with what came of it."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gateway.api.depends import Db, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Time
from gateway.api.v1.common import Document, Hex32, Running, not_found
from gateway.db import jobs as table
from gateway.db.jobs import Job
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.jobs.running import Jobs

__all__ = ["Fault", "JobOut", "Notice", "Prefer", "answer", "located", "router", "seconds_of", "waited"]

router = APIRouter(tags=["jobs"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.JOBS_READ)]
Prefer = Annotated[
    str | None, Header(description="`wait=N`: answer within N seconds, at most 30, as soon as it is done")
]
_WAIT = re.compile(r"(?:^|[,;\s])wait=([0-9]{1,4})(?:$|[,;\s])")
_LONGEST = 30
_LOOK = 0.05


class Notice(BaseModel):
    """Something to know, with a stable code."""

    code: str
    message: str


class Fault(BaseModel):
    """Why something was not done: `code` for programs, `message` for people."""

    code: str
    message: str


class Certified(BaseModel):
    """The asset that a file is now; `existing` where it was one before."""

    asset_id: Hex32
    cid: str
    root: Hex32
    block: int | None
    existing: bool
    warnings: list[Notice]


class FileOut(BaseModel):
    """A file of a certification: its asset, or why it has none; neither while it is being done."""

    name: str
    sha256: Hex32
    bytes: int
    asset: Certified | None
    error: Fault | None


class Progress(BaseModel):
    """How far an audit has come."""

    block: int
    last_block: int


class JobOut(BaseModel):
    """A job. `waiting_for` says what is out of reach while it is queued again; `audit` is the signed result of an audit."""

    id: str
    kind: Literal["certify", "audit"]
    state: Literal["queued", "running", "done", "failed"]
    created_at: Time
    finished_at: Time | None
    files: list[FileOut]
    error: Fault | None
    waiting_for: str | None
    progress: Progress | None
    audit: Document | None

    @classmethod
    def of(cls, job: Job) -> JobOut:
        """As the queue has it."""
        result, progress = job.result or {}, job.progress or {}
        return cls.model_validate(
            {
                "id": job.id,
                "kind": job.kind,
                "state": job.state,
                "created_at": job.created_at,
                "finished_at": job.finished_at,
                "files": _files(job.request.get("files", []), result.get("files")),
                "error": result.get("error"),
                "waiting_for": progress.get("waiting_for") if job.state == table.QUEUED else None,
                "progress": progress if "last_block" in progress else None,
                "audit": result if job.kind == "audit" and "report" in result else None,
            }
        )


def _files(asked: list[dict[str, Any]], done: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    came = done or [{"asset": None, "error": None}] * len(asked)
    return [
        {**file, "asset": one["asset"], "error": one["error"]} for file, one in zip(asked, came, strict=True)
    ]


@router.get("/jobs")
def list_jobs(
    caller: Reader, db: Db, at: Paged, kind: Annotated[Literal["certify", "audit"] | None, Query()] = None
) -> Page[JobOut]:
    """One's own organisation's jobs, the newest first."""
    rows = table.jobs_of(db, caller.org, before=at.after, limit=at.more, kind=kind)
    return at.page(rows, JobOut.of, lambda row: row.id)


@router.get("/jobs/{job_id}", response_model=JobOut)
async def get_job(caller: Reader, jobs: Running, job_id: str, prefer: Prefer = None) -> Response:
    """One job; with `Prefer: wait=N` once it is finished, if that is soon."""
    return answer(await waited(jobs, caller.org, job_id, prefer), 200)


async def waited(jobs: Jobs, org: str, job_id: str, prefer: str | None) -> Job:
    """The job, once it is finished or the wait is over. NotFoundError."""
    deadline = time.monotonic() + seconds_of(prefer, 0)
    while True:
        job = await run_in_threadpool(_look, jobs, org, job_id)
        left = deadline - time.monotonic()
        if job.finished_at is not None or left <= 0:
            return job
        await jobs.bell.listen(left)
        await asyncio.sleep(_LOOK)


def seconds_of(prefer: str | None, otherwise: float) -> float:
    """How long a caller would wait."""
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), _LONGEST) if found else otherwise


def _look(jobs: Jobs, org: str, job_id: str) -> Job:
    with jobs.installation.database.session() as session:
        row = table.job(session, org, job_id)
    if row is None:
        raise not_found("job", job_id[:80])
    return row


def answer(job: Job, status: int) -> Response:
    """A job as a response, with where to find it."""
    return located(JobOut.of(job), status)


def located(shown: JobOut, status: int) -> Response:
    """The same of one that is shown already."""
    headers = {"Location": f"/api/v1/jobs/{shown.id}"}
    return Response(shown.model_dump_json(), status, headers, media_type="application/json")
