"""What the gateway runs on, and the vote to pause the registries or to resume."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db import jobs as job_table
from gateway.db import listing
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs.certification import KIND
from gateway.service import health, surroundings, voting
from gateway.web import words
from gateway.web.depends import gone, note, router_of_pages
from gateway.web.render import render, say
from gateway.web.signers import SOON
from ledger.replay import MembershipView

__all__ = ["paused", "router"]

router = router_of_pages()
Registrar = Annotated[Principal, May(Action.ORGANISATIONS_ADMIT)]


@router.get("/health")
def state(
    request: Request, _: Annotated[Principal, May(Action.HEALTH_READ)], home: Installed
) -> HTMLResponse:
    """What the gateway runs on: findings and figures."""
    with home.database.session() as session:
        waiting, oldest = job_table.backlog(session, KIND)
        indexed = listing.index_block(session)
    block = home.ledger.pin().number
    figures = [
        (block, say(request, "newest final block")),
        (block - (indexed or 0), say(request, "blocks the index is behind")),
        (waiting, say(request, "papers waiting to be certified")),
        (int(time.time() - oldest) if oldest else 0, say(request, "seconds that the oldest of them waits")),
        (_ending(home), say(request, "keys that end within 30 days")),
        (len(home.book.all()), say(request, "members known here")),
    ]
    return render(
        request,
        "health.html",
        found=health.examine(home.home),
        figures=figures,
        around=[
            (words.AROUND[one.name], one.figure, words.KNOWN[one.known]) for one in surroundings.look(home)
        ],
        paused=paused(home),
        words=words,
    )


def _ending(home: Installation) -> int:
    """How many keys count now and end soon."""
    view, pinned, now = MembershipView(home.ledger), home.ledger.pin(), home.now()
    keys = (key.key for one in view.organisations(pinned) for key in view.keys_of(one.org, pinned))
    return sum(key.valid_at(now) and key.valid_until - now < SOON for key in keys)


def _registries(home: Installation) -> tuple[str, str]:
    """Where papers are registered, and where pledges are taken now: after a succession that is not the descriptor's."""
    return home.ledger.assets.address, home.ledger.registries(home.ledger.pin())[-1].address


def paused(home: Installation) -> bool:
    """Whether either of them is."""
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
        voting.vote(home, act, [who.organisation])
    note(home, who, to, {"reason": reason})
    return gone("/admissions")
