"""The contracts' events as Python values, each with its place in the chain.

Fields follow the ABI's arguments in order, after `at`. A log of our contracts that no event here explains
cannot be theirs: ContradictedError. CONTRACTS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger import artifacts
from ledger.abi import Event
from ledger.assets import Standing
from ledger.chain import Log, Position
from ledger.errors import AbiError, ContradictedError
from ledger.membership import Purpose, Role
from ledger.pledges import Status

__all__ = [
    "AnyEvent",
    "Claimed",
    "Closed",
    "Confirmed",
    "Decoder",
    "Ended",
    "Executed",
    "Forwarded",
    "Granted",
    "KeyRevoked",
    "KeySet",
    "OrganisationSet",
    "PausedSet",
    "Pledged",
    "QuorumSet",
    "Read",
    "Registered",
    "Shredded",
    "StandingChanged",
    "SuccessorSet",
]


@dataclass(frozen=True, slots=True)
class AnyEvent:
    """What all events have: where they stand."""

    at: Position


@dataclass(frozen=True, slots=True)
class OrganisationSet(AnyEvent):
    """An organisation was admitted or changed; the whole of its public record."""

    org: bytes
    identifier: str
    name: str
    aliases: tuple[str, ...]
    roles: Role
    suspended: bool


@dataclass(frozen=True, slots=True)
class KeySet(AnyEvent):
    """A key was set, or its interval changed."""

    key_id: bytes
    org: bytes
    valid_from: int
    valid_until: int
    purpose: Purpose
    public_key: bytes


@dataclass(frozen=True, slots=True)
class KeyRevoked(AnyEvent):
    """Its organisation ended a key."""

    key_id: bytes
    org: bytes
    valid_until: int


@dataclass(frozen=True, slots=True)
class Confirmed(AnyEvent):
    """A registrar voted for a call."""

    call_id: bytes
    registrar: bytes
    nonce: int
    call: bytes


@dataclass(frozen=True, slots=True)
class Executed(AnyEvent):
    """The quorum was reached; what the call did follows in the same transaction."""

    call_id: bytes


@dataclass(frozen=True, slots=True)
class QuorumSet(AnyEvent):
    """Votes needed from now on."""

    quorum: int


@dataclass(frozen=True, slots=True)
class PausedSet(AnyEvent):
    """A registry opens nothing new, or does again."""

    registry: str
    paused: bool


@dataclass(frozen=True, slots=True)
class SuccessorSet(AnyEvent):
    """A registry was handed over."""

    registry: str
    successor: str


@dataclass(frozen=True, slots=True)
class Registered(AnyEvent):
    """A batch: all its ids, in order of leaf hash."""

    org: bytes
    root: bytes
    account: str
    asset_ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StandingChanged(AnyEvent):
    """An asset's standing changed."""

    org: bytes
    asset_id: bytes
    standing: Standing
    reason: int
    successor: bytes


@dataclass(frozen=True, slots=True)
class Pledged(AnyEvent):
    """A pledge, its claims follow in the same transaction."""

    pledge_id: bytes
    debtor: bytes
    lender: bytes
    accept_by: int
    expires_at: int
    terms: bytes


@dataclass(frozen=True, slots=True)
class Claimed(AnyEvent):
    """One claim of a pledge; `rank` counts the liens ever placed on the fingerprint, this one included."""

    pledge_id: bytes
    fingerprint: bytes
    asset_id: bytes
    root: bytes
    share: int
    rank: int
    loose: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Closed(AnyEvent):
    """A pledge ended."""

    pledge_id: bytes
    status: Status


@dataclass(frozen=True, slots=True)
class Granted(AnyEvent):
    """An owner granted access."""

    grant_id: bytes
    owner: bytes
    grantee: bytes
    scope: bytes
    wraps: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Ended(AnyEvent):
    """Somebody said that a grant has ended; it counts from its owner or grantee only."""

    grant_id: bytes
    org: bytes


@dataclass(frozen=True, slots=True)
class Read(AnyEvent):
    """A grantee's receipt."""

    grant_id: bytes
    org: bytes
    wraps: bytes


@dataclass(frozen=True, slots=True)
class Shredded(AnyEvent):
    """An owner says that it destroyed an asset's keys."""

    org: bytes
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Forwarded(AnyEvent):
    """The forwarder executed an account's request."""

    signer: str
    nonce: int
    success: bool


_PLAIN: dict[str, Callable[..., AnyEvent]] = {
    "KeyRevoked": KeyRevoked,
    "Confirmed": Confirmed,
    "Executed": Executed,
    "QuorumSet": QuorumSet,
    "PausedSet": PausedSet,
    "SuccessorSet": SuccessorSet,
    "Registered": Registered,
    "Pledged": Pledged,
    "Claimed": Claimed,
    "Granted": Granted,
    "Ended": Ended,
    "Read": Read,
    "Shredded": Shredded,
    "ExecutedForwardRequest": Forwarded,
}


def _organisation(at: Position, *arguments: Any) -> OrganisationSet:
    org, identifier, name, aliases, roles, suspended = arguments
    return OrganisationSet(at, org, identifier, name, aliases, Role(roles), suspended)


def _key(at: Position, *arguments: Any) -> KeySet:
    key_id, org, valid_from, valid_until, purpose, public_key = arguments
    return KeySet(at, key_id, org, valid_from, valid_until, Purpose(purpose), public_key)


def _standing(at: Position, *arguments: Any) -> StandingChanged:
    org, asset_id, standing, reason, successor = arguments
    return StandingChanged(at, org, asset_id, Standing(standing), reason, successor)


def _closed(at: Position, pledge_id: bytes, status: int) -> Closed:
    return Closed(at, pledge_id, Status(status))


_BUILD: dict[str, Callable[..., AnyEvent]] = _PLAIN | {
    "OrganisationSet": _organisation,
    "KeySet": _key,
    "StandingChanged": _standing,
    "Closed": _closed,
}


class Decoder:
    """Turns logs into events. `contracts` maps each contract's address to the name of its interface."""

    def __init__(self, contracts: dict[str, str]) -> None:
        self._known: dict[tuple[str, bytes], tuple[Event, Callable[..., AnyEvent]]] = {}
        for address, name in contracts.items():
            for topic, event in artifacts.load(name).events.items():
                if event.entry.name in _BUILD:
                    self._known[address, topic] = event, _BUILD[event.entry.name]

    def decode(self, log: Log) -> AnyEvent:
        """The event in a log. Raises ContradictedError where it is none of its contract's."""
        try:
            event, build = self._known[log.address, log.topics[0]]
            return build(log.at, *event.decode(log.topics, log.data))
        except (KeyError, IndexError, ValueError, AbiError) as e:
            place = f"block {log.at.block}, log {log.at.index}"
            raise ContradictedError(
                f"the node gave a log that {log.address} cannot have written ({place})"
            ) from e
