"""Long stretches that occur twice among sequences: a rolling hash finds them, a comparison confirms them.

A stretch counts only where its neighbours differ enough (`pairs` different ones): a robot's even beat repeats itself
honestly, and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Repeat", "repeats"]

_MODULUS = (1 << 61) - 1
_BASE = 1_000_003


@dataclass(frozen=True, slots=True)
class Repeat:
    """`count` values from `at` on in sequence `of` are those from `source_at` on in sequence `source`, seen before."""

    of: int
    at: int
    source: int
    source_at: int
    count: int


def repeats(
    sequences: Sequence[Sequence[Hashable]],
    length: int,
    pairs: int,
    allowed: Callable[[int, int, int, int], bool],
) -> Iterator[Repeat]:
    """Every longest stretch of at least `length` that was there before, in the order of the sequences.

    `allowed(of, at, source, source_at)`: whether a stretch beginning there may be equal, being the same thing told twice.
    """
    codes: dict[Hashable, int] = {}
    numbered = [[codes.setdefault(value, len(codes) + 1) for value in one] for one in sequences]
    seen: dict[int, tuple[int, int]] = {}
    for of, ours in enumerate(numbered):
        at = 0
        hashes = list(_hashes(ours, length))
        while at < len(hashes):
            place = seen.setdefault(hashes[at], (of, at))
            if place == (of, at) or not _counts(numbered, ours, at, place, length, pairs) or allowed(of, at, *place):  # fmt: skip
                at += 1
                continue
            theirs, start = numbered[place[0]], place[1]
            count = length
            while (
                at + count < len(ours)
                and start + count < len(theirs)
                and ours[at + count] == theirs[start + count]
                and (place[0] != of or start + count < at)
            ):
                seen.setdefault(hashes[at + count - length + 1], (of, at + count - length + 1))
                count += 1
            yield Repeat(of, at, *place, count)
            at += count - length + 1


def _hashes(values: Sequence[int], length: int) -> Iterator[int]:
    """The hash of each stretch of `length`."""
    high, found = pow(_BASE, length - 1, _MODULUS), 0
    for at, value in enumerate(values):
        if at >= length:
            found -= values[at - length] * high
        found = (found * _BASE + value) % _MODULUS
        if at >= length - 1:
            yield found


def _counts(
    numbered: Sequence[Sequence[int]],
    ours: Sequence[int],
    at: int,
    place: tuple[int, int],
    length: int,
    pairs: int,
) -> bool:
    stretch = ours[at : at + length]
    if stretch != numbered[place[0]][place[1] : place[1] + length]:
        return False
    return len(set(pairwise(stretch))) >= pairs
