"""Taking jobs: what is answered with 202 is on the disk, files and rows; many requests share one sync and one commit.

One thread takes all that wait, settles their files, writes their rows in one transaction, and lets them go. Whoever sends the same
idempotency key with the same content again is given the job that is there; with other content it is a conflict.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from gateway.db import jobs as table
from gateway.db.session import Database
from gateway.errors import ConflictError, OverloadedError
from gateway.jobs.ids import new_id
from gateway.jobs.spool import Spool

__all__ = ["Accepted", "Asked", "Intake"]

_GROUP = 500
_WAITING = 5_000


@dataclass(frozen=True)
class Asked:
    """A job that somebody asks for. `files` are ids in the spool that belong to it."""

    org: str
    kind: str
    request: Mapping[str, Any]
    digest: str
    group_key: str = ""
    weight: int = 1
    idempotency_key: str | None = None
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Accepted:
    """The job that was made, or was there already under that key; since when, in business time."""

    job_id: str
    existing: bool
    at: int


@dataclass
class _Waiting:
    asked: Asked
    answer: Future[Accepted] = field(default_factory=Future)


class Intake:
    """Safe for threads. `noticed` is told after each commit of which kinds there is something to do. `now` is the business time of all in it."""

    def __init__(
        self,
        database: Database,
        spool: Spool,
        noticed: Callable[[Collection[str]], object],
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._spool = spool
        self._noticed = noticed
        self._now = now
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    def submit(self, asked: Asked) -> Future[Accepted]:
        """Answers once the job is durable. OverloadedError where too many wait already; ConflictError for a key used otherwise."""
        waiting = _Waiting(asked)
        waiting.answer.set_running_or_notify_cancel()  # who goes away is answered all the same
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise OverloadedError(
                "OVERLOADED", "too many requests wait to be taken: send it again in a second"
            ) from None
        return waiting.answer

    def close(self) -> None:
        """Take what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            while len(group) < _GROUP:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._queue.put(None)
                    break
                group.append(following)
            self._take(group)

    def _take(self, group: Sequence[_Waiting]) -> None:
        try:
            self._spool.settle(file_id for one in group for file_id in one.asked.files)
            answers = self._commit(group)
        except Exception as error:  # noqa: BLE001 - each of those who wait is told
            answers = [error] * len(group)
        for one, answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)
        self._noticed({one.asked.kind for one in group})

    def _commit(self, group: Sequence[_Waiting]) -> list[Accepted | Exception]:
        """One transaction for all. A key that another process has used meanwhile is met by looking again."""
        with suppress(IntegrityError):
            return self._commit_once(group)
        return self._commit_once(group)

    def _commit_once(self, group: Sequence[_Waiting]) -> list[Accepted | Exception]:
        answers: list[Accepted | Exception] = []
        rows: list[dict[str, Any]] = []
        at = self._now()
        with self._database.session() as session:
            keys = {(one.asked.org, one.asked.idempotency_key) for one in group if one.asked.idempotency_key}
            known = {
                key: (Accepted(row.id, existing=True, at=row.created_at), row.digest)
                for key, row in table.keyed_jobs(session, {(org, key or "") for org, key in keys}).items()
            }
            for one in group:
                answer = self._answer(one.asked, known, at)
                answers.append(answer)
                if isinstance(answer, Accepted) and not answer.existing:
                    rows.append(_row(answer, one.asked))
            table.add_jobs(session, rows)
        self._drop_unused(group, answers)
        return answers

    def _answer(
        self, asked: Asked, known: dict[tuple[str, str], tuple[Accepted, str | None]], at: int
    ) -> Accepted | ConflictError:
        made = Accepted(new_id("job"), existing=False, at=at)
        if asked.idempotency_key is None:
            return made
        key = (asked.org, asked.idempotency_key)
        if key not in known:
            known[key] = (replace(made, existing=True), asked.digest)
            return made
        there, digest = known[key]
        if digest != asked.digest:
            return ConflictError(
                "IDEMPOTENCY_KEY_REUSED",
                f"the key {asked.idempotency_key!r} was used for another request: take a new one for each",
            )
        return there

    def _drop_unused(self, group: Sequence[_Waiting], answers: Sequence[Accepted | Exception]) -> None:
        for one, answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception) or answer.existing:
                self._spool.drop(one.asked.files)


def _row(made: Accepted, asked: Asked) -> dict[str, Any]:
    return {
        "id": made.job_id,
        "org": asked.org,
        "kind": asked.kind,
        "group_key": asked.group_key,
        "request": dict(asked.request),
        "weight": asked.weight,
        "idempotency_key": asked.idempotency_key,
        "digest": asked.digest,
        "created_at": made.at,
    }
