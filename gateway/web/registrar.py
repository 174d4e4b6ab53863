"""The registrars' pages: members and open votes, keys, health, pause. A registrar never sees content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db import jobs as job_table
from gateway.db import listing
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.jobs.certification import KIND
from gateway.service import consortium, health, indexing
from gateway.web import formats, words
from gateway.web.depends import As, Id, gone, note, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.errors import AbiError
from ledger.events import Confirmed, Executed
from ledger.membership import Role
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = router_of_pages()
Registrar = Annotated[Principal, May(Action.ORGANISATIONS_ADMIT)]
_CALLS = {
    "setOrganisation": words.N_("Admit or change a member"),
    "setKey": words.N_("Publish a key"),
    "setPaused": words.N_("Pause or resume"),
    "setQuorum": words.N_("Change the quorum"),
    "setSuccessor": words.N_("Hand a registry over"),
}


@dataclass(frozen=True)
class Vote:
    """A proposal: what, about whom, how many votes, whether it was executed."""

    call_id: str
    what: str
    subject: str
    by: str
    voters: tuple[bytes, ...]
    executed: bool
    block: int

    @property
    def votes(self) -> int:
        """How many registrars have voted."""
        return len(self.voters)


def _votes(request: Request, home: Installation, parties: Parties) -> list[Vote]:
    """Every proposal on the ledger, the newest first."""
    cast: dict[bytes, list[Confirmed]] = {}
    executed = set()
    for event in events(home.ledger, 0, home.ledger.pin(), ["membership"]):
        if isinstance(event, Confirmed):
            cast.setdefault(event.call_id, []).append(event)
        elif isinstance(event, Executed):
            executed.add(event.call_id)
    made = []
    for call_id, votes in cast.items():
        name, subject = _said(home, votes[0].call, parties)
        made.append(
            Vote(
                hex32(call_id), say(request, _CALLS.get(name, name)), subject, parties[hex32(votes[0].registrar)].name,
                tuple(vote.registrar for vote in votes), call_id in executed, votes[-1].at.block,
            )
        )  # fmt: skip
    return sorted(made, key=lambda vote: -vote.block)


def _said(home: Installation, call: bytes, parties: Parties) -> tuple[str, str]:
    """The name of the function that a proposal calls, and whom it is about."""
    try:
        name, arguments = home.ledger.membership.told(call)
    except AbiError:
        return "?", ""
    return name, _subject(name, tuple(arguments.values()), parties)


def _subject(name: str, values: tuple[Any, ...], parties: Parties) -> str:
    if name == "setKey":
        return str(parties[hex32(values[1][0])])
    if name == "setOrganisation":
        return f"{values[1]} ({str(values[0]).rpartition(':')[2]})"
    return ", ".join(str(value) for value in values if isinstance(value, str | int | bool))[:80]


@router.get("/admissions")
def members(
    request: Request, who: Registrar, home: Installed, form: As = "", list: Annotated[str, Query()] = ""
) -> Response:
    """Members, what is being voted on, what was decided."""
    indexing.sync(home)
    with home.database.session() as session:
        parties = Parties(session)
    votes = _votes(request, home, parties)
    table, history = _members(request, parties), _history(request, home, votes)
    if form:
        return export(history if list == "history" else table, form, "members")
    voters = home.ledger.read_one(home.ledger.membership.electorate(), home.ledger.pin())
    open_votes = [vote for vote in votes if not vote.executed]
    shown = [
        {**vote.__dict__, "votes": vote.votes, "mine": who.organisation.id in vote.voters}
        for vote in open_votes
    ]
    return render(
        request, "members.html", table=table, history=history, open=shown, quorum=voters.quorum,
        seats=voters.registrars, paused=_paused(home),
    )  # fmt: skip


def _members(request: Request, parties: Parties) -> Table:
    def state(party: Any) -> tuple[str, str]:
        return words.STANDINGS["suspended"] if party.suspended else words.MEMBER_ACTIVE

    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    csrf = request.state.csrf

    def act(party: Any) -> object:
        if Role.REGISTRAR in party.roles:
            return ""
        label = say(request, "Lift the suspension") if party.suspended else say(request, "Suspend")
        lift = "lift" if party.suspended else "set"
        return cells.act(
            f"/admissions/{party.org}/suspension?to={lift}", label, csrf, danger=not party.suspended
        )

    columns = (
        Column(say(request, "Member"), str, lambda party: party.html()),
        Column(say(request, "Admitted as"), lambda party: ", ".join(say(request, words.ROLES[str(r.name).lower()]) for r in party.roles)),
        Column(say(request, "State"), lambda party: say(request, state(party)[0]), lambda party: cells.state(state(party))),
        Column(say(request, "Keys"), lambda _: "", lambda party: cells.linked(f"/keys?member={party.org}", say(request, "Keys"))),
        Column(say(request, "Proposal"), lambda _: "", act),
    )  # fmt: skip
    return Table(say(request, "Members"), columns, parties.all())


def _history(request: Request, home: Installation, votes: list[Vote]) -> Table:
    def voters(vote: Vote) -> str:
        names = {one.id: one.short for one in home.book.all()}
        return ", ".join(names.get(voter, hex32(voter)[:10]) for voter in vote.voters)

    columns = (
        Column(say(request, "Decision"), lambda vote: vote.what),
        Column(say(request, "About"), lambda vote: vote.subject),
        Column(say(request, "Votes"), voters),
        Column(say(request, "Block"), lambda vote: vote.block, numeric=True),
    )
    done = [vote for vote in votes if vote.executed][:60]
    return Table(say(request, "Decided"), columns, done, say(request, "Nothing decided yet."))


@router.get("/admissions/new")
def propose_form(request: Request, _: Registrar) -> HTMLResponse:
    """Who it is, and as what."""
    return render(request, "member_new.html")


@router.post("/admissions/new")
def propose(
    who: Registrar,
    home: Installed,
    name: Annotated[str, Form(min_length=1, max_length=200)],
    identifier: Annotated[str, Form(min_length=4, max_length=64)],
    short: Annotated[str, Form(min_length=1, max_length=32)],
    role: Annotated[str, Form(pattern="^(enterprise|lender|inspector|witness|auditor)$")],
) -> Response:
    """One vote for an admission: the proposer's own. It is done once enough registrars have voted."""
    text = identifier if ":" in identifier else f"CN-USCC:{identifier}"
    organisation = Organisation(short, consortium.identifier(text), name.strip())
    outcome = consortium.admit(home, organisation, Role[role.upper()], voters=[who.organisation])
    if outcome.executed:
        _publish_keys(home, organisation, who.organisation)
    return gone("/admissions")


def _publish_keys(home: Installation, organisation: Organisation, voter: Organisation) -> None:
    for purpose in ("account", "encryption"):
        consortium.set_key(home, organisation, purpose, voters=[voter])


@router.post("/admissions/{call_id}/confirm")
def confirm(who: Registrar, home: Installed, call_id: Id) -> Response:
    """One vote for what another registrar has proposed."""
    consortium.confirm(home, parse_hex32(call_id), who.organisation)
    return gone("/admissions")


@router.post("/admissions/{org}/suspension")
def suspension(
    who: Registrar, home: Installed, org: Id, to: Annotated[str, Query(pattern="^(set|lift)$")]
) -> Response:
    """One vote to suspend a member, or to lift that."""
    consortium.suspend(home, parse_hex32(org), lift=to == "lift", voters=[who.organisation])
    return gone("/admissions")


# ── keys


@router.get("/keys")
def keys(
    request: Request,
    who: Annotated[Principal, May(Action.KEYS_MANAGE)],
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
    own = held is not None and "account" in home.keys.purposes(held.short)
    rotatable = [(name, say(request, words.PURPOSES[name])) for name in home.keys.purposes(held.short) if name in words.PURPOSES and name != "fingerprint"] if held else []  # fmt: skip
    options = [(party.org, str(party)) for party in parties]
    return render(
        request, "keys.html", members=options, member=chosen, table=table, own=own, rotatable=rotatable,
        proposed=home.places.staged(held.short) if held is not None else None,
    )  # fmt: skip


def _keys(request: Request, home: Installation, org: str) -> Table:
    rows: list[dict[str, Any]] = consortium.keys_of(home, parse_hex32(org))
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


@router.post("/keys/{org}/rotate")
def rotate(
    who: Annotated[Principal, May(Action.KEYS_MANAGE)],
    home: Installed,
    org: Id,
    purpose: Annotated[str, Form(pattern="^[a-z]{3,12}$")],
) -> Response:
    """One vote for a new key; it takes the old one's place once enough have voted."""
    member = home.book.find(org)
    consortium.rotate(home, member, purpose, [who.organisation])
    return gone(f"/keys?member={org}")


# ── health


@router.get("/health")
def state(
    request: Request, _: Annotated[Principal, May(Action.HEALTH_READ)], home: Installed
) -> HTMLResponse:
    """What the gateway runs on: findings and figures."""
    with home.database.session() as session:
        waiting, _oldest = job_table.backlog(session, KIND)
        indexed = listing.index_block(session)
    block = home.ledger.pin().number
    figures = [
        (block, say(request, "newest final block")),
        (block - (indexed or 0), say(request, "blocks the index is behind")),
        (waiting, say(request, "papers waiting to be certified")),
        (len(home.book.all()), say(request, "members known here")),
    ]
    return render(
        request, "health.html", found=health.examine(home.home), figures=figures, paused=_paused(home)
    )


def _registries(home: Installation) -> list[str]:
    contracts = home.ledger.descriptor.contracts
    return [contracts[name] for name in ("asset_registry", "pledge_registry") if name in contracts]


def _paused(home: Installation) -> bool:
    pinned = home.ledger.pin()
    calls = [home.ledger.membership.is_paused(registry) for registry in _registries(home)]
    return any(home.ledger.read(calls, pinned))


@router.post("/health/pause")
def pause(
    who: Registrar,
    home: Installed,
    to: Annotated[str, Form(pattern="^(pause|resume)$")],
    reason: Annotated[str, Form(min_length=1, max_length=400)],
) -> Response:
    """One vote to pause both registries, or to resume."""
    for registry in _registries(home):
        act = home.ledger.membership.set_paused(registry, to == "pause")
        consortium.vote(home, act, [who.organisation])
    note(home, who, to, {"reason": reason})
    return gone("/admissions")
