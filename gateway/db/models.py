"""Tables of a home's database.

Two groups. What only this database holds: certified assets with their sealed secrets, dossiers, grants, offers. And the index,
which `assetcert reindex` rebuilds from the ledger: organisations, registered assets, pledges, grants and reads, and the block up to
which it stands. Ids are hex32 text, so that a person at a SQL prompt sees what the receipts say.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "Asset",
    "Base",
    "Batch",
    "Dossier",
    "DossierAsset",
    "Grant",
    "IndexPosition",
    "IndexedAccess",
    "IndexedAsset",
    "IndexedClaim",
    "IndexedOrganisation",
    "IndexedPledge",
    "Offer",
]

Id = String(66)


class Base(DeclarativeBase):
    """Declarative base of all tables."""


class Batch(Base):
    """A batch on its way to the ledger, or there: `ids` in `register`'s order, 32 bytes each."""

    __tablename__ = "batches"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    root: Mapped[str] = mapped_column(Id, primary_key=True)
    ids: Mapped[bytes] = mapped_column(LargeBinary)
    block: Mapped[int | None]
    transaction: Mapped[str | None] = mapped_column(Id)


class Asset(Base):
    """A certified asset of an organisation of this home; `root` is None until its batch is anchored.

    `live` is `org ‖ sha256` while the asset stands, so that one document has one live asset; None once revoked or shredded.
    `sealed_secret` and `fields` are None once shredded.
    """

    __tablename__ = "assets"

    asset_id: Mapped[str] = mapped_column(Id, primary_key=True)
    org: Mapped[str] = mapped_column(Id)
    live: Mapped[str | None] = mapped_column(String(132), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    cid: Mapped[str] = mapped_column(String(80))
    batch_root: Mapped[str | None] = mapped_column(Id)
    root: Mapped[str | None] = mapped_column(Id)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    fields: Mapped[dict[str, str] | None] = mapped_column(JSON)
    prf: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = (Index("assets_by_batch", "org", "batch_root"),)


class Dossier(Base):
    """The linked assets of one job."""

    __tablename__ = "dossiers"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)


class DossierAsset(Base):
    """Membership of an asset in a dossier."""

    __tablename__ = "dossier_assets"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    asset_id: Mapped[str] = mapped_column(Id, ForeignKey("assets.asset_id"), primary_key=True)


class Grant(Base):
    """A grant this home has given: the sealed wrap waits here until its reading stands on the ledger."""

    __tablename__ = "grants"

    grant_id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(Id)
    grantee: Mapped[str] = mapped_column(Id)
    asset_id: Mapped[str] = mapped_column(Id, index=True)
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[int]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Offer(Base):
    """An offer this home has made or accepted: `close` supplies it to the ledger again."""

    __tablename__ = "offers"

    pledge_id: Mapped[str] = mapped_column(Id, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class IndexPosition(Base):
    """The one block up to which the index stands."""

    __tablename__ = "index_position"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(Id)


class IndexedOrganisation(Base):
    """An organisation as the ledger knows it."""

    __tablename__ = "index_organisations"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    identifier: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    roles: Mapped[int]
    suspended: Mapped[bool]


class IndexedAsset(Base):
    """A registered asset and its standing."""

    __tablename__ = "index_assets"

    org: Mapped[str] = mapped_column(Id, primary_key=True)
    asset_id: Mapped[str] = mapped_column(Id, primary_key=True)
    root: Mapped[str] = mapped_column(Id)
    block: Mapped[int]
    standing: Mapped[str] = mapped_column(String(16))


class IndexedPledge(Base):
    """A pledge and how it stands."""

    __tablename__ = "index_pledges"

    pledge_id: Mapped[str] = mapped_column(Id, primary_key=True)
    debtor: Mapped[str] = mapped_column(Id, index=True)
    lender: Mapped[str] = mapped_column(Id, index=True)
    expires_at: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))


class IndexedClaim(Base):
    """One claim of a pledge: `share` parts of 10,000, the `rank`-th lien ever on its fingerprint."""

    __tablename__ = "index_claims"

    pledge_id: Mapped[str] = mapped_column(Id, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Id, primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(Id)
    share: Mapped[int]


class IndexedAccess(Base):
    """A grant, its end, a read or a shredding, in the ledger's order."""

    __tablename__ = "index_access"

    block: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Id)
    org: Mapped[str] = mapped_column(Id)
