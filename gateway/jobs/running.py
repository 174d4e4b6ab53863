"""What a gateway takes jobs with, opened and closed with it: spool, intake, the bell, and the process that does them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gateway.db import jobs as table
from gateway.errors import OverloadedError
from gateway.installation import Installation
from gateway.jobs import audits, certification
from gateway.jobs.background import Background
from gateway.jobs.bell import Bell
from gateway.jobs.feed import tell
from gateway.jobs.intake import Intake
from gateway.jobs.spool import Spool
from ledger.errors import LedgerError

__all__ = ["Jobs", "Room"]

_LOOK = 1.0


@dataclass(frozen=True)
class Room:
    """How much is taken in: certifications that may wait, and bytes that stay free on the disk."""

    most_waiting: int = 20_000
    disk: int = 512 * 2**20


class Jobs:
    """See the module. Use `Jobs.running(installation)`."""

    def __init__(self, installation: Installation, *, loopback_webhooks: bool, room: Room) -> None:
        self.installation = installation
        self.closing = False
        self._room = room
        self._counted_at, self._waiting, self._free = 0.0, 0, room.disk
        self.bell = Bell()
        self.spool = Spool(installation.home.root / "spool")
        self._tidy()
        self._background = Background(installation, self.bell, loopback=loopback_webhooks)
        self.intake = Intake(installation.database, self.spool, self._background.arrived, self.now)

    @classmethod
    @contextmanager
    def running(
        cls, installation: Installation, *, loopback_webhooks: bool = False, room: Room = Room()
    ) -> Iterator[Jobs]:
        """Until the block ends; what is at work is finished then, what waits stays on the disk."""
        jobs = cls(installation, loopback_webhooks=loopback_webhooks, room=room)
        with suppress(LedgerError):  # told later, once the node answers
            tell(installation, jobs.now)
        jobs._background.start()
        try:
            yield jobs
        finally:
            jobs.closing = True
            jobs.bell.ring()
            jobs.intake.close()
            jobs._background.close()
            jobs.spool.close()

    def now(self) -> int:
        """Business time in seconds."""
        return self.installation.now()

    def tell(self) -> None:
        """Bring index and events to what was just sent to the ledger, so that whoever asks next sees it."""
        tell(self.installation, self.now)
        self.bell.ring()
        self._background.told()

    def signed(self) -> None:
        """Somebody has signed: what waited for it goes on, and what was sent with it is told."""
        self._background.arrived((certification.KIND, audits.KIND))
        self.tell()

    def require_room(self) -> None:
        """OverloadedError where more waits than is good, or the disk is nearly full; looked at once a second."""
        if time.monotonic() - self._counted_at > _LOOK:
            self._counted_at = time.monotonic()
            with self.installation.database.session() as session:
                self._waiting, _ = table.backlog(session, certification.KIND)
            self._free = shutil.disk_usage(self.installation.home.root).free
        if self._waiting > self._room.most_waiting:
            raise OverloadedError(
                "BACKLOG", f"{self._waiting:,} certifications wait already: send it again in a few seconds", 5
            )
        if self._free < self._room.disk:
            raise OverloadedError(
                "DISK_FULL", "the gateway's disk is nearly full: tell its operator, send it again later", 60
            )

    def _tidy(self) -> None:
        """After a crash: files that no row names are gone."""
        with self.installation.database.session() as session:
            wanted = table.spooled(session)
        self.spool.sweep(wanted)
