"""Keys of an organisation's machines, for its administrators: made, shown once, ended."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Db, Here, Installed, May
from gateway.db import identity as table
from gateway.db import staff
from gateway.db.identity import ApiKey
from gateway.db.paging import Part
from gateway.errors import NotFoundError
from gateway.identity import keys
from gateway.identity.logins import admitted
from gateway.identity.principal import Principal
from gateway.identity.roles import Action, UserRole
from gateway.identity.tokens import now
from gateway.web import formats, words
from gateway.web.depends import As, Shown, Sought, gone, router_of_pages
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Administrator = Annotated[Principal, May(Action.API_KEYS_MANAGE)]


@router.get("/machines")
def machines(
    request: Request,
    who: Administrator,
    installation: Installed,
    db: Db,
    cut: Shown,
    q: Sought = "",
    form: As = "",
) -> Response:
    """Keys, ended ones last, else the newest first, and a form for another one."""
    made = _listed(request, staff.keys(db, who.org, q, cut), q)
    if form:
        return export(made, form, "machines")
    allowed = sorted(admitted(installation, who.organisation))
    return render(request, "machines.html", table=made, allowed=allowed, q=q)


def _listed(request: Request, rows: Part[ApiKey], q: str) -> Table:
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    at = now()

    def open_(row: ApiKey) -> bool:
        return row.ended_at is None and (row.expires_at is None or row.expires_at > at)

    def state(row: ApiKey) -> tuple[str, str]:
        return words.KEY_VALID if open_(row) else words.KEY_OVER

    def bound(row: ApiKey) -> str:
        proofs = [
            (row.thumbprint, say(request, "signed proofs")),
            (row.certificate, say(request, "TLS certificate")),
        ]
        return ", ".join(text for value, text in proofs if value) or say(
            request, "nothing: whoever has it may use it"
        )

    def act(row: ApiKey) -> object:
        return (
            cells.act(f"/machines/{row.id}/end", say(request, "End"), request.state.csrf, danger=True)
            if open_(row)
            else ""
        )

    columns = (
        Column(say(request, "Machine"), lambda row: row.name),
        Column(say(request, "Roles"), lambda row: ", ".join(say(request, words.USER_ROLES[role]) for role in row.roles)),
        Column(say(request, "Bound to"), bound),
        Column(say(request, "Made by"), lambda row: row.created_by),
        Column(say(request, "Last used"), lambda row: row.used_at, lambda row: formats.time(row.used_at)),
        Column(say(request, "Valid until"), lambda row: row.expires_at, lambda row: formats.time(row.expires_at)),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
        Column(say(request, "End it"), lambda _: "", act),
    )  # fmt: skip
    nothing = say(request, "No machine is called so.") if q else say(request, "No machine has a key yet.")
    return Table.of(say(request, "Keys of machines"), columns, rows, nothing)


@router.post("/machines")
def create(
    request: Request,
    who: Administrator,
    installation: Installed,
    db: Db,
    name: Annotated[str, Form(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")],
    roles: Annotated[list[UserRole], Form()],
    days: Annotated[int, Form(ge=1, le=3650)] = 365,
    certificate: Annotated[str, Form(max_length=16_384)] = "",
) -> HTMLResponse:
    """A new key, shown this once."""
    allowed = admitted(installation, who.organisation)
    _, secret = keys.create(
        db, who, name, roles, allowed, days=days, jwk=None, certificate=certificate.strip() or None
    )
    return render(request, "machine_made.html", block="fragment", name=name, secret=secret)


@router.post("/machines/{key_id}/end")
def end(who: Administrator, gateway: Here, db: Db, key_id: str) -> Response:
    """It counts no more, from this moment."""
    if (row := table.api_key(db, who.org, key_id)) is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such key")
    keys.end(row)
    gateway.recent.end(row.id)
    return gone("/machines")
