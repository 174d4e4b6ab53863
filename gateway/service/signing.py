"""What waits for an organisation's signature in a browser: listed as what it is, prepared for signing, taken once signed; and a browser's key.

What is listed is read from the very bytes that will be signed. A batch is sent by the job that made it, which goes on by itself; a pledge and
a reading by who asked for them, once they ask again, since what they rest on is looked at anew; any other act at once, with all that it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.db import repository
from gateway.db import signing as table
from gateway.db.models import Grant
from gateway.db.signing import SignatureRequest
from gateway.errors import ConflictError, NotFoundError, RefusedError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service import applying, granting, loans, pledging, revoking
from gateway.service.own import own_asset
from gateway.signing.browser import ACT, act_of, said_by, unsigned_of
from gateway.signing.places import InBrowser
from ledger.access import grant_id
from ledger.account import recover
from ledger.assets import Standing
from ledger.membership import Role
from ledger.pledges import Offer
from ledger.refusals import RevertError
from ledger.typed import Domain, TypedData
from ledger.types import hex32, parse_hex32

__all__ = ["Waiting", "key_statement", "prepare", "propose_key", "take", "waiting"]

_TERM = 3_600
"""Seconds for which a signed act may still be sent."""
_SENT_BY_WHO_ASKED = ("register", "pledge", "read", "Consent", "Audit")


@dataclass(frozen=True)
class Waiting:
    """One thing to sign. `act` is the contract's function, or the struct's name; `said` are its arguments or members by name."""

    id: str
    act: str
    said: dict[str, Any]
    asked_at: int
    signed: bool

    @property
    def by_itself(self) -> bool:
        """Whether a job sends it once it is signed."""
        return self.act in ("register", "Audit")

    @property
    def assets(self) -> tuple[str, ...]:
        """Ids of the assets that it is about, as far as it names them."""
        found = self.said.get("assetIds") or [self.said[name] for name in ("assetId",) if name in self.said]
        return tuple(hex32(one) for one in found)


def waiting(installation: Installation, organisation: Organisation) -> list[Waiting]:
    """What waits, the oldest first. What the ledger would refuse by now, or has, waits no more; a job that waited for it looks again."""
    with installation.database.session() as session:
        rows = table.waiting(session, organisation.hex)
    kept = [row for row in rows if _still(installation, organisation, row)]
    if len(kept) < len(rows):
        _drop(installation, {row.id for row in rows} - {row.id for row in kept})
    return [
        Waiting(row.id, *said_by(installation.ledger, row), row.asked_at, row.signature is not None)
        for row in kept
    ]


def _drop(installation: Installation, ids: Iterable[str]) -> None:
    with installation.database.session() as session:
        for request_id in ids:
            table.wake(session, request_id)
            table.drop(session, request_id)


def _still(installation: Installation, organisation: Organisation, row: SignatureRequest) -> bool:
    if row.account != installation.signatory(organisation).address:
        return False
    act, said = said_by(installation.ledger, row)
    if row.kind != ACT:
        return _STRUCTS[row.kind](installation, organisation, row)
    if act == "register" and _anchored(installation, said["assetIds"]):
        return False
    if act == "grant" and not _meant(installation, organisation, said):
        return False
    try:
        installation.writer.allowance(row.account, act_of(row))
    except RevertError:
        return False
    return True


def _offered(installation: Installation, _: Organisation, row: SignatureRequest) -> bool:
    return bool(int(row.content["message"]["acceptBy"]) >= installation.now())


def _applied(installation: Installation, organisation: Organisation, row: SignatureRequest) -> bool:
    return applying.draft_with(installation, organisation, parse_hex32(row.subject)) is not None


def _audited(installation: Installation, _: Organisation, row: SignatureRequest) -> bool:
    with installation.database.session() as session:
        return table.waited_for(session, row.id)


_STRUCTS = {"Offer": _offered, "Consent": _applied, "Audit": _audited}
"""Whether a struct of that name is still to be signed."""


def _meant(installation: Installation, organisation: Organisation, said: Mapping[str, Any]) -> bool:
    """Whether this home knows what a grant is for: a paper's, or a consent that can still be given."""
    with installation.database.session() as session:
        if session.get(Grant, hex32(grant_id(organisation.id, *said.values()))) is not None:
            return True
    return applying.draft_with(installation, organisation, said["wraps"]) is not None


def _anchored(installation: Installation, ids: list[bytes]) -> bool:
    """Whether a paper of a batch stands by another one: the batch will be made anew without it."""
    with installation.database.session() as session:
        found = [repository.asset(session, hex32(one)) for one in ids]
        return any(one is not None and one.root is not None for one in found)


def prepare(installation: Installation, organisation: Organisation, request_id: str) -> dict[str, Any]:
    """The EIP-712 data to sign now; what was signed of it before counts no more."""
    row = _row(installation, organisation, request_id)
    if row.kind != ACT:
        return row.content
    forwarder, pinned = installation.ledger.forwarder, installation.ledger.pin()
    values = {
        "gas": installation.writer.allowance(row.account, act_of(row)),
        "nonce": installation.ledger.read_one(forwarder.nonce(row.account), pinned),
        "deadline": max(installation.now(), pinned.timestamp) + _TERM,
    }
    with installation.database.session() as session:
        row = session.get_one(SignatureRequest, row.id)
        for name, value in {**values, "signature": None, "signed_by": None}.items():
            setattr(row, name, value)
        return forwarder.typed(unsigned_of(row)).to_json()


def take(
    installation: Installation, organisation: Organisation, request_id: str, signature: bytes, by: str
) -> None:
    """A signature of what was prepared last. RefusedError for another signer's; ConflictError where it was prepared anew meanwhile."""
    row = _row(installation, organisation, request_id)
    if row.kind == ACT and row.deadline is None:
        raise ConflictError("NOT_PREPARED", "this was not prepared for signing: open it, then sign it")
    if recover(_digest(installation, row), signature) != row.account:
        raise RefusedError(
            "WRONG_SIGNER",
            "this is no signature of your organisation's account over what was shown: open it and sign it again",
        )
    with installation.database.session() as session:
        row = session.get_one(SignatureRequest, row.id)
        row.signature, row.signed_by = signature, by
        table.wake(session, row.id)
    _go_on(installation, organisation, row)


def _digest(installation: Installation, row: SignatureRequest) -> bytes:
    if row.kind != ACT:
        return parse_hex32(row.subject)
    return installation.ledger.forwarder.typed(unsigned_of(row)).digest


def _go_on(installation: Installation, organisation: Organisation, row: SignatureRequest) -> None:
    """What follows from the signature itself: an offer is made, an act is done as if it were asked for again."""
    act, said = said_by(installation.ledger, row)
    if act == "Offer":
        assert row.signature is not None
        offer = Offer.parse(row.content["message"])
        pledging.remember(installation, offer, row.signature)
        with installation.database.session() as session:
            table.drop(session, row.id)
        loans.agreed(installation, organisation, offer.terms, row.signed_by or "")
    elif act == "setStanding":
        asset = own_asset(installation, organisation, hex32(said["assetId"]))
        revoking.revoke(installation, organisation, asset, to=Standing(said["to"]), reason=said["reason"])
    elif act == "end":
        granting.end_grant(installation, organisation, said["grantId"])
    elif act == "shred":
        if (doomed := revoking.shredding(installation, organisation, said["commitment"])) is not None:
            revoking.shred(installation, organisation, doomed)
    elif act not in _SENT_BY_WHO_ASKED:
        installation.signatory(organisation).send(act_of(row))
    if act in ("Consent", "grant"):
        applying.proceed(installation, organisation)


def _row(installation: Installation, organisation: Organisation, request_id: str) -> SignatureRequest:
    with installation.database.session() as session:
        row = table.request(session, organisation.hex, request_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", "this waits for no signature any more")
    return row


def key_statement(installation: Installation, organisation: Organisation, address: str) -> TypedData:
    """What a new key signs to show that whoever brings it has it."""
    ledger = installation.ledger
    types = {"SigningAccount": (("organisation", "bytes32"), ("account", "address"))}
    said = {"organisation": organisation.id, "account": address}
    domain = Domain(ledger.descriptor.chain_id, ledger.membership.address)
    return TypedData(domain, "SigningAccount", types, said)


def propose_key(
    installation: Installation, organisation: Organisation, address: str, signature: bytes
) -> None:
    """A browser's account that is to sign for the organisation, once the registrars have voted for it. RefusedError for a registrar's."""
    ledger = installation.ledger
    if Role.REGISTRAR in ledger.read_one(ledger.membership.organisation(organisation.id), ledger.pin()).roles:
        raise RefusedError(
            "REGISTRAR_KEY",
            "a registrar's key cannot move to a browser: its votes are transactions of its own, which nobody can send for it; "
            "keep it on this server, or move it to a Web3Signer",
        )
    if recover(key_statement(installation, organisation, address).digest, signature) != address:
        raise RefusedError("WRONG_SIGNER", "the new key has not signed for itself: make it again")
    if address == installation.signatory(organisation).address:
        raise UsageError("SAME_KEY", "the organisation signs with this key already")
    installation.places.stage(organisation.short, InBrowser(address, installation.now()))
