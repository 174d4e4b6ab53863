"""Other people's JSON never ends the process."""

from __future__ import annotations

import json
import sys

import pytest

from ledger.jsontext import loads


@pytest.mark.parametrize(
    "text", ["[" * 10**6, '{"a":' * 10**6, "[]" * 600 + "[", "[" * 600 + "]" * 600, "", "{", b"\xff"]
)
def test_no_json_is_a_value_error_even_without_a_recursion_limit(text: str | bytes) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        with pytest.raises(ValueError):
            loads(text)
    finally:
        sys.setrecursionlimit(before)


def test_json_comes_through() -> None:
    value = {"a": [[[{"b": [1]}]] * 1_000], "c": "]" * 400}
    assert loads(json.dumps(value)) == value
    assert loads(b"5") == 5
