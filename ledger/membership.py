"""Membership: organisations, their keys, and the registrars' quorum.

Changes other than `revoke_key` are the quorum's: build the act, then let each registrar send `confirm(act,
nonce)`. CONTRACTS, IMembership.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from ledger.chain import Call
from ledger.contract import Act, Contract

__all__ = ["FOREVER", "Electorate", "Key", "Membership", "Organisation", "Purpose", "Role"]

FOREVER = 2**64 - 1
"""`valid_until` of a key without an end."""


class Role(IntFlag):
    """Bits of an organisation's roles."""

    ENTERPRISE = 1
    LENDER = 2
    INSPECTOR = 4
    WITNESS = 8
    AUDITOR = 16
    REGISTRAR = 32


class Purpose(IntEnum):
    """What a key is for. Only `ACCOUNT` keys act on the ledger."""

    NONE = 0
    ACCOUNT = 1
    INSTRUMENT = 2
    INSPECTOR = 3
    WITNESS = 4
    ENCRYPTION = 5
    FINGERPRINT = 6


@dataclass(frozen=True)
class Organisation:
    """`admitted_at` is zero where the organisation was never admitted."""

    roles: Role
    suspended: bool
    admitted_at: int


@dataclass(frozen=True)
class Key:
    """Valid at block times from `valid_from` up to, not including, `valid_until`. `org` is zero where there
    is none.
    """

    org: bytes
    valid_from: int
    valid_until: int
    purpose: Purpose

    def valid_at(self, timestamp: int) -> bool:
        """Whether a block of that time lies in the interval."""
        return self.valid_from <= timestamp < self.valid_until


@dataclass(frozen=True)
class Electorate:
    """Votes needed, registrars there are, and the count of changes to either (each lapses pending votes)."""

    quorum: int
    registrars: int
    epoch: int


class Membership(Contract):
    """The contract Membership."""

    name = "Membership"

    def organisation(self, org: bytes) -> Call[Organisation]:
        """An organisation by id."""
        return self._call("organisation", org, to=lambda r, s, a: Organisation(Role(r), s, a))

    def key(self, key_id: bytes) -> Call[Key]:
        """A key by id."""
        return self._call("key", key_id, to=lambda o, f, u, p: Key(o, f, u, Purpose(p)))

    def opener(self, account: str, role: Role) -> Call[bytes]:
        """Organisation of an active account that holds one of `role`; reverts with NotActiveError
        otherwise.
        """
        return self._call("opener", account, int(role), to=bytes)

    def closer(self, account: str) -> Call[bytes]:
        """Organisation of a valid account, suspended or not; reverts with NotActiveError otherwise."""
        return self._call("closer", account, to=bytes)

    def electorate(self) -> Call[Electorate]:
        """Quorum and registrars."""
        return self._call("electorate", to=Electorate)

    def is_paused(self, registry: str) -> Call[bool]:
        """Whether a registry opens nothing new."""
        return self._call("isPaused", registry, to=bool)

    def successor_of(self, registry: str) -> Call[str]:
        """The registry that the quorum handed over to; the zero address where it did not."""
        return self._call("successorOf", registry, to=str)

    def confirm(self, act: Act, nonce: int) -> Act:
        """One registrar's vote for a call on this contract; the vote that completes the quorum executes
        it.
        """
        if act.to != self.address:
            raise ValueError("the registrars vote on calls of Membership only")
        return self._act("confirm", act.data, nonce)

    def call_id(self, act: Act, nonce: int) -> Call[bytes]:
        """The id under which votes for this call and nonce are counted now."""
        return self._call("callIdOf", act.data, nonce, to=bytes)

    def set_organisation(
        self, identifier: str, name: str, aliases: Sequence[str], roles: Role, suspended: bool = False
    ) -> Act:
        """Quorum only: admits an organisation or changes it."""
        return self._act("setOrganisation", identifier, name, list(aliases), int(roles), suspended)

    def set_key(self, key_id: bytes, key: Key, public_key: bytes = b"") -> Act:
        """Quorum only. An account's key id is its padded address and has no public key; others are keccak-256
        of theirs.
        """
        interval = (key.org, key.valid_from, key.valid_until, int(key.purpose))
        return self._act("setKey", key_id, interval, public_key)

    def set_quorum(self, quorum: int) -> Act:
        """Quorum only."""
        return self._act("setQuorum", quorum)

    def set_paused(self, registry: str, paused: bool) -> Act:
        """Quorum only."""
        return self._act("setPaused", registry, paused)

    def set_successor(self, registry: str, successor: str) -> Act:
        """Quorum only: hands a registry over for good."""
        return self._act("setSuccessor", registry, successor)

    def revoke_key(self, key_id: bytes) -> Act:
        """Any account of the owning organisation ends one of its keys now."""
        return self._act("revokeKey", key_id)
