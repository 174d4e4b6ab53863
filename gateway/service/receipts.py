"""Receipts and dossiers as files: written from what the database keeps of an anchored asset, whole and durably.

Those of a new batch come from its makers (`certifier.making`) and are written here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from certifier.commitment import BatchTree, Commitment
from certifier.fingerprint import Prf
from certifier.receipt import Dossier, Hint, LedgerName, Receipt, build
from certifier.receipt.encoding import encode
from gateway.db import repository
from gateway.db.models import Asset, Batch
from gateway.installation import Installation, Organisation
from gateway.service.files import write_many, write_whole
from ledger.descriptor import Descriptor
from ledger.types import hex32, parse_hex32

__all__ = ["rebuild", "receipt_name", "write_again", "write_dossier", "write_new"]


def receipt_name(asset_id: str) -> str:
    """The file of an asset's receipt."""
    return f"{asset_id}.receipt.json"


def write_new(
    folder: Path,
    name: LedgerName,
    org: bytes,
    tree: BatchTree,
    bodies: Iterable[tuple[bytes, str]],
    hint: Hint,
) -> None:
    """The receipts of a batch that has just been anchored: `bodies` are their fields and proofs by asset id."""
    root = tree.root
    write_many(
        folder,
        (
            (
                receipt_name(hex32(asset_id)),
                (encode(name, org, root, tree.proof(asset_id), body, hint) + "\n").encode(),
            )
            for asset_id, body in bodies
        ),
    )


def write_again(
    installation: Installation, organisation: Organisation, folder: Path, rows: Sequence[Asset]
) -> None:
    """The receipts of assets that stood before."""
    made = rebuild(installation, organisation, rows)
    write_many(folder, ((receipt_name(one.asset_id_hex), one.to_json().encode()) for one in made))


def write_dossier(
    installation: Installation, organisation: Organisation, name: str, out: Path | None = None
) -> Path:
    """OUT/NAME.dossier.json with the whole receipts of everything in the dossier."""
    with installation.database.session() as session:
        rows = repository.dossier_assets(session, organisation.hex, name)
    whole = [row for row in rows if row.root is not None and row.fields is not None]
    receipts = tuple(rebuild(installation, organisation, whole))
    path = ((out or installation.home.receipts) / f"{name}.dossier.json").absolute()
    write_whole(path, Dossier(name, organisation.id, receipts).to_json().encode())
    return path


def rebuild(
    installation: Installation, organisation: Organisation, rows: Sequence[Asset]
) -> Iterator[Receipt]:
    """The whole receipts of anchored assets, in order, from what the database keeps of them."""
    with installation.database.session() as session:
        roots = {row.root for row in rows if row.root is not None}
        batches = {root: repository.batch(session, organisation.hex, root) for root in roots}
    trees = {root: repository.tree(batch) for root, batch in batches.items()}
    descriptor = Descriptor.load(installation.home.descriptor)  # no node is needed to build a receipt
    for row in rows:
        assert row.root is not None and row.fields is not None and row.sealed_secret is not None
        secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
        prf = {path: Prf.from_json(member) for path, member in (row.prf or {}).items()}
        yield build(
            descriptor,
            organisation.id,
            Commitment(row.fields, secret),
            trees[row.root],
            prf,
            _hint(batches[row.root]),
        )


def _hint(batch: Batch) -> Hint:
    assert batch.block is not None and batch.transaction is not None
    return Hint(batch.block, parse_hex32(batch.transaction))
