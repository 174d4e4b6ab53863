"""The job board and one job: seven stations, what is missing, share it as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.listing import Held
from gateway.db.models import Asset
from gateway.db.paging import WHOLE, sliced
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs import drafts
from gateway.service import dossiers, indexing, offering
from gateway.signing.signatory import all_of
from gateway.web import words
from gateway.web.board import JobView, job_view
from gateway.web.certificates import attachment, held_table
from gateway.web.depends import As, Shown, gone, router_of_pages
from gateway.web.offers import Permitted, parties_to_read, thirty_days_on
from gateway.web.render import render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.ASSETS_READ)]


@router.get("/jobs")
def board(request: Request, who: Reader, home: Installed, cut: Shown, form: As = "") -> Response:
    """Every job, those with something missing first."""
    with home.database.session() as session:
        found = listing.jobs(session, who.org)
    jobs = sorted((job_view(name, assets) for name, assets in found.items()), key=lambda job: not job.missing)
    if form:
        return export(_table(request, jobs), form, "jobs")
    held_back = sum((job.held_back or Decimal(0) for job in jobs), Decimal(0))
    missing = sum(bool(job.missing) for job in jobs)
    board = Table.of(say(request, "Jobs"), (), sliced(jobs, cut))
    return render(request, "jobs.html", board=board, missing=missing, held_back=held_back)


def _table(request: Request, jobs: Sequence[JobView]) -> Table:
    def missing(job: JobView) -> str:
        return ", ".join(say(request, words.KINDS[one.kind]) for one in job.missing)

    columns = (
        Column(say(request, "Job"), lambda job: job.name),
        Column(say(request, "Buyer"), lambda job: job.buyer),
        Column(say(request, "Amount"), lambda job: job.amount),
        Column(say(request, "missing"), missing),
        Column(say(request, "not yet financeable"), lambda job: job.held_back),
    )
    return Table(say(request, "Jobs"), columns, jobs)


def _assets(home: Installation, org: str, name: str) -> list[Asset]:
    with home.database.session() as session:
        assets = listing.jobs(session, org).get(name)
    if not assets:
        raise NotFoundError("NOT_FOUND", f"there is no job {name!r}")
    return assets


@router.get("/jobs/{name}")
def one(request: Request, who: Reader, home: Installed, name: str, form: As = "") -> Response:
    """One job: its stations and its papers."""
    indexing.sync(home)
    assets = _assets(home, who.org, name)
    with home.database.session() as session:
        rows = listing.held_among(session, who.org, [one.asset_id for one in assets])
        locks = listing.locked(session, who.org)
    part = sliced(sorted(rows, key=_place), WHOLE)
    table = held_table(request, who.organisation, part, locks)
    if form:
        return export(table, form, name)
    return render(request, "job.html", job=job_view(name, assets), table=table)


def _place(row: Held) -> tuple[int, str]:
    """Papers of a job from order to payment, those of a station by their number."""
    order = [kind for kind, _ in words.STATIONS]
    kind = row.asset.kind
    return order.index(kind) if kind in order else len(order), listing.number_of(row.asset) or ""


@router.get("/jobs/{name}/dossier.json")
def dossier(who: Reader, home: Installed, name: str) -> Response:
    """The receipts of the whole job, to be verified together."""
    return attachment(dossiers.document(home, who.organisation, name), "application/json", "job.dossier.json")


@router.get("/jobs/{name}/share")
def share_form(request: Request, who: Reader, home: Installed, name: str) -> HTMLResponse:
    """To whom, for what, until when."""
    _assets(home, who.org, name)
    return render(
        request,
        "share.html",
        name=name,
        back=f"/jobs/{name}",
        path=request.url.path,
        readers=parties_to_read(home, who.org),
        until=thirty_days_on(home),
        may_sign=may(who, Action.GRANTS_GIVE),
    )


@router.post("/jobs/{name}/share")
def share(
    who: Annotated[Principal, May(Action.GRANTS_GIVE)], home: Installed, name: str, said: Permitted
) -> Response:
    """One grant for each paper of the job."""
    give = partial(offering.grant, home, who.organisation)
    all_of(partial(give, asset_id, said) for asset_id in _readable(home, who.org, name))
    return gone("/readers")


@router.post("/jobs/{name}/share/draft")
def share_draft(
    who: Annotated[Principal, May(Action.ASSETS_CERTIFY)], home: Installed, name: str, said: Permitted
) -> Response:
    """Put it before the signatory."""
    detail = {"assets": _readable(home, who.org, name), **said.to_json()}
    with home.database.session() as session:
        drafts.prepare(session, who, Action.GRANTS_GIVE, name, detail)
    return gone("/drafts")


def _readable(home: Installation, org: str, name: str) -> list[str]:
    """The papers of a job whose content is still there."""
    assets = _assets(home, org, name)
    return [row.asset_id for row in assets if row.fields is not None and row.root is not None]
