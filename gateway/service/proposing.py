"""What the registrars have voted on: each call with who voted for it, and whether it was executed."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.installation import Installation
from ledger.errors import AbiError
from ledger.events import Confirmed, Executed
from ledger.membership import Key
from ledger.replay import events

__all__ = ["Proposed", "ending", "proposals"]


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


def ending(installation: Installation, key_id: bytes, key: Key, within: range) -> int | None:
    """The moment within these at which the key as it stands is to end by the newest call that needs votes still; None where there is none."""
    found: dict[bytes, int] = {}
    for event in events(installation.ledger, 0, installation.ledger.pin(), ["membership"]):
        if isinstance(event, Confirmed):
            until = _ending_of(installation, event.call, key_id, key)
            if until is not None and until in within:
                found[event.call_id] = until
        elif isinstance(event, Executed):
            found.pop(event.call_id, None)
    return next(reversed(found.values()), None)


def _ending_of(installation: Installation, call: bytes, key_id: bytes, key: Key) -> int | None:
    try:
        act, said = installation.ledger.membership.told(call)
    except AbiError:
        return None
    if act != "setKey" or said["keyId"] != key_id:
        return None
    org, valid_from, until, purpose = said["key_"]
    same = (org, valid_from, purpose) == (key.org, key.valid_from, key.purpose)
    return int(until) if same else None


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
