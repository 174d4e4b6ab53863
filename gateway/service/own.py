"""What an owner has of its own: an asset by its id or receipt, its whole receipt, its document opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from certifier.content import decrypt
from certifier.receipt import Receipt
from gateway.db import repository
from gateway.db.models import Asset
from gateway.errors import ConflictError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.evidence import load_receipt
from gateway.service.receipts import rebuild
from ledger.types import parse_hex32

__all__ = ["own_asset", "own_document", "own_receipt", "receipt_or_own"]

_ID = re.compile("0x[0-9a-f]{64}")


def own_asset(installation: Installation, organisation: Organisation, target: str) -> Asset:
    """The asset an owner means by an id or by one of its receipts."""
    asset_id = target if _ID.fullmatch(target) else load_receipt(Path(target)).asset_id_hex
    with installation.database.session() as session:
        row = repository.asset(session, asset_id)
    if row is None or row.org != organisation.hex:
        raise UsageError(
            "UNKNOWN_ASSET", f"{organisation.short} has certified no asset {asset_id} in this home"
        )
    if row.root is None:
        raise ConflictError(
            "NOT_ANCHORED", f"asset {asset_id} is not on the ledger yet: certify its file again to finish it"
        )
    return row


def own_receipt(installation: Installation, organisation: Organisation, target: str) -> Receipt:
    """The whole receipt of an owner's asset."""
    row = own_asset(installation, organisation, target)
    if row.fields is None:
        raise ConflictError(
            "SHREDDED",
            f"the secret of asset {row.asset_id} was shredded: nothing can be disclosed or granted any more",
        )
    return next(rebuild(installation, organisation, [row]))


def own_document(installation: Installation, organisation: Organisation, asset_id: str) -> Iterator[bytes]:
    """The owner's own document, decrypted piece by piece. ConflictError where its secret was shredded."""
    row = own_asset(installation, organisation, asset_id)
    if row.sealed_secret is None:
        raise ConflictError(
            "SHREDDED", f"the secret of asset {asset_id} was shredded: nobody can open it here"
        )
    secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
    return decrypt(installation.store.get, row.cid, secret.content_key())


def receipt_or_own(
    open_installation: Callable[[], AbstractContextManager[Installation]], target: str, org: str | None
) -> Receipt:
    """The receipt in a file, or that of an own asset by its id."""
    if not _ID.fullmatch(target):
        return load_receipt(Path(target))
    with open_installation() as installation:
        return own_receipt(installation, installation.book.find(org), target)
