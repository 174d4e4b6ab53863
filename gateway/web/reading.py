"""Reads dropped papers in the background: one thread, the certifier's own worker processes, what was read kept for its owner to confirm.

Killed anywhere, papers without a reading are read again by the next thread. Nothing is certified here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from certifier.documents import Reader, Reading
from gateway.db import papers as table
from gateway.db.papers import Paper
from gateway.installation import Installation
from gateway.jobs.spool import Spool
from gateway.service import profiles

__all__ = ["PaperReader"]

_AT_ONCE = 64
_IDLE = 60.0
_LINES = 200
_log = logging.getLogger(__name__)


@dataclass
class PaperReader:
    """Use `PaperReader.running(installation, spool)`; `wake` after each paper."""

    installation: Installation
    spool: Spool

    def __post_init__(self) -> None:
        self._due = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paper-reader", daemon=True)

    @classmethod
    @contextmanager
    def running(cls, installation: Installation, spool: Spool) -> Iterator[PaperReader]:
        """Until the block ends."""
        made = cls(installation, spool)
        made._due.set()
        made._thread.start()
        try:
            yield made
        finally:
            made._ended.set()
            made._due.set()
            made._thread.join()

    def wake(self) -> None:
        """There is something to read."""
        self._due.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._due.wait(_IDLE)
            self._due.clear()
            try:
                while not self._ended.is_set() and self.step():
                    pass
            except Exception:  # noqa: BLE001 - a reader of papers goes on, whatever one paper does to it
                _log.exception("papers are read later")
                self._ended.wait(1.0)

    def step(self) -> bool:
        """Read the oldest papers of one organisation; False where there are none."""
        with self.installation.database.session() as session:
            waiting = table.unread(session, _AT_ONCE)
        mine = [paper for paper in waiting if paper.org == waiting[0].org]
        if mine:
            self._read(mine)
        return bool(mine)

    def _read(self, papers: Sequence[Paper]) -> None:
        short = next((one.short for one in self.installation.book.all() if one.hex == papers[0].org), None)
        known = profiles.of_home(self.installation.home, short)
        by_path = {self.spool.path(paper.id): paper for paper in papers}
        with Reader(profiles=known) as reader:
            for reading in reader.read(list(by_path)):
                paper = by_path[reading.path]
                with self.installation.database.session() as session:
                    if (row := session.get(Paper, paper.id)) is not None:
                        row.reading = _kept(reading, paper)


def _kept(reading: Reading, paper: Paper) -> dict[str, Any]:
    """What the list and the paper's page show of it."""
    if reading.document is None:
        code = getattr(reading.error, "code", "UNREADABLE")
        said = str(reading.error).replace(str(reading.path), paper.name)
        return {"error": {"code": code, "message": said}}
    document = reading.document
    facts = dict(list(document.facts.items())[:_LINES])
    notices = [{"code": one.code, "message": one.message} for one in document.warnings]
    return {
        "kind": document.kind,
        "format": document.format,
        "facts": facts,
        "warnings": notices,
        "error": None,
    }
