"""Drafts: what an accountant has prepared and a signatory signs or sends back (`gateway.jobs.drafts`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Db, Here, Installed, May
from gateway.db import listing
from gateway.db import papers as paper_table
from gateway.db.identity import Approval
from gateway.errors import NotFoundError
from gateway.identity import approvals
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.jobs import drafts
from gateway.web import formats, words
from gateway.web.depends import As, Shown, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Preparer = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
Signatory = Annotated[Principal, May(Action.APPROVALS_DECIDE)]
_THEN = {Action.ASSETS_CERTIFY: "/papers", Action.OFFERS_MAKE: "/offers", Action.GRANTS_GIVE: "/readers"}


@router.get("/drafts")
def listed(request: Request, who: Preparer, home: Installed, cut: Shown, form: As = "") -> Response:
    """What waits for a signature, and what came back."""
    with home.database.session() as session:
        part = drafts.listed(session, who.org, cut)
        titles = {row.id: _title(request, session, row) for row in part.rows}
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "What"), lambda row: say(request, words.DRAFTS[row.action])),
        Column(say(request, "Paper"), lambda row: titles[row.id], lambda row: cells.linked(f"/drafts/{row.id}", titles[row.id])),
        Column(say(request, "Prepared by"), lambda row: row.maker),
        Column(say(request, "When"), lambda row: row.made_at, lambda row: formats.time(row.made_at)),
        Column(say(request, "State"), lambda row: say(request, _state(row)[0]), lambda row: cells.state(_state(row))),
        Column(say(request, "Reason"), lambda row: row.note),
    )  # fmt: skip
    table = Table.of(say(request, "Drafts"), columns, part, say(request, "Nothing waits for a signature."))
    if form:
        return export(table, form, "drafts")
    lead = say(
        request,
        "An accountant prepares, a signatory signs or sends back. Nothing is done before it is signed.",
    )
    return render(request, "list.html", title=say(request, "Drafts"), lead=lead, tables=[(table, "/drafts")])


def _state(row: Approval) -> tuple[str, str]:
    return words.DRAFT_WAITING if row.state == approvals.PENDING else words.DRAFT_BACK


def _title(request: Request, session: Session, row: Approval) -> str:
    """The paper that it is about, the job, or how many papers."""
    if (count := len(row.detail.get("papers", row.detail.get("assets", ())))) > 1:
        return say(request, "%(n)s papers") % {"n": count}
    if row.action == Action.ASSETS_CERTIFY:
        paper = paper_table.paper(session, row.org, row.subject)
        return paper.name if paper is not None else "–"
    asset_id = next(iter(row.detail.get("assets", ())), row.subject)
    kind, number = listing.numbers(session, [asset_id]).get(asset_id, ("other", None))
    return f"{say(request, words.KINDS.get(kind, kind))} {number or formats.short(asset_id)}"


@router.get("/drafts/{draft_id}")
def one(request: Request, who: Preparer, home: Installed, draft_id: str) -> HTMLResponse:
    """What would be signed, by whom it was prepared, and the decision."""
    with home.database.session() as session:
        row = drafts.known(session, who.org, draft_id)
        if row.state not in (approvals.PENDING, approvals.REJECTED):
            raise NotFoundError("NOT_FOUND", f"the draft {draft_id} was signed: look at what came of it")
        title, lines, about = (
            _title(request, session, row),
            _lines(request, session, row),
            _about(session, row),
        )
    return render(
        request, "draft.html", title=title, draft=row, what=words.DRAFTS[row.action], state=_state(row), lines=lines, about=about,
        waits=row.state == approvals.PENDING, own=row.maker == who.user, may_sign=may(who, Action.APPROVALS_DECIDE),
    )  # fmt: skip


def _lines(request: Request, session: Session, row: Approval) -> list[tuple[str, object]]:
    """The terms, as a person reads them."""
    detail, parties = row.detail, Parties(session)
    if row.action == Action.OFFERS_MAKE:
        told = say(request, "yes, for 30 days") if detail["purpose"] else say(request, "no")
        return [
            (say(request, "Lender"), parties[detail["lender"]].html()),
            (say(request, "Share of it, in percent"), detail["percent"]),
            (say(request, "Days to accept"), detail["accept_days"]),
            (say(request, "Locked for at most (days)"), detail["days"]),
            (say(request, "May read the document"), told),
        ]
    if row.action == Action.GRANTS_GIVE:
        return [
            (say(request, "Who"), parties[detail["reader"]].html()),
            (say(request, "For what purpose"), detail["purpose"]),
            (say(request, "Until"), formats.time(detail["until"])),
        ]
    return []


def _about(session: Session, row: Approval) -> Sequence[Mapping[str, str]]:
    """The papers it is about: where each is looked at, what it is called, its job."""
    if row.action == Action.ASSETS_CERTIFY:
        named: Mapping[str, str] = row.detail["papers"]
        found = [paper_table.paper(session, row.org, one) for one in named]
        return [
            {"path": f"/papers/{p.id}", "name": p.name, "job": named[p.id]} for p in found if p is not None
        ]
    assets = row.detail.get("assets", [row.subject])
    numbers = listing.numbers(session, assets)
    return [
        {
            "path": f"/certificates/{one}",
            "name": (numbers.get(one, ("", None))[1] or formats.short(one)),
            "job": "",
        }
        for one in assets
    ]


@router.post("/drafts/{draft_id}/sign")
def sign(who: Signatory, gateway: Here, draft_id: str) -> Response:
    """Do it, in the organisation's name."""
    row = drafts.sign(gateway.jobs, who, draft_id)
    return gone(_THEN[Action(row.action)])


@router.post("/drafts/{draft_id}/back")
def send_back(
    who: Signatory, gateway: Here, draft_id: str, reason: Annotated[str, Form(min_length=1, max_length=400)]
) -> Response:
    """Give it back with a reason."""
    drafts.send_back(gateway.jobs, who, draft_id, reason)
    return gone("/drafts")


@router.post("/drafts/{draft_id}/withdrawal")
def withdraw(who: Preparer, db: Db, draft_id: str) -> Response:
    """Take back what one has prepared."""
    drafts.withdraw(db, who, draft_id)
    return gone("/drafts")
