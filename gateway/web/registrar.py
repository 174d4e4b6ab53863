"""The registrars' page of members: who is admitted, what is voted on, what was decided. A registrar never sees content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db.paging import Cut, sliced
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import consortium, indexing, published_keys, voting
from gateway.web import words
from gateway.web.depends import As, Id, Shown, gone, router_of_pages
from gateway.web.health import paused
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from ledger.errors import AbiError
from ledger.events import Confirmed, Executed
from ledger.membership import FOREVER, Role
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = router_of_pages()
Registrar = Annotated[Principal, May(Action.ORGANISATIONS_ADMIT)]
_CALLS = {
    "setOrganisation": words.N_("Admit or change a member"),
    "setKey": words.N_("Publish a key"),
    "endKey": words.N_("End a key"),
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
        name, subject = _said(home, votes[0], parties)
        made.append(
            Vote(
                hex32(call_id), say(request, _CALLS.get(name, name)), subject, parties[hex32(votes[0].registrar)].name,
                tuple(vote.registrar for vote in votes), call_id in executed, votes[-1].at.block,
            )
        )  # fmt: skip
    return sorted(made, key=lambda vote: -vote.block)


def _said(home: Installation, vote: Confirmed, parties: Parties) -> tuple[str, str]:
    """The name of the function that a proposal calls, and whom it is about."""
    try:
        name, arguments = home.ledger.membership.told(vote.call)
    except AbiError:
        return "?", ""
    values = tuple(arguments.values())
    if name == "setKey" and _ends(home, values[1][2], vote.at.block):
        name = "endKey"
    return name, _subject(name, values, parties)


def _ends(home: Installation, until: int, block: int) -> bool:
    """Whether a key that counts until then had ended when the vote was cast."""
    return until != FOREVER and until <= home.ledger.chain.block(block).timestamp


def _subject(name: str, values: tuple[Any, ...], parties: Parties) -> str:
    if name in ("setKey", "endKey"):
        return str(parties[hex32(values[1][0])])
    if name == "setOrganisation":
        return f"{values[1]} ({str(values[0]).rpartition(':')[2]})"
    return ", ".join(str(value) for value in values if isinstance(value, str | int | bool))[:80]


@router.get("/admissions")
def members(
    request: Request, who: Registrar, home: Installed, cut: Shown, form: As = "", list: str = ""
) -> Response:
    """Members, what is being voted on, what was decided."""
    indexing.sync(home)
    with home.database.session() as session:
        parties = Parties(session)
    votes = _votes(request, home, parties)
    table = _members(request, parties, Cut() if list else cut)
    history = _history(request, parties, votes, cut if list else Cut())
    if form:
        return export(history if list else table, form, "members")
    voters = home.ledger.read_one(home.ledger.membership.electorate(), home.ledger.pin())
    open_votes = [vote for vote in votes if not vote.executed]
    shown = [
        {**vote.__dict__, "votes": vote.votes, "mine": who.organisation.id in vote.voters}
        for vote in open_votes
    ]
    return render(
        request, "members.html", table=table, history=history, open=shown, quorum=voters.quorum,
        seats=voters.registrars, paused=paused(home),
    )  # fmt: skip


def _members(request: Request, parties: Parties, cut: Cut) -> Table:
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
        Column(say(request, "State"), lambda party: say(request, party.state[0]), lambda party: cells.state(party.state)),
        Column(say(request, "Keys"), lambda _: "", lambda party: cells.linked(f"/keys?member={party.org}", say(request, "Keys"))),
        Column(say(request, "Proposal"), lambda _: "", act),
    )  # fmt: skip
    return Table.of(say(request, "Members"), columns, sliced(parties.all(), cut))


def _history(request: Request, parties: Parties, votes: list[Vote], cut: Cut) -> Table:
    def voters(vote: Vote) -> str:
        return ", ".join(parties[hex32(voter)].name for voter in vote.voters)

    columns = (
        Column(say(request, "Decision"), lambda vote: vote.what),
        Column(say(request, "About"), lambda vote: vote.subject),
        Column(say(request, "Votes"), voters),
        Column(say(request, "Block"), lambda vote: vote.block, numeric=True),
    )
    done = [vote for vote in votes if vote.executed]
    return Table.of(say(request, "Decided"), columns, sliced(done, cut), say(request, "Nothing decided yet."))


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
        published_keys.keep(home, organisation, [who.organisation])
    return gone("/admissions")


@router.post("/admissions/{call_id}/confirm")
def confirm(who: Registrar, home: Installed, call_id: Id) -> Response:
    """One vote for what another registrar has proposed."""
    voting.confirm(home, parse_hex32(call_id), who.organisation)
    return gone("/admissions")


@router.post("/admissions/{org}/suspension")
def suspension(
    who: Registrar, home: Installed, org: Id, to: Annotated[str, Query(pattern="^(set|lift)$")]
) -> Response:
    """One vote to suspend a member, or to lift that."""
    consortium.suspend(home, parse_hex32(org), lift=to == "lift", voters=[who.organisation])
    return gone("/admissions")
