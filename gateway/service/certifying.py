"""Certify documents: read, make ready, anchor, answer; and finish what a killed run left behind (DESIGN, Command line).

While one batch is anchored (`gateway.service.anchoring`), the next is made ready (`making`) and the one after that is read (`papers`). A job
keeps its secret and fields, so a run that was killed anywhere is completed by the next one with the very same ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from certifier.documents import Notice, Reader
from certifier.making import Refused
from certifier.schema import RELATIONS
from gateway.db import repository
from gateway.db.models import Asset
from gateway.errors import UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.anchoring import Anchored, Anchoring, Ready
from gateway.service.files import expand, sweep
from gateway.service.links import require_links
from gateway.service.making import Making, PaperLinks
from gateway.service.papers import BATCH_IDS, Item, Reads, ahead, groups, notices, read_items
from gateway.service.profiles import of_home
from gateway.service.receipts import rebuild, receipt_name, write_dossier
from ledger.types import hex32

__all__ = [
    "BATCH_IDS",
    "Anchored",
    "CertifiedFile",
    "FailedFile",
    "Outcome",
    "PaperLinks",
    "Reads",
    "certify",
    "rebuild",
    "write_dossier",
]

_DOSSIER = re.compile(r"[^./\\\0][^/\\\0]{0,127}")


@dataclass(frozen=True)
class CertifiedFile:
    """One file whose asset stands on the ledger, and where its receipt is."""

    path: Path
    asset_id: str
    cid: str
    receipt: Path
    root: str
    existing: bool
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class FailedFile:
    """One file that was not certified, and why."""

    path: Path
    code: str
    message: str


@dataclass
class Outcome:
    """What a run did; files keep the order in which they were given, batches that of the ledger."""

    batches: list[Anchored] = field(default_factory=list)
    assets: list[CertifiedFile] = field(default_factory=list)
    errors: list[FailedFile] = field(default_factory=list)
    dossier: Path | None = None


def certify(
    installation: Installation,
    organisation: Organisation,
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    dossier: str | None = None,
    links: Sequence[tuple[str, bytes]] = (),
    paper_links: PaperLinks = MappingProxyType({}),
    reader: Reads | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Certify files and folders for `organisation`; receipts go to `out`, else the home's folder of receipts.

    `links` are those of every file, to assets; `paper_links` those of single papers, to others certified before or with them.
    Who certifies many times gives a `reader` whose workers are there already, and writes the dossier's file once (`write_dossier`).
    """
    if dossier is not None and not _DOSSIER.fullmatch(dossier):
        raise UsageError(
            "DOSSIER", f"--dossier {dossier!r} names a file too: no slash, no leading dot, 128 characters"
        )
    require_links(installation, links)
    installation.unlock([organisation], "encryption")
    folder = out or installation.home.receipts
    sweep(folder)
    files, outcome = expand(paths), Outcome()
    with (
        _opened(installation, organisation, reader) as opened,
        Making(installation, organisation, dossier, tuple(links), paper_links) as making,
    ):
        run = _Run(
            Anchoring(installation, organisation, folder, dossier), making, links, paper_links, outcome
        )
        items = read_items(files, opened, organisation, run.check, run.failed, advance)
        run.batches(ahead(groups(items, whole=dossier is not None)))
    position = {path: number for number, path in enumerate(files)}
    outcome.assets.sort(key=lambda asset: position[asset.path])
    outcome.errors.sort(key=lambda failed: position[failed.path])
    if dossier is not None and reader is None:
        outcome.dossier = write_dossier(installation, organisation, dossier, out)
    return outcome


def _opened(
    installation: Installation, organisation: Organisation, reader: Reads | None
) -> AbstractContextManager[Reads]:
    if reader is not None:
        return nullcontext(reader)
    return Reader(profiles=of_home(installation.home, organisation.short))


_Answers = dict[bytes, Ready | Refused]
"""By SHA-256 of the document."""


class _Run:
    """One call of certify for one organisation."""

    def __init__(
        self,
        anchoring: Anchoring,
        making: Making,
        links: Sequence[tuple[str, bytes]],
        paper_links: PaperLinks,
        outcome: Outcome,
    ) -> None:
        self._anchoring = anchoring
        self._making = making
        self._links = links
        self._paper_links = paper_links
        self._outcome = outcome

    def check(self, item: Item) -> None:
        """UnreadableError where a stated link is none that the document's kind can have."""
        for relation, _ in (*self._links, *self._paper_links.get(item.sha256, ())):
            if (item.document.kind, relation) not in RELATIONS:
                raise UnreadableError(
                    "LINK", f"a {item.document.kind} has no link {relation!r}: leave --link out for it"
                )

    def failed(self, path: Path, error: UnreadableError) -> None:
        """A file that cannot be certified."""
        self._outcome.errors.append(FailedFile(path, error.code, str(error)))

    def batches(self, batches: Iterable[Sequence[Item]]) -> None:
        """Certify batches in order. One is made ready while the one before it is anchored, unless papers link to each other."""
        with ThreadPoolExecutor(1) as thread:
            before: Future[None] | None = None
            for items in batches:
                made = {} if self._making.linked else self._made_ahead(items)
                if before is not None:
                    before.result()
                before = thread.submit(self._batch, items, made)
            if before is not None:
                before.result()

    def _made_ahead(self, items: Sequence[Item]) -> _Answers:
        """What can be made ready before the lock is held: of documents that this home does not know now."""
        org = self._anchoring.organisation.hex
        with self._anchoring.home.database.session() as session:
            known = repository.live_assets(session, org, [item.sha256 for item in items])
        return self._make([item for item in _first(items) if item.sha256 not in known], {})

    def _make(self, items: Sequence[Item], known: Mapping[bytes, Asset]) -> _Answers:
        return {item.sha256: answer for item, answer in self._making.make(items, known)} if items else {}

    def _batch(self, items: Sequence[Item], made: _Answers) -> None:
        """Certify one batch. The home's certifying lock is held: two runs never make two assets of one document."""
        anchoring = self._anchoring
        with anchoring.home.certifying():
            anchoring.recover()
            known = anchoring.known(items)
            stood = {sha: row for sha, row in known.items() if row.root is not None}
            papers = list(self._ready(items, made, known))
            done = anchoring.anchor(papers) if papers else None
        if stood:
            anchoring.again(stood)
        if done is not None:
            self._outcome.batches.append(done)
        root = hex32(done.root) if done is not None else ""
        self._answer(items, stood, {one.item.sha256: one for one in papers}, root)

    def _ready(self, items: Sequence[Item], made: _Answers, known: Mapping[bytes, Asset]) -> Iterator[Ready]:
        """The batch's new papers. What was made ahead counts where the document is unknown still; the rest is made now."""
        new = [item for item in _first(items) if item.sha256 not in known or known[item.sha256].root is None]
        left = [item for item in new if item.sha256 in known or item.sha256 not in made]
        made = made | self._make(left, known)
        for item in new:
            answer = made[item.sha256]
            if isinstance(answer, Refused):
                self._outcome.errors.append(FailedFile(item.path, *answer))
            else:
                yield answer

    def _answer(
        self, items: Sequence[Item], stood: Mapping[bytes, Asset], made: Mapping[bytes, Ready], root: str
    ) -> None:
        """One answer for each file given."""
        answered: set[bytes] = set()
        for item in items:
            fields: Mapping[str, str]
            if (row := stood.get(item.sha256)) is not None:
                asset_id, cid, at, fields = row.asset_id, row.cid, row.root or "", row.fields or {}
            elif (one := made.get(item.sha256)) is not None:
                asset_id, cid, at, fields = hex32(one.made.asset_id), one.made.cid, root, one.made.fields
            else:
                continue  # it changed while it was read: among the errors
            existing = row is not None or item.sha256 in answered
            answered.add(item.sha256)
            receipt = (self._anchoring.out / receipt_name(asset_id)).absolute()
            told = notices(item, fields, self._links)
            self._outcome.assets.append(CertifiedFile(item.path, asset_id, cid, receipt, at, existing, told))


def _first(items: Iterable[Item]) -> list[Item]:
    """Each document once."""
    found: dict[bytes, Item] = {}
    for item in items:
        found.setdefault(item.sha256, item)
    return list(found.values())
