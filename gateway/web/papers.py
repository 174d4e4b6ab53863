"""The drop zone: files come one by one, each is read and shown for confirmation, what is confirmed is certified by jobs of its own.

All of it is on the server as soon as a file has come: a page that is closed or loaded again loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import File, Header, Request, Response, UploadFile
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from gateway.api.depends import Here, Installed, May
from gateway.api.guard import body_limit
from gateway.db import jobs as job_table
from gateway.db import listing
from gateway.db import papers as table
from gateway.db.models import Asset
from gateway.db.papers import Paper
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs import drafts
from gateway.jobs import papers as sending
from gateway.jobs.running import Jobs
from gateway.web import originals, words
from gateway.web.certificates import attachment, picture
from gateway.web.depends import gone, router_of_pages
from gateway.web.faults import Fault, fault_of
from gateway.web.render import language_of, render
from gateway.web.report import facts_of
from gateway.web.said import Said

__all__ = ["router"]

router = router_of_pages()
LIMIT = 257 * 2**20
_PIECE = 2**20
KEPT = 90 * 86_400
Certifier = Annotated[Principal, May(Action.ASSETS_CERTIFY)]


@dataclass(frozen=True)
class PaperView:
    """A paper on the list: `state` is reading, refused, ready, waiting (for a signatory), certifying, failed or certified."""

    id: str
    name: str
    state: str
    words: tuple[str, str]
    kind: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    job: str | None = None
    asset_id: str | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it waits to be confirmed."""
        return self.state == "ready"


@router.get("/papers")
def papers(request: Request, who: Certifier, home: Installed) -> HTMLResponse:
    """The drop zone and the list."""
    views = _views(home, who, language_of(request))
    with home.database.session() as session:
        known = list(listing.jobs(session, who.org))
    return render(
        request,
        "papers.html",
        block="list_box",
        papers=views,
        said=lambda view: Said(view.facts, who.organisation),
        ready=sum(one.ready for one in views),
        busy=any(one.state in ("reading", "certifying") for one in views),
        known_jobs=known,
        may_sign=may(who, Action.APPROVALS_DECIDE),
    )


def _views(home: Installation, who: Principal, language: str) -> list[PaperView]:
    with home.database.session() as session:
        rows = table.papers_of(session, who.org)
        jobs = {row.job: job_table.job(session, who.org, row.job) for row in rows if row.job}
        orders, waits = _orders(session, who.org), _waiting(session, who.org)
        views = [_view(row, jobs.get(row.job or ""), orders, language) for row in rows]
        numbers = {one.facts["number"] for one in views if one.ready and "number" in one.facts}
        standing = {
            _bill(a.kind, facts_of(a.fields or {})): a
            for a in listing.bills_numbered(session, who.org, numbers)
        }
    return [_in_its_place(view, waits, standing, language) for view in views]


def _bill(kind: str | None, facts: Mapping[str, str]) -> tuple[str | None, ...]:
    """What one bill is told from another by."""
    return kind, facts.get("seller_id"), facts.get("number")


def _in_its_place(
    view: PaperView, waits: Collection[str], standing: Mapping[tuple[str | None, ...], Asset], language: str
) -> PaperView:
    """A paper that is ready, as what else is known of it: it waits for a signatory, or its bill is certified already."""
    if not view.ready:
        return view
    if view.id in waits:
        return replace(view, state="waiting", words=words.DRAFT_WAITING)
    if (before := standing.get(_bill(view.kind, view.facts))) is None:
        return view
    day = (before.fields or {})["asset.issued_at"][:10]
    told = fault_of(language, "CERTIFIED_BEFORE", f"certified already on {day}")
    return replace(view, asset_id=before.asset_id, faults=(told, *view.faults))


def _orders(session: Any, org: str) -> dict[str, str]:
    """Which job an order number belongs to, as far as it is certified."""
    found: dict[str, str] = {}
    for name, assets in listing.jobs(session, org).items():
        for asset in assets:
            if asset.kind == "purchase-order" and (number := listing.number_of(asset)):
                found[number] = name
    return found


def _view(row: Paper, job: Any, orders: Mapping[str, str], language: str) -> PaperView:
    reading = row.reading
    if reading is None:
        return PaperView(row.id, row.name, "reading", words.PAPER_READING)
    if reading["error"] is not None:
        fault = fault_of(language, reading["error"]["code"], reading["error"]["message"])
        return PaperView(row.id, row.name, "refused", words.PAPER_REFUSED, faults=(fault,))
    told = tuple(fault_of(language, one["code"], one["message"]) for one in reading["warnings"][:4])
    state, word, asset_id, failed = _state(row, job, language)
    proposed = (
        row.dossier if row.dossier is not None else _proposed(reading["kind"], reading["facts"], orders)
    )
    return PaperView(
        row.id, row.name, state, word, reading["kind"], reading["facts"], proposed, asset_id, failed or told
    )


def _state(row: Paper, job: Any, language: str) -> tuple[str, tuple[str, str], str | None, tuple[Fault, ...]]:
    if row.job is None:
        return "ready", words.PAPER_READY, None, ()
    if job is None or job.state in ("queued", "running"):
        to_sign = job is not None and (job.progress or {}).get("code") == "SIGNATURE_NEEDED"
        return "certifying", words.TO_BE_SIGNED if to_sign else words.PAPER_CERTIFYING, None, ()
    files = (job.result or {}).get("files", [])
    at = next((n for n, one in enumerate(job.request["files"]) if one.get("paper") == row.id), None)
    if job.state == "failed" or at is None or at >= len(files):
        error = (job.result or {}).get("error") or {"code": "INTERNAL", "message": "it failed"}
        return "failed", words.PAPER_FAILED, None, (fault_of(language, error["code"], error["message"]),)
    if (asset := files[at]["asset"]) is None:
        error = files[at]["error"]
        return "failed", words.PAPER_FAILED, None, (fault_of(language, error["code"], error["message"]),)
    word = words.PAPER_EXISTING if asset["existing"] else words.PAPER_CERTIFIED
    told = tuple(fault_of(language, one["code"], one["message"]) for one in asset["warnings"][:4])
    return "certified", word, asset["asset_id"], told


def _proposed(kind: str, facts: Mapping[str, str], orders: Mapping[str, str]) -> str | None:
    """The job of the order that a paper names; an order that is new makes one."""
    for name in ("order_number", "order.0001.buyer_order_number", "number"):
        number = facts.get(name)
        if number and number in orders:
            return orders[number]
    named = facts.get("order_number") or facts.get("order.0001.buyer_order_number")
    return named or (facts.get("number") if kind == "purchase-order" else None)


@router.post("/papers", openapi_extra=body_limit(LIMIT, streamed=True))
def take(
    request: Request,
    who: Certifier,
    home: Installed,
    gateway: Here,
    file: Annotated[UploadFile, File()],
    x_upload_token: Annotated[str, Header(min_length=8, max_length=64)],
) -> Response:
    """One file. Sent again under the same token, it is the same paper."""
    with home.database.session() as session:
        if table.paper_with(session, who.org, x_upload_token) is not None:
            return Response(status_code=204)
    gateway.jobs.require_room()
    writing = gateway.jobs.spool.begin(_clean(file.filename))
    try:
        while data := file.file.read(_PIECE):
            writing.write(data)
        kept = writing.done()
    except BaseException:
        writing.give_up()
        raise
    gateway.jobs.spool.settle([kept.id])
    with home.database.session() as session:
        session.add(
            job_table.Upload(
                id=kept.id, org=who.org, sha256=kept.sha256, bytes=kept.bytes, name=kept.name,
                expires_at=home.now() + KEPT,
            )
        )  # fmt: skip
        session.add(
            Paper(
                id=kept.id, org=who.org, token=x_upload_token, name=kept.name, sha256=kept.sha256,
                bytes=kept.bytes, created_at=home.now(),
            )
        )  # fmt: skip
    request.app.state.papers.wake()
    return Response(status_code=204)


def _clean(name: str | None) -> str:
    kept = "".join(letter for letter in name or "" if letter.isprintable()).replace("\\", "/").strip("/ ")
    return kept[-240:] or "paper"


@router.get("/papers/{paper_id}")
def paper(request: Request, who: Certifier, home: Installed, gateway: Here, paper_id: str) -> HTMLResponse:
    """One paper: the document beside what was read from it."""
    view = next((one for one in _views(home, who, language_of(request)) if one.id == paper_id), None)
    if view is None or view.kind is None:
        raise NotFoundError("NOT_FOUND", f"there is no paper {paper_id}")
    data = _bytes(home, gateway, who, paper_id)
    original = originals.shown(data, list(view.facts.values())) if data is not None else None
    may_sign = may(who, Action.APPROVALS_DECIDE)
    return render(request, "paper.html", paper=view, original=original, may_sign=may_sign)


def _bytes(home: Installation, gateway: Any, who: Principal, paper_id: str) -> bytes | None:
    with home.database.session() as session:
        row = table.paper(session, who.org, paper_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", f"there is no paper {paper_id}")
    path = gateway.jobs.spool.path(row.id)
    return path.read_bytes() if path.is_file() else None


@router.get("/papers/{paper_id}/original")
def original(who: Certifier, home: Installed, gateway: Here, paper_id: str) -> Response:
    """The file as it came."""
    data = _bytes(home, gateway, who, paper_id)
    if data is None:
        raise NotFoundError("NOT_FOUND", "the file is not here any more")
    return attachment(data, "application/octet-stream", "paper")


@router.get("/papers/{paper_id}/page/{number}")
def page(who: Certifier, home: Installed, gateway: Here, paper_id: str, number: int) -> Response:
    """A page of a PDF or an OFD as a picture."""
    return picture(_bytes(home, gateway, who, paper_id) or b"", number)


@router.post("/papers/certify")
async def certify(request: Request, who: Certifier, home: Installed, gateway: Here) -> Response:
    """Certify what was confirmed, put it before the signatory, or take it off the list."""
    form = await request.form()
    chosen = [str(value) for value in form.getlist("paper")]
    named = {one: str(form.get(f"job-{one}") or "").strip() for one in chosen}
    if not named:
        raise UsageError("NOTHING_CHOSEN", "choose at least one paper")
    acts = {"remove": _remove, "draft": _prepare}
    act = acts.get(str(form.get("do")), _certify)
    await run_in_threadpool(act, home, gateway.jobs, who, named)
    return gone("/drafts" if act is _prepare else "/papers")


def _certify(_: Installation, jobs: Jobs, who: Principal, named: Mapping[str, str]) -> None:
    sending.certify(jobs, who.org, named)


def _prepare(home: Installation, _: Jobs, who: Principal, named: Mapping[str, str]) -> None:
    with home.database.session() as session:
        waits = _waiting(session, who.org)
        rows = table.papers_of(session, who.org)
        ready = [row.id for row in rows if row.id in named and sending.is_ready(row) and row.id not in waits]
        if not ready:
            raise UsageError("NOTHING_CHOSEN", "choose at least one paper that waits to be confirmed")
        detail = {"papers": {one: named[one] for one in ready}}
        drafts.prepare(session, who, Action.ASSETS_CERTIFY, ready[0], detail)


def _waiting(session: Session, org: str) -> set[str]:
    """Papers that wait for a signatory."""
    return {one for row in drafts.waiting(session, org) for one in row.detail.get("papers", ())}


def _remove(home: Installation, jobs: Jobs, who: Principal, named: Mapping[str, str]) -> None:
    with home.database.session() as session:
        if not named.keys().isdisjoint(_waiting(session, who.org)):
            raise ConflictError(
                "CONFLICT", "a paper among these waits for the signatory: withdraw what was handed over first"
            )
        rows = [row.id for row in table.papers_of(session, who.org) if row.id in named]
        table.forget(session, who.org, rows)
    jobs.spool.drop(rows)
