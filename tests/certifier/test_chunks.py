"""Whatever is given comes out once and in order, and no list is larger than it may be unless one item is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from certifier.chunks import chunks


@dataclass(frozen=True)
class Parcel:
    size: int


@given(st.lists(st.integers(0, 50)), st.integers(1, 5), st.integers(1, 60))
def test_chunks_keep_order_and_both_limits_and_are_as_few_as_that_allows(
    sizes: list[int], count: int, limit: int
) -> None:
    found = list(chunks([Parcel(size) for size in sizes], count, limit))
    assert [one.size for chunk in found for one in chunk] == sizes
    for chunk in found:
        assert 1 <= len(chunk) <= count
        assert len(chunk) == 1 or sum(one.size for one in chunk) <= limit
    for before, after in pairwise(found):
        assert len(before) == count or sum(one.size for one in before) + after[0].size > limit
