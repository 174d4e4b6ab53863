"""Registrars' votes on acts of Membership: each is one registrar's transaction, the M-th executes the call (CONTRACTS, Registrars).

A home that holds several registrars' keys casts as many votes as are needed, unless told for whom to vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import RefusedError, UsageError
from gateway.installation import Installation, Organisation
from gateway.signing.places import InBrowser
from ledger.contract import Act
from ledger.events import Confirmed
from ledger.membership import Role
from ledger.refusals import AlreadyConfirmedError, AlreadyExecutedError
from ledger.replay import events
from ledger.types import hex32
from ledger.writer import Sent

__all__ = ["Vote", "confirm", "require_votes", "seated", "vote"]


@dataclass(frozen=True)
class Vote:
    """Votes cast in this call, and whether the last one executed it; if not, the id that others confirm it by."""

    votes: int
    executed: bool
    call_id: bytes | None = None


def require_votes(installation: Installation, organisation: Organisation) -> None:
    """RefusedError for an organisation whose key is in a browser, or on its way there: it could be a registrar and never vote."""
    places = installation.places
    if isinstance(places.of(organisation.short), InBrowser) or isinstance(
        places.staged(organisation.short), InBrowser
    ):
        raise RefusedError(
            "REGISTRAR_IN_BROWSER",
            f"{organisation.short} signs in a browser, where no registrar can: its votes are transactions of its own, which nobody can "
            "send for it; move its key to this server or to a Web3Signer (`key move`) before it is made a registrar",
        )


def vote(installation: Installation, act: Act, voters: Sequence[Organisation] | None = None) -> Vote:
    """Cast votes for an act on Membership until it executes: by `voters`, else by every registrar this home holds keys of.

    Each vote takes the first nonce under which this very act was not executed yet, so that votes cast apart meet.
    """
    seats = seated(installation, voters)
    cast = nonce = 0
    for seat in seats:
        try:
            executed, nonce = _confirm(installation, seat, act, nonce)
        except AlreadyConfirmedError:
            continue
        cast += 1
        if executed:
            return Vote(cast, True)
    call_id = installation.ledger.membership.call_id(act, nonce)
    return Vote(cast, False, installation.ledger.read_one(call_id, installation.ledger.pin()))


def confirm(installation: Installation, call_id: bytes, voter: Organisation) -> Vote:
    """Vote for a call that another registrar proposed: its bytes stand in the ledger's `Confirmed` events."""
    for event in events(installation.ledger, 0, installation.ledger.pin(), ["membership"]):
        if isinstance(event, Confirmed) and event.call_id == call_id:
            act = Act(installation.ledger.membership.address, event.call)
            confirming = installation.ledger.membership.confirm(act, event.nonce)
            receipt = installation.signatory(voter).send(confirming)
            return Vote(1, _executed(installation, receipt), call_id)
    raise UsageError("UNKNOWN_CALL", f"no registrar has proposed {hex32(call_id)} on this ledger")


def _confirm(installation: Installation, seat: Organisation, act: Act, nonce: int) -> tuple[bool, int]:
    """One registrar's vote: whether it executed the act, and under which nonce."""
    while True:
        confirming = installation.ledger.membership.confirm(act, nonce)
        try:
            return _executed(installation, installation.signatory(seat).send(confirming)), nonce
        except AlreadyExecutedError:
            nonce += 1


def seated(installation: Installation, voters: Sequence[Organisation] | None) -> list[Organisation]:
    """Those who vote, their keys unlocked."""
    seats = list(voters) if voters is not None else _registrars(installation)
    installation.unlock(seats)
    return seats


def _registrars(installation: Installation) -> list[Organisation]:
    """Organisations of this home with the registrar's role whose account signs by itself."""
    known = [one for one in installation.book.all() if installation.answers(one.short)]
    calls = [installation.ledger.membership.organisation(one.id) for one in known]
    records = installation.ledger.read(calls, installation.ledger.pin())
    found = [
        one
        for one, record in zip(known, records, strict=True)
        if Role.REGISTRAR in record.roles and not record.suspended
    ]
    if not found:
        raise UsageError(
            "NO_REGISTRAR", "this home holds no registrar's keys: a registrar has to do this in its own home"
        )
    return found


def _executed(installation: Installation, sent: Sent) -> bool:
    executed = installation.ledger.membership.interface.events
    return any(
        log.topics and log.topics[0] in executed and executed[log.topics[0]].entry.name == "Executed"
        for log in sent.logs
    )
