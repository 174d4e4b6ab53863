"""The explorer: members, batches, assets, locks and permissions as they stand on the ledger, searched by id, hash or number.

Contents are not here. A search looks through everything, not through what is shown.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.models import IndexedAsset, IndexedClaim, IndexedPledge
from gateway.db.paging import Cut, Part, sliced
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import indexing
from gateway.web import formats, words
from gateway.web.depends import As, Shown, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["pledge_table", "router"]

router = router_of_pages()
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
    cut: Shown,
    list: Annotated[str, Query(pattern="^(members|batches|assets|pledges|access)$")] = "members",
    q: Annotated[str, Query(max_length=120)] = "",
    form: As = "",
) -> Response:
    """Lists of what stands on the ledger, searched by id, hash or number."""
    indexing.sync(home)
    wanted = q.strip()
    table = _LISTED[list](request, home, wanted, cut)
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


def _members(request: Request, home: Installation, q: str, cut: Cut) -> Table:
    with home.database.session() as session:
        parties, counted = Parties(session).all(), listing.counts(session)
    rows = [p for p in parties if not q or q in p.name or q.upper() in p.identifier or p.org.startswith(q)]
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Member"), str, lambda p: p.html()),
        Column(say(request, "Admitted as"), lambda p: ", ".join(say(request, words.ROLES[str(r.name).lower()]) for r in p.roles)),
        Column(say(request, "Assets"), lambda p: counted["assets"].get(p.org, 0), numeric=True),
        Column(say(request, "Locks"), lambda p: counted["pledges"].get(p.org, 0), numeric=True),
        Column(say(request, "State"), lambda p: say(request, p.state[0]), lambda p: cells.state(p.state)),
    )  # fmt: skip
    return Table.of(say(request, "Members"), columns, sliced(rows, cut), say(request, "Nothing fits."))


def _batches(request: Request, home: Installation, q: str, cut: Cut) -> Table:
    with home.database.session() as session:
        parties, part = Parties(session), listing.batches_of(session, q, cut)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Issuer"), lambda row: parties[row[0]], lambda row: parties[row[0]].html()),
        Column(say(request, "Batch"), lambda row: row[1], lambda row: cells.linked(f"/explore?list=assets&q={row[1]}", formats.short(row[1]))),
        Column(say(request, "Block"), lambda row: row[2], numeric=True),
        Column(say(request, "Assets"), lambda row: row[3], numeric=True),
    )  # fmt: skip
    return Table.of(say(request, "Batches"), columns, part, say(request, "Nothing fits."))


def _assets(request: Request, home: Installation, q: str, cut: Cut) -> Table:
    with home.database.session() as session:
        parties = Parties(session)
        part = _found(session, q, cut)
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
    nothing = say(request, "Nothing fits: no such asset stands on this ledger.")
    return Table.of(say(request, "Assets"), columns, part, nothing)


def _found(session: Session, q: str, cut: Cut) -> Part[IndexedAsset]:
    """By the beginning of an id or of a batch's root, else by a document's hash, else by a number."""
    if not q.startswith("0x"):
        return listing.registered_where(
            session, cut, ids=listing.ids_with(session, number=q, sha256=q) if q else None
        )
    part = listing.registered_where(session, cut, prefix=q)
    return (
        part
        if part.rows
        else listing.registered_where(session, cut, ids=listing.ids_with(session, number="", sha256=q))
    )


def _pledges(request: Request, home: Installation, q: str, cut: Cut) -> Table:
    with home.database.session() as session:
        parties, part = Parties(session), listing.pledges_where(session, cut, prefix=q)
    return pledge_table(request, parties, part)


def pledge_table(
    request: Request, parties: Parties, part: Part[tuple[IndexedPledge, list[IndexedClaim]]]
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
    return Table.of(say(request, "Locks"), columns, part, say(request, "Nothing fits."))


_EVENTS = {
    "granted": words.N_("permission given"),
    "ended": words.N_("permission ended"),
    "read": words.N_("read"),
    "shredded": words.N_("content destroyed"),
}


def _access(request: Request, home: Installation, q: str, cut: Cut) -> Table:
    with home.database.session() as session:
        parties, part = Parties(session), listing.accesses(session, q, cut)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Block"), lambda row: row.block, numeric=True),
        Column(say(request, "What"), lambda row: say(request, _EVENTS[row.event])),
        Column(say(request, "Who"), lambda row: parties[row.org], lambda row: parties[row.org].html()),
        Column(say(request, "Permission"), lambda row: row.subject, lambda row: cells.ident(row.subject)),
    )
    return Table.of(say(request, "Permissions and readings"), columns, part, say(request, "Nothing fits."))


_LISTED = {
    "members": _members,
    "batches": _batches,
    "assets": _assets,
    "pledges": _pledges,
    "access": _access,
}
