"""Dropped papers on their way to be certified: one job of the queue for each job of the enterprise.

Reading them is `gateway.web.reading`'s; what certifies them is `gateway.jobs.certification`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from gateway.db import papers as table
from gateway.db.papers import Paper
from gateway.errors import UsageError
from gateway.jobs.certification import KIND, group_key
from gateway.jobs.intake import Asked
from gateway.jobs.running import Jobs
from gateway.jobs.spool import SpooledFile

__all__ = ["certify", "is_ready"]

_WAIT = 20


def is_ready(row: Paper) -> bool:
    """Whether it was read and nobody has sent it yet."""
    return row.job is None and bool(row.reading) and row.reading["error"] is None  # type: ignore[index]


def certify(jobs: Jobs, org: str, dossiers: Mapping[str, str]) -> None:
    """Send papers (by id, each with the dossier it belongs to, or none) to be certified. UsageError where none of them waits for it."""
    with jobs.installation.database.session() as session:
        rows = [row for row in table.papers_of(session, org) if row.id in dossiers and is_ready(row)]
    if not rows:
        raise UsageError("NOTHING_CHOSEN", "choose at least one paper that waits to be confirmed")
    by_dossier: dict[str, list[Paper]] = {}
    for row in rows:
        by_dossier.setdefault(dossiers[row.id], []).append(row)
    for dossier, group in by_dossier.items():
        _send(jobs, org, dossier or None, group)


def _send(jobs: Jobs, org: str, dossier: str | None, rows: Sequence[Paper]) -> None:
    """One certification job; papers keep their file for their page, the job gets links of its own."""
    linked = [jobs.spool.link(SpooledFile(row.id, row.name, row.sha256, row.bytes)) for row in rows]
    files = [
        {"id": one.id, "name": one.name, "sha256": one.sha256, "bytes": one.bytes, "paper": row.id}
        for one, row in zip(linked, rows, strict=True)
    ]
    key = hashlib.sha256("\n".join(sorted(row.id for row in rows)).encode()).hexdigest()
    asked = Asked(
        org=org, kind=KIND, request={"files": files, "dossier": dossier, "links": [], "replaces": None}, digest=key,
        group_key=group_key(dossier, []), weight=len(files), idempotency_key=f"papers-{key}",
        files=[one.id for one in linked],
    )  # fmt: skip
    accepted = jobs.intake.submit(asked).result(timeout=_WAIT)
    with jobs.installation.database.session() as session:
        table.mark(session, org, [row.id for row in rows], accepted.job_id, dossier)
