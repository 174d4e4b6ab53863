"""What a contract refuses: one class for each custom error of the ABI, in words for a person.

A class is named as its error, its fields are the error's arguments in their order. `artifacts.decode_revert` makes
one of revert data; what no interface of ours names is an `OtherRevertError`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, dataclass_transform

from ledger.errors import LedgerError

__all__ = [
    "AlreadyConfirmedError",
    "AlreadyExecutedError",
    "AlreadyExpiredError",
    "AlreadyPledgedError",
    "AlreadyRegisteredError",
    "BadClosingError",
    "BadElectorateError",
    "BadIdentifierError",
    "BadKeyError",
    "BadQuorumError",
    "BadRolesError",
    "BadShareError",
    "BadSuccessorError",
    "BatchTooLargeError",
    "EmptyBatchError",
    "EncumberedError",
    "EvidenceMismatchError",
    "FieldNotInAssetError",
    "ForeignPredecessorError",
    "KeyBelongsToAnotherError",
    "KeyEndedError",
    "NoChangeError",
    "NoClaimsError",
    "NotActiveError",
    "NotAscendingError",
    "NotExpiredError",
    "NotGoodError",
    "NotInBatchError",
    "NotLiveError",
    "NotPartyError",
    "NotQuorumError",
    "NotRegisteredError",
    "NotSuccessorError",
    "OfferLapsedError",
    "OtherRevertError",
    "PanicError",
    "RegistryPausedError",
    "RegistrySucceededError",
    "RevertError",
    "UnknownOrganisationError",
]

_ROLES = {1: "enterprise", 2: "lender", 4: "inspector", 8: "witness", 16: "auditor", 32: "registrar"}
_STANDINGS = {1: "suspended", 2: "revoked"}
_TIMES = ("accept_by", "expires_at", "valid_until")
_YEAR_10000 = 253_402_300_800


@dataclass_transform(eq_default=False)
class RevertError(LedgerError):
    """A contract refused. Subclasses carry the custom error's arguments in the order of the ABI."""

    sentence: ClassVar[str]

    def __init_subclass__(cls) -> None:
        dataclass(eq=False)(cls)

    def __str__(self) -> str:
        shown = {f.name: _show(f.name, getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return self.sentence.format(**shown)


def _show(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if name == "role":
        return " or ".join(word for bit, word in _ROLES.items() if value & bit) or "no role"
    if name == "standing":
        return _STANDINGS.get(value, f"given standing {value} to")
    if name in _TIMES and value < _YEAR_10000:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return str(value)


class OtherRevertError(RevertError):
    """A revert with a reason that no ABI of ours names: a plain string, or unknown data in hexadecimal."""

    sentence = "the contract refused: {reason}"
    reason: str


class PanicError(RevertError):
    """A failed assertion, overflow or index inside the contract (Solidity's Panic)."""

    sentence = "the contract failed with Solidity panic code {code}"
    code: int


class NotActiveError(RevertError):
    """Membership: the account may not open this act now."""

    sentence = (
        "account {account} may not do this: no valid key, organisation suspended, or not admitted as {role}"
    )
    account: str
    role: int


class NotQuorumError(RevertError):
    """Membership: the call is the quorum's alone; send it as votes."""

    sentence = "only the registrars' quorum may do this: let them confirm it"


class AlreadyConfirmedError(RevertError):
    """Membership: this registrar has voted for this call and nonce."""

    sentence = "registrar {registrar} has already confirmed call {call_id}"
    call_id: bytes
    registrar: bytes


class KeyBelongsToAnotherError(RevertError):
    """Membership: a key never changes its organisation."""

    sentence = "key {key_id} belongs to organisation {org}"
    key_id: bytes
    org: bytes


class RegistryPausedError(RevertError):
    """Membership: the registry is paused and opens nothing new."""

    sentence = "registry {registry} is paused by the registrars: nothing new can be opened"
    registry: str


class BadQuorumError(RevertError):
    """Membership: the quorum must be at least 1 and at most the number of registrars."""

    sentence = "a quorum of {quorum} does not fit {registrars} registrars"
    quorum: int
    registrars: int


class BadElectorateError(RevertError):
    """Membership: at its founding, every registrar's identifier comes with one account."""

    sentence = "{identifiers} identifiers of registrars came with {accounts} accounts"
    identifiers: int
    accounts: int


class UnknownOrganisationError(RevertError):
    """The organisation (a grantee, or the owner of a key) was never admitted."""

    sentence = "organisation {org} was never admitted"
    org: bytes


class EmptyBatchError(RevertError):
    """AssetRegistry: a batch holds at least one id."""

    sentence = "a batch holds at least one asset id"


class NotAscendingError(RevertError):
    """AssetRegistry: ids must ascend strictly by leaf hash."""

    sentence = "the asset id at index {index} is not above its predecessor by leaf hash (or stands twice)"
    index: int


class AlreadyRegisteredError(RevertError):
    """AssetRegistry: this organisation has registered this very batch."""

    sentence = "organisation {org} has already registered batch {root}"
    org: bytes
    root: bytes


class NotRegisteredError(RevertError):
    """AssetRegistry: this organisation has no such batch."""

    sentence = "organisation {org} has registered no batch {root}"
    org: bytes
    root: bytes


class NotInBatchError(RevertError):
    """AssetRegistry: the proof does not lead from the id to the root."""

    sentence = "asset {asset_id} is not in batch {root} by the proof given"
    root: bytes
    asset_id: bytes


class NotGoodError(RevertError):
    """AssetRegistry: the asset is suspended or revoked."""

    sentence = "asset {asset_id} of organisation {org} is not in good standing: its issuer has {standing} it"
    org: bytes
    asset_id: bytes
    standing: int


class NoChangeError(RevertError):
    """AssetRegistry: the asset already stands there, or its standing is final."""

    sentence = "asset {asset_id} of organisation {org} already has this standing, or a final one"
    org: bytes
    asset_id: bytes


class NoClaimsError(RevertError):
    """PledgeRegistry: an offer names at least one claim."""

    sentence = "an offer names at least one claim"


class BadShareError(RevertError):
    """PledgeRegistry: a share is 1 to 10,000 parts."""

    sentence = "the share of claim {index} is not between 1 and 10000"
    index: int


class OfferLapsedError(RevertError):
    """PledgeRegistry: the offer was to be accepted by `accept_by`."""

    sentence = "the offer lapsed: it was to be accepted by {accept_by}"
    accept_by: int


class NotPartyError(RevertError):
    """PledgeRegistry: signer or sender is not the party that the offer names."""

    sentence = "organisation {actual} is not the party that the offer names ({expected})"
    expected: bytes
    actual: bytes


class AlreadyPledgedError(RevertError):
    """PledgeRegistry: this offer was accepted once; an offer is spent by its pledge."""

    sentence = "the offer was already accepted as pledge {pledge_id}"
    pledge_id: bytes


class FieldNotInAssetError(RevertError):
    """PledgeRegistry: the fingerprint is not the asset's field `fingerprint.exact` by the proof given."""

    sentence = "the fingerprint of claim {index} is not that of its asset by the proof given"
    index: int


class EncumberedError(RevertError):
    """PledgeRegistry: the shares asked for are not free."""

    sentence = (
        "{taken} of 10000 parts of {fingerprint} of debtor {debtor} are already pledged or burned;"
        " {share} more do not fit"
    )
    debtor: bytes
    fingerprint: bytes
    taken: int
    share: int


class NotLiveError(RevertError):
    """PledgeRegistry: the pledge is not live."""

    sentence = "pledge {pledge_id} is not live"
    pledge_id: bytes


class NotExpiredError(RevertError):
    """PledgeRegistry: only from `expires_at` may anyone but the lender close it."""

    sentence = "the pledge does not expire before {expires_at}: until then its lender alone closes it"
    expires_at: int


class BadClosingError(RevertError):
    """PledgeRegistry: a pledge is closed as satisfied, enforced, cancelled or expired."""

    sentence = "a pledge cannot be closed with status {status}"
    status: int


class BatchTooLargeError(RevertError):
    """AssetRegistry: a batch holds at most 1,024 ids."""

    sentence = "a batch of {count} asset ids is too large: at most 1024"
    count: int


class EvidenceMismatchError(RevertError):
    """PledgeRegistry: one evidence for each claim."""

    sentence = "{claims} claims came with {evidence} pieces of evidence: one for each is needed"
    claims: int
    evidence: int


class AlreadyExpiredError(RevertError):
    """PledgeRegistry: the pledge would expire before it began."""

    sentence = "the offer's pledge would have expired at {expires_at}"
    expires_at: int


class NotSuccessorError(RevertError):
    """PledgeRegistry: the predecessor has not been handed over to this registry."""

    sentence = "the registrars have not made this registry the successor of {predecessor}"
    predecessor: str


class ForeignPredecessorError(RevertError):
    """PledgeRegistry: the predecessor belongs to another Membership."""

    sentence = "registry {predecessor} belongs to another membership"
    predecessor: str


class AlreadyExecutedError(RevertError):
    """Membership: this call was executed under this nonce; take another nonce to do it again."""

    sentence = "call {call_id} was already executed under this nonce"
    call_id: bytes


class BadIdentifierError(RevertError):
    """Membership: an organisation needs an identifier."""

    sentence = "{identifier!r} is not an identifier"
    identifier: str


class BadKeyError(RevertError):
    """Membership: id, purpose, public key or interval of the key do not go together."""

    sentence = "key {key_id} does not fit its purpose, its public key or its interval"
    key_id: bytes


class BadRolesError(RevertError):
    """Membership: roles are a mask of the six known bits, not empty."""

    sentence = "{roles} is not a set of roles"
    roles: int


class BadSuccessorError(RevertError):
    """Membership: a successor is another contract."""

    sentence = "{successor} cannot succeed registry {registry}"
    registry: str
    successor: str


class KeyEndedError(RevertError):
    """Membership: the key's interval is over, and an ended key never comes back."""

    sentence = "key {key_id} ended at {valid_until}"
    key_id: bytes
    valid_until: int


class RegistrySucceededError(RevertError):
    """Membership: the registry has a successor and stays closed to new acts."""

    sentence = "registry {registry} was succeeded by {successor}"
    registry: str
    successor: str
