"""A figure of `assetcert bench` beside what it is compared with, and how long work takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["MB", "Result", "median_seconds", "result"]

MB = 1_000_000


@dataclass(frozen=True)
class Result:
    """One figure: `ratio` is value by the value of what it is compared with."""

    name: str
    value: float
    unit: str
    compared_to: str
    ratio: float

    def to_json(self) -> dict[str, Any]:
        """Members of DESIGN's `bench` document."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "compared_to": self.compared_to,
            "ratio": self.ratio,
        }

    def line(self) -> str:
        """For people."""
        return f"{self.name:<46} {self.value:>12,.1f} {self.unit:<8} {self.ratio:>8.2f} x  {self.compared_to}"


def result(name: str, value: float, unit: str, compared_to: str, other: float) -> Result:
    """A figure and the one of what it is compared with."""
    return Result(
        name, round(value, 2), unit, f"{compared_to} ({other:,.1f} {unit})", round(value / other, 3)
    )


def median_seconds(work: Callable[[], object], times: int) -> float:
    """The median of several times."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
