"""Reports for many who ask at once, made in a process of their own: what comes while one round is verified is verified together in the next.

A round costs the ledger a handful of calls however many receipts are in it, so that under load the cost of each falls. Whoever asks alone
waits for nobody. What was read of the ledger's history stays read, and nothing else is kept from one round to the next.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from gateway.beside import beside
from gateway.errors import GatewayError, UnavailableError
from gateway.home import Home
from gateway.service.reports import Asked, answers
from gateway.service.verifying import verifier_at
from ledger.errors import LedgerError

__all__ = ["Together"]

_ROUND = 64
_log = logging.getLogger(__name__)


@dataclass
class _Waiting:
    asked: Asked
    answer: Future[bytes] = field(default_factory=Future)


class Together:
    """Safe for threads. `node` gives the address of the node to read, for each round."""

    def __init__(self, home: Home, node: Callable[[], str]) -> None:
        self._home = home
        self._node = node
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._link: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="together", daemon=True)
        self._thread.start()

    def submit(self, asked: Asked) -> Future[bytes]:
        """The document that `gateway.service.reports` answers, or what it refuses."""
        waiting = _Waiting(asked)
        waiting.answer.set_running_or_notify_cancel()  # who goes away is answered all the same
        self._queue.put(waiting)
        return waiting.answer

    def close(self) -> None:
        """After the round that is under way."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        """What a process that dies was asked is asked once more: it may have been killed."""
        with ExitStack() as process:
            for round_ in self._rounds():
                asked = self._node(), [one.asked for one in round_]
                made = self._made(process, asked) or self._made(process, asked)
                if made is None:
                    made = [UnavailableError("VERIFIER", "no report could be made of this")] * len(round_)
                _tell(round_, made)

    def _made(
        self, process: ExitStack, asked: tuple[str, Sequence[Asked]]
    ) -> Sequence[bytes | GatewayError] | None:
        """What the process says, started where none runs; None where it has died."""
        try:
            if self._link is None:
                self._link = process.enter_context(beside(_verify, self._home))
            self._link.send(asked)
            made: Sequence[bytes | GatewayError] = self._link.recv()
        except (EOFError, OSError):
            _log.warning("the process that verifies has died")
            process.close()
            self._link = None
            return None
        return made

    def _rounds(self) -> Iterator[list[_Waiting]]:
        """All who wait, up to a bound, each time."""
        while (first := self._queue.get()) is not None:
            found, size = [first], len(first.asked.receipts)
            while size < _ROUND and not self._queue.empty():
                if (one := self._queue.get()) is None:
                    self._queue.put(None)
                    break
                found.append(one)
                size += len(one.asked.receipts)
            yield found


def _tell(round_: Sequence[_Waiting], made: Sequence[bytes | GatewayError]) -> None:
    for one, answer in zip(round_, made, strict=True):
        if isinstance(answer, GatewayError):
            one.answer.set_exception(answer)
        else:
            one.answer.set_result(answer)


def _verify(link: Connection, home: Home) -> None:
    """The process: rounds until the pipe is closed."""
    known: str | None = None
    with suppress(EOFError):
        while True:
            url, asked = link.recv()
            try:
                if url != known:
                    verifier, known = verifier_at(home, url), url
                made = answers(verifier, asked)
            except LedgerError as error:
                made = [UnavailableError("LEDGER", str(error))] * len(asked)
            except Exception:  # noqa: BLE001 - told to each who asked, and said
                _log.exception("a round of reports failed")
                made = [GatewayError("INTERNAL", "no report could be made: try it again")] * len(asked)
            link.send(made)
