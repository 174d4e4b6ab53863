"""The one error tree of the package `ledger`. Every error a caller can meet is named here.

Three families below the root: the node could not be asked (`NodeUnreachableError`), the node or the
descriptor said what cannot be true (`ContradictedError`), the contract refused (`RevertError`, one class per
custom error of the ABI, with its arguments as attributes). The rest are conditions of our own home: a lock
held, a log damaged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

__all__ = [
    "AbiError",
    "AlreadyConfirmedError",
    "AlreadyExecutedError",
    "AlreadyExpiredError",
    "AlreadyPledgedError",
    "AlreadyRegisteredError",
    "AnswerTooLargeError",
    "ArtifactError",
    "BadClosingError",
    "BadElectorateError",
    "BadIdentifierError",
    "BadKeyError",
    "BadQuorumError",
    "BadRolesError",
    "BadShareError",
    "BadSuccessorError",
    "BatchTooLargeError",
    "BlockGoneError",
    "ContradictedError",
    "DescriptorError",
    "EmptyBatchError",
    "EncumberedError",
    "EvidenceMismatchError",
    "FieldNotInAssetError",
    "ForeignPredecessorError",
    "KeyBelongsToAnotherError",
    "KeyEndedError",
    "LedgerError",
    "LogDamagedError",
    "LogUnwritableError",
    "NoChangeError",
    "NoClaimsError",
    "NoLedgerError",
    "NodeStartError",
    "NodeUnreachableError",
    "NotActiveError",
    "NotAscendingError",
    "NotExpiredError",
    "NotFinalError",
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
    "RefusedByNodeError",
    "RegistryPausedError",
    "RegistrySucceededError",
    "ReplacedError",
    "RevertError",
    "RpcError",
    "UnknownOrganisationError",
    "WriterBusyError",
]


class LedgerError(Exception):
    """Root of everything that this package raises on purpose."""


class NodeUnreachableError(LedgerError):
    """The node did not answer: refused, timed out, closed, or served no JSON-RPC at that address."""


class ContradictedError(LedgerError):
    """An answer that cannot be true: another chain, no code of ours, malformed, or logs that were not asked
    for.
    """


class AnswerTooLargeError(ContradictedError):
    """The node answered more than anything asked here can need; logs are then asked in shorter ranges."""


class BlockGoneError(ContradictedError):
    """The block that was pinned is no longer part of the node's chain (a reorganisation, or another node)."""


class AbiError(LedgerError):
    """Data that is not the ABI encoding of the expected types, or a value that does not fit its type."""


class ArtifactError(LedgerError):
    """The compiled contracts are missing or unreadable beside the package."""


class DescriptorError(LedgerError):
    """The ledger descriptor is missing, is not JSON, or has a member that is absent, unknown or malformed."""


class NodeStartError(LedgerError):
    """The embedded node could not be started: no binary, or it ended before it answered."""


class NoLedgerError(LedgerError):
    """The home holds no embedded ledger."""


class LogDamagedError(LedgerError):
    """The log of transactions is unreadable, lost entries, or does not give the block hashes that were
    acknowledged from it.
    """


class LogUnwritableError(LedgerError):
    """The log or the outbox cannot be written (disk full, no permission); nothing was sent."""


class NotFinalError(LedgerError):
    """Sent, kept in the outbox, and not final within the time given. Sending the same again is harmless."""


class ReplacedError(LedgerError):
    """The sender's nonce was used by a transaction that is not in our outbox."""


class RefusedByNodeError(LedgerError):
    """The node refused the transaction itself (too large, too much gas, wrong chain); nothing was sent."""


class WriterBusyError(LedgerError):
    """Another process holds the home's write lock. `pid` is the holder's, None where it left none."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message, pid)
        self.pid = pid

    def __str__(self) -> str:
        return str(self.args[0])


class RpcError(LedgerError):
    """The node answered with a JSON-RPC error object. `data` is what it attached (revert data, or None)."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(code, message, data)
        self.code, self.message, self.data = code, message, data

    def __str__(self) -> str:
        return f"the node answered error {self.code}: {self.message}"


class RevertError(LedgerError):
    """A contract refused. Subclasses carry the custom error's arguments in the order of the ABI."""

    sentence: ClassVar[str] = "the contract refused without a reason"

    def __str__(self) -> str:
        shown = {f.name: _show(f.name, getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return self.sentence.format(**shown)


_ROLES = {1: "enterprise", 2: "lender", 4: "inspector", 8: "witness", 16: "auditor", 32: "registrar"}
_STANDINGS = {1: "suspended", 2: "revoked"}
_TIMES = ("accept_by", "expires_at", "valid_until")


def _show(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if name == "role":
        return " or ".join(word for bit, word in _ROLES.items() if value & bit) or "no role"
    if name == "standing":
        return _STANDINGS.get(value, f"given standing {value} to")
    if name in _TIMES and value < 253_402_300_800:  # the year 10000
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return str(value)


@dataclass(eq=False)
class OtherRevertError(RevertError):
    """A revert with a reason that no ABI of ours names: a plain string, or unknown data in hexadecimal."""

    sentence = "the contract refused: {reason}"
    reason: str


@dataclass(eq=False)
class PanicError(RevertError):
    """A failed assertion, overflow or index inside the contract (Solidity's Panic)."""

    sentence = "the contract failed with Solidity panic code {code}"
    code: int


@dataclass(eq=False)
class NotActiveError(RevertError):
    """Membership: the account may not open this act now."""

    sentence = (
        "account {account} may not do this: no valid key, organisation suspended, or not admitted as {role}"
    )
    account: str
    role: int


@dataclass(eq=False)
class NotQuorumError(RevertError):
    """Membership: the call is the quorum's alone; send it as votes."""

    sentence = "only the registrars' quorum may do this: let them confirm it"


@dataclass(eq=False)
class AlreadyConfirmedError(RevertError):
    """Membership: this registrar has voted for this call and nonce."""

    sentence = "registrar {registrar} has already confirmed call {call_id}"
    call_id: bytes
    registrar: bytes


@dataclass(eq=False)
class KeyBelongsToAnotherError(RevertError):
    """Membership: a key never changes its organisation."""

    sentence = "key {key_id} belongs to organisation {org}"
    key_id: bytes
    org: bytes


@dataclass(eq=False)
class RegistryPausedError(RevertError):
    """Membership: the registry is paused and opens nothing new."""

    sentence = "registry {registry} is paused by the registrars: nothing new can be opened"
    registry: str


@dataclass(eq=False)
class BadQuorumError(RevertError):
    """Membership: the quorum must be at least 1 and at most the number of registrars."""

    sentence = "a quorum of {quorum} does not fit {registrars} registrars"
    quorum: int
    registrars: int


@dataclass(eq=False)
class BadElectorateError(RevertError):
    """Membership: at its founding, every registrar's identifier comes with one account."""

    sentence = "{identifiers} identifiers of registrars came with {accounts} accounts"
    identifiers: int
    accounts: int


@dataclass(eq=False)
class UnknownOrganisationError(RevertError):
    """The organisation (a grantee, or the owner of a key) was never admitted."""

    sentence = "organisation {org} was never admitted"
    org: bytes


@dataclass(eq=False)
class EmptyBatchError(RevertError):
    """AssetRegistry: a batch holds at least one id."""

    sentence = "a batch holds at least one asset id"


@dataclass(eq=False)
class NotAscendingError(RevertError):
    """AssetRegistry: ids must ascend strictly by leaf hash."""

    sentence = "the asset id at index {index} is not above its predecessor by leaf hash (or stands twice)"
    index: int


@dataclass(eq=False)
class AlreadyRegisteredError(RevertError):
    """AssetRegistry: this organisation has registered this very batch."""

    sentence = "organisation {org} has already registered batch {root}"
    org: bytes
    root: bytes


@dataclass(eq=False)
class NotRegisteredError(RevertError):
    """AssetRegistry: this organisation has no such batch."""

    sentence = "organisation {org} has registered no batch {root}"
    org: bytes
    root: bytes


@dataclass(eq=False)
class NotInBatchError(RevertError):
    """AssetRegistry: the proof does not lead from the id to the root."""

    sentence = "asset {asset_id} is not in batch {root} by the proof given"
    root: bytes
    asset_id: bytes


@dataclass(eq=False)
class NotGoodError(RevertError):
    """AssetRegistry: the asset is suspended or revoked."""

    sentence = "asset {asset_id} of organisation {org} is not in good standing: its issuer has {standing} it"
    org: bytes
    asset_id: bytes
    standing: int


@dataclass(eq=False)
class NoChangeError(RevertError):
    """AssetRegistry: the asset already stands there, or its standing is final."""

    sentence = "asset {asset_id} of organisation {org} already has this standing, or a final one"
    org: bytes
    asset_id: bytes


@dataclass(eq=False)
class NoClaimsError(RevertError):
    """PledgeRegistry: an offer names at least one claim."""

    sentence = "an offer names at least one claim"


@dataclass(eq=False)
class BadShareError(RevertError):
    """PledgeRegistry: a share is 1 to 10,000 parts."""

    sentence = "the share of claim {index} is not between 1 and 10000"
    index: int


@dataclass(eq=False)
class OfferLapsedError(RevertError):
    """PledgeRegistry: the offer was to be accepted by `accept_by`."""

    sentence = "the offer lapsed: it was to be accepted by {accept_by}"
    accept_by: int


@dataclass(eq=False)
class NotPartyError(RevertError):
    """PledgeRegistry: signer or sender is not the party that the offer names."""

    sentence = "organisation {actual} is not the party that the offer names ({expected})"
    expected: bytes
    actual: bytes


@dataclass(eq=False)
class AlreadyPledgedError(RevertError):
    """PledgeRegistry: this offer was accepted once; an offer is spent by its pledge."""

    sentence = "the offer was already accepted as pledge {pledge_id}"
    pledge_id: bytes


@dataclass(eq=False)
class FieldNotInAssetError(RevertError):
    """PledgeRegistry: the fingerprint is not the asset's field `fingerprint.exact` by the proof given."""

    sentence = "the fingerprint of claim {index} is not that of its asset by the proof given"
    index: int


@dataclass(eq=False)
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


@dataclass(eq=False)
class NotLiveError(RevertError):
    """PledgeRegistry: the pledge is not live."""

    sentence = "pledge {pledge_id} is not live"
    pledge_id: bytes


@dataclass(eq=False)
class NotExpiredError(RevertError):
    """PledgeRegistry: only from `expires_at` may anyone but the lender close it."""

    sentence = "the pledge does not expire before {expires_at}: until then its lender alone closes it"
    expires_at: int


@dataclass(eq=False)
class BadClosingError(RevertError):
    """PledgeRegistry: a pledge is closed as satisfied, enforced, cancelled or expired."""

    sentence = "a pledge cannot be closed with status {status}"
    status: int


@dataclass(eq=False)
class BatchTooLargeError(RevertError):
    """AssetRegistry: a batch holds at most 1,024 ids."""

    sentence = "a batch of {count} asset ids is too large: at most 1024"
    count: int


@dataclass(eq=False)
class EvidenceMismatchError(RevertError):
    """PledgeRegistry: one evidence for each claim."""

    sentence = "{claims} claims came with {evidence} pieces of evidence: one for each is needed"
    claims: int
    evidence: int


@dataclass(eq=False)
class AlreadyExpiredError(RevertError):
    """PledgeRegistry: the pledge would expire before it began."""

    sentence = "the offer's pledge would have expired at {expires_at}"
    expires_at: int


@dataclass(eq=False)
class NotSuccessorError(RevertError):
    """PledgeRegistry: the predecessor has not been handed over to this registry."""

    sentence = "the registrars have not made this registry the successor of {predecessor}"
    predecessor: str


@dataclass(eq=False)
class ForeignPredecessorError(RevertError):
    """PledgeRegistry: the predecessor belongs to another Membership."""

    sentence = "registry {predecessor} belongs to another membership"
    predecessor: str


@dataclass(eq=False)
class AlreadyExecutedError(RevertError):
    """Membership: this call was executed under this nonce; take another nonce to do it again."""

    sentence = "call {call_id} was already executed under this nonce"
    call_id: bytes


@dataclass(eq=False)
class BadIdentifierError(RevertError):
    """Membership: an organisation needs an identifier."""

    sentence = "{identifier!r} is not an identifier"
    identifier: str


@dataclass(eq=False)
class BadKeyError(RevertError):
    """Membership: id, purpose, public key or interval of the key do not go together."""

    sentence = "key {key_id} does not fit its purpose, its public key or its interval"
    key_id: bytes


@dataclass(eq=False)
class BadRolesError(RevertError):
    """Membership: roles are a mask of the six known bits, not empty."""

    sentence = "{roles} is not a set of roles"
    roles: int


@dataclass(eq=False)
class BadSuccessorError(RevertError):
    """Membership: a successor is another contract."""

    sentence = "{successor} cannot succeed registry {registry}"
    registry: str
    successor: str


@dataclass(eq=False)
class KeyEndedError(RevertError):
    """Membership: the key's interval is over, and an ended key never comes back."""

    sentence = "key {key_id} ended at {valid_until}"
    key_id: bytes
    valid_until: int


@dataclass(eq=False)
class RegistrySucceededError(RevertError):
    """Membership: the registry has a successor and stays closed to new acts."""

    sentence = "registry {registry} was succeeded by {successor}"
    registry: str
    successor: str
