"""Ids of jobs, uploads and webhooks: a prefix, the time in microseconds, randomness. Later ids of a process sort behind its earlier ones."""

from __future__ import annotations

import secrets
import threading
import time

__all__ = ["new_id"]

_lock = threading.Lock()
_last = 0


def new_id(prefix: str) -> str:
    """Such as `job_00064b…`: 14 hexadecimal digits of time, 18 of randomness."""
    global _last  # noqa: PLW0603 - the last time given, of this process
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1_000)
        return f"{prefix}_{_last:014x}{secrets.token_hex(9)}"
