"""An auditor's pages: audits from block 0, an explorer of what stands on the ledger, a seeded sample, the evidence to take away.

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
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs.audits import KIND
from gateway.jobs.intake import Asked
from gateway.service import indexing
from gateway.web import formats, words
from gateway.web.certificates import attachment
from gateway.web.depends import As, gone, router_of_pages
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
    result: dict[str, Any] | None
    fault: Fault | None
    to_sign: bool


@router.get("/audit")
def audits(request: Request, who: Auditor, home: Installed, form: As = "") -> Response:
    """Audits so far."""
    with home.database.session() as session:
        rows = job_table.jobs_of(session, who.org, before=None, limit=100, kind=KIND)
    runs = [_run(row, language_of(request)) for row in rows]
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def verdict(run: Run) -> str:
        return run.result["verdict"] if run.result else "–"

    columns = (
        Column(say(request, "Started"), lambda run: run.when, lambda run: cells.linked(f"/audit/{run.id}", run.when)),
        Column(say(request, "Up to block"), lambda run: run.result["to_block"] if run.result else run.at, numeric=True),
        Column(say(request, "Findings"), lambda run: len(run.result["findings"]) if run.result else None, numeric=True),
        Column(say(request, "Result"), verdict, lambda run: cells.verdict(verdict(run)) if run.result else say(request, "to be signed") if run.to_sign else say(request, "running") if not run.finished else say(request, "failed")),
    )  # fmt: skip
    table = Table(say(request, "Audits"), columns, runs, say(request, "No audit yet."))
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
        result.get("report"),
        fault,
        progress.get("code") == "SIGNATURE_NEEDED" and not finished,
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
        assets = [{"org": a.org, "asset_id": a.asset_id, "root": a.root, "block": a.block, "standing": a.standing} for a in listing.registered_where(session, limit=10**6)]  # fmt: skip
        pledges = [_pledge_document(*found) for found in listing.pledges_where(session, limit=10**6)]
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


# ── explorer

_LISTS = (
    ("members", words.N_("Members")),
    ("batches", words.N_("Batches")),
    ("assets", words.N_("Assets")),
    ("pledges", words.N_("Locks")),
    ("access", words.N_("Permissions and readings")),
)


@router.get("/explore")
def explore(
    request: Request,
    _: Annotated[Principal, May(Action.LEDGER_EXPLORE)],
    home: Installed,
    list: Annotated[str, Query(pattern="^(members|batches|assets|pledges|access)$")] = "members",
    q: Annotated[str, Query(max_length=120)] = "",
    form: As = "",
) -> Response:
    """Lists of what stands on the ledger, searched by id, hash or number."""
    indexing.sync(home)
    wanted = q.strip()
    table = _LISTED[list](request, home, wanted)
    if form:
        return export(table, form, list)
    chart = _chart(request, home) if list == "members" and not wanted else None
    lists = [(key, say(request, label)) for key, label in _LISTS]
    return render(request, "explore.html", which=list, lists=lists, query=wanted, table=table, chart=chart)


def _chart(request: Request, home: Installation) -> str:
    with home.database.session() as session:
        counted, parties = listing.counts(session), Parties(session)
    orgs = sorted(counted["assets"] | counted["pledges"], key=lambda org: -counted["assets"].get(org, 0))
    series = [
        {"name": say(request, "Assets"), "data": [counted["assets"].get(org, 0) for org in orgs]},
        {"name": say(request, "Locks"), "data": [counted["pledges"].get(org, 0) for org in orgs]},
    ]
    return json.dumps({"labels": [parties[org].name for org in orgs], "series": series}, ensure_ascii=False)


def _members(request: Request, home: Installation, q: str) -> Table:
    with home.database.session() as session:
        parties, counted = Parties(session).all(), listing.counts(session)
    rows = [p for p in parties if not q or q in p.name or q.upper() in p.identifier or p.org.startswith(q)]
    columns = (
        Column(say(request, "Member"), str, lambda p: p.html()),
        Column(say(request, "Admitted as"), lambda p: ", ".join(say(request, words.ROLES[str(r.name).lower()]) for r in p.roles)),
        Column(say(request, "Assets"), lambda p: counted["assets"].get(p.org, 0), numeric=True),
        Column(say(request, "Locks"), lambda p: counted["pledges"].get(p.org, 0), numeric=True),
        Column(say(request, "State"), lambda p: say(request, "suspended") if p.suspended else say(request, "active")),
    )  # fmt: skip
    return Table(say(request, "Members"), columns, rows, say(request, "Nothing fits."))


def _batches(request: Request, home: Installation, q: str) -> Table:
    with home.database.session() as session:
        parties, rows = Parties(session), listing.batches_of(session, None)
    rows = [row for row in rows if not q or row[1].startswith(q)]
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Issuer"), lambda row: parties[row[0]], lambda row: parties[row[0]].html()),
        Column(say(request, "Batch"), lambda row: row[1], lambda row: cells.linked(f"/explore?list=assets&q={row[1]}", formats.short(row[1]))),
        Column(say(request, "Block"), lambda row: row[2], numeric=True),
        Column(say(request, "Assets"), lambda row: row[3], numeric=True),
    )  # fmt: skip
    return Table(say(request, "Batches"), columns, rows, say(request, "Nothing fits."))


def _assets(request: Request, home: Installation, q: str) -> Table:
    with home.database.session() as session:
        parties = Parties(session)
        by_number = q and not q.startswith("0x")
        ids = listing.ids_with(session, number=q if by_number else "", sha256=q) if q else []
        rows = (
            listing.registered_where(session, prefix="" if by_number else q)
            if not q or q.startswith("0x")
            else []
        )
        rows = rows or listing.registered_where(session, ids=ids)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def state(row: Any) -> tuple[str, str]:
        return words.STANDINGS[row.standing]

    columns = (
        Column(say(request, "Issuer"), lambda row: parties[row.org], lambda row: parties[row.org].html()),
        Column(say(request, "Asset"), lambda row: row.asset_id, lambda row: cells.ident(row.asset_id)),
        Column(say(request, "Batch"), lambda row: row.root, lambda row: cells.ident(row.root)),
        Column(say(request, "Block"), lambda row: row.block, numeric=True),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
    )  # fmt: skip
    return Table(
        say(request, "Assets"),
        columns,
        rows,
        say(request, "Nothing fits: no such asset stands on this ledger."),
    )


def _pledges(request: Request, home: Installation, q: str) -> Table:
    with home.database.session() as session:
        parties, rows = Parties(session), listing.pledges_where(session, prefix=q)
    return pledge_table(request, parties, rows)


def pledge_table(
    request: Request, parties: Parties, rows: Sequence[tuple[IndexedPledge, Sequence[IndexedClaim]]]
) -> Table:
    """Pledges with their parties; the identity's lock history is one search away."""
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Debtor"), lambda row: parties[row[0].debtor], lambda row: parties[row[0].debtor].html()),
        Column(say(request, "Lender"), lambda row: parties[row[0].lender], lambda row: parties[row[0].lender].html()),
        Column(say(request, "Lock"), lambda row: row[0].pledge_id, lambda row: cells.ident(row[0].pledge_id)),
        Column(say(request, "Identity"), lambda row: row[1][0].fingerprint, lambda row: cells.linked(f"/explore?list=pledges&q={row[1][0].fingerprint}", formats.short(row[1][0].fingerprint))),
        Column(say(request, "Asset"), lambda row: row[1][0].asset_id, lambda row: cells.linked(f"/explore?list=assets&q={row[1][0].asset_id}", formats.short(row[1][0].asset_id))),
        Column(say(request, "Receivables"), lambda row: len(row[1]), numeric=True),
        Column(say(request, "State"), lambda row: say(request, words.PLEDGES[row[0].status][0]), lambda row: cells.state(words.PLEDGES[row[0].status])),
    )  # fmt: skip
    return Table(say(request, "Locks"), columns, rows, say(request, "Nothing fits."))


_EVENTS = {
    "granted": words.N_("permission given"),
    "ended": words.N_("permission ended"),
    "read": words.N_("read"),
    "shredded": words.N_("content destroyed"),
}


def _access(request: Request, home: Installation, q: str) -> Table:
    with home.database.session() as session:
        parties, rows = Parties(session), listing.accesses(session)
    rows = [row for row in rows if not q or row.subject.startswith(q)]
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Block"), lambda row: row.block, numeric=True),
        Column(say(request, "What"), lambda row: say(request, _EVENTS[row.event])),
        Column(say(request, "Who"), lambda row: parties[row.org], lambda row: parties[row.org].html()),
        Column(say(request, "Permission"), lambda row: row.subject, lambda row: cells.ident(row.subject)),
    )
    return Table(say(request, "Permissions and readings"), columns, rows, say(request, "Nothing fits."))


_LISTED = {
    "members": _members,
    "batches": _batches,
    "assets": _assets,
    "pledges": _pledges,
    "access": _access,
}


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
        parties, everything = Parties(session), listing.pledges_where(session, limit=10**6)
        block = listing.index_block(session)
    drawn = draw(everything, seed, n) if seed else []
    table = pledge_table(request, parties, drawn) if seed else None
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
