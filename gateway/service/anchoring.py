"""A batch on its way to the ledger: job to the database, blocks to the store, one transaction, receipts to disk, in this order.

The order is what makes certifying atomic for who asked: a run that was killed anywhere is completed by the next one with the very same ids;
an id is never in two batches. What a batch consists of is decided in `gateway.service.certifying`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from certifier.commitment import BatchTree
from certifier.making import Made
from certifier.receipt import Hint, LedgerName
from gateway.db import repository
from gateway.db.models import Asset
from gateway.installation import Installation, Organisation
from gateway.service import receipts
from gateway.service.files import make_folder
from gateway.service.papers import Item
from ledger.assets import Standing
from ledger.connection import Ledger
from ledger.events import Registered
from ledger.refusals import AlreadyRegisteredError
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["Anchored", "Anchoring", "Ready", "find_batch"]


class Ready(NamedTuple):
    """A paper that was made ready; `resumes` is the asset that a killed run committed to already, if one did."""

    item: Item
    made: Made
    resumes: str | None


@dataclass(frozen=True)
class Anchored:
    """A batch that is final on the ledger."""

    root: bytes
    block: int
    transaction: bytes


@dataclass(frozen=True)
class Anchoring:
    """Anchors batches of one organisation into a folder of receipts. Whoever calls it holds the home's certifying lock."""

    home: Installation
    organisation: Organisation
    out: Path
    dossier: str | None

    def recover(self) -> None:
        """Settle the batches that a killed run has left: what the ledger has is anchored, what it has not is batched anew."""
        org = self.organisation
        with self.home.database.session() as session:
            left = repository.open_batches(session, org.hex)
            if left:
                self.home.level()  # what is logged will be on the ledger: only then may its absence be believed
            for batch in left:
                found = find_batch(self.home.ledger, org.id, parse_hex32(batch.root))
                if found is None:
                    repository.dissolve(session, batch)
                else:
                    repository.anchor(session, batch, found.at.block, hex32(found.at.transaction))

    def known(self, items: Sequence[Item]) -> dict[bytes, Asset]:
        """Live assets of the files. One that the ledger has revoked is live no more, whatever a killed run has left here."""
        org = self.organisation
        with self.home.database.session() as session:
            known = repository.live_assets(session, org.hex, [item.sha256 for item in items])
            stood = [sha for sha, row in known.items() if row.root is not None]
            assets, ledger = self.home.ledger.assets, self.home.ledger
            calls = [assets.standing(org.id, parse_hex32(known[sha].asset_id)) for sha in stood]
            standings = ledger.read(calls, ledger.pin()) if calls else []
            for sha, standing in zip(stood, standings, strict=True):
                if standing is Standing.REVOKED:
                    known.pop(sha).live = None
        return known

    def anchor(self, papers: Sequence[Ready]) -> Anchored:
        """One batch, from its job to its receipts."""
        make_folder(self.out)
        tree = BatchTree(one.made.asset_id for one in papers)
        self._save_job(tree, papers)
        self.home.store.put(
            (block for one in papers for block in one.made.blocks), [one.made.cid for one in papers]
        )
        done = self._register(tree)
        self._note(done)
        receipts.write_new(
            self.out,
            LedgerName.of(self.home.ledger.descriptor),
            self.organisation.id,
            tree,
            ((one.made.asset_id, one.made.body) for one in papers),
            Hint(done.block, done.transaction),
        )
        return done

    def _save_job(self, tree: BatchTree, papers: Sequence[Ready]) -> None:
        org = self.organisation.hex
        rows = [_row(org, one.item, one.made) for one in papers if one.resumes is None]
        with self.home.database.session() as session:
            repository.save_batch(session, org, tree, rows)
            if self.dossier is not None:
                ids = [hex32(one.made.asset_id) for one in papers]
                repository.add_to_dossier(session, org, self.dossier, ids)

    def _register(self, tree: BatchTree) -> Anchored:
        """Our own batch that is there already counts as success."""
        act = self.home.ledger.assets.register(tree.ids)
        try:
            sent = self.home.signatory(self.organisation).send(act)
        except AlreadyRegisteredError:
            found = find_batch(self.home.ledger, self.organisation.id, tree.root)
            if found is None:
                raise
            return Anchored(tree.root, found.at.block, found.at.transaction)
        return Anchored(tree.root, sent.block.number, sent.transaction)

    def _note(self, done: Anchored) -> None:
        with self.home.database.session() as session:
            batch = repository.batch(session, self.organisation.hex, hex32(done.root))
            repository.anchor(session, batch, done.block, hex32(done.transaction))

    def again(self, rows: Mapping[bytes, Asset]) -> None:
        """Assets that stood before: their receipts are written again, and they join the dossier."""
        make_folder(self.out)
        receipts.write_again(self.home, self.organisation, self.out, list(rows.values()))
        if self.dossier is not None:
            with self.home.database.session() as session:
                ids = [row.asset_id for row in rows.values()]
                repository.add_to_dossier(session, self.organisation.hex, self.dossier, ids)


def _row(org: str, item: Item, made: Made) -> dict[str, Any]:
    """The columns of an asset that is new."""
    return {
        "asset_id": hex32(made.asset_id),
        "org": org,
        "live": repository.live_key(org, item.sha256),
        "kind": item.document.kind,
        "cid": made.cid,
        "sealed_secret": made.sealed,
        "fields": made.fields,
        "prf": made.prf,
    }


def find_batch(ledger: Ledger, org: bytes, root: bytes) -> Registered | None:
    """The registration of a batch up to the newest final block, if the ledger has it."""
    pinned = ledger.pin()
    if not ledger.read_one(ledger.assets.batch(org, root), pinned).registered_at:
        return None
    log = events(ledger, 0, pinned, ["asset_registry"])
    return next(
        event for event in log if isinstance(event, Registered) and (event.org, event.root) == (org, root)
    )
