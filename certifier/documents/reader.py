"""Reading files: in process (`read_bytes`, `read_file`), or in worker processes that may die (`Reader`).

A worker is a fresh interpreter without site packages' start-up code; it is told paths and answers JSON, a line each.
It holds a memory limit itself and the parent a time limit; a worker's death is an error of the file it was reading
and of nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certifier.documents.model import DEFAULT_LIMITS, MIB, Document, Limits, Notice, Reading
from certifier.documents.trace import unpack
from certifier.errors import DocumentError, UnreadableFileError, WorkerError

if TYPE_CHECKING:
    from certifier.documents.profile import Profile

__all__ = ["Reader", "read_bytes", "read_file"]

CHUNK = 32
START_SECONDS = 30.0
CHUNK_BYTES = (
    8192  # names of one chunk; twice that, in hexadecimal, fits a pipe, so that giving work never blocks
)


def read_bytes(data: bytes, limits: Limits = DEFAULT_LIMITS, profiles: Sequence[Profile] = ()) -> Document:
    """The document that `data` is, read in this process. Raises DocumentError."""
    from certifier.documents import registry
    from certifier.documents.source import Source

    source = Source.of_bytes(data, limits)
    source.profiles = profiles
    return registry.read(source)


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS, profiles: Sequence[Profile] = ()) -> Reading:
    """One file read in this process, piece by piece where its format can."""
    from certifier.documents import registry
    from certifier.documents.source import Source

    digest = size = None
    try:
        source = Source.of_file(path, limits)
        source.profiles = profiles
        with contextlib.closing(source):
            size = source.size
            digest = hashlib.file_digest(source.open(), "sha256").digest()  # type: ignore[arg-type]
            return Reading(path, digest, size, registry.read(source), None)
    except DocumentError as e:
        return Reading(path, digest, size, None, e)
    except MemoryError:
        return Reading(path, digest, size, None, _out_of_memory(limits))
    except OSError as e:
        error = UnreadableFileError("UNREADABLE", f"{path}: {e.strerror or e}")
        return Reading(path, digest, size, None, error)


def _out_of_memory(limits: Limits) -> WorkerError:
    return WorkerError(
        "MEMORY_LIMIT",
        f"reading needs more than {limits.max_memory // MIB} MiB of memory: split the document or raise the cap",
    )


_PACKAGES = str(Path(__file__).resolve().parents[2])  # an editable installation is on no path
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from certifier.documents.worker import main; main(sys.argv[2], sys.argv[3])"


class _Worker:
    """One worker process, the paths it was given and has not answered, and its clock."""

    def __init__(self, limits: Limits, profiles: Sequence[Profile]) -> None:
        self._limits = limits
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _BOOT,
            json.dumps([_PACKAGES, *(p or "." for p in sys.path)]),
            json.dumps(asdict(limits)),
            json.dumps([profile.to_json() for profile in profiles]),
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._buffer = b""
        self._ready = False
        self.pending: deque[tuple[int, Path]] = deque()
        self._since = time.monotonic()

    def give(self, jobs: list[tuple[int, Path]]) -> None:
        """Hand over a chunk of (index, path)."""
        if not self.pending:
            self._since = time.monotonic()
        self.pending.extend(jobs)
        assert self._process.stdin is not None
        lines = b"".join(os.fsencode(path).hex().encode() + b"\n" for _, path in jobs)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(lines)
            self._process.stdin.flush()

    @property
    def stream(self) -> int:
        """The descriptor on which answers come."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def overdue(self) -> bool:
        """Whether the file at work has taken too long; the worker's own start does not count against it."""
        allowed = self._limits.max_seconds + (0 if self._ready else START_SECONDS)
        return bool(self.pending) and time.monotonic() - self._since > allowed

    def receive(self) -> tuple[list[tuple[int, Reading]], bool]:
        """The answers that have come, and whether the worker is gone."""
        data = os.read(self.stream, 1 << 20)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        answers = []
        if lines and not self._ready:
            self._ready, self._since = True, time.monotonic()
            lines = lines[1:]
        for line in lines:
            index, path = self.pending.popleft()
            answers.append((index, _reading(path, json.loads(line))))
            self._since = time.monotonic()
        return answers, not data

    def end(self) -> int:
        """Stop the process and answer its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.kill()
        self._process.stdout.close()
        return self._process.wait()


class Reader:
    """Reads files in worker processes, in order, a chunk at a time.

    Use it as a context manager. One file costs one worker's start (about 0.1 s); folders are spread over `workers`
    processes (default: one per processor).
    """

    def __init__(
        self, limits: Limits = DEFAULT_LIMITS, workers: int | None = None, profiles: Sequence[Profile] = ()
    ) -> None:
        self._limits = limits
        self._profiles = tuple(profiles)
        self._count = workers or max(1, len(os.sched_getaffinity(0)))
        self._workers: list[_Worker] = []

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def read(self, paths: Iterable[Path]) -> Iterator[Reading]:
        """One `Reading` per path, in the order of the paths, however many files are broken."""
        self._drop_unfinished()
        jobs = iter(enumerate(paths))
        done: dict[int, Reading] = {}
        retry: list[tuple[int, Path]] = []
        next_index = 0
        while True:
            self._feed(jobs, retry)
            if not any(worker.pending for worker in self._workers):
                return
            for index, reading in self._step(retry):
                done[index] = reading
            while next_index in done:
                yield done.pop(next_index)
                next_index += 1

    def _drop_unfinished(self) -> None:
        """End workers that still owe answers to an earlier call that was given up."""
        for worker in [w for w in self._workers if w.pending]:
            self._workers.remove(worker)
            worker.end()

    def _feed(self, jobs: Iterator[tuple[int, Path]], retry: list[tuple[int, Path]]) -> None:
        """Give every worker that runs low its next chunk; start workers while there is work for them."""
        for position in range(self._count):
            if position < len(self._workers) and len(self._workers[position].pending) > CHUNK // 2:
                continue
            chunk = retry[:CHUNK]
            del retry[:CHUNK]
            room = CHUNK_BYTES - sum(len(os.fsencode(path)) for _, path in chunk)
            while len(chunk) < CHUNK and room > 0 and (job := next(jobs, None)) is not None:
                chunk.append(job)
                room -= len(os.fsencode(job[1]))
            if not chunk:
                return
            if position == len(self._workers):
                self._workers.append(_Worker(self._limits, self._profiles))
            self._workers[position].give(chunk)

    def _step(self, retry: list[tuple[int, Path]]) -> Iterator[tuple[int, Reading]]:
        """Wait for answers; replace workers that are gone or overdue."""
        busy = {worker.stream: worker for worker in self._workers if worker.pending}
        ready, _, _ = select.select(list(busy), [], [], 0.2)
        for worker in [busy[stream] for stream in ready]:
            answers, gone = worker.receive()
            yield from answers
            if gone and worker.pending:
                yield self._bury(worker, retry, None)
        for worker in list(busy.values()):
            if worker in self._workers and worker.overdue():
                seconds = self._limits.max_seconds
                error = WorkerError(
                    "TIME_LIMIT",
                    f"reading took more than {seconds:g} s: split the document or raise the limit",
                )
                yield self._bury(worker, retry, error)

    def _bury(
        self, worker: _Worker, retry: list[tuple[int, Path]], error: WorkerError | None
    ) -> tuple[int, Reading]:
        """The reading of the file that a worker died on; what it had not begun is given to others."""
        self._workers.remove(worker)
        code = worker.end()
        index, path = worker.pending.popleft()
        retry.extend(worker.pending)
        error = error or WorkerError(
            "WORKER_DIED",
            f"the reading process ended unexpectedly (code {code}) on this file: it is kept out",
        )
        return index, Reading(path, None, None, None, error)


def _reading(path: Path, answer: dict[str, Any]) -> Reading:
    digest = bytes.fromhex(answer["sha256"]) if answer["sha256"] else None
    document = error = None
    if (found := answer["document"]) is not None:
        notices = tuple(Notice(code, message) for code, message in found.pop("warnings"))
        trace = unpack(found.pop("trace", None))
        document = Document(**found, warnings=notices, trace=trace)
    if answer["error"] is not None:
        class_name, code, message = answer["error"]
        error = _ERRORS.get(class_name, DocumentError)(code, message)
    return Reading(path, digest, answer["size"], document, error)


_ERRORS = {cls.__name__: cls for cls in DocumentError.__subclasses__()}
