"""The weeks of the world: who certifies what, and when. Links between papers are stated where their numbers do not tell them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from certifier.documents import Reader, Reading
from gateway.db import repository
from gateway.demo.stage import Seen, Stage
from gateway.demo.world import Act, Paper, World, dossier_of, shanghai
from gateway.errors import ConflictError
from gateway.installation import Organisation
from gateway.service import certifying, readings

__all__ = ["Weeks"]

_NIGHT = timedelta(minutes=30)
_EVENING = timedelta(hours=21)
_CHUNK = 48


class Weeks:
    """Goes through the weeks as far as it is asked to; the papers to come are read while those at hand are certified.

    What was read is kept, as it is where a firm consents to a decision: the first application need not read it again.
    """

    def __init__(self, stage: Stage, reader: Reader) -> None:
        self._stage = stage
        self._plan = deque(_plan(stage.world))
        files = [stage.file(paper.path) for batch in self._plan for paper in batch.papers]
        self._ahead = _Ahead(reader, files)
        self._seconds = 0.0

    def until(self, act: Act) -> None:
        """Everything up to the evening of an act's day."""
        self._go(_evening(act), f"papers until {act.day}")

    def finish(self) -> Seen:
        """Everything that is left, each firm's dossier written, and the sums."""
        stage = self._stage
        self._go(stage.world.as_of, f"papers until {stage.world.as_of.date()}")
        firms = stage.world.organisations("enterprise")
        for firm in firms:
            self._put_into_jobs(firm)
            certifying.write_dossier(stage.installation, firm, dossier_of(firm.short))
        papers = stage.world.papers.values()
        links = sum(self._links(firm) for firm in firms)
        figures = {
            "files": len(papers),
            "assets": len({one.asset_id for one in stage.certified.values()}),
            "certified_before": sum(one.existing for one in stage.certified.values()),
            "transactions": len(stage.batches),
            "signed_by_devices_and_others": sum(paper.signed for paper in papers),
            "links": links,
            "megabytes": round(sum(one.path.stat().st_size for one in stage.certified.values()) / 1e6, 1),
            "per_second": round(len(papers) / self._seconds),
        }
        stated = {paper.sha256: len(paper.links) for paper in papers}
        return stage.certified.keys() == stage.world.papers.keys() and links == sum(stated.values()), figures

    def _go(self, moment: datetime, label: str) -> None:
        started = time.monotonic()
        due = [batch for batch in self._plan if batch.moment <= moment]
        with self._stage.progress(label, sum(len(batch.papers) for batch in due)) as advance:
            for batch in due:
                self._certify(self._plan.popleft())
                advance(len(batch.papers))
        self._seconds += time.monotonic() - started

    def _certify(self, batch: _Batch) -> None:
        stage = self._stage
        stage.set_clock(batch.moment)
        outcome = certifying.certify(
            stage.installation,
            stage.org(batch.firm),
            [stage.file(paper.path) for paper in batch.papers],
            dossier=dossier_of(batch.firm),
            paper_links=stage.world.links,
            reader=self._ahead,
        )
        if outcome.errors:
            raise ConflictError("DEMO", f"a paper of the world was not certified: {outcome.errors[0]}")
        stage.batches += outcome.batches
        files = [(asset.asset_id, asset.path.read_bytes()) for asset in outcome.assets]
        read = self._ahead.given()
        readings.keep(stage.installation, ((one, read[at], plain) for at, (one, plain) in enumerate(files)))
        for paper, asset in zip(batch.papers, outcome.assets, strict=True):
            stage.certified[paper.path] = asset

    def _put_into_jobs(self, firm: Organisation) -> None:
        """A dossier for each job of a firm: what its job board shows."""
        with self._stage.installation.database.session() as session:
            for name, papers in self._stage.world.jobs(firm.short).items():
                ids = list(dict.fromkeys(self._stage.certified[paper.path].asset_id for paper in papers))
                repository.add_to_dossier(session, firm.hex, name, ids)

    def _links(self, firm: Organisation) -> int:
        """How many links the assets of a firm's dossier carry."""
        with self._stage.installation.database.session() as session:
            rows = repository.dossier_assets(session, firm.hex, dossier_of(firm.short))
            return sum(path.startswith("link.") for row in rows for path in row.fields or ())


@dataclass(frozen=True)
class _Batch:
    """What one organisation certifies at one moment."""

    moment: datetime
    firm: str
    papers: tuple[Paper, ...]


def _plan(world: World) -> Iterator[_Batch]:
    """Everybody at the end of every week and at the world's end; an act's parties on its evening."""
    first = shanghai(world.first)
    weeks = range((world.as_of - first).days // 7 + 1)
    everybody = {paper.firm for paper in world.papers.values()}
    moments = [(min(first + timedelta(weeks=week) + _NIGHT, world.as_of), everybody) for week in weeks]
    moments += [(_evening(act), {act.says["debtor"], act.says.get("lender", "")}) for act in world.acts]
    left = list(world.papers.values())
    for moment, parties in sorted(moments, key=lambda one: one[0]):
        due = [paper for paper in left if paper.firm in parties and paper.ready <= moment <= world.as_of]
        for firm in dict.fromkeys(paper.firm for paper in due):
            yield _Batch(moment, firm, tuple(paper for paper in due if paper.firm == firm))
        done = set(due)
        left = [paper for paper in left if paper not in done]


def _evening(act: Act) -> datetime:
    return shanghai(act.day) + _EVENING


class _Ahead:
    """Readings of files in the order in which they will be asked for, made a chunk ahead."""

    def __init__(self, reader: Reader, files: Iterable[Path]) -> None:
        self._readings = reader.read(files)
        self._thread = ThreadPoolExecutor(1)
        self._coming = self._thread.submit(self._chunk)
        self._ready: deque[Reading] = deque()
        self._given: list[Reading] = []

    def read(self, paths: Iterable[Path]) -> Iterator[Reading]:
        """The readings of the next files, which must be `paths`."""
        for path in paths:
            if not self._ready:
                self._ready.extend(self._coming.result())
                self._coming = self._thread.submit(self._chunk)
            reading = self._ready.popleft()
            assert reading.path == path, f"{path} was to be read, {reading.path} was read ahead"
            self._given.append(reading)
            yield reading

    def given(self) -> list[Reading]:
        """What was given since this was asked last."""
        given, self._given = self._given, []
        return given

    def _chunk(self) -> list[Reading]:
        return list(islice(self._readings, _CHUNK))
