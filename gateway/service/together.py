"""Reports for many who ask at once: what comes while one round is verified is verified together in the next, at one block.

A round costs the ledger a handful of calls however many receipts are in it, so that under load the cost of each falls. Whoever asks alone
waits for nobody. Nothing is kept from one round to the next.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from certifier.receipt import Receipt
from certifier.verify import Given, Report, Verifier

__all__ = ["Together"]

_ROUND = 64


@dataclass
class _Asked:
    receipts: Sequence[Receipt]
    as_org: bytes | None
    answer: Future[list[Report]] = field(default_factory=Future)


class Together:
    """Safe for threads. `verifier` gives the one to use for a round."""

    def __init__(self, verifier: Callable[[], Verifier]) -> None:
        self._verifier = verifier
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="verify", daemon=True)
        self._thread.start()

    def verify(self, receipts: Sequence[Receipt], as_org: bytes | None) -> list[Report]:
        """Reports in order, all at one block."""
        asked = _Asked(receipts, as_org)
        self._asked.put(asked)
        return asked.answer.result()

    def close(self) -> None:
        """After the round that is under way."""
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._asked.get()) is not None:
            round_, ended = self._round(first)
            for as_org in dict.fromkeys(one.as_org for one in round_):
                self._answer([one for one in round_ if one.as_org == as_org], as_org)
            if ended:
                return

    def _round(self, first: _Asked) -> tuple[list[_Asked], bool]:
        """All who wait now, up to a bound; whether nobody is to be answered after them."""
        found, size = [first], len(first.receipts)
        while size < _ROUND:
            try:
                one = self._asked.get_nowait()
            except queue.Empty:
                break
            if one is None:
                return found, True
            found.append(one)
            size += len(one.receipts)
        return found, False

    def _answer(self, asked: Sequence[_Asked], as_org: bytes | None) -> None:
        given = [Given(receipt) for one in asked for receipt in one.receipts]
        try:
            reports = self._verifier().verify_many(given, as_org=as_org)
            for one in asked:
                one.answer.set_result([next(reports) for _ in one.receipts])
        except Exception as error:  # noqa: BLE001 - each who waits is told
            for one in asked:
                if not one.answer.done():
                    one.answer.set_exception(error)
