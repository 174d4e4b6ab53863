"""Everything of `gateway.jobs` that runs in a gateway's process, opened and closed with it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from gateway.db import jobs as table
from gateway.errors import OverloadedError, UnavailableError
from gateway.identity.sealing import Sealing
from gateway.installation import Installation
from gateway.jobs import certification
from gateway.jobs.audits import Auditing
from gateway.jobs.bell import Bell
from gateway.jobs.certification import Certification
from gateway.jobs.feed import tell
from gateway.jobs.intake import Intake
from gateway.jobs.spool import Spool
from gateway.jobs.webhooks import Dispatcher
from gateway.jobs.working import Work, Worker
from ledger.errors import LedgerError

__all__ = ["Jobs"]

_LOOK = 1.0
_HOUR = 3_600.0
_KEPT = 90 * 86_400
_MOST_WAITING = 20_000
_ROOM = 512 * 2**20
_log = logging.getLogger(__name__)


class Jobs:
    """Spool, intake, workers, the feed of events and webhooks of one home. Use `Jobs.running(installation)`."""

    def __init__(self, installation: Installation, *, loopback_webhooks: bool) -> None:
        self.installation = installation
        self.closing = False
        self._counted_at, self._waiting, self._free = 0.0, 0, _ROOM
        self.bell = Bell()
        self._arrived = Bell()
        self.spool = Spool(installation.home.root / "spool")
        self._tidy()
        database = installation.database
        self.intake = Intake(database, self.spool, self._arrived.ring)
        works: Sequence[Work] = (Certification(installation, self.spool), Auditing(installation))
        self._workers = [
            Worker(database, work, self._arrived, self.bell, installation.now, self.spool.drop)
            for work in works
        ]
        self._feeder = _Feeder(installation, self.bell, self.forget)
        self._dispatcher = Dispatcher(
            database, Sealing.of(installation.home), self.bell, loopback=loopback_webhooks
        )

    @classmethod
    @contextmanager
    def running(cls, installation: Installation, *, loopback_webhooks: bool = False) -> Iterator[Jobs]:
        """Until the block ends; what is at work is finished then, what waits stays on the disk."""
        jobs = cls(installation, loopback_webhooks=loopback_webhooks)
        threads: list[Worker | _Feeder | Dispatcher] = [*jobs._workers, jobs._feeder, jobs._dispatcher]
        with suppress(LedgerError):  # told later, once the node answers
            tell(installation, jobs.now)
        for thread in threads:
            thread.start()
        try:
            yield jobs
        finally:
            jobs.closing = True
            jobs.bell.ring()
            jobs.intake.close()
            for thread in threads:
                thread.close()
            jobs.spool.close()

    def forget(self) -> None:
        """Let go what nobody asks for any more: uploads that nobody has referred to, jobs finished long ago."""
        now = self.installation.now()
        with self.installation.database.session() as session:
            expired = table.expired_uploads(session, now)
            table.drop_finished(session, now - _KEPT)
        self.spool.drop(expired)

    def now(self) -> int:
        """Business time in seconds."""
        return self.installation.now()

    def tell(self) -> None:
        """Bring index and events to what was just sent to the ledger, so that whoever asks next sees it."""
        tell(self.installation, self.now)
        self.bell.ring()

    def signed(self) -> None:
        """Somebody has signed: what waited for it goes on, and what was sent with it is told."""
        self._arrived.ring()
        self.tell()

    def require_room(self) -> None:
        """OverloadedError where more waits than is good, or the disk is nearly full; looked at once a second."""
        if time.monotonic() - self._counted_at > _LOOK:
            self._counted_at = time.monotonic()
            with self.installation.database.session() as session:
                self._waiting, _ = table.backlog(session, certification.KIND)
            self._free = shutil.disk_usage(self.installation.home.root).free
        if self._waiting > _MOST_WAITING:
            raise OverloadedError(
                "BACKLOG", f"{self._waiting:,} certifications wait already: send it again in a few seconds", 5
            )
        if self._free < _ROOM:
            raise UnavailableError("DISK_FULL", "the gateway's disk is nearly full: tell its operator")

    def _tidy(self) -> None:
        """After a crash: jobs that were at work are free again, files that no row names are gone."""
        with self.installation.database.session() as session:
            table.release(session)
            wanted = table.spooled(session)
        self.spool.sweep(wanted)


class _Feeder(threading.Thread):
    """Tells the ledger's events whenever something was committed, and once a second in case somebody else wrote; forgets once an hour."""

    def __init__(self, installation: Installation, bell: Bell, forget: Callable[[], None]) -> None:
        super().__init__(name="feed", daemon=True)
        self._installation = installation
        self._bell = bell
        self._forget = forget
        self._ended = threading.Event()

    def run(self) -> None:
        """Until closed."""
        count, forgotten = 0, -_HOUR
        while not self._ended.is_set():
            count = self._bell.wait(_LOOK, count)
            try:
                if time.monotonic() - forgotten > _HOUR:
                    forgotten = time.monotonic()
                    self._forget()
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
