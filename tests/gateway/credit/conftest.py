"""Papers of the world Two Rivers as evidence sees them, read once a session, without a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from certifier.errors import MalformedDocumentError
from certifier.evidence import Paper, Signer, declaration
from certifier.evidence.paper import SHANGHAI, day_of
from ledger.types import organisation_id
from tests.two_rivers.reading import World

Papers = Callable[[str], list[Paper]]


@pytest.fixture(scope="session")
def papers(rivers: World) -> Papers:
    """Short name of a firm → its papers, as though each had been certified on the day the manifest gives it."""

    @cache
    def of(firm: str) -> tuple[Paper, ...]:
        return tuple(
            _papers(rivers, [path for path, e in rivers.entries.items() if e["organisation"] == firm])
        )

    return lambda firm: list(of(firm))


def organisations(world: World) -> dict[str, bytes]:
    """Short name → organisation id."""
    return {one["short"]: organisation_id(one["identifier"]) for one in world.manifest["organisations"]}


def asset_of(data: bytes, firm: str) -> bytes:
    """What stands for an asset id here: one per file and firm."""
    return sha256(firm.encode() + sha256(data).digest()).digest()


def _papers(world: World, paths: Iterable[str]) -> Iterable[Paper]:
    ids = {path: asset_of(world.data(path), path.partition("/")[0]) for path in world.entries}
    known = organisations(world)
    for path in paths:
        entry, document = world.entries[path], world.documents[path]
        registered = datetime.combine(datetime.fromisoformat(entry["day"]).date(), time(23, 59, 59), SHANGHAI)
        signer = entry.get("signer")
        codes = {notice.code for notice in document.warnings}
        facts = dict(document.facts)
        yield Paper(
            asset_id=ids[path],
            issuer=known[entry["organisation"]],
            kind=document.kind,
            format=document.format,
            facts=facts,
            links=tuple((relation, ids[target]) for relation, target in entry["links"]),
            signers=(Signer(signer["role"], known.get(signer["organisation"])),) if signer else (),
            sha256=sha256(world.data(path)).digest(),
            registered_at=int(registered.timestamp()),
            day=day_of(document.kind, facts) or registered.date(),
            trace=document.trace,
            sealed=document.format == "e-fapiao" and "SEAL_INVALID" not in codes,
            declared=_declared(world.out / path) if document.kind == "other" else None,
        )


def _declared(path: Path) -> object:
    try:
        return declaration(path.read_bytes())
    except MalformedDocumentError:
        return None
