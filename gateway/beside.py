"""Processes beside the one that answers requests: what certifies and what verifies takes no turn of its interpreter.

Each is forked from a server that has imported the packages once, is given its arguments and one end of a pipe, and is to end when the other end
is closed: by who started it, or by that one's death. Nothing of the arguments stands on a command line or on a disk. As everywhere with
`multiprocessing`, the program's main module is imported again in each: it must do nothing then.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

__all__ = ["beside"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["gateway.jobs.background", "gateway.service.together"])


@contextmanager
def beside(work: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """A process that does `work(its end of the pipe, *arguments)`; our end. Waits for the process to end."""
    ours, theirs = _SERVER.Pipe()
    process = _SERVER.Process(target=_alone, name=work.__module__, args=(work, theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _alone(work: Callable[..., None], link: Connection, *arguments: object) -> None:
    """What is sent to a whole group of processes ends the one that this is beside, and so this one. It leaves no core behind: it may hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
    work(link, *arguments)
