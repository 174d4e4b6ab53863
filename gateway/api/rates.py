"""How many requests in a time: counted in memory, in windows that begin with the first request after the last one ended."""

from __future__ import annotations

import math
import time
from collections import Counter

from gateway.errors import OverloadedError, UnreadableError

__all__ = ["Rate"]

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


class Rate:
    """Of a setting such as `1000/second`. UnreadableError for what is none."""

    def __init__(self, setting: str) -> None:
        count, _, unit = setting.partition("/")
        if not count.isdecimal() or unit not in _SECONDS:
            raise UnreadableError(
                "GATEWAY_SETTING", f"{setting!r} is no rate: a number, `/`, and one of {', '.join(_SECONDS)}"
            )
        self._setting = setting
        self._most, self._length = int(count), _SECONDS[unit]
        self._ends = 0.0
        self._counts: Counter[str] = Counter()

    def count(self, whose: str) -> None:
        """One more of theirs. OverloadedError where that is one too many."""
        at = time.monotonic()
        if at >= self._ends:
            self._ends, self._counts = at + self._length, Counter()
        self._counts[whose] += 1
        if self._counts[whose] > self._most:
            wait = math.ceil(self._ends - at)
            raise OverloadedError(
                "RATE_LIMITED", f"more than {self._setting}: send it again in {wait} s", wait
            )
