"""Everything of `gateway.jobs` that runs in a gateway's process, opened and closed with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.db import jobs as table
from gateway.installation import Installation
from gateway.jobs.bell import Bell
from gateway.jobs.certification import Certification
from gateway.jobs.feed import tell
from gateway.jobs.intake import Intake
from gateway.jobs.spool import Spool
from gateway.jobs.webhooks import Dispatcher
from gateway.jobs.working import Work, Worker

__all__ = ["Jobs"]

_LOOK = 1.0
_log = logging.getLogger(__name__)


class Jobs:
    """Spool, intake, workers, the feed of events and webhooks of one home. Use `Jobs.running(installation)`."""

    def __init__(self, installation: Installation, *, loopback_webhooks: bool) -> None:
        self.installation = installation
        self.bell = Bell()
        self.spool = Spool(installation.home.root / "spool")
        self._tidy()
        database = installation.database
        self.intake = Intake(database, self.spool, self.bell.ring)
        works: Sequence[Work] = (Certification(installation, self.spool),)
        self._workers = [
            Worker(database, work, self.bell, installation.now, self.spool.drop) for work in works
        ]
        self._feeder = _Feeder(installation, self.bell)
        self._dispatcher = Dispatcher(database, self.bell, loopback=loopback_webhooks)

    @classmethod
    @contextmanager
    def running(cls, installation: Installation, *, loopback_webhooks: bool = False) -> Iterator[Jobs]:
        """Until the block ends; what is at work is finished then, what waits stays on the disk."""
        jobs = cls(installation, loopback_webhooks=loopback_webhooks)
        threads: list[Worker | _Feeder | Dispatcher] = [*jobs._workers, jobs._feeder, jobs._dispatcher]
        for thread in threads:
            thread.start()
        try:
            yield jobs
        finally:
            jobs.intake.close()
            for thread in threads:
                thread.close()
            jobs.spool.close()

    def _tidy(self) -> None:
        """After a crash: jobs that were at work are free again, files that no row names are gone."""
        with self.installation.database.session() as session:
            table.release(session)
            table.expired_uploads(session, self.installation.now())
            wanted = table.spooled(session)
        self.spool.sweep(wanted)


class _Feeder(threading.Thread):
    """Tells the ledger's events whenever something was committed, and once a second in case somebody else wrote."""

    def __init__(self, installation: Installation, bell: Bell) -> None:
        super().__init__(name="feed", daemon=True)
        self._installation = installation
        self._bell = bell
        self._ended = threading.Event()

    def run(self) -> None:
        """Until closed."""
        count = 0
        while not self._ended.is_set():
            count = self._bell.wait(_LOOK, count)
            try:
                if tell(self._installation, self._installation.now):
                    self._bell.ring()
            except Exception as error:  # noqa: BLE001 - the ledger may be away for a while
                _log.warning("events of the ledger are told later: %s", error)
                self._ended.wait(_LOOK)

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._bell.ring()
        self.join()
