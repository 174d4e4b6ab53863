"""Business time of the embedded ledger: the wall clock plus the home's offset, never before the newest block.

The offset is 0 outside the demo and lives in the log, so that every process of the home has the same clock.
"""

from __future__ import annotations

import time

from ledger.log import TransactionLog

__all__ = ["Clock"]


class Clock:
    """The clock of one log. Times are whole seconds since 1970, UTC."""

    def __init__(self, log: TransactionLog) -> None:
        self._log = log

    def now(self) -> int:
        """The time that a block would get now."""
        return max(int(time.time()) + self._log.offset, self._log.head_time())

    @property
    def offset(self) -> int:
        """Seconds added to the wall clock."""
        return self._log.offset

    def set(self, timestamp: int) -> None:
        """Makes it `timestamp` now; the next block is still never before the last one."""
        self._log.offset = timestamp - int(time.time())

    def advance(self, seconds: int) -> None:
        """Moves the clock on from the time it shows (or back, where no block stands in the way)."""
        self.set(self.now() + seconds)
