"""Claims, leases and the worker: done once whoever dies, tried again while something is out of reach, alone after an error of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.db import jobs as table
from gateway.db.events import NewEvent, add_events, events_after, head
from gateway.db.jobs import Job
from gateway.db.session import Database
from gateway.errors import RefusedError, UnavailableError
from gateway.home import Home
from gateway.jobs.bell import Bell
from gateway.jobs.ids import new_id
from gateway.jobs.working import Done, Worker

ORG, OTHER = "0x" + "11" * 32, "0x" + "22" * 32


@pytest.fixture()
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(Home(tmp_path))
    yield opened
    opened.close()


def add(database: Database, count: int = 1, org: str = ORG, group: str = "", weight: int = 1) -> list[str]:
    rows = [
        {
            "id": new_id("job"),
            "org": org,
            "kind": "count",
            "group_key": group,
            "request": {"number": number},
            "weight": weight,
            "created_at": 1,
        }
        for number in range(count)
    ]
    with database.session() as session:
        table.add_jobs(session, rows)
    return [str(row["id"]) for row in rows]


class Counting:
    """Work that remembers what it did, and does `trouble` first."""

    kind = "count"
    jobs = 10
    weight = 100

    def __init__(self, trouble: Callable[[Sequence[Job]], None] = lambda _: None) -> None:
        self.done: list[list[str]] = []
        self._trouble = trouble

    def do(self, jobs: Sequence[Job], progress: Callable[[str, Mapping[str, Any]], None]) -> dict[str, Done]:
        self._trouble(jobs)
        progress(jobs[0].id, {"half": True})
        self.done.append([one.id for one in jobs])
        return {one.id: Done({"number": one.request["number"]}) for one in jobs}

    def forget(self, job: Job) -> Iterable[str]:
        return [job.id]

    def close(self) -> None:
        pass


def worker(database: Database, work: Counting) -> tuple[Worker, list[str]]:
    dropped: list[str] = []
    return Worker(database, work, Bell(), Bell(), lambda: 7, dropped.extend), dropped


def rows(database: Database, org: str = ORG) -> list[Job]:
    with database.session() as session:
        return table.jobs_of(session, org, before=None, limit=1000)[::-1]


def events(database: Database, org: str = ORG) -> list[tuple[int, str]]:
    with database.session() as session:
        return [(one.number, one.kind) for one in events_after(session, org, 0, 1000)]


def test_jobs_of_one_organisation_and_group_are_done_together_oldest_first(database: Database) -> None:
    work = Counting()
    first, other, grouped = add(database, 3), add(database, 2, OTHER), add(database, 2, group="dossier")
    thread, _ = worker(database, work)
    while thread.step():
        pass
    assert work.done == [first, other, grouped]
    assert [(one.state, one.finished_at, one.attempts) for one in rows(database)] == [("done", 7, 1)] * 5
    assert events(database) == [(number, "job.done") for number in range(1, 6)]
    assert events(database, OTHER) == [(1, "job.done"), (2, "job.done")]


def test_a_group_is_no_heavier_than_the_work_takes_but_one_job_at_least(database: Database) -> None:
    ids = add(database, 3, weight=60)
    heavy = add(database, weight=1000)
    work = Counting()
    thread, _ = worker(database, work)
    while thread.step():
        pass
    assert work.done == [[one] for one in (*ids, *heavy)]


def test_two_workers_never_hold_the_same_job(database: Database) -> None:
    ids = add(database, 60)
    works = [Counting(), Counting()]

    def until_empty(work: Counting) -> None:
        thread, _ = worker(database, work)
        while thread.step():
            pass

    threads = [threading.Thread(target=until_empty, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [one for work in works for group in work.done for one in group]
    assert sorted(done) == sorted(ids)


def test_a_dead_workers_job_comes_back_and_its_late_word_counts_for_nothing(database: Database) -> None:
    (job_id,) = add(database)
    with database.session() as session:
        table.claim(session, "count", "dead", limit=1, weight=1, lease=-1.0)
    thread, _ = worker(database, Counting())
    assert thread.step()
    with database.session() as session:
        assert not table.finish(session, "dead", {job_id: (table.DONE, {"number": "wrong"})}, 9)
    (row,) = rows(database)
    assert (row.state, row.result, row.attempts) == ("done", {"number": 0}, 2)
    assert events(database) == [(1, "job.done")]


def test_at_a_start_leases_of_the_dead_run_out_where_nobody_else_can_be_at_work(database: Database) -> None:
    add(database)
    with database.session() as session:
        held = table.claim(session, "count", "before", limit=1, weight=1, lease=60)
        table.release(session)
        again = table.claim(session, "count", "after", limit=1, weight=1, lease=60)
        alone = session.get_bind().dialect.name == "sqlite"
        assert [one.id for one in again] == ([one.id for one in held] if alone else [])


def test_what_is_out_of_reach_is_tried_later_and_says_what_it_waits_for(database: Database) -> None:
    add(database)
    away = [UnavailableError("NODE", "the node does not answer")]

    def trouble(_: Sequence[Job]) -> None:
        if away:
            raise away.pop()

    thread, _ = worker(database, Counting(trouble))
    assert thread.step()
    (row,) = rows(database)
    assert (row.state, row.progress) == (
        "queued",
        {"waiting_for": "the node does not answer", "code": "NODE"},
    )
    assert not thread.step()
    time.sleep(0.6)
    assert thread.step()
    assert rows(database)[0].state == "done"


def test_a_refusal_is_the_answer_and_the_files_are_given_up(database: Database) -> None:
    ids = add(database, 2)

    def refuse(_: Sequence[Job]) -> None:
        raise RefusedError("NOT_ACTIVE", "the organisation is suspended")

    thread, dropped = worker(database, Counting(refuse))
    assert thread.step()
    assert [row.result for row in rows(database)] == [
        {"error": {"code": "NOT_ACTIVE", "message": "the organisation is suspended"}}
    ] * 2
    assert (dropped, events(database)) == (ids, [(1, "job.failed"), (2, "job.failed")])


def test_after_an_error_of_ours_each_job_is_tried_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    add(database, 4)

    def trouble(jobs: Sequence[Job]) -> None:
        if any(one.request["number"] == 2 for one in jobs):
            raise ZeroDivisionError

    thread, _ = worker(database, Counting(trouble))
    assert thread.step()
    assert [row.state for row in rows(database)] == ["done", "done", "failed", "done"]
    assert rows(database)[2].result == {
        "error": {
            "code": "BUG",
            "message": "something failed here that is ours to repair: the operator's log has it",
        }
    }
    assert "ZeroDivisionError" in caplog.text


def test_events_are_numbered_without_a_gap_whoever_writes_them_and_none_of_a_transaction_that_failed(
    database: Database,
) -> None:
    def write() -> None:
        for number in range(20):
            with database.session() as session:
                add_events(session, [NewEvent(ORG, "k", 1, {"n": number}), NewEvent(OTHER, "k", 1, {})])

    with pytest.raises(ZeroDivisionError), database.session() as session:
        add_events(session, [NewEvent(ORG, "k", 1, {})])
        raise ZeroDivisionError
    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number, _ in events(database)] == list(range(1, 61))
    with database.session() as session:
        assert head(session, OTHER) == 60
        assert [one.number for one in events_after(session, ORG, 55, 3)] == [56, 57, 58]
