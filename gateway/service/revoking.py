"""What an owner takes back or destroys: an asset's standing on the ledger, and the secret that opens it."""

from __future__ import annotations

import secrets

from gateway.db import repository
from gateway.db.models import Asset
from gateway.installation import Installation, Organisation
from ledger.access import shred_commitment
from ledger.assets import Standing
from ledger.events import Shredded, StandingChanged
from ledger.refusals import NoChangeError
from ledger.replay import events
from ledger.types import keccak, parse_hex32

__all__ = ["revoke", "shred", "shredding"]


def revoke(
    installation: Installation,
    organisation: Organisation,
    row: Asset,
    *,
    to: Standing = Standing.REVOKED,
    reason: int = 0,
) -> int:
    """Take an asset back, suspend it, or lift that: an issuer may always take back, and no lien is touched by it.

    One that the ledger has revoked already stays so: a run that was killed after its transaction is finished. Answers the block.
    """
    assert row.root is not None
    with installation.database.session() as session:
        proof = repository.tree(repository.batch(session, row.org, row.root)).proof(parse_hex32(row.asset_id))
    act = installation.ledger.assets.set_standing(
        parse_hex32(row.root), parse_hex32(row.asset_id), proof, to, reason=reason
    )
    try:
        block = installation.signatory(organisation).send(act).block.number
    except NoChangeError:
        if to is not Standing.REVOKED:
            raise
        block = _revoked_in(installation, organisation.id, parse_hex32(row.asset_id))
    if to is Standing.REVOKED:
        with installation.database.session() as session:
            session.get_one(Asset, row.asset_id).live = None  # the same document may become a new asset
    return block


def _revoked_in(installation: Installation, org: bytes, asset_id: bytes) -> int:
    log = events(installation.ledger, 0, installation.ledger.pin(), ["asset_registry"])
    return next(
        event.at.block
        for event in log
        if isinstance(event, StandingChanged)
        and (event.org, event.asset_id, event.standing) == (org, asset_id, Standing.REVOKED)
    )


def shred(installation: Installation, organisation: Organisation, row: Asset) -> int:
    """Say so on the ledger, then destroy secret, fields, wraps and the home's own receipt. The asset stays anchored.

    In this order nothing is destroyed by a run that is refused or fails; one that was killed in between is finished by the next.
    """
    commitment = _commitment(row) or shred_commitment(secrets.token_bytes(32), parse_hex32(row.asset_id))
    block = _shredded_in(installation, organisation.id, commitment)
    if block is None:
        act = installation.ledger.access.shred(commitment)
        block = installation.signatory(organisation).send(act).block.number
    with installation.database.session() as session:
        found = session.get_one(Asset, row.asset_id)
        found.sealed_secret, found.fields, found.prf, found.live = None, None, None, None
        for grant in repository.grants_of_asset(session, row.asset_id):
            grant.sealed = None
        dossiers = repository.dossiers_with(session, row.asset_id)
    installation.database.forget_deleted()
    for name in (f"{row.asset_id}.receipt.json", *(f"{dossier}.dossier.json" for dossier in dossiers)):
        (installation.home.receipts / name).unlink(missing_ok=True)
    return block


def shredding(installation: Installation, organisation: Organisation, commitment: bytes) -> Asset | None:
    """The asset of which a `shred` says that its content is destroyed, as long as it is not."""
    with installation.database.session() as session:
        return next(
            (row for row in repository.readable(session, organisation.hex) if _commitment(row) == commitment),
            None,
        )


def _commitment(row: Asset) -> bytes | None:
    """What is said of an asset's destruction: the same whenever it is asked for, and told by nobody without its secret."""
    if row.sealed_secret is None:
        return None
    return shred_commitment(keccak(b"assetcert/shred" + row.sealed_secret), parse_hex32(row.asset_id))


def _shredded_in(installation: Installation, org: bytes, commitment: bytes) -> int | None:
    """The block in which it was said already, if it was."""
    log = events(installation.ledger, 0, installation.ledger.pin(), ["access_log"])
    said = (event for event in log if isinstance(event, Shredded))
    return next((one.at.block for one in said if (one.org, one.commitment) == (org, commitment)), None)
