"""Files on their way to become assets: read, held against what stands beside them, put into batches; and what their owner is told.

Nothing is stored, sent or committed here (see `gateway.service.certifying`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from certifier import fingerprint
from certifier.certify import certification_rank
from certifier.chunks import chunks
from certifier.documents import Document, Notice, Reading
from certifier.fingerprint import Assessment
from certifier.schema import PLEDGEABLE
from certifier.signer import Statement
from gateway.errors import UnreadableError
from gateway.installation import Organisation
from gateway.service.evidence import statements_beside
from ledger.types import hex32

__all__ = ["BATCH_IDS", "Item", "Reads", "ahead", "groups", "notices", "read_items"]

BATCH_IDS = 1000
BATCH_BYTES = 32 * 2**20
"""A quarter of a second of work: reading, making and anchoring overlap, and memory stays small."""


class Reads(Protocol):
    """Reads files into documents, in their order: a `Reader`, or one that has begun before it is asked."""

    def read(self, paths: Iterable[Path]) -> Iterator[Reading]:
        """One reading per path."""


@dataclass(frozen=True)
class Item:
    """A file that was read, with what is known of it already."""

    path: Path
    document: Document
    sha256: bytes
    size: int
    signers: tuple[Statement, ...]
    assessment: Assessment


def read_items(
    files: Sequence[Path],
    reader: Reads,
    organisation: Organisation,
    check: Callable[[Item], object],
    failed: Callable[[Path, UnreadableError], object],
    advance: Callable[[int], None],
) -> Iterator[Item]:
    """The files that can be certified, in order; `failed` gets the others, also those that `check` raises for."""
    for reading in reader.read(files):
        advance(1)
        try:
            item = _item(reading, organisation)
            check(item)
        except UnreadableError as error:
            failed(reading.path, error)
        else:
            yield item


def _item(reading: Reading, organisation: Organisation) -> Item:
    document, digest, size = reading.document, reading.sha256, reading.size
    if reading.error is not None or document is None or digest is None or size is None:
        assert reading.error is not None
        raise UnreadableError(reading.error.code, str(reading.error))
    issuer = organisation.id
    return Item(
        reading.path,
        document,
        digest,
        size,
        statements_beside(reading.path, digest, issuer),
        fingerprint.assess(document.kind, issuer, organisation.numbers, document.facts, document.format),
    )


def groups(items: Iterable[Item], *, whole: bool) -> Iterator[list[Item]]:
    """Batches of at most BATCH_IDS files and BATCH_BYTES; a dossier's files sorted so that links point backwards."""
    if whole:
        items = sorted(items, key=lambda item: certification_rank(item.document.kind))
    return chunks(items, BATCH_IDS, BATCH_BYTES)


def ahead(made: Iterator[list[Item]]) -> Iterator[list[Item]]:
    """The next group is read while the one before it is worked on."""
    with ThreadPoolExecutor(1) as reading:
        coming = reading.submit(next, made, None)
        while (group := coming.result()) is not None:
            coming = reading.submit(next, made, None)
            yield group


def notices(
    item: Item, committed: Mapping[str, str], links: Sequence[tuple[str, bytes]]
) -> tuple[Notice, ...]:
    """What the owner should know of an asset that has these fields, and of what was to go with it."""
    cause = item.assessment.cause if item.document.kind in PLEDGEABLE else None
    told = (Notice(cause, _CAUSES[cause]),) if cause is not None else ()
    return (*item.document.warnings, *told, *_not_added(item, committed, links))


_CAUSES = {
    "SELLER_NOT_ISSUER": "its seller is not the certifying organisation: evidence, never collateral",
    "NO_IDENTITY": "it states no seller or number that could lock it: evidence, never collateral",
    "NOT_PLEDGEABLE_TYPE": "its type or total cannot be pledged: evidence, never collateral",
}
_NOT_ADDED = "it was certified before without these {}, which were not added: revoke it and certify it again to have them"


def _not_added(
    item: Item, committed: Mapping[str, str], stated: Sequence[tuple[str, bytes]]
) -> Iterator[Notice]:
    """What comes with the file and the asset has not: it stays as it was committed."""
    if not item.signers and not stated:
        return
    signatures = {committed[path] for path in committed if path.startswith("signer.")}
    links = {(path.split(".")[1], committed[path]) for path in committed if path.startswith("link.")}
    if not signatures.issuperset(one.fields()["signature"] for one in item.signers):
        yield Notice("SIGNERS_NOT_ADDED", _NOT_ADDED.format("signatures beside the file"))
    if not links.issuperset((relation, hex32(target)) for relation, target in stated):
        yield Notice("LINK_NOT_ADDED", _NOT_ADDED.format("stated links"))
