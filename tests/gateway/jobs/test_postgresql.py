"""The queue and the numbering of events on a real PostgreSQL: what holds on SQLite holds there, with writers side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.db.models import Base
from gateway.db.session import Database
from gateway.home import Home

from ..test_postgresql import database as server  # noqa: F401 - a fixture
from . import test_queue

pytestmark = pytest.mark.long
HELD = (
    test_queue.test_two_workers_never_hold_the_same_job,
    test_queue.test_a_dead_workers_job_comes_back_and_its_late_word_counts_for_nothing,
    test_queue.test_at_a_start_leases_of_the_dead_run_out_where_nobody_else_can_be_at_work,
    test_queue.test_events_are_numbered_without_a_gap_whoever_writes_them_and_none_of_a_transaction_that_failed,
)


@pytest.fixture()
def database(server: str, tmp_path: Path) -> Iterator[Database]:  # noqa: F811
    home = Home(tmp_path)
    home.database_config.write_text(json.dumps({"url": server}))
    opened = Database.open(home)
    with opened.session() as session:
        for table in ("jobs", "events", "event_heads"):
            session.execute(Base.metadata.tables[table].delete())
    yield opened
    opened.close()


@pytest.mark.parametrize("held", HELD)
def test_it_holds_on_postgresql(held: Callable[[Database], None], database: Database) -> None:
    held(database)
