"""Everything the checks judge, gathered before they run: the receipt, the document, and what store and ledger answered.

What could not be established is a `Missing` with its cause; a check that needs it says UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from certifier.documents import Document
from certifier.errors import DocumentError
from certifier.receipt import Receipt
from certifier.verify.profiles import Profile
from certifier.verify.report import Cause
from ledger.assets import Batch, Standing
from ledger.membership import Key
from ledger.pledges import Lien
from ledger.replay import Claim, OrganisationRecord

__all__ = ["ContentState", "Ledgered", "Missing", "PublishedKey", "Subject"]


@dataclass(frozen=True)
class Missing:
    """Something that could not be established, and why."""

    cause: Cause
    message: str


@dataclass(frozen=True)
class ContentState:
    """What the bytes are: of the plain FILE, or of the encrypted content in the store."""

    plain: bool
    sha256: bytes | None
    size: int


@dataclass(frozen=True)
class PublishedKey:
    """A key of Membership with the public key its event published (its id is that key's hash)."""

    key: Key
    public_key: bytes
    roles: int


@dataclass(frozen=True)
class Ledgered:
    """What the ledger says about one receipt, all at one block. `keys` are the fingerprint key and signers' keys, by id."""

    batch: Batch
    batch_at_head: bool
    account_key: Key
    standing: Standing
    record: OrganisationRecord | None
    keys: Mapping[bytes, PublishedKey]
    lien: Lien
    claims: tuple[Claim, ...]
    loose: Mapping[str, tuple[Claim, ...]]


@dataclass(frozen=True)
class Subject:
    """One receipt under verification. `asset_id` and `values` are derived from the receipt alone."""

    receipt: Receipt
    profile: Profile
    asset_id: bytes
    values: Mapping[str, str]
    content: ContentState | Missing
    document: Document | DocumentError | Missing
    ledgered: Ledgered | Missing
    fingerprint_key: bytes | None
    as_org: bytes | None = None
    dossier: Mapping[bytes, Mapping[str, str]] | None = None
    dossier_faults: frozenset[bytes] = field(default_factory=frozenset)

    @property
    def kind(self) -> str:
        """Kind of the asset."""
        return self.profile.kind
