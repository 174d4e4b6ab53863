"""Replaying the ledger's events: as a stream for index and auditor, and as views that follow the chain in
memory.

A view is brought to a pinned block by reading only the logs since the block it stands on; both blocks'
hashes are read again afterwards, and a view whose block was reorganised away is built afresh. Look-ups
name their block, so that verifications pinned to different blocks share one view. DESIGN, "Verification
report".
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.chain import Block
from ledger.connection import Ledger
from ledger.errors import BlockGoneError, ContradictedError
from ledger.events import (
    AnyEvent,
    Claimed,
    Closed,
    Decoder,
    KeyRevoked,
    KeySet,
    OrganisationSet,
    Pledged,
)
from ledger.membership import Key, Role
from ledger.pledges import Status

__all__ = ["Claim", "KeyRecord", "MembershipView", "OrganisationRecord", "PledgeView", "events"]

_INTERFACES = {
    "membership": "Membership",
    "asset_registry": "AssetRegistry",
    "pledge_registry": "PledgeRegistry",
    "access_log": "AccessLog",
    "forwarder": "ERC2771Forwarder",
}


def events(
    ledger: Ledger, first: int, last: Block, contracts: Sequence[str] = tuple(_INTERFACES)
) -> Iterator[AnyEvent]:
    """Events of blocks `first` to `last` inclusive, in order, of the contracts named as in the
    descriptor; of every pledge registry that stood up to then.

    When the last one was given, `last` is read again: BlockGoneError says that the stream is of a chain
    that is no more.
    """
    addresses = {ledger.descriptor.contracts[name]: _INTERFACES[name] for name in contracts}
    if "pledge_registry" in contracts:
        addresses |= {registry.address: registry.name for registry in ledger.registries(last)}
    decoder = Decoder(addresses)
    for logs in ledger.chain.logs(list(addresses), first, last.number):
        for log in logs:
            yield decoder.decode(log)
    ledger.chain.require(last)


class _View(ABC):
    """What views share: following the chain. Subclasses keep state in `_reset` and `_apply`."""

    contract: str

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.RLock()
        self._at: Block | None = None
        self._known: dict[int, bytes] = {}  # blocks found to be ancestors of the one the view stands on
        self._reset()

    @abstractmethod
    def _reset(self) -> None:
        """Forgets everything."""

    @abstractmethod
    def _apply(self, event: AnyEvent) -> None:
        """Takes one event in, the next in order."""

    def advance(self, to: Block) -> None:
        """Makes the view answer for `to`; no round trip where it did so before. Raises BlockGoneError, …"""
        with self._lock:
            if self._known.get(to.number) == to.hash:
                return
            if self._at is None or not self._follow(self._at, to):
                self._rebuild(to)
            self._known[to.number] = to.hash

    def _rebuild(self, to: Block) -> None:
        self._at = None
        self._known.clear()
        self._reset()
        self._take(events(self._ledger, 0, to, [self.contract]))
        self._at = to

    def _follow(self, stand: Block, to: Block) -> bool:
        """False where the block that the view stands on is gone."""
        ahead = to.number > stand.number
        new = list(events(self._ledger, stand.number + 1, to, [self.contract])) if ahead else []
        try:
            self._ledger.chain.require(stand)
        except BlockGoneError:
            return False
        if ahead:
            self._take(new)
            self._at = to
        else:
            self._ledger.chain.require(to)
        return True

    def _take(self, stream: Iterator[AnyEvent] | list[AnyEvent]) -> None:
        for event in stream:
            self._apply(event)


@dataclass(frozen=True)
class Claim:
    """One lien as of a block, in the registry that keeps it. `expires_at` is the pledge's; `status` says whether its shares are taken."""

    registry: str
    pledge_id: bytes
    debtor: bytes
    lender: bytes
    fingerprint: bytes
    asset_id: bytes
    root: bytes
    share: int
    rank: int
    loose: tuple[bytes, ...]
    expires_at: int
    block: int
    status: Status

    @property
    def live(self) -> bool:
        """Whether its pledge is live."""
        return self.status is Status.LIVE

    @property
    def encumbers(self) -> bool:
        """Whether its shares are taken: live, or burned."""
        return self.status.holds


class PledgeView(_View):
    """Every claim of the pledge registry, by fingerprint and by loose value."""

    contract = "pledge_registry"

    def _reset(self) -> None:
        self._pledges: dict[bytes, Pledged] = {}
        self._closed: dict[bytes, Closed] = {}
        self._by_fingerprint: defaultdict[bytes, list[Claimed]] = defaultdict(list)
        self._by_loose: defaultdict[bytes, list[Claimed]] = defaultdict(list)

    def _apply(self, event: AnyEvent) -> None:
        match event:
            case Pledged():
                self._pledges[event.pledge_id] = event
            case Claimed():
                if event.pledge_id not in self._pledges:
                    raise ContradictedError("the node gave a claim without its pledge")
                self._by_fingerprint[event.fingerprint].append(event)
                for value in dict.fromkeys(event.loose):
                    self._by_loose[value].append(event)
            case Closed():
                self._closed[event.pledge_id] = event

    def claims(self, debtor: bytes, fingerprint: bytes, at: Block) -> tuple[Claim, ...]:
        """All claims ever made on a debtor's fingerprint up to `at`, in order; what `lien().count` counts."""
        return self._found(lambda: self._by_fingerprint.get(fingerprint, []), at, debtor)

    def on_fingerprint(self, fingerprint: bytes, at: Block) -> tuple[Claim, ...]:
        """The same, whoever the debtor is."""
        return self._found(lambda: self._by_fingerprint.get(fingerprint, []), at, None)

    def carrying(self, loose: bytes, at: Block) -> tuple[Claim, ...]:
        """All claims up to `at` that carry this loose value."""
        return self._found(lambda: self._by_loose.get(loose, []), at, None)

    def _found(self, rows: Callable[[], list[Claimed]], at: Block, debtor: bytes | None) -> tuple[Claim, ...]:
        with self._lock:
            self.advance(at)
            found = [self._claim(row, at) for row in rows() if row.at.block <= at.number]
        return tuple(claim for claim in found if debtor in (None, claim.debtor))

    def _claim(self, row: Claimed, at: Block) -> Claim:
        pledge, closed = self._pledges[row.pledge_id], self._closed.get(row.pledge_id)
        ended = closed is not None and closed.at.block <= at.number
        return Claim(
            row.at.contract,
            row.pledge_id,
            pledge.debtor,
            pledge.lender,
            row.fingerprint,
            row.asset_id,
            row.root,
            row.share,
            row.rank,
            row.loose,
            pledge.expires_at,
            row.at.block,
            closed.status if closed is not None and ended else Status.LIVE,
        )


@dataclass(frozen=True)
class OrganisationRecord:
    """An organisation's public record as of a block."""

    org: bytes
    identifier: str
    name: str
    aliases: tuple[str, ...]
    roles: Role
    suspended: bool


@dataclass(frozen=True)
class KeyRecord:
    """A key as of a block, with the public key that its event published (empty for accounts).

    `revoked`: its owner ended it.
    """

    key_id: bytes
    key: Key
    public_key: bytes
    revoked: bool

    def acted(self, timestamp: int) -> bool:
        """Whether the account may have sent what a contract took at that time (docs/adr/0207).

        In the second of its revocation too: of that second the contracts took what came before, and nothing after.
        """
        return self.key.valid_at(timestamp) or (self.revoked and timestamp == self.key.valid_until)


class MembershipView(_View):
    """Organisations and keys with their history."""

    contract = "membership"

    def _reset(self) -> None:
        self._organisations: defaultdict[bytes, list[OrganisationSet]] = defaultdict(list)
        self._keys: defaultdict[bytes, list[KeySet | KeyRevoked]] = defaultdict(list)

    def _apply(self, event: AnyEvent) -> None:
        match event:
            case OrganisationSet():
                self._organisations[event.org].append(event)
            case KeySet():
                self._keys[event.key_id].append(event)
            case KeyRevoked():
                if event.key_id not in self._keys:
                    raise ContradictedError("the node gave the revocation of a key that was never set")
                self._keys[event.key_id].append(event)

    def organisation(self, org: bytes, at: Block) -> OrganisationRecord | None:
        """The record as of `at`, None where it was not admitted by then."""
        with self._lock:
            self.advance(at)
            rows = [row for row in self._organisations.get(org, []) if row.at.block <= at.number]
        return _record(rows[-1]) if rows else None

    def organisations(self, at: Block) -> list[OrganisationRecord]:
        """Every organisation admitted by `at`, in the order of admission."""
        with self._lock:
            self.advance(at)
            orgs = list(self._organisations)
        return [record for org in orgs if (record := self.organisation(org, at)) is not None]

    def key(self, key_id: bytes, at: Block) -> KeyRecord | None:
        """A key as of `at`, None where it was not set by then."""
        with self._lock:
            self.advance(at)
            rows = [row for row in self._keys.get(key_id, []) if row.at.block <= at.number]
        return _key_record(rows) if rows else None

    def keys_of(self, org: bytes, at: Block) -> list[KeyRecord]:
        """An organisation's keys as of `at`, ended ones as well."""
        with self._lock:
            self.advance(at)
            ids = [key_id for key_id, rows in self._keys.items() if rows[0].org == org]
        return [record for key_id in ids if (record := self.key(key_id, at)) is not None]


def _record(row: OrganisationSet) -> OrganisationRecord:
    return OrganisationRecord(row.org, row.identifier, row.name, row.aliases, row.roles, row.suspended)


def _key_record(rows: list[KeySet | KeyRevoked]) -> KeyRecord:
    last = next(row for row in reversed(rows) if isinstance(row, KeySet))
    end = rows[-1]
    key = Key(last.org, last.valid_from, end.valid_until, last.purpose)
    return KeyRecord(last.key_id, key, last.public_key, isinstance(end, KeyRevoked))
