"""How well a score tells good loans from bad ones, and whether scores have shifted: Gini, KS, PSI (PRODUCT 2.6).

Pure. Gini and KS judge cards and decide nothing; PSI can refer a firm, so it is a Decimal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

__all__ = ["gini", "ks", "psi"]

_BANDS = 10
_LEAST = Decimal("0.0001")


def gini(scores: Sequence[float], bad: Sequence[bool]) -> float:
    """2 · AUC − 1: how often a good loan scores above a bad one, ties counted half. ValueError without both kinds."""
    goods, bads = _counted(bad)
    above, below = 0.0, 0
    for good, worse in _tied(scores, bad):
        above, below = above + good * (below + worse / 2), below + worse
    return 2 * above / (goods * bads) - 1


def ks(scores: Sequence[float], bad: Sequence[bool]) -> float:
    """The largest distance between the shares of bad and of good loans up to a score. ValueError without both kinds."""
    goods, bads = _counted(bad)
    most, seen_good, seen_bad = 0.0, 0, 0
    for good, worse in _tied(scores, bad):
        seen_good, seen_bad = seen_good + good, seen_bad + worse
        most = max(most, abs(seen_bad / bads - seen_good / goods))
    return most


def _tied(scores: Sequence[float], bad: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """How many good and bad loans have each score, the lowest first."""
    order = sorted(zip(scores, bad, strict=True))
    for _, loans in groupby(order, key=itemgetter(0)):
        flags = [is_bad for _, is_bad in loans]
        yield len(flags) - sum(flags), sum(flags)


def psi(expected: Sequence[int], actual: Sequence[int]) -> Decimal:
    """Σ (a − e) · ln(a / e) over ten bands that split the expected scores evenly."""
    edges = sorted(expected)
    limits = sorted({edges[len(edges) * band // _BANDS] for band in range(1, _BANDS)})
    pairs = zip(_shares(expected, limits), _shares(actual, limits), strict=True)
    return sum(((a - e) * (a / e).ln() for e, a in pairs), Decimal(0))


def _shares(scores: Sequence[int], limits: Sequence[int]) -> list[Decimal]:
    counts = [0] * (len(limits) + 1)
    for score in scores:
        counts[sum(score >= limit for limit in limits)] += 1
    return [max(Decimal(count) / len(scores), _LEAST) for count in counts]


def _counted(bad: Sequence[bool]) -> tuple[int, int]:
    bads = sum(bad)
    if not 0 < bads < len(bad):
        raise ValueError("good and bad loans are both due")
    return len(bad) - bads, bads
