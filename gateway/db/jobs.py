"""Tables of what the gateway has promised to do, and their SQL: jobs, and the uploads they are about. Portable to PostgreSQL.

A job is claimed by a lease, so that any number of workers share the table and a dead one's jobs come back. Only this database holds these rows.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Index,
    Row,
    String,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gateway.db.models import Base, Id
from gateway.db.paging import Cut, Part, part

__all__ = [
    "Job",
    "Upload",
    "add_jobs",
    "backlog",
    "claim",
    "drop_finished",
    "expired_uploads",
    "finish",
    "job",
    "jobs_in",
    "jobs_of",
    "keep",
    "keyed_jobs",
    "postpone",
    "release",
    "renew",
    "report_progress",
    "spooled",
    "upload_of",
    "upload_with",
]

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"


class Job(Base):
    """Something accepted: `request` says what, `result` what came of it. `group_key` names jobs that can be done in one batch.

    `lease_until` and `due` are seconds since 1970 by the machine's clock: leases are no business time.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    org: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    group_key: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(8), default=QUEUED)
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    weight: Mapped[int] = mapped_column(default=1)
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    digest: Mapped[str | None] = mapped_column(String(64))
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[float] = mapped_column(default=0.0)
    lease_until: Mapped[float] = mapped_column(default=0.0)
    worker: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("org", "idempotency_key", name="jobs_by_key"),
        Index("jobs_to_do", "kind", "state", "id"),
        Index("jobs_of_org", "org", "id"),
        Index("jobs_of_worker", "worker"),
    )


class Upload(Base):
    """A file that waits in the spool to be certified by reference."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    org: Mapped[str] = mapped_column(Id)
    sha256: Mapped[str] = mapped_column(Id)
    bytes: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uploads_by_digest", "org", "sha256"),)


def add_jobs(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Promise jobs; columns that a row leaves out take their defaults."""
    if rows:
        session.execute(insert(Job), [dict(row) for row in rows])


def keyed_jobs(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Job]:
    """Jobs by organisation and idempotency key, as far as there are any."""
    if not keys:
        return {}
    wanted = select(Job).where(Job.idempotency_key.in_({key for _, key in keys}))
    found = {(row.org, row.idempotency_key or ""): row for row in session.scalars(wanted)}
    return {key: row for key, row in found.items() if key in keys}


def job(session: Session, org: str, job_id: str) -> Job | None:
    """An organisation's job; None for another's."""
    row = session.get(Job, job_id)
    return row if row is not None and row.org == org else None


def jobs_of(
    session: Session, org: str, *, before: str | None, limit: int, kind: str | None = None
) -> list[Job]:
    """An organisation's jobs, the newest first, older than `before`."""
    query = select(Job).where(Job.org == org).order_by(Job.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Job.id < before)
    if kind is not None:
        query = query.where(Job.kind == kind)
    return list(session.scalars(query))


def jobs_in(session: Session, org: str, kind: str, cut: Cut) -> Part[Job]:
    """A part of an organisation's jobs of a kind, the newest first."""
    query = select(Job).where(Job.org == org, Job.kind == kind)
    found: Part[tuple[Job]] = part(session, query, (Job.id,), cut)
    return found.map(lambda row: row[0])


def backlog(session: Session, kind: str) -> tuple[int, float | None]:
    """How many jobs of a kind are not finished, and when the oldest of them was accepted."""
    waiting = select(func.count(), func.min(Job.created_at)).where(
        Job.kind == kind, Job.state.in_((QUEUED, RUNNING))
    )
    count, oldest = session.execute(waiting).one()
    return count, oldest


def claim(session: Session, kind: str, token: str, *, limit: int, weight: int, lease: float) -> list[Job]:
    """Take the oldest job that is due and others of its group, up to `limit` jobs and `weight` together, under a token never used before.

    A running job whose lease has run out is due: its worker is gone.
    """
    now = time.time()
    free = (Job.state == QUEUED) & (Job.due <= now)
    where = (Job.kind == kind, or_(free, (Job.state == RUNNING) & (Job.lease_until < now)))
    first = session.execute(
        select(Job.org, Job.group_key).where(*where).order_by(Job.id).limit(1)
    ).one_or_none()
    if first is None:
        return []
    same = (Job.org == first.org, Job.group_key == first.group_key)
    candidates = session.execute(
        select(Job.id, Job.weight).where(*where, *same).order_by(Job.id).limit(limit)
    )
    session.execute(
        update(Job)
        .where(Job.id.in_(_within(candidates.all(), weight)), *where)
        .values(state=RUNNING, worker=token, lease_until=now + lease, attempts=Job.attempts + 1)
    )
    return list(session.scalars(select(Job).where(Job.worker == token).order_by(Job.id)))


def _within(candidates: Sequence[Row[str, int]], weight: int) -> list[str]:
    """The first ids, as many as weigh no more than that together, but one at least."""
    ids: list[str] = []
    for job_id, one in candidates:
        weight -= one
        if ids and weight < 0:
            break
        ids.append(job_id)
    return ids


def release(session: Session) -> None:
    """At a start: whoever held a lease on SQLite is dead, and it runs out now. On PostgreSQL others may be at work, and leases run out by themselves."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(update(Job).where(Job.state == RUNNING).values(lease_until=0.0))


def spooled(session: Session) -> set[str]:
    """Ids of the files that a row names."""
    unfinished = select(Job.request).where(Job.state.in_((QUEUED, RUNNING)))
    named = {file["id"] for request in session.scalars(unfinished) for file in request.get("files", ())}
    return named | set(session.scalars(select(Upload.id)))


def renew(session: Session, worker: str, ids: Sequence[str], lease: float) -> None:
    """Hold claimed jobs for longer."""
    session.execute(
        update(Job).where(Job.id.in_(ids), Job.worker == worker).values(lease_until=time.time() + lease)
    )


def report_progress(session: Session, worker: str, job_id: str, progress: Mapping[str, Any]) -> None:
    """How far a running job has come."""
    session.execute(update(Job).where(Job.id == job_id, Job.worker == worker).values(progress=dict(progress)))


def finish(
    session: Session, worker: str, came: Mapping[str, tuple[str, Mapping[str, Any]]], at: int
) -> set[str]:
    """Say of jobs by id how they ended, DONE or FAILED, and what came of them. Gives those that it holds for: where another worker has taken
    one over, its word counts."""
    held = (Job.id.in_(came), Job.worker == worker, Job.state == RUNNING)
    taken = update(Job).where(*held).values(finished_at=at, lease_until=0.0).returning(Job.id)
    mine = set(session.scalars(taken))
    if mine:
        rows = [{"id": one, "state": came[one][0], "result": dict(came[one][1])} for one in mine]
        session.execute(update(Job), rows)
    return mine


def keep(session: Session, worker: str | None, ids: Sequence[str], said: Mapping[str, Any]) -> None:
    """Say of claimed jobs what has come of them so far, for whoever goes on with them."""
    mine = (Job.id.in_(ids), Job.worker == worker, Job.state == RUNNING)
    session.execute(update(Job).where(*mine).values(result=dict(said)))


def postpone(
    session: Session, worker: str, ids: Sequence[str], seconds: float, group_key: str | None = None
) -> None:
    """Give claimed jobs back, to be tried again later; with a `group_key` the same ones together, and no others with them."""
    again: dict[str, Any] = {"state": QUEUED, "due": time.time() + seconds, "lease_until": 0.0}
    if group_key is not None:
        again["group_key"] = group_key
    mine = (Job.id.in_(ids), Job.worker == worker, Job.state == RUNNING)
    session.execute(update(Job).where(*mine).values(again))


def drop_finished(session: Session, before: int) -> int:
    """Forget jobs that were finished before that time."""
    gone = session.execute(delete(Job).where(Job.finished_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def upload_of(session: Session, org: str, upload_id: str) -> Upload | None:
    """An organisation's upload; None for another's."""
    row = session.get(Upload, upload_id)
    return row if row is not None and row.org == org else None


def upload_with(session: Session, org: str, sha256: str) -> Upload | None:
    """An organisation's newest upload of a document."""
    where = (Upload.org == org, Upload.sha256 == sha256)
    return session.scalars(select(Upload).where(*where).order_by(Upload.id.desc()).limit(1)).first()


def expired_uploads(session: Session, now: int) -> list[str]:
    """Delete what nobody has referred to in time; the ids of the spooled files."""
    ids = list(session.scalars(select(Upload.id).where(Upload.expires_at <= now)))
    session.execute(delete(Upload).where(Upload.expires_at <= now))
    return ids
