"""The members' list as the auditor rebuilds it: identities, keys with their intervals, and the quorum behind each change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from certifier.audit.report import Findings
from ledger.account import account_key_id
from ledger.chain import Block
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.events import (
    AnyEvent,
    Confirmed,
    Executed,
    KeyRevoked,
    KeySet,
    OrganisationSet,
    PausedSet,
    QuorumSet,
    SuccessorSet,
)
from ledger.membership import Key, Purpose, Role
from ledger.types import keccak, organisation_id

__all__ = ["PARTICIPANT", "Members"]

PARTICIPANT = Role.ENTERPRISE | Role.LENDER | Role.INSPECTOR | Role.WITNESS | Role.AUDITOR


@dataclass
class _Vote:
    call: bytes
    registrars: set[bytes] = field(default_factory=set)


@dataclass(frozen=True)
class _Standing:
    roles: Role
    suspended: bool


class Members:
    """State after the events so far; each event is judged on the state before it."""

    def __init__(self, ledger: Ledger, findings: Findings) -> None:
        self._membership = ledger.membership
        self._findings = findings
        self._orgs: dict[bytes, _Standing] = {}
        self._keys: dict[bytes, Key] = {}
        self._paused: set[str] = set()
        self._quorum = 0
        self._votes: dict[bytes, _Vote] = {}
        self._founding: bytes | None = None
        self._executed: tuple[bytes, bytes] | None = None

    def apply(self, event: AnyEvent, time: int) -> None:
        """One event of Membership, in a block of that time."""
        if self._founding is None:
            self._founding = event.at.transaction
        match event:
            case Confirmed():
                self._confirm(event)
            case Executed():
                self._execute(event)
            case OrganisationSet():
                self._set_organisation(event)
            case KeySet():
                self._set_key(event, time)
            case KeyRevoked():
                self._revoke_key(event, time)
            case QuorumSet():
                self._voted(event, self._membership.set_quorum(event.quorum))
                self._quorum = event.quorum
                self._check_quorum(event)
            case PausedSet():
                self._voted(event, self._membership.set_paused(event.registry, event.paused))
                (self._paused.add if event.paused else self._paused.discard)(event.registry)
            case SuccessorSet():
                self._voted(event, self._membership.set_successor(event.registry, event.successor))

    def _registrars(self) -> int:
        return sum(Role.REGISTRAR in o.roles and not o.suspended for o in self._orgs.values())

    def _check_quorum(self, event: AnyEvent) -> None:
        if event.at.transaction != self._founding and not 1 <= self._quorum <= self._registrars():
            text = f"a quorum of {self._quorum} among {self._registrars()} registrars"
            self._findings.add("QUORUM", text, event.at)

    def _confirm(self, event: Confirmed) -> None:
        if fault := self.fault(event.registrar, Role.REGISTRAR):
            self._findings.add(
                "VOTER", f"a vote of somebody who may not vote: {fault}", event.at, org=event.registrar
            )
        vote = self._votes.setdefault(event.call_id, _Vote(event.call))
        if event.registrar in vote.registrars or vote.call != event.call:
            self._findings.add(
                "VOTER", "a registrar voted twice, or for another call", event.at, org=event.registrar
            )
        vote.registrars.add(event.registrar)

    def _execute(self, event: Executed) -> None:
        vote = self._votes.pop(event.call_id, None)
        if vote is None or len(vote.registrars) < self._quorum:
            votes = len(vote.registrars) if vote else 0
            self._findings.add(
                "QUORUM", f"executed with {votes} of {self._quorum} votes", event.at, call=event.call_id
            )
        self._executed = (event.at.transaction, vote.call if vote else b"")

    def _voted(self, event: AnyEvent, act: Act) -> None:
        """The change is the one that the quorum has just executed, or belongs to the founding."""
        if event.at.transaction == self._founding:
            return
        if self._executed is None or self._executed[0] != event.at.transaction:
            self._findings.add("QUORUM", f"{type(event).__name__} without a vote", event.at)
            return
        succeeded = (
            isinstance(event, PausedSet)
            and self._executed[1][:4] == self._membership.interface.functions["setSuccessor"].selector
        )
        if self._executed[1] != act.data and not succeeded:
            self._findings.add("QUORUM", f"{type(event).__name__} is not what was voted for", event.at)

    def _set_organisation(self, event: OrganisationSet) -> None:
        if organisation_id(event.identifier) != event.org:
            text = f"the id is not that of the identifier {event.identifier!r}"
            self._findings.add("ORGANISATION", text, event.at, org=event.org)
        change = (event.identifier, event.name, event.aliases, event.roles, event.suspended)
        self._voted(event, self._membership.set_organisation(*change))
        self._orgs[event.org] = _Standing(event.roles, event.suspended)
        self._check_quorum(event)

    def _set_key(self, event: KeySet, time: int) -> None:
        key = Key(event.org, event.valid_from, event.valid_until, event.purpose)
        self._voted(event, self._membership.set_key(event.key_id, key, event.public_key))
        for fault in self._key_faults(event, time):
            self._findings.add("KEY", fault, event.at, key=event.key_id, org=event.org)
        self._keys[event.key_id] = key

    def _key_faults(self, event: KeySet, time: int) -> list[str]:
        before, faults = self._keys.get(event.key_id), []
        is_account = event.purpose is Purpose.ACCOUNT
        if is_account == bool(event.public_key) or (
            not is_account and keccak(event.public_key) != event.key_id
        ):
            faults.append("a key whose id is not that of its public key")
        if event.org not in self._orgs:
            faults.append("a key of an organisation that was never admitted")
        if event.valid_from >= event.valid_until:
            faults.append("a key with an empty interval")
        if before is not None and (before.org, before.purpose) != (event.org, event.purpose):
            faults.append("a key changed its organisation or its purpose")
        if before is not None and before.valid_until <= time:
            faults.append("a key came back after its end")
        return faults

    def _revoke_key(self, event: KeyRevoked, time: int) -> None:
        before = self._keys.get(event.key_id)
        if (
            before is None
            or before.org != event.org
            or event.valid_until != time
            or before.valid_until <= time
        ):
            self._findings.add("KEY", "a revocation that does not fit its key", event.at, key=event.key_id)
            return
        self._keys[event.key_id] = replace(before, valid_until=event.valid_until)

    def fault(self, org: bytes, role: Role, registry: str | None = None) -> str | None:
        """Why the organisation may not open an act now; None where it may."""
        member = self._orgs.get(org)
        if member is None:
            return "never admitted"
        if member.suspended:
            return "suspended"
        if not member.roles & role:
            return "not admitted in this role"
        return "the registry is paused" if registry in self._paused else None

    def account_fault(self, account: str, org: bytes, time: int) -> str | None:
        """Why the account is none of the organisation's at that time; None where it is."""
        key = self._keys.get(account_key_id(account))
        if key is None or key.org != org:
            return "the account is none of this organisation's"
        return None if key.valid_at(time) else "the account's key was not valid"

    def known(self, org: bytes) -> bool:
        """Whether it was ever admitted."""
        return org in self._orgs

    def compare(self, ledger: Ledger, at: Block) -> None:
        """Holds the rebuilt list against the contract's."""
        membership = ledger.membership
        orgs, keys = list(self._orgs), list(self._keys)
        calls = [membership.organisation(o) for o in orgs] + [membership.key(k) for k in keys]
        electorate, *answers = ledger.read([membership.electorate(), *calls], at)
        for org, answer in zip(orgs, answers, strict=False):
            if _Standing(answer.roles, answer.suspended) != self._orgs[org]:
                self._findings.add(
                    "STATE_DIFFERS", "an organisation stands otherwise in the contract", org=org
                )
        for key_id, answer in zip(keys, answers[len(orgs) :], strict=True):
            if answer != self._keys[key_id]:
                self._findings.add("STATE_DIFFERS", "a key stands otherwise in the contract", key=key_id)
        if (electorate.quorum, electorate.registrars) != (self._quorum, self._registrars()):
            self._findings.add("STATE_DIFFERS", "quorum or registrars stand otherwise in the contract")
