"""Locks between the processes of one home: the write lock and the leases on the running node.

All are flock(2) locks: the kernel drops them with their process, so a dead holder needs no cleaning and a
reused pid means nothing. The pid in the write lock's file only names the holder to people.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from ledger.errors import WriterBusyError

__all__ = ["Lease", "write_lock"]


@contextlib.contextmanager
def write_lock(path: Path, wait: float) -> Iterator[None]:
    """Holds the home's one write lock. Raises WriterBusyError after `wait` seconds. Excludes threads and
    processes.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(fd, wait)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(fd)


def _acquire(fd: int, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _busy(fd, wait) from None
        time.sleep(random.uniform(0.001, 0.005))  # noqa: S311 - spreads the waiting writers


def _busy(fd: int, wait: float) -> WriterBusyError:
    text = os.pread(fd, 20, 0).decode("ascii", "replace")
    pid = int(text) if text.isdecimal() else None
    return WriterBusyError(
        f"another process ({pid or 'unknown'}) has been writing to this home for {wait:g} s", pid
    )


class Lease:
    """One user of the running node. The node's supervisor stops it when no lease is left."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_SH)  # waits while a supervisor that found no lease ends its node

    def release(self) -> None:
        """Gives the lease up, also for forked children that still hold the descriptor."""
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = -1
