"""Documents made ready on every processor: `certifier.making` in processes of our own, or in this one where there are few.

A process is a fresh interpreter that gets the maker, keys included, and its jobs over a pipe, and answers over another: nothing of it stands on
a command line or on a disk. It parses no document. One that dies takes nothing with it: its jobs are done here.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import resource
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Self

from certifier.chunks import chunks
from certifier.making import Job, Made, Maker, Refused

__all__ = ["Makers", "serve"]

FEW = 64
"""Up to so many documents cost less than starting processes."""
CHUNK = 25
CHUNK_BYTES = 8 * 2**20
_PACKAGES = str(Path(__file__).resolve().parents[1])  # an editable installation is on no path
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from certifier.makers import serve; serve()"


class _Worker:
    """One process. Used by one thread at a time."""

    def __init__(self, maker: Maker) -> None:
        path = json.dumps([_PACKAGES, *(entry or "." for entry in sys.path)])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BOOT, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        with contextlib.suppress(OSError):
            _send(self._in, maker)

    def make(self, jobs: Sequence[Job]) -> list[Made | Refused] | None:
        """None where the process is gone."""
        try:
            _send(self._in, jobs)
            answer: list[Made | Refused] = pickle.load(self._out)  # noqa: S301 (our own process)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return answer

    def end(self) -> None:
        """Stop the process."""
        self._process.kill()
        with contextlib.suppress(OSError):
            self._in.close()
        self._out.close()
        self._process.wait()


class Makers:
    """Makes documents ready, in order. A context manager; processes start when there is enough to do for them."""

    def __init__(self, maker: Maker, workers: int | None = None) -> None:
        self._maker = maker
        self._count = workers or len(os.sched_getaffinity(0)) + 1
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(self._count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()

    def make(self, jobs: Sequence[Job]) -> list[Made | Refused]:
        """One answer for each job."""
        if len(jobs) <= FEW:
            return self._maker.make(jobs)
        while len(self._workers) < min(self._count, -(-len(jobs) // FEW)):
            self._workers.append(_Worker(self._maker))
            self._idle.put(self._workers[-1])
        return [
            made
            for part in self._threads.map(self._part, list(chunks(jobs, CHUNK, CHUNK_BYTES)))
            for made in part
        ]

    def _part(self, jobs: Sequence[Job]) -> list[Made | Refused]:
        worker = self._idle.get()
        try:
            made = worker.make(jobs)
        finally:
            self._idle.put(worker)
        return made if made is not None else self._maker.make(jobs)


def _send(stream: IO[bytes], what: object) -> None:
    pickle.dump(what, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def serve() -> None:
    """The process: a maker, then lists of jobs, until standard input ends. It leaves no core behind, since it holds keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(EOFError):
        maker: Maker = pickle.load(sys.stdin.buffer)  # noqa: S301 (our own parent)
        while True:
            _send(sys.stdout.buffer, maker.make(pickle.load(sys.stdin.buffer)))  # noqa: S301
