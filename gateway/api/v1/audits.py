"""Audits: the whole ledger derived again from block 0, as a job with progress and a result signed by who asked."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Response

from gateway.api.depends import Db, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged
from gateway.api.v1.common import Running
from gateway.api.v1.jobs import JobOut, Prefer, answer, waited
from gateway.db import jobs as table
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.jobs import audits, intake

__all__ = ["router"]

router = APIRouter(tags=["audits"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.AUDIT_READ)]
Runner = Annotated[Principal, May(Action.AUDIT_RUN)]


@router.post(
    "/audits",
    status_code=202,
    response_model=JobOut,
    responses={201: {"model": JobOut, "description": "Finished within the wait"}},
)
async def run(
    caller: Runner,
    jobs: Running,
    prefer: Prefer = None,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Response:
    """Audit the ledger. The job tells its progress, then the signed result."""
    asked = intake.Asked(caller.org, audits.KIND, {}, audits.KIND, idempotency_key=idempotency_key)
    accepted = await asyncio.wrap_future(jobs.intake.submit(asked))
    job = await waited(jobs, caller.org, accepted.job_id, prefer)
    return answer(job, 202 if job.finished_at is None else 201)


@router.get("/audits")
def list_audits(caller: Reader, db: Db, at: Paged) -> Page[JobOut]:
    """One's own organisation's audits, the newest first."""
    rows = table.jobs_of(db, caller.org, before=at.after, limit=at.more, kind=audits.KIND)
    return at.page(rows, JobOut.of, lambda row: row.id)
