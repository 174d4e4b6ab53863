"""All SQL of the gateway, by what it is asked for. Callers hold the session; one session is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from certifier.commitment import BatchTree
from gateway.db.models import Asset, Base, Batch, Dossier, DossierAsset, Grant, Offer
from ledger.types import hex32

__all__ = [
    "add_to_dossier",
    "anchor",
    "asset",
    "batch",
    "dissolve",
    "dossier_assets",
    "dossiers_with",
    "grants_of_asset",
    "insert_new",
    "live_assets",
    "live_key",
    "offers_under",
    "open_batches",
    "readable",
    "save_batch",
    "tree",
]

_CHUNK = 500


def live_key(org: str, sha256: bytes) -> str:
    """The unique key of an organisation's one live asset of a document."""
    return org + hex32(sha256)


def live_assets(session: Session, org: str, digests: Sequence[bytes]) -> dict[bytes, Asset]:
    """Live assets of `org` by the SHA-256 of their document, as far as there are any."""
    keys = {live_key(org, digest): digest for digest in digests}
    found: dict[bytes, Asset] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), _CHUNK):
        rows = session.scalars(select(Asset).where(Asset.live.in_(wanted[start : start + _CHUNK])))
        found |= {keys[row.live]: row for row in rows if row.live is not None}
    return found


def asset(session: Session, asset_id: str) -> Asset | None:
    """The asset with that id, where this home knows it."""
    return session.get(Asset, asset_id)


def readable(session: Session, org: str) -> list[Asset]:
    """Assets of `org` whose content this home can still open."""
    return list(session.scalars(select(Asset).where(Asset.org == org, Asset.sealed_secret.is_not(None))))


def save_batch(session: Session, org: str, made: BatchTree, fresh: Sequence[Mapping[str, Any]]) -> None:
    """A batch on its way: its row, the columns of assets that are new, and every asset of it pointing to the batch."""
    root = hex32(made.root)
    session.add(Batch(org=org, root=root, ids=b"".join(made.ids)))
    if fresh:
        session.execute(insert(Asset), [{**columns, "batch_root": root} for columns in fresh])
    new = {columns["asset_id"] for columns in fresh}
    ids = [text for text in map(hex32, made.ids) if text not in new]
    for start in range(0, len(ids), _CHUNK):
        session.execute(
            update(Asset).where(Asset.asset_id.in_(ids[start : start + _CHUNK])).values(batch_root=root)
        )


def batch(session: Session, org: str, root: str) -> Batch:
    """The batch with that root; it exists."""
    return session.get_one(Batch, (org, root))


def tree(row: Batch) -> BatchTree:
    """The tree over a batch's ids."""
    return BatchTree(row.ids[start : start + 32] for start in range(0, len(row.ids), 32))


def open_batches(session: Session, org: str) -> list[Batch]:
    """Batches that a killed run has left without an answer from the ledger."""
    return list(session.scalars(select(Batch).where(Batch.org == org, Batch.block.is_(None))))


def anchor(session: Session, row: Batch, block: int, transaction: str) -> None:
    """The batch stands on the ledger, and with it each of its assets."""
    row.block, row.transaction = block, transaction
    session.execute(
        update(Asset).where(Asset.org == row.org, Asset.batch_root == row.root).values(root=row.root)
    )


def dissolve(session: Session, row: Batch) -> None:
    """The ledger never saw the batch: its assets stay as jobs, to be batched anew when their files come again."""
    session.execute(
        update(Asset).where(Asset.org == row.org, Asset.batch_root == row.root).values(batch_root=None)
    )
    session.delete(row)


def insert_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose key is there already stays as it is. Both of our databases can, each in a dialect of its own."""
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def add_to_dossier(session: Session, org: str, name: str, ids: Sequence[str]) -> None:
    """Put assets into a dossier, made where it does not exist; one that is in it stays."""
    insert_new(session, Dossier, [{"org": org, "name": name}])
    insert_new(session, DossierAsset, [{"org": org, "name": name, "asset_id": one} for one in ids])


def dossier_assets(session: Session, org: str, name: str) -> list[Asset]:
    """The assets of a dossier, in the order in which they were certified."""
    joined = select(Asset).join(DossierAsset, DossierAsset.asset_id == Asset.asset_id)
    return list(session.scalars(joined.where(DossierAsset.org == org, DossierAsset.name == name)))


def dossiers_with(session: Session, asset_id: str) -> list[str]:
    """Names of the dossiers that an asset is in."""
    return list(session.scalars(select(DossierAsset.name).where(DossierAsset.asset_id == asset_id)))


def grants_of_asset(session: Session, asset_id: str) -> list[Grant]:
    """Grants of an asset whose wrap is still here."""
    return list(session.scalars(select(Grant).where(Grant.asset_id == asset_id, Grant.sealed.is_not(None))))


def offers_under(session: Session, debtor: str, terms: str) -> list[Offer]:
    """A debtor's offers under the hash of one contract."""
    said = (Offer.content["debtor"].as_string() == debtor, Offer.content["terms"].as_string() == terms)
    return list(session.scalars(select(Offer).where(*said)))
