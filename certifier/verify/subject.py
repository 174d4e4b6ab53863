"""Everything the checks judge, gathered before they run: the receipt, the document, and what store and ledger answered.

What could not be established is a `Missing` with its cause; a check that needs it says UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from certifier.documents import Document
from certifier.errors import ContentRefusedError, DocumentError
from certifier.receipt import Receipt
from certifier.verify.profiles import Profile
from certifier.verify.report import Cause, Report
from ledger.assets import Batch, Standing
from ledger.membership import Key
from ledger.pledges import Lien
from ledger.replay import Claim, KeyRecord, OrganisationRecord

if TYPE_CHECKING:
    from certifier.evidence import Assessment

__all__ = ["ContentState", "Job", "Ledgered", "Missing", "Paper", "PublishedKey", "Subject"]


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
    """What the ledger says about one receipt, all at one block; only `batch_at_head` is of the newest one.

    `keys` are the fingerprint key and signers' keys, by id, as far as they are published.
    """

    batch: Batch
    batch_at_head: bool = field(compare=False)  # nodes may differ in what is not final yet
    account_key: KeyRecord | None
    standing: Standing
    record: OrganisationRecord | None
    keys: Mapping[bytes, PublishedKey]
    lien: Lien
    claims: tuple[Claim, ...]
    loose: Mapping[str, tuple[Claim, ...]]


@dataclass(frozen=True)
class Paper:
    """A paper of the dossier, with its report once it has one: earlier kinds of paper are verified first."""

    receipt: Receipt
    report: Report | None = None


@dataclass(frozen=True)
class Job:
    """The papers of a dossier that are sound by their own checks, and those of them whose document was given.

    `assess` compares them all; that is done once, when a check first asks.
    """

    papers: frozenset[bytes]
    read: frozenset[bytes]
    assess: Callable[[], Assessment]

    @cached_property
    def assessment(self) -> Assessment:
        """What they say together."""
        return self.assess()


@dataclass(frozen=True)
class Subject:
    """One receipt under verification, whose shown values are as their schema says.

    `content` is a ContentRefusedError where the certified CID leads to no encrypted content.
    """

    receipt: Receipt
    profile: Profile
    content: ContentState | ContentRefusedError | Missing
    document: Document | DocumentError | Missing
    ledgered: Ledgered | Missing
    fingerprint_key: bytes | None
    as_org: bytes | None = None
    dossier: Mapping[bytes, Paper] | None = None
    job: Job | None = None

    @property
    def kind(self) -> str:
        """Kind of the asset."""
        return self.profile.kind

    @property
    def values(self) -> Mapping[str, str]:
        """Path → value of what the receipt shows."""
        return self.receipt.values

    @property
    def asset_id(self) -> bytes:
        """The id that follows from the receipt's digests."""
        return self.receipt.asset_id
