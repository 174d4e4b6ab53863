"""Members' keys on the ledger: published and ended by the registrars' vote, rotated, revoked by their owner."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from certifier import hpke, signer
from certifier.voprf import LocalEvaluation
from gateway.errors import RefusedError, UsageError
from gateway.installation import Installation, Organisation
from gateway.keys import next_of
from gateway.service import proposing
from gateway.service.times import DAY
from gateway.service.voting import Vote, seated, vote
from gateway.signing.places import InKeystore
from ledger.account import Account, account_key_id
from ledger.connection import Ledger
from ledger.membership import FOREVER, Key, Purpose
from ledger.refusals import KeyEndedError
from ledger.replay import MembershipView
from ledger.types import hex32, keccak

__all__ = [
    "end_key",
    "has_fingerprint_key",
    "keep",
    "keys_of",
    "publish",
    "published",
    "revoke_key",
    "rotate",
    "set_key",
    "set_public_key",
    "vote_end",
]

KEY_PURPOSES = {
    "account": Purpose.ACCOUNT,
    "instrument": Purpose.INSTRUMENT,
    "inspector": Purpose.INSPECTOR,
    "witness": Purpose.WITNESS,
    "encryption": Purpose.ENCRYPTION,
    "fingerprint": Purpose.FINGERPRINT,
}
_VOTING = 7 * DAY
"""Seconds for which registrars vote for the moment that the first of them proposed: what was signed before then is at nobody's mercy."""


def set_key(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    *,
    valid_until: int = FOREVER,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """Publish the organisation's key for `purpose`, made where absent: the quorum's act. Valid from now."""
    seats = seated(installation, voters)
    installation.keys.create([(organisation.short, purpose)])
    key_id, public = published(installation.keys.seed(organisation.short, purpose), purpose)
    return publish(installation, organisation, purpose, key_id, public, valid_until, seats)


def keep(installation: Installation, organisation: Organisation, voters: Sequence[Organisation]) -> None:
    """Publish the first keys of a member whose keys this home keeps."""
    for purpose in ("account", "encryption"):
        set_key(installation, organisation, purpose, voters=voters)


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
    return vote_end(installation, key_id, known, public, voters)


def vote_end(
    installation: Installation,
    key_id: bytes,
    known: Key,
    public: bytes,
    voters: Sequence[Organisation] | None,
) -> Vote:
    """End a key that counts by the quorum's vote, at the moment that it was proposed with."""
    membership, now = installation.ledger.membership, installation.now()
    proposed = proposing.ending(installation, key_id, known, range(now - _VOTING, now + 1))
    ended = replace(known, valid_until=proposed or max(now, known.valid_from + 1))
    return vote(installation, membership.set_key(key_id, ended, public), voters)


def revoke_key(installation: Installation, organisation: Organisation, key_id: bytes) -> None:
    """The owner ends one of its keys now, suspended or not."""
    installation.signatory(organisation).send(installation.ledger.membership.revoke_key(key_id))


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
