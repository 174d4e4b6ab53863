"""Dossiers: the linked papers of one job, what is missing in them, and the whole document that `verify` takes.

A job has seven steps, from the order to its payment. A step is missing where a later one is there already; the last ones may still come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certifier.receipt import Dossier
from gateway.db import catalogue, repository
from gateway.db.models import Asset
from gateway.errors import ConflictError, NotFoundError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.certifying import rebuild

__all__ = ["STEPS", "Step", "add", "assets_of", "create", "document", "steps"]

STEPS = (
    "purchase-order",
    "work-order",
    "machine-data",
    "inspection-report",
    "despatch-advice",
    "invoice",
    "payment",
)
_SAME = {"receipt-advice": "despatch-advice"}


@dataclass(frozen=True)
class Step:
    """One step: `done` by these assets, `missing`, or still `open`."""

    kind: str
    state: str
    assets: tuple[str, ...]


def steps(assets: Sequence[Asset]) -> tuple[Step, ...]:
    """The seven steps of a job as its assets have them."""
    found: dict[str, list[str]] = {kind: [] for kind in STEPS}
    for one in assets:
        kind = _SAME.get(one.kind, one.kind)
        if kind in found and one.root is not None:
            found[kind].append(one.asset_id)
    last = max((at for at, kind in enumerate(STEPS) if found[kind]), default=-1)
    return tuple(
        Step(kind, "done" if found[kind] else "missing" if at < last else "open", tuple(found[kind]))
        for at, kind in enumerate(STEPS)
    )


def create(installation: Installation, organisation: Organisation, name: str) -> None:
    """An empty dossier. ConflictError where there is one of that name."""
    with installation.database.session() as session:
        if catalogue.dossier(session, organisation.hex, name) is not None:
            raise ConflictError("DOSSIER_EXISTS", f"there is a dossier {name!r} already: add to it")
        repository.add_to_dossier(session, organisation.hex, name, [])


def assets_of(installation: Installation, organisation: Organisation, name: str) -> list[Asset]:
    """The assets of a dossier. NotFoundError where there is none of that name."""
    with installation.database.session() as session:
        if catalogue.dossier(session, organisation.hex, name) is None:
            raise NotFoundError("UNKNOWN_DOSSIER", f"{organisation.short} has no dossier {name!r}")
        return repository.dossier_assets(session, organisation.hex, name)


def add(
    installation: Installation, organisation: Organisation, name: str, asset_ids: Sequence[str]
) -> list[Asset]:
    """Put own assets into a dossier that is there; what it holds then."""
    assets_of(installation, organisation, name)
    with installation.database.session() as session:
        for asset_id in asset_ids:
            row = repository.asset(session, asset_id)
            if row is None or row.org != organisation.hex:
                raise UsageError("UNKNOWN_ASSET", f"{organisation.short} has certified no asset {asset_id}")
        repository.add_to_dossier(session, organisation.hex, name, list(dict.fromkeys(asset_ids)))
    return assets_of(installation, organisation, name)


def document(installation: Installation, organisation: Organisation, name: str) -> bytes:
    """The dossier with the whole receipts of what is anchored and not shredded, as `OUT/NAME.dossier.json` has it."""
    rows = assets_of(installation, organisation, name)
    whole = [row for row in rows if row.root is not None and row.fields is not None]
    receipts = tuple(rebuild(installation, organisation, whole))
    return Dossier(name, organisation.id, receipts).to_json().encode()
