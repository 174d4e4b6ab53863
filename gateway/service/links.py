"""Links that are stated (`--link`, the API's `links`): each must lead to an asset that stands on the ledger, or nothing is certified.

What is found by numbers inside a dossier needs none of this; see `gateway.service.making`.
"""

from __future__ import annotations

from collections.abc import Sequence

from certifier.schema import RELATIONS
from gateway.db import index, repository
from gateway.errors import UsageError
from gateway.installation import Installation
from gateway.service import indexing
from ledger.types import hex32

__all__ = ["require_links"]


def require_links(installation: Installation, links: Sequence[tuple[str, bytes]]) -> None:
    """UsageError where a link leads to no asset of this ledger, to a revoked one, or to a paper of another kind than the relation asks.

    The kind of somebody else's asset is not on the ledger: whoever verifies the dossier sees it.
    """
    if not links:
        return
    indexing.sync(installation)
    with installation.database.session() as session:
        standing = index.standing_of(session, [hex32(target) for _, target in links])
        for relation, target in links:
            row = repository.asset(session, hex32(target))
            kind = row.kind if row is not None else None
            if (fault := _fault(relation, kind, standing.get(hex32(target)))) is not None:
                raise UsageError("LINK", f"--link {relation}={hex32(target)}: {fault}")


def _fault(relation: str, kind: str | None, standing: str | None) -> str | None:
    expected = next(kind for (_, name), kind in RELATIONS.items() if name == relation)
    if kind not in (None, expected):
        return f"that is a {kind}, {relation} points to a {expected}"
    if standing is None:
        return "no asset with this id is on the ledger; copy the id from the other paper's receipt, or certify that paper first"
    if standing == "revoked":
        return "that asset was revoked; name the one that took its place"
    return None
