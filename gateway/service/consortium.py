"""The consortium: found it, admit and change organisations. What the quorum decides is voted on by `voting`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from certifier import fingerprint
from certifier.canonical import ident
from certifier.voprf import LocalEvaluation
from gateway.errors import UsageError
from gateway.home import Home
from gateway.installation import Book, Installation, Organisation
from gateway.keys import Keystore
from gateway.service.voting import Vote, require_votes, vote
from ledger import host
from ledger.account import Account
from ledger.chain import Chain
from ledger.deploy import deploy
from ledger.membership import Role
from ledger.replay import MembershipView, OrganisationRecord
from ledger.types import hex32, keccak

__all__ = ["admit", "found", "identifier", "known_here", "suspend"]

SCHEME = re.compile("[A-Z0-9-]{2,16}")


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
    if Role.REGISTRAR in roles:
        require_votes(installation, organisation)
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
    known = _member(installation, org)
    return _enact(installation, replace(known, suspended=not lift), voters)


def known_here(installation: Installation, org: bytes, short: str) -> Organisation:
    """A member that others have voted in, entered in this home's book by a short name. UsageError for one that was never admitted."""
    known = _member(installation, org)
    organisation = Organisation(short, known.identifier, known.name, known.aliases)
    installation.book.enter(organisation)
    return organisation


def _member(installation: Installation, org: bytes) -> OrganisationRecord:
    if (known := _record(installation, org)) is None:
        raise UsageError("UNKNOWN_ORG", f"the ledger knows no organisation {hex32(org)}")
    return known


def _record(installation: Installation, org: bytes) -> OrganisationRecord | None:
    return MembershipView(installation.ledger).organisation(org, installation.ledger.pin())


def _enact(
    installation: Installation, record: OrganisationRecord, voters: Sequence[Organisation] | None
) -> Vote:
    act = installation.ledger.membership.set_organisation(
        record.identifier, record.name, record.aliases, record.roles, record.suspended
    )
    return vote(installation, act, voters)


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
