"""A member's keys with their intervals, and the vote for a new one in the place of an old one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Request, Response

from gateway.api.depends import Installed, May
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import consortium, indexing, published_keys
from gateway.web import formats, words
from gateway.web.depends import As, Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.types import parse_hex32

__all__ = ["router"]

router = router_of_pages()
Registrar = Annotated[Principal, May(Action.KEYS_MANAGE)]


@router.get("/keys")
def keys(
    request: Request,
    who: Registrar,
    home: Installed,
    member: str = "",
    form: As = "",
) -> Response:
    """A member's keys with their intervals."""
    indexing.sync(home)
    with home.database.session() as session:
        parties = Parties(session).all()
    chosen = member if any(party.org == member for party in parties) else who.org
    table = _keys(request, home, chosen)
    if form:
        return export(table, form, "keys")
    held = next((one for one in home.book.all() if one.hex == chosen), None)
    keyless = not table.rows
    own = held is not None and "account" in home.keys.purposes(held.short)
    rotatable = [(name, say(request, words.PURPOSES[name])) for name in home.keys.purposes(held.short) if name in words.PURPOSES and name != "fingerprint"] if held else []  # fmt: skip
    options = [(party.org, str(party)) for party in parties]
    return render(
        request, "keys.html", members=options, member=chosen, table=table, own=own, rotatable=rotatable, keyless=keyless, short=held.short if held is not None else "",
        proposed=home.places.staged(held.short) if held is not None else None,
    )  # fmt: skip


def _keys(request: Request, home: Installation, org: str) -> Table:
    rows: list[dict[str, Any]] = published_keys.keys_of(home, parse_hex32(org))
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    now = home.now()

    def state(row: dict[str, Any]) -> tuple[str, str]:
        return words.KEY_VALID if row["valid_until"] is None or row["valid_until"] > now else words.KEY_OVER

    columns = (
        Column(say(request, "Purpose"), lambda row: say(request, words.PURPOSES.get(row["purpose"], row["purpose"]))),
        Column(say(request, "Valid from"), lambda row: row["valid_from"], lambda row: formats.time(row["valid_from"])),
        Column(say(request, "Valid until"), lambda row: row["valid_until"], lambda row: formats.time(row["valid_until"])),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
        Column(say(request, "Key"), lambda row: row["key_id"], lambda row: cells.ident(row["key_id"])),
    )  # fmt: skip
    return Table(say(request, "Keys"), columns, rows, say(request, "No keys yet."))


@router.post("/keys/{org}/first")
def keep(
    who: Registrar, home: Installed, org: Id, short: Annotated[str, Form(min_length=1, max_length=32)]
) -> Response:
    """One vote for each of the first keys of a member that this installation is to keep the keys of."""
    published_keys.keep(
        home, consortium.known_here(home, parse_hex32(org), short.strip()), [who.organisation]
    )
    return gone("/admissions")


@router.post("/keys/{org}/rotate")
def rotate(
    who: Registrar,
    home: Installed,
    org: Id,
    purpose: Annotated[str, Form(pattern="^[a-z]{3,12}$")],
) -> Response:
    """One vote for a new key; it takes the old one's place once enough have voted."""
    member = home.book.find(org)
    published_keys.rotate(home, member, purpose, [who.organisation])
    return gone(f"/keys?member={org}")
