"""The worker: claims jobs of one kind by lease, does them, says what came of each in one transaction with the events that report it.

Killed anywhere, its jobs come back when their lease has run out (at once at the next start of an embedded home), and are done again by
work that is idempotent; what came of a job is written once. What is only out of reach is tried again later, and never given up.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.db import jobs as table
from gateway.db import signing
from gateway.db.events import NewEvent, add_events
from gateway.db.jobs import Job
from gateway.db.session import Database
from gateway.errors import Exit, GatewayError
from gateway.jobs.bell import Bell
from gateway.lower_errors import classify_lower
from gateway.signing.signatory import SignatureNeededError

__all__ = ["Done", "Work", "Worker"]

LEASE = 60.0
_IDLE = 1.0
_LONGEST_WAIT = 60.0
_UNSIGNED = 600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """What came of one job, and which files of the spool it needs no more."""

    result: Mapping[str, Any]
    files: Sequence[str] = ()
    failed: bool = False


class Work(Protocol):
    """What jobs of one kind are: done in groups, again without harm."""

    kind: str
    jobs: int
    weight: int

    def do(self, jobs: Sequence[Job], progress: Callable[[str, Mapping[str, Any]], None]) -> dict[str, Done]:
        """What came of each job by its id. Any error is of all jobs of the group together."""

    def forget(self, job: Job) -> Iterable[str]:
        """Files of the spool that a job needs no more once it has failed."""

    def close(self) -> None:
        """Give up what is held from one group to the next."""


class Worker(threading.Thread):
    """A thread that does one kind of work until it is closed. Several may run, in several processes."""

    def __init__(
        self,
        database: Database,
        work: Work,
        arrived: Bell,
        done: Bell,
        now: Callable[[], int],
        drop: Callable[[Iterable[str]], None],
    ) -> None:
        super().__init__(name=f"work-{work.kind}", daemon=True)
        self._database = database
        self._work = work
        self._arrived = arrived
        self._done = done
        self._now = now
        self._drop = drop
        self._ended = threading.Event()

    def run(self) -> None:
        """Until closed."""
        count = 0
        while not self._ended.is_set():
            try:
                if self.step():
                    continue
            except Exception:  # noqa: BLE001 - said, and the next jobs are done
                _log.exception("the worker of %s jobs goes on after an error", self._work.kind)
                self._ended.wait(_IDLE)
            count = self._arrived.wait(_IDLE, count)
        self._work.close()

    def close(self) -> None:
        """End after the group that is at work."""
        self._ended.set()
        self._arrived.ring()
        self.join()

    def step(self) -> bool:
        """Do one group of jobs; False where there was none."""
        token = secrets.token_hex(16)
        with self._database.session() as session:
            jobs = table.claim(
                session, self._work.kind, token, limit=self._work.jobs, weight=self._work.weight, lease=LEASE
            )
        if jobs:
            with self._held(token, [one.id for one in jobs]):
                self._attempt(token, jobs)
        return bool(jobs)

    def _attempt(self, token: str, jobs: Sequence[Job]) -> None:
        try:
            done = self._work.do(jobs, lambda job_id, said: self._progress(token, job_id, said))
        except Exception as error:  # noqa: BLE001 - sorted out below, and none is lost
            self._failed(token, jobs, error)
        else:
            self._finish(token, jobs, done)

    def _failed(self, token: str, jobs: Sequence[Job], error: Exception) -> None:
        """What is out of reach is tried later; what waits for a person, once that is signed; a refusal is the answer; after an error of
        ours each job is tried alone.
        """
        exit_code, code, message = _classified(error)
        if exit_code is Exit.UNAVAILABLE or isinstance(error, SignatureNeededError):
            self._give_back(token, jobs, error, {"waiting_for": message, "code": code})
        elif exit_code is Exit.BUG and len(jobs) > 1:
            for one in jobs:
                self._attempt(token, [one])
        else:
            if exit_code is Exit.BUG:
                _log.error("job %s failed", jobs[0].id, exc_info=error)
            fault = {"error": {"code": code, "message": message}}
            self._finish(
                token,
                jobs,
                {one.id: Done(fault, tuple(self._work.forget(one)), failed=True) for one in jobs},
            )

    def _give_back(self, token: str, jobs: Sequence[Job], error: Exception, waits: Mapping[str, Any]) -> None:
        ids = [one.id for one in jobs]
        with self._database.session() as session:
            for job_id in ids:
                table.report_progress(session, token, job_id, waits)
            if isinstance(error, SignatureNeededError):
                table.postpone(session, token, ids, _UNSIGNED, error.request)
                signing.wake_if_signed(session, error.request)  # it may have been while they were given back
            else:
                delay = min(_LONGEST_WAIT, 0.25 * 2 ** min(jobs[0].attempts, 10))
                table.postpone(session, token, ids, delay)

    def _finish(self, token: str, jobs: Sequence[Job], done: Mapping[str, Done]) -> None:
        at = self._now()
        came = {
            one.id: (table.FAILED if done[one.id].failed else table.DONE, done[one.id].result) for one in jobs
        }
        with self._database.session() as session:
            ended = table.finish(session, token, came, at)
            told = [one for one in jobs if one.id in ended]
            add_events(session, [_event(one, done[one.id], at) for one in told])
        self._drop([file for one in told for file in done[one.id].files])
        self._done.ring()

    def _progress(self, token: str, job_id: str, said: Mapping[str, Any]) -> None:
        with self._database.session() as session:
            table.report_progress(session, token, job_id, said)

    @contextmanager
    def _held(self, token: str, ids: Sequence[str]) -> Iterator[None]:
        """The lease is renewed while the block runs."""
        over = threading.Event()

        def renewing() -> None:
            while not over.wait(LEASE / 3):
                with self._database.session() as session:
                    table.renew(session, token, ids, LEASE)

        thread = threading.Thread(target=renewing, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _event(job: Job, done: Done, at: int) -> NewEvent:
    state = "failed" if done.failed else "done"
    return NewEvent(
        job.org, f"job.{state}", at, {"job": job.id, "kind": job.kind, "result": dict(done.result)}
    )


def _classified(error: Exception) -> tuple[Exit, str, str]:
    if isinstance(error, GatewayError):
        return error.exit, error.code, str(error)
    if isinstance(error, OSError):
        return Exit.UNAVAILABLE, "DISK", f"the home cannot be written: {error.strerror}"
    return classify_lower(error) or (
        Exit.BUG,
        "BUG",
        "something failed here that is ours to repair: the operator's log has it",
    )
