"""Rates of requests: so many in a window, for each who asks; a setting that says none is refused."""

from __future__ import annotations

import time

import pytest

from gateway.api.rates import Rate
from gateway.errors import OverloadedError, UnreadableError


def test_each_has_so_many_in_a_window_and_as_many_in_the_next() -> None:
    rate = Rate("2/second")
    for _ in range(2):
        rate.count("M1")
        rate.count("M2")
    with pytest.raises(OverloadedError, match="more than 2/second: send it again in 1 s") as refused:
        rate.count("M1")
    assert refused.value.retry_after == 1
    time.sleep(1.01)
    rate.count("M1")


@pytest.mark.parametrize("setting", ["", "many/second", "10", "10/fortnight", "-1/second", "1 /second"])
def test_a_setting_that_says_no_rate_is_refused(setting: str) -> None:
    with pytest.raises(UnreadableError, match="is no rate"):
        Rate(setting)
