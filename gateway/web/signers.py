"""Instruments, inspectors and witnesses: the keys that sign evidence, whose they are, and until when they count.

A key is asked for by its holder in a document that it signs (`assetcert key request`); each registrar casts one vote for it here. Registrars
see keys and never what they sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db.paging import Cut, sliced
from gateway.errors import NotFoundError, UnreadableError, UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import indexing, key_requests, published_keys
from gateway.web import formats, words
from gateway.web.depends import As, Id, Shown, gone, note, router_of_pages
from gateway.web.parties import Parties, Party
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.jsontext import loads
from ledger.membership import FOREVER, Purpose
from ledger.replay import MembershipView
from ledger.types import hex32, parse_hex32

__all__ = ["SOON", "router"]

router = router_of_pages()
Registrar = Annotated[Principal, May(Action.KEYS_MANAGE)]
_LISTS = {"instruments": (Purpose.INSTRUMENT,), "witnesses": (Purpose.WITNESS, Purpose.INSPECTOR)}
_MOST = 16_384
SOON = 30 * 86_400
"""A key that ends within so many seconds is told as such."""


@dataclass(frozen=True)
class Signer:
    """One key that signs evidence."""

    party: Party
    purpose: str
    key_id: str
    begins: int
    ends: int | None
    public_key: bytes

    @property
    def page(self) -> str:
        """Where keys like it are listed."""
        return "/instruments" if self.purpose == "instrument" else "/witnesses"

    def counts(self, now: int) -> bool:
        """Whether it has not ended."""
        return self.ends is None or self.ends > now

    def state(self, now: int) -> tuple[str, str]:
        """Whether it counts now, and for long."""
        if self.party.suspended:
            return words.STANDINGS["suspended"]
        if not self.counts(now):
            return words.KEY_OVER
        return words.KEY_ENDS_SOON if self.ends is not None and self.ends - now < SOON else words.KEY_VALID


def _signers(home: Installation, purposes: tuple[Purpose, ...]) -> list[Signer]:
    """All members' keys for these purposes, by member; the newest of each first."""
    indexing.sync(home)
    with home.database.session() as session:
        parties = Parties(session).all()
    view, pinned = MembershipView(home.ledger), home.ledger.pin()
    return [
        Signer(
            party, key.key.purpose.name.lower(), hex32(key.key_id), key.key.valid_from,
            None if key.key.valid_until == FOREVER else key.key.valid_until, key.public_key,
        )
        for party in parties
        for key in reversed(view.keys_of(parse_hex32(party.org), pinned))
        if key.key.purpose in purposes
    ]  # fmt: skip


@router.get("/instruments")
def instruments(request: Request, _: Registrar, home: Installed, cut: Shown, form: As = "") -> Response:
    """Machines and gauges that sign what they measure."""
    return _page(request, home, "instruments", cut, form)


@router.get("/witnesses")
def witnesses(request: Request, _: Registrar, home: Installed, cut: Shown, form: As = "") -> Response:
    """Carriers, laboratories, utilities, banks: whoever else signs for what happened."""
    return _page(request, home, "witnesses", cut, form)


def _page(request: Request, home: Installation, name: str, cut: Cut, form: str) -> Response:
    table = _listed(request, home, name, cut)
    if form:
        return export(table, form, name)
    return render(request, "signers.html", table=table, name=name)


def _listed(request: Request, home: Installation, name: str, cut: Cut) -> Table:
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    now = home.now()
    columns = (
        Column(say(request, "Member"), lambda row: str(row.party), lambda row: row.party.html()),
        Column(say(request, "Signs as"), lambda row: say(request, words.PURPOSES[row.purpose])),
        Column(say(request, "Valid from"), lambda row: row.begins, lambda row: formats.time(row.begins)),
        Column(say(request, "Valid until"), lambda row: row.ends, lambda row: formats.time(row.ends)),
        Column(say(request, "State"), lambda row: say(request, row.state(now)[0]), lambda row: cells.state(row.state(now))),
        Column(say(request, "Key"), lambda row: row.key_id, lambda row: cells.ident(row.key_id)),
        Column(say(request, "Act"), lambda _: "", lambda row: cells.linked(f"/instruments/{row.key_id}/end", say(request, "End it")) if row.counts(now) else ""),
    )  # fmt: skip
    title = {
        "instruments": say(request, "Instruments"),
        "witnesses": say(request, "Witnesses and inspectors"),
    }[name]
    rows = sliced(_signers(home, _LISTS[name]), cut)
    return Table.of(title, columns, rows, say(request, "None is admitted yet."))


@router.post("/instruments/admission")
def admit(
    who: Registrar,
    home: Installed,
    file: Annotated[UploadFile, File()],
    until: Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
) -> Response:
    """One vote for the key that a document asks for; it counts once enough registrars have voted."""
    document = _document(file.file.read(_MOST + 1))
    asked = key_requests.parse(document, file.filename or "the file")
    if asked.purpose not in words.EVIDENCE:
        raise UsageError("KEY_PURPOSE", f"this asks for a key for {asked.purpose}: it is voted on under Keys")
    _vote(home, who, asked, until)
    return gone("/instruments" if asked.purpose == "instrument" else "/witnesses")


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = loads(content) if len(content) <= _MOST else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UnreadableError(
            "KEY_REQUEST", "this file asks for no key: it is no JSON of `assetcert key request`"
        )
    return document


def _vote(home: Installation, who: Principal, asked: key_requests.KeyRequest, until: str) -> None:
    member = home.book.find(asked.identifier)
    ends = FOREVER if not until else _end_of(until)
    if ends <= home.now():
        raise UsageError("UNTIL", f"{until} is past: name a later day")
    key_requests.publish(home, member, asked.purpose, asked, [who.organisation], ends)


def _end_of(day: str) -> int:
    """The last second of a day in Shanghai."""
    try:
        found = date.fromisoformat(day)
    except ValueError as error:
        raise UsageError("UNTIL", f"{day} is no day") from error
    return int(datetime(found.year, found.month, found.day, 23, 59, 59, tzinfo=formats.SHANGHAI).timestamp())


def _known(home: Installation, key_id: str) -> Signer:
    every = tuple(purpose for purposes in _LISTS.values() for purpose in purposes)
    found = next((one for one in _signers(home, every) if one.key_id == key_id), None)
    if found is None:
        raise NotFoundError("NOT_FOUND", f"no key {key_id} signs evidence on this ledger")
    return found


@router.get("/instruments/{key_id}/end")
def end_form(request: Request, _: Registrar, home: Installed, key_id: Id) -> HTMLResponse:
    """What follows, before anything is voted on."""
    signer = _known(home, key_id)
    follows = (
        say(request, "What it has signed before stands; what it signs from then on is refused."),
        say(request, "It ends once enough registrars have voted. An ended key does not come back: its holder asks for a new one."),
    )  # fmt: skip
    return render(
        request, "consequences.html", title=say(request, "End a key"), back=signer.page, consequences=follows, lenders=(), readers=(),
        name=f"{signer.party} · {say(request, words.PURPOSES[signer.purpose])} {formats.short(key_id)}", path=request.url.path,
        sure=say(request, "I vote to end it."), button=say(request, "Vote to end it"), upload=None,
    )  # fmt: skip


@router.post("/instruments/{key_id}/end")
def end(
    who: Registrar,
    home: Installed,
    key_id: Id,
    sure: Annotated[str, Form(pattern="^yes$")],  # noqa: ARG001 (a form that does not say so is refused)
    reason: Annotated[str, Form(min_length=1, max_length=400)],
) -> Response:
    """One vote to end a key now; the reason stays in the registrar's own events."""
    signer = _known(home, key_id)
    known = home.ledger.read_one(home.ledger.membership.key(parse_hex32(key_id)), home.ledger.pin())
    if known.valid_at(home.now()):
        published_keys.vote_end(home, parse_hex32(key_id), known, signer.public_key, [who.organisation])
    note(home, who, "key.end", {"key_id": key_id, "reason": reason})
    return gone(signer.page)
