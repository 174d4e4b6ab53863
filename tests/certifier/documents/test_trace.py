"""What evidence needs beyond facts: it crosses to other processes whole, and costs nothing where there is none."""

from __future__ import annotations

import json

from certifier.documents import Interval, Measured, Trace
from certifier.documents.trace import EMPTY, pack, unpack

FULL = Trace(
    (Interval("L31", "ACTIVE", 1_780_000_000_000, 1_780_000_060_000), Interval("L32", "UNAVAILABLE", 1, 2)),
    (Measured("11", "P201-001", "25.0031"),),
    {"L31": 12},
    "ab" * 32,
    0,
    ("PO-1", "PO-2"),
    ("DN-1",),
    local=True,
    truncated=True,
)


def test_a_trace_crosses_processes_whole() -> None:
    for trace in (FULL, Trace(terms_days=60), Trace(parts={"": 0})):
        assert unpack(json.loads(json.dumps(pack(trace)))) == trace


def test_an_empty_trace_is_nothing() -> None:
    assert pack(EMPTY) is None
    assert unpack(None) is EMPTY
