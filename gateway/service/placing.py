"""Where an organisation's account signs, changed: the quorum publishes the new account, the old one ends, from then on the new one signs.

Told again, it goes on from where it stands: a vote that is cast stays cast, a key that has ended stays ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import RefusedError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import published_keys, voting
from gateway.service.voting import Vote
from gateway.signing.places import Moved
from ledger.account import account_key_id
from ledger.membership import FOREVER, Key, Purpose

__all__ = ["move"]


def move(
    installation: Installation,
    organisation: Organisation,
    place: Moved | None = None,
    voters: Sequence[Organisation] | None = None,
) -> Vote:
    """Let an organisation sign at `place`, else where it was said to (`Places.staged`). One vote for it by each of `voters`."""
    short = organisation.short
    wanted = place or installation.places.staged(short)
    if wanted is None:
        raise UsageError("NOT_STAGED", f"{short} has named no other place to sign")
    installation.places.stage(short, wanted)
    outcome = _published(installation, organisation, wanted, voters)
    if outcome.executed:
        outcome = _ended(installation, organisation, wanted.address, voters)
    if outcome.executed:
        installation.keys.retire(short, "account", installation.now())
        installation.places.settle(short, wanted)
    return outcome


def _published(
    installation: Installation,
    organisation: Organisation,
    wanted: Moved,
    voters: Sequence[Organisation] | None,
) -> Vote:
    membership, key_id = installation.ledger.membership, account_key_id(wanted.address)
    known = installation.ledger.read_one(membership.key(key_id), installation.ledger.pin())
    if known.org == organisation.id and known.valid_at(installation.now()):
        return Vote(0, True)
    if any(known.org):
        raise RefusedError("KEY_USED", f"the ledger knows {wanted.address} already: take a key that is new")
    key = Key(organisation.id, wanted.since, FOREVER, Purpose.ACCOUNT)
    return voting.vote(installation, membership.set_key(key_id, key), voters)


def _ended(
    installation: Installation,
    organisation: Organisation,
    address: str,
    voters: Sequence[Organisation] | None,
) -> Vote:
    """The end of the account that signed until now."""
    old = installation.address(organisation.short)
    if old is None or old == address:
        return Vote(0, True)
    return published_keys.end_key(installation, organisation, account_key_id(old), b"", voters)
