"""Papers made ready for their batch: drafts with their links, given to the makers, an answer for each.

Links point to papers that are made before, so papers that may bear links are made one rank of kinds after the other. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Self

from certifier.certify import (
    Draft,
    Earlier,
    certification_rank,
    fields_of,
    infer_links,
    own_numbers,
    own_numbers_of,
)
from certifier.fingerprint import Fingerprint, Prf, evaluate_many
from certifier.makers import Makers
from certifier.making import Job, Maker, Refused
from gateway.db import repository
from gateway.db.models import Asset
from gateway.errors import UsageError
from gateway.installation import Installation, Organisation
from gateway.service.anchoring import Ready
from gateway.service.papers import Item
from gateway.service.times import instant
from ledger.types import parse_hex32

if TYPE_CHECKING:
    from certifier.voprf import EvaluationService

__all__ = ["Making", "PaperLinks"]

PaperLinks = Mapping[bytes, Sequence[tuple[str, bytes]]]
"""SHA-256 of a paper → (relation, SHA-256 of the earlier paper)."""


class Making:
    """Makes papers of one organisation ready. A context manager, since it may start processes."""

    def __init__(
        self,
        installation: Installation,
        organisation: Organisation,
        dossier: str | None,
        links: Sequence[tuple[str, bytes]],
        paper_links: PaperLinks,
    ) -> None:
        self._home = installation
        self._org = organisation
        self._dossier = dossier
        self._links = links
        self._paper_links = paper_links
        self._makers: Makers | None = None
        self._evaluates = False
        self._remote: EvaluationService | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._makers is not None:
            self._makers.close()

    @property
    def linked(self) -> bool:
        """Whether papers here may point to one another, or to any that were made a moment ago."""
        return self._dossier is not None or bool(self._paper_links)

    def make(
        self, items: Sequence[Item], known: Mapping[bytes, Asset]
    ) -> Iterator[tuple[Item, Ready | Refused]]:
        """Each paper ready, or why not. One that a killed run committed to (`known`) becomes the very same asset."""
        issued_at = instant(self._home.now())
        makers = self._ready_for(items, known)
        if not self.linked:
            jobs = [self._job(item, known.get(item.sha256), issued_at, self._links) for item in items]
            yield from self._answers(makers, items, jobs, known)
            return
        earlier, assets = self._earlier(), self._linked(items)
        ranked = sorted(items, key=_rank)
        for _, alike in groupby(ranked, key=_rank):
            wave = list(alike)
            jobs = [
                self._job(item, known.get(item.sha256), issued_at, self._links_of(item, earlier, assets))
                for item in wave
            ]
            for item, answer in self._answers(makers, wave, jobs, known):
                if isinstance(answer, Ready):
                    asset_id = answer.made.asset_id
                    earlier.append(Earlier(asset_id, item.document.kind, own_numbers(item.document)))
                    assets[item.sha256] = asset_id
                yield item, answer

    def _ready_for(self, items: Sequence[Item], known: Mapping[bytes, Asset]) -> Makers:
        """The makers; they get the fingerprint service when the first paper needs it, and no earlier."""
        needed = any(item.assessment.inputs and item.sha256 not in known for item in items)
        if self._makers is not None and needed and not self._evaluates:
            self._makers.close()
            self._makers = None
        if self._makers is None:
            self._evaluates = needed
            service = self._home.evaluation() if needed else None
            self._remote = None if service is None or _is_local(service) else service
            local = service if self._remote is None else None
            self._makers = Makers(Maker(self._org.id, self._home.wrap_key(self._org), local))
        return self._makers

    def _answers(
        self, makers: Makers, items: Sequence[Item], jobs: Sequence[Job], known: Mapping[bytes, Asset]
    ) -> Iterator[tuple[Item, Ready | Refused]]:
        for item, made in zip(items, makers.make(self._evaluated(jobs)), strict=True):
            if isinstance(made, Refused):
                yield item, made
            else:
                row = known.get(item.sha256)
                yield item, Ready(item, made, row.asset_id if row is not None else None)

    def _evaluated(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Fingerprints by somebody else's service are asked for here, all at once; the home's own key is the makers'."""
        if self._remote is None:
            return jobs
        found = evaluate_many(self._remote, self._org.id, [job.inputs for job in jobs])
        return [
            job._replace(inputs={}, fingerprints={**job.fingerprints, **prints})
            for job, prints in zip(jobs, found, strict=True)
        ]

    def _job(self, item: Item, row: Asset | None, issued_at: str, links: Sequence[tuple[str, bytes]]) -> Job:
        if row is not None:
            return self._resumed(item, row)
        draft = Draft(
            self._org.id, issued_at, item.document, item.sha256, item.size, item.signers, tuple(links)
        )
        inputs = item.assessment.inputs
        return Job(str(item.path), item.sha256, item.size, fields_of(draft), inputs, {}, None)

    def _resumed(self, item: Item, row: Asset) -> Job:
        assert row.sealed_secret is not None and row.fields is not None
        secret = self._home.open_secret(self._org, parse_hex32(row.asset_id), row.sealed_secret)
        prints = {
            path: Fingerprint(parse_hex32(row.fields[path]), Prf.from_json(member))
            for path, member in (row.prf or {}).items()
        }
        return Job(str(item.path), item.sha256, item.size, row.fields, {}, prints, secret.reveal())

    def _earlier(self) -> list[Earlier]:
        """What the dossier holds already: ids and numbers a new paper may point to."""
        if self._dossier is None:
            return []
        with self._home.database.session() as session:
            rows = repository.dossier_assets(session, self._org.hex, self._dossier)
        return [
            Earlier(parse_hex32(row.asset_id), row.kind, own_numbers_of(row.fields or {})) for row in rows
        ]

    def _linked(self, items: Sequence[Item]) -> dict[bytes, bytes]:
        """Digest → asset id of the papers certified before that these point to."""
        wanted = {sha for item in items for _, sha in self._paper_links.get(item.sha256, ())}
        with self._home.database.session() as session:
            rows = repository.live_assets(session, self._org.hex, list(wanted))
            return {sha: parse_hex32(row.asset_id) for sha, row in rows.items()}

    def _links_of(
        self, item: Item, earlier: Sequence[Earlier], assets: Mapping[bytes, bytes]
    ) -> list[tuple[str, bytes]]:
        inferred = infer_links(item.document, earlier) if self._dossier is not None else ()
        papers = self._paper_links.get(item.sha256, ())
        if missing := [sha.hex() for _, sha in papers if sha not in assets]:
            raise UsageError(
                "LINK", f"{item.path} points to a paper that is not certified: sha256 {missing[0]}"
            )
        return [*inferred, *self._links, *((relation, assets[sha]) for relation, sha in papers)]


def _rank(item: Item) -> int:
    return certification_rank(item.document.kind)


def _is_local(service: EvaluationService) -> bool:
    from certifier.voprf import LocalEvaluation

    return isinstance(service, LocalEvaluation)
