"""An auditor's pages: audits from block 0, a seeded sample, the evidence to take away.

An auditor sees nothing of content without a grant. Gaps are findings, never blanks.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Here, Installed, May
from gateway.db import jobs as job_table
from gateway.db import listing
from gateway.db.models import IndexedClaim, IndexedPledge
from gateway.db.paging import WHOLE, sliced
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs.audits import KIND
from gateway.jobs.intake import Asked
from gateway.service import indexing
from gateway.web import formats
from gateway.web.certificates import attachment
from gateway.web.depends import As, Shown, gone, router_of_pages
from gateway.web.explorer import pledge_table
from gateway.web.faults import Fault, fault_of
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Auditor = Annotated[Principal, May(Action.AUDIT_RUN)]


@dataclass(frozen=True)
class Run:
    """One audit: how far it is, and its result."""

    id: str
    when: str
    at: int
    last: int
    finished: bool
    to_sign: bool
    result: dict[str, Any] | None
    fault: Fault | None


@router.get("/audit")
def audits(request: Request, who: Auditor, home: Installed, cut: Shown, form: As = "") -> Response:
    """Audits so far."""
    with home.database.session() as session:
        part = job_table.jobs_in(session, who.org, KIND, cut)
    runs = part.map(lambda row: _run(row, language_of(request)))
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def verdict(run: Run) -> str:
        return run.result["verdict"] if run.result else "–"

    columns = (
        Column(say(request, "Started"), lambda run: run.when, lambda run: cells.linked(f"/audit/{run.id}", run.when)),
        Column(say(request, "Up to block"), lambda run: run.result["to_block"] if run.result else run.at, numeric=True),
        Column(say(request, "Findings"), lambda run: len(run.result["findings"]) if run.result else None, numeric=True),
        Column(say(request, "Result"), verdict, lambda run: cells.verdict(verdict(run)) if run.result else say(request, "to be signed") if run.to_sign else say(request, "running") if not run.finished else say(request, "failed")),
    )  # fmt: skip
    table = Table.of(say(request, "Audits"), columns, runs, say(request, "No audit yet."))
    return export(table, form, "audits") if form else render(request, "audit.html", runs=table)


def _run(row: Any, language: str) -> Run:
    progress, result = row.progress or {}, row.result or {}
    when = formats.time(row.created_at).striptags()
    finished = row.state in ("done", "failed")
    fault = None
    if row.state == "failed":
        error = result.get("error", {"code": "INTERNAL", "message": ""})
        fault = fault_of(language, error["code"], error["message"])
    return Run(
        row.id,
        when,
        progress.get("block", 0),
        progress.get("last_block", 0),
        finished,
        progress.get("code") == "SIGNATURE_NEEDED" and not finished,
        result.get("report"),
        fault,
    )


@router.post("/audit")
def start(who: Auditor, gateway: Here) -> Response:
    """A new audit."""
    asked = Asked(org=who.org, kind=KIND, request={"files": []}, digest="")
    accepted = gateway.jobs.intake.submit(asked).result(timeout=20)
    return gone(f"/audit/{accepted.job_id}")


def _row(home: Installation, who: Principal, run_id: str) -> Any:
    with home.database.session() as session:
        row = job_table.job(session, who.org, run_id)
    if row is None or row.kind != KIND:
        raise NotFoundError("NOT_FOUND", f"there is no audit {run_id}")
    return row


@router.get("/audit/{run_id}")
def one(request: Request, who: Auditor, home: Installed, run_id: str, form: As = "") -> Response:
    """One audit: its progress, then its result."""
    run = _run(_row(home, who, run_id), language_of(request))
    columns = (
        Column(say(request, "Code"), lambda finding: finding["code"]),
        Column(say(request, "What was found"), lambda finding: finding["message"]),
        Column(say(request, "Evidence"), lambda finding: json.dumps(finding["evidence"], ensure_ascii=False)),
    )
    rows = run.result["findings"] if run.result else []
    table = Table(
        say(request, "Findings"),
        columns,
        rows,
        say(request, "No findings: nothing is missing and nothing contradicts."),
    )
    return (
        export(table, form, "findings")
        if form
        else render(request, "audit_run.html", run=run, findings=table)
    )


@router.get("/audit/{run_id}/result.json")
def result(who: Auditor, home: Installed, run_id: str) -> Response:
    """The signed result."""
    return attachment(_document(_row(home, who, run_id)), "application/json", f"{run_id}.json")


def _document(row: Any) -> bytes:
    if row.state != "done":
        raise NotFoundError(
            "NOT_FINISHED", "this audit has no result: wait until it ends, or start a new one"
        )
    return json.dumps(row.result, ensure_ascii=False, indent=1).encode()


@router.get("/audit/{run_id}/evidence.zip")
def evidence(who: Auditor, home: Installed, run_id: str) -> Response:
    """The signed result, the ledger's descriptor, every registered asset and pledge, and a list of hashes of them all."""
    row = _row(home, who, run_id)
    indexing.sync(home)
    with home.database.session() as session:
        assets = [{"org": a.org, "asset_id": a.asset_id, "root": a.root, "block": a.block, "standing": a.standing} for a in listing.registered_where(session, WHOLE).rows]  # fmt: skip
        pledges = [_pledge_document(*found) for found in listing.pledges_where(session, WHOLE).rows]
    files = {
        "audit.json": _document(row),
        "ledger.json": home.home.descriptor.read_bytes(),
        "assets.json": json.dumps(assets, indent=0).encode(),
        "pledges.json": json.dumps(pledges, indent=0).encode(),
    }
    files["SHA256SUMS"] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return attachment(out.getvalue(), "application/zip", f"{run_id}.zip")


def _pledge_document(pledge: IndexedPledge, claims: Sequence[IndexedClaim]) -> dict[str, Any]:
    listed = [
        {"fingerprint": c.fingerprint, "asset_id": c.asset_id, "share": c.share, "rank": c.rank}
        for c in claims
    ]
    return {"pledge_id": pledge.pledge_id, "debtor": pledge.debtor, "lender": pledge.lender, "status": pledge.status, "expires_at": pledge.expires_at, "claims": listed}  # fmt: skip


# ── sample


@router.get("/sampling")
def sampling(
    request: Request,
    _: Auditor,
    home: Installed,
    seed: Annotated[str, Query(max_length=64)] = "",
    n: Annotated[int, Query(ge=1, le=500)] = 10,
    form: As = "",
) -> Response:
    """Draw a stratified sample of locks with a seed."""
    indexing.sync(home)
    with home.database.session() as session:
        parties, everything = Parties(session), listing.pledges_where(session, WHOLE).rows
        block = listing.index_block(session)
    drawn = draw(everything, seed, n) if seed else []
    table = pledge_table(request, parties, sliced(drawn, WHOLE)) if seed else None
    if form and table is not None:
        return export(table, form, "sample")
    return _sample_page(request, seed, n, table, len(everything), block)


def _sample_page(
    request: Request, seed: str, n: int, table: Table | None, all: int, block: int | None
) -> HTMLResponse:
    return render(request, "sampling.html", seed=seed or "2026-Q3", n=n, table=table, all=all, as_of=block)


def draw(rows: Sequence[Any], seed: str, n: int) -> list[Any]:
    """`n` of them, each lender in proportion (largest remainder), within a lender by SHA-256 of seed and id."""
    strata: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        strata[row[0].lender].append(row)
    n = min(n, len(rows))
    exact = {lender: n * len(found) / len(rows) for lender, found in strata.items()}
    share = {lender: int(value) for lender, value in exact.items()}
    behind = sorted(exact, key=lambda lender: (share[lender] - exact[lender], lender))
    for lender in behind[: n - sum(share.values())]:
        share[lender] += 1
    drawn: list[Any] = []
    for lender in sorted(strata):
        ordered = sorted(
            strata[lender], key=lambda row: hashlib.sha256(f"{seed}\n{row[0].pledge_id}".encode()).digest()
        )
        drawn += ordered[: share[lender]]
    return drawn
