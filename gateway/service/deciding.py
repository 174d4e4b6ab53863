"""Credit in a running gateway: what is read stays warm, and whoever asks waits a while; work that takes longer goes on, and is joined later.

Not the decision itself: that is `gateway.service.lending`. Asking for the same again while it is being done waits for that one. A decision
is told before its digest stands on the ledger: records that are not anchored yet are anchored behind the answer, and at the next start.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from certifier.errors import CertifierError
from gateway.db import cases, credit
from gateway.errors import GatewayError
from gateway.installation import Installation, Organisation
from gateway.service import recording, reviewing
from gateway.service.applying import Order, submit
from gateway.service.lending import Lending
from ledger.errors import LedgerError

__all__ = ["Deciding"]

_LOG = logging.getLogger(__name__)


class Deciding:
    """One per gateway; safe for threads."""

    def __init__(self, installation: Installation) -> None:
        self.lending = Lending(installation)
        self._installation = installation
        self._pool = ThreadPoolExecutor(2, "credit")
        self._anchors = ThreadPoolExecutor(1, "credit-anchor")
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._applying: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[tuple[str, str], Future[Any]] = {}
        self._anchors.submit(self._anchor)

    def close(self) -> None:
        """Finish what has begun, begin nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._anchors.shutdown(wait=True, cancel_futures=True)

    def apply(
        self, applicant: Organisation, order: Order, signatory: str, wait: float
    ) -> tuple[credit.Application, bool]:
        """The application, and whether it is decided: within `wait` seconds, or else it goes on.

        A firm's applications are made in turn: of two made at once each would withdraw the other's draft.
        """
        known = order if order.key else replace(order, key=secrets.token_hex(16))
        with self._applying[applicant.hex]:
            row = submit(self._installation, applicant, known, signatory)
        return row, self._decided(applicant, row, wait)

    def resume(self, signed: Organisation) -> None:
        """Go on with what waited for an organisation's signature: its application is decided, its records are anchored."""
        with self._installation.database.session() as session:
            asked = credit.in_state(session, signed.hex, "reserved")
            made = cases.unanchored(session, signed.hex)
        for row in asked:
            self._decided(signed, row, 0.0)
        if made:
            self._anchors.submit(self._anchor)

    def _decided(self, applicant: Organisation, row: credit.Application, wait: float) -> bool:
        def decide() -> None:
            self._read(applicant)
            self.lending.decided(row)
            self._anchors.submit(self._anchor)

        return self._within(("apply", row.application_id), decide, wait) is not None

    def review(
        self, lender: Organisation, decision_id: str, opinion: reviewing.Opinion, who: str, role: str
    ) -> credit.CreditDecision:
        """See `reviewing.review`."""
        made = reviewing.review(self._installation, lender, decision_id, opinion, who, role)
        self._anchors.submit(self._anchor)
        return made

    def estimate(self, applicant: Organisation, days: int, wait: float) -> list[dict[str, Any]] | None:
        """See `Lending.estimate`; None while it is still being worked out."""

        def look() -> list[dict[str, Any]]:
            self._read(applicant)
            return self.lending.estimate(applicant, days)

        done = self._within((f"estimate {days}", applicant.hex), look, wait)
        found: list[dict[str, Any]] | None = done.result() if done is not None else None
        return found

    def _read(self, applicant: Organisation) -> None:
        with self._reading:
            self.lending.read(applicant)

    def _anchor(self) -> None:
        with self._installation.database.session() as session:
            left = cases.unanchored(session)
        try:
            recording.anchor(self._installation, left)
        except (GatewayError, CertifierError, LedgerError, OSError):  # they are anchored with the next one
            _LOG.warning("%d decisions are not on the ledger yet", len(left), exc_info=True)

    def _within(self, key: tuple[str, str], work: Callable[[], Any], wait: float) -> Future[Any] | None:
        with self._lock:
            future = self._running.get(key)
            if future is None:
                future = self._running[key] = self._pool.submit(work)
                future.add_done_callback(lambda done: self._ended(key, done))
        try:
            future.result(timeout=wait)
        except TimeoutError:
            if future.done():  # the work's own
                raise
            return None
        return future

    def _ended(self, key: tuple[str, str], done: Future[Any]) -> None:
        self._running.pop(key, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            _LOG.warning("%s of %s was not finished", *key, exc_info=error)
