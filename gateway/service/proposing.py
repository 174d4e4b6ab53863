"""What the registrars have voted on: each call with who voted for it, and whether it was executed; and members' keys, for lists."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.installation import Installation
from ledger.errors import AbiError
from ledger.events import Confirmed, Executed
from ledger.membership import FOREVER
from ledger.replay import MembershipView, events
from ledger.types import hex32

__all__ = ["MemberKey", "Proposed", "keys_of", "proposals"]


@dataclass(frozen=True)
class MemberKey:
    """A key of an organisation; `valid_until` None: without an end."""

    key_id: str
    purpose: str
    valid_from: int
    valid_until: int | None


@dataclass
class Proposed:
    """A call to Membership, such as `setOrganisation` with its arguments as text."""

    call_id: bytes
    act: str
    arguments: dict[str, str]
    quorum: int
    block: int
    votes: list[bytes] = field(default_factory=list)
    executed: bool = False


def keys_of(installation: Installation, org: bytes) -> list[MemberKey]:
    """An organisation's keys as the ledger has them, ended ones too."""
    records = MembershipView(installation.ledger).keys_of(org, installation.ledger.pin())
    return [
        MemberKey(
            hex32(record.key_id),
            record.key.purpose.name.lower(),
            record.key.valid_from,
            None if record.key.valid_until == FOREVER else record.key.valid_until,
        )
        for record in records
    ]


def proposals(installation: Installation) -> list[Proposed]:
    """Every call that a registrar voted for, the newest first."""
    ledger, pinned = installation.ledger, installation.ledger.pin()
    quorum = ledger.read_one(ledger.membership.electorate(), pinned).quorum
    found: dict[bytes, Proposed] = {}
    for event in events(ledger, 0, pinned, ["membership"]):
        if isinstance(event, Confirmed):
            if event.call_id not in found:
                act, arguments = _described(installation, event.call)
                found[event.call_id] = Proposed(event.call_id, act, arguments, quorum, event.at.block)
            found[event.call_id].votes.append(event.registrar)
        elif isinstance(event, Executed) and event.call_id in found:
            found[event.call_id].executed = True
    return list(reversed(found.values()))


def _described(installation: Installation, call: bytes) -> tuple[str, dict[str, str]]:
    """A call's function and arguments; one that is none of ours is shown by its bytes."""
    try:
        act, arguments = installation.ledger.membership.told(call)
    except AbiError:
        return "unknown", {"call": "0x" + call.hex()}
    return act, {name: _shown(value) for name, value in arguments.items()}


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return ", ".join(map(_shown, value))
    return str(value)
