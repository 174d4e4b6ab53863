"""The consortium: found it, admit and change organisations, set and revoke their keys. What the quorum decides is voted here.

A vote is one registrar's transaction; the M-th executes the call (CONTRACTS, Registrars). A home that holds several registrars' keys
casts as many votes as are needed, unless told for whom to vote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from certifier import fingerprint, hpke, signer
from certifier.canonical import ident
from certifier.voprf import LocalEvaluation
from gateway.errors import RefusedError, UsageError
from gateway.home import Home
from gateway.installation import Book, Installation, Organisation
from gateway.keys import Keystore, next_of
from gateway.service import proposing
from gateway.signing.places import InKeystore
from ledger import host
from ledger.account import Account, account_key_id
from ledger.chain import Chain
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.deploy import deploy
from ledger.events import Confirmed
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.refusals import AlreadyConfirmedError, AlreadyExecutedError, KeyEndedError
from ledger.replay import MembershipView, OrganisationRecord, events
from ledger.types import hex32, keccak
from ledger.writer import Sent

__all__ = [
    "Vote",
    "admit",
    "confirm",
    "end_key",
    "found",
    "has_fingerprint_key",
    "identifier",
    "keys_of",
    "publish",
    "published",
    "revoke_key",
    "rotate",
    "set_key",
    "set_public_key",
    "suspend",
    "vote",
]

SCHEME = re.compile("[A-Z0-9-]{2,16}")
KEY_PURPOSES = {
    "account": Purpose.ACCOUNT,
    "instrument": Purpose.INSTRUMENT,
    "inspector": Purpose.INSPECTOR,
    "witness": Purpose.WITNESS,
    "encryption": Purpose.ENCRYPTION,
    "fingerprint": Purpose.FINGERPRINT,
}


_VOTING = 7 * 86_400
"""Seconds for which registrars vote for the moment that the first of them proposed: what was signed before then is at nobody's mercy."""


@dataclass(frozen=True)
class Vote:
    """Votes cast in this call, and whether the last one executed it; if not, the id that others confirm it by."""

    votes: int
    executed: bool
    call_id: bytes | None = None


def found(
    home: Home,
    node: host.Host,
    keys: Keystore,
    registrars: Sequence[Organisation],
    quorum: int,
    confirmations: int = 0,
) -> None:
    """Make the registrars' keys, deploy the contracts, write `ledger.json`. Idempotent: what stands is left."""
    first, book = registrars[0], Book(home.keys)
    keys.create([*((registrar.short, "account") for registrar in registrars), (first.short, "fingerprint")])
    for registrar in registrars:
        book.enter(registrar)
    seats = [
        (registrar.identifier, Account(keys.seed(registrar.short, "account")).address)
        for registrar in registrars
    ]
    public = LocalEvaluation(keys.seed(first.short, "fingerprint")).public_key()
    deployer = Account(keccak(b"assetcert/deployer" + keys.seed(first.short, "account")))
    descriptor = deploy(
        node.writer,
        Chain(node.url),
        deployer,
        seats,
        quorum,
        confirmations=confirmations,
        fingerprint_key=fingerprint.key_id(public),
    )
    descriptor.save(home.descriptor)


def admit(
    installation: Installation,
    organisation: Organisation,
    roles: Role,
    *,
    change: bool = False,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """Admit an organisation, or with `change` give it other names or roles: the quorum's act. A suspension stays.

    The book of this home has it once the ledger does; where other homes have to vote, this is called again after them.
    """
    installation.book.check(organisation)
    known = _record(installation, organisation.id)
    wanted = OrganisationRecord(
        organisation.id,
        organisation.identifier,
        organisation.name,
        organisation.aliases,
        roles,
        known is not None and known.suspended,
    )
    if known not in (None, wanted) and not change:
        raise UsageError(
            "ADMITTED",
            f"{organisation.identifier} is on the ledger with another name, other aliases or roles: give --change to change it",
        )
    outcome = Vote(0, True) if known == wanted else _enact(installation, wanted, voters)
    if outcome.executed:
        installation.book.enter(organisation)
    return outcome


def suspend(
    installation: Installation,
    org: bytes,
    *,
    lift: bool = False,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """Suspend an organisation or lift its suspension: the quorum's act. All else stays as the ledger has it."""
    known = _record(installation, org)
    if known is None:
        raise UsageError("UNKNOWN_ORG", f"the ledger knows no organisation {hex32(org)}")
    return _enact(installation, replace(known, suspended=not lift), voters)


def _record(installation: Installation, org: bytes) -> OrganisationRecord | None:
    return MembershipView(installation.ledger).organisation(org, installation.ledger.pin())


def _enact(
    installation: Installation, record: OrganisationRecord, voters: Sequence[Organisation] | None
) -> Vote:
    act = installation.ledger.membership.set_organisation(
        record.identifier, record.name, record.aliases, record.roles, record.suspended
    )
    return vote(installation, act, voters)


def set_key(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    *,
    valid_until: int = FOREVER,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """Publish the organisation's key for `purpose`, made where absent: the quorum's act. Valid from now."""
    seats = _seated(installation, voters)
    installation.keys.create([(organisation.short, purpose)])
    key_id, public = published(installation.keys.seed(organisation.short, purpose), purpose)
    return publish(installation, organisation, purpose, key_id, public, valid_until, seats)


def set_public_key(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    public: bytes,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """The same for a key whose seed is kept elsewhere: a machine's, a laboratory's, a carrier's."""
    return publish(installation, organisation, purpose, keccak(public), public, FOREVER, voters)


def publish(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    key_id: bytes,
    public: bytes,
    valid_until: int,
    voters: Sequence[Organisation] | None,
) -> Vote:
    """Set a key that counts from now until then: the quorum's act. `public` is empty for an account."""
    key = Key(organisation.id, installation.now(), valid_until, KEY_PURPOSES[purpose])
    return vote(installation, installation.ledger.membership.set_key(key_id, key, public), voters)


def published(seed: bytes, purpose: str) -> tuple[bytes, bytes]:
    """Key id and public key bytes, as Membership knows them, of a seed used for `purpose`."""
    if purpose == "account":
        return account_key_id(Account(seed).address), b""
    if purpose == "encryption":
        public = hpke.seed_public_key(seed)
    elif purpose == "fingerprint":
        public = LocalEvaluation(seed).public_key()
    else:
        public = signer.multikey(seed, "ed25519")
    return keccak(public), public


def has_fingerprint_key(ledger: Ledger) -> bool:
    """Whether the key that the descriptor names is published: a founding is finished with that."""
    named = ledger.descriptor.fingerprint_key
    return named is None or any(ledger.read_one(ledger.membership.key(named), ledger.pin()).org)


def rotate(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """A new key for a purpose: published by the quorum first, then the old one is ended and its keyfile set aside.

    The new keyfile waits as `<purpose>.next` until enough votes are cast; run again, it goes on from where it stands.
    """
    if purpose == "fingerprint":
        raise RefusedError(
            "FINGERPRINT_KEY",
            "the fingerprint key is never rotated while liens live: every lock depends on it",
        )
    keys, short, following = installation.keys, organisation.short, next_of(purpose)
    if purpose == "account" and not isinstance(installation.places.of(short), InKeystore):
        raise UsageError(
            "ACCOUNT_ELSEWHERE", f"the account of {short} is not on this server: move it (`key move`) instead"
        )
    installation.unlock([organisation])
    keys.create([(short, following)])
    old, old_public = published(keys.seed(short, purpose), purpose)
    new, public = published(keys.seed(short, following), purpose)
    outcome = Vote(0, True)
    known = installation.ledger.membership.key(new)
    if installation.ledger.read_one(known, installation.ledger.pin()).org != organisation.id:
        outcome = publish(installation, organisation, purpose, new, public, FOREVER, voters)
    if outcome.executed and purpose == "account":
        ender = Account(keys.seed(short, following))
        with suppress(KeyEndedError):
            installation.writer.send(ender, installation.ledger.membership.revoke_key(old))
    elif outcome.executed:
        outcome = end_key(installation, organisation, old, old_public, voters)
    if outcome.executed:
        keys.succeed(short, purpose, installation.now())
    return outcome


def end_key(
    installation: Installation,
    organisation: Organisation,
    key_id: bytes,
    public: bytes,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """End a member's key now: its own act where its account signs by itself, else the quorum's, at the moment that it was proposed with."""
    membership, now = installation.ledger.membership, installation.now()
    known = installation.ledger.read_one(membership.key(key_id), installation.ledger.pin())
    if known.org != organisation.id or not known.valid_at(now):
        return Vote(0, True)
    if installation.answers(organisation.short):
        revoke_key(installation, organisation, key_id)
        return Vote(0, True)
    proposed = proposing.ending(installation, key_id, known, range(now - _VOTING, now + 1))
    ended = replace(known, valid_until=proposed or max(now, known.valid_from + 1))
    return vote(installation, membership.set_key(key_id, ended, public), voters)


def revoke_key(installation: Installation, organisation: Organisation, key_id: bytes) -> None:
    """The owner ends one of its keys now, suspended or not."""
    installation.signatory(organisation).send(installation.ledger.membership.revoke_key(key_id))


def vote(installation: Installation, act: Act, voters: Sequence[Organisation] | None = None) -> Vote:
    """Cast votes for an act on Membership until it executes: by `voters`, else by every registrar this home holds keys of.

    Each vote takes the first nonce under which this very act was not executed yet, so that votes cast apart meet.
    """
    seats = _seated(installation, voters)
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


def _seated(installation: Installation, voters: Sequence[Organisation] | None) -> list[Organisation]:
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


def keys_of(installation: Installation, org: bytes) -> list[dict[str, Any]]:
    """An organisation's keys as the ledger has them, ended ones too."""
    pinned = installation.ledger.pin()
    return [
        {
            "key_id": hex32(record.key_id),
            "purpose": record.key.purpose.name.lower(),
            "valid_from": record.key.valid_from,
            "valid_until": None if record.key.valid_until == FOREVER else record.key.valid_until,
        }
        for record in MembershipView(installation.ledger).keys_of(org, pinned)
    ]


def identifier(text: str) -> str:
    """`scheme:number` in its canonical form (COMMITMENT 6). UsageError where it has none."""
    scheme, _, number = text.partition(":")
    canonical = ident(number)
    if not SCHEME.fullmatch(scheme) or canonical is None:
        raise UsageError(
            "IDENTIFIER",
            f"{text!r} is no legal identifier: SCHEME:NUMBER is expected, such as CN-USCC:91500000000000211L",
        )
    return f"{scheme}:{canonical}"
