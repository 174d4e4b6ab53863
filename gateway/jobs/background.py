"""The process that does what was accepted: certifies, audits, tells the ledger's events, posts to webhooks.

It stands behind what answers requests: who waits goes first, what was accepted is done with what is left of the processors. It is told when
something was accepted, and tells when something is done; a word that is lost costs a second. When it is told to end it
finishes what is at work, if that is soon; when its gateway is gone it ends at once. What was at work then is done after the next start.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from gateway.beside import beside
from gateway.db import jobs as table
from gateway.home import Home
from gateway.identity.sealing import Sealing
from gateway.installation import Installation
from gateway.jobs.audits import Auditing
from gateway.jobs.bell import Bell
from gateway.jobs.certification import Certification
from gateway.jobs.feed import tell
from gateway.jobs.spool import Spool
from gateway.jobs.webhooks import Dispatcher
from gateway.jobs.working import Work, Worker

__all__ = ["Background"]

_LOOK = 1.0
_HOUR = 3_600.0
_KEPT = 90 * 86_400
_NICE = 10
_PATIENCE = 10.0
_TOLD, _DONE, _END = b"told", b"done", b"end"
_log = logging.getLogger(__name__)


class Background(threading.Thread):
    """Keeps the process: `done` rings whenever it has done something; one that dies is started again."""

    def __init__(self, installation: Installation, done: Bell, *, loopback: bool) -> None:
        super().__init__(name="background", daemon=True)
        self._arguments = installation.home, installation.keys.passphrase(), loopback
        self._done = done
        self._link: Connection | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def arrived(self, kinds: Iterable[str]) -> None:
        """Jobs of these kinds were accepted."""
        for kind in kinds:
            self._say(kind.encode())

    def told(self) -> None:
        """Events were told here."""
        self._say(_TOLD)

    def run(self) -> None:
        """Until closed."""
        while not self._ended.is_set():
            with beside(_work, *self._arguments) as link:
                with self._lock:
                    self._link = link
                if self._ended.is_set():
                    self._say(_END)
                with suppress(EOFError, OSError):
                    while link.recv_bytes():
                        self._done.ring()
                with self._lock:
                    self._link = None
            if not self._ended.wait(_LOOK):
                _log.error("the process that certifies has died and is started again")

    def close(self) -> None:
        """What is at work is finished; what waits stays on the disk."""
        self._ended.set()
        self._say(_END)
        self.join()

    def _say(self, word: bytes) -> None:
        with self._lock, suppress(OSError):
            if self._link is not None:
                self._link.send_bytes(word)


def _work(link: Connection, home: Home, passphrase: str, loopback: bool) -> None:
    """The process."""
    os.nice(_NICE)
    with Installation.open(home, lambda: passphrase) as installation:
        with installation.database.session() as session:
            table.release(session)
        spool, done = Spool(home.root / "spool"), Bell()
        works: Sequence[Work] = (Certification(installation, spool), Auditing(installation))
        arrived = {work.kind.encode(): Bell() for work in works}
        threads: list[Worker | _Feeder | Dispatcher | _Teller] = [
            *(
                Worker(installation.database, work, bell, done, installation.now, spool.drop)
                for work, bell in zip(works, arrived.values(), strict=True)
            ),
            _Feeder(installation, done, spool),
            Dispatcher(installation.database, Sealing.of(home), done, loopback=loopback),
            _Teller(done, link),
        ]
        for thread in threads:
            thread.start()
        _listen(link, arrived, done)
        over = threading.Timer(_PATIENCE, os._exit, (1,))
        over.daemon = True
        over.start()
        for thread in threads:
            thread.close()
        spool.close()


def _listen(link: Connection, arrived: Mapping[bytes, Bell], done: Bell) -> None:
    """Until this process is to end: who does jobs of a kind is woken by its name."""
    try:
        while (word := link.recv_bytes()) != _END:
            arrived.get(word, done).ring()
    except EOFError:
        os._exit(1)


class _Teller(threading.Thread):
    """Says to the gateway that something is done."""

    def __init__(self, done: Bell, link: Connection) -> None:
        super().__init__(name="teller", daemon=True)
        self._done = done
        self._link = link
        self._ended = threading.Event()

    def run(self) -> None:
        """Until closed."""
        count = self._done.wait(0)
        while not self._ended.is_set():
            if (rung := self._done.wait(_LOOK, count)) != count:
                count = rung
                with suppress(OSError):  # the gateway is gone
                    self._link.send_bytes(_DONE)

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._done.ring()
        self.join()


class _Feeder(threading.Thread):
    """Tells the ledger's events whenever something was committed, and once a second in case somebody else wrote; forgets once an hour."""

    def __init__(self, installation: Installation, bell: Bell, spool: Spool) -> None:
        super().__init__(name="feed", daemon=True)
        self._installation = installation
        self._bell = bell
        self._spool = spool
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

    def _forget(self) -> None:
        """Let go what nobody asks for any more: uploads that nobody has referred to, jobs finished long ago."""
        now = self._installation.now()
        with self._installation.database.session() as session:
            expired = table.expired_uploads(session, now)
            table.drop_finished(session, now - _KEPT)
        self._spool.drop(expired)

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._bell.ring()
        self.join()
