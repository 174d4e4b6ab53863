"""The spool and the intake: durable before it is answered, shared commits, idempotency keys, nothing left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.db import jobs as table
from gateway.db.session import Database
from gateway.errors import ConflictError, TooLargeError
from gateway.home import Home
from gateway.jobs.intake import Asked, Intake
from gateway.jobs.spool import Spool, SpooledFile

ORG = "0x" + "11" * 32
OTHER = "0x" + "22" * 32


@pytest.fixture()
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(Home(tmp_path))
    yield opened
    opened.close()


@pytest.fixture()
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


@pytest.fixture()
def intake(database: Database, spool: Spool) -> Iterator[Intake]:
    made = Intake(database, spool, lambda kinds: None, lambda: 1)
    yield made
    made.close()


def spooled(spool: Spool, content: bytes, name: str = "a.xml") -> SpooledFile:
    writing = spool.begin(name)
    writing.write(content)
    return writing.done()


def asked(file: SpooledFile, org: str = ORG, key: str | None = None, digest: str = "d") -> Asked:
    request = {"files": [{"id": file.id, "name": file.name, "sha256": file.sha256, "bytes": file.bytes}]}
    return Asked(org, "certify", request, digest, idempotency_key=key, files=[file.id])


def test_a_file_is_hashed_while_it_comes(spool: Spool) -> None:
    writing = spool.begin("part.xml")
    writing.write(b"one ")
    writing.write(b"two")
    file = writing.done()
    assert file.sha256 == "0x" + hashlib.sha256(b"one two").hexdigest()
    assert (file.bytes, spool.path(file.id).read_bytes()) == (7, b"one two")


def test_a_file_over_the_cap_is_refused_by_its_senders_name_and_leaves_nothing(
    spool: Spool, tmp_path: Path
) -> None:
    writing = spool.begin("large.pdf", limit=2**20)
    writing.write(bytes(2**20))
    with pytest.raises(TooLargeError, match=r"large\.pdf is larger than 1 MiB"):
        writing.write(b"x")
    writing.give_up()
    assert list((tmp_path / "spool").iterdir()) == []


def test_many_who_ask_at_once_are_all_taken_each_once(
    intake: Intake, spool: Spool, database: Database
) -> None:
    answers = [intake.submit(asked(spooled(spool, b"%d" % n))) for n in range(300)]
    ids = [answer.result(10).job_id for answer in answers]
    with database.session() as session:
        kept = table.jobs_of(session, ORG, before=None, limit=1000)
    assert sorted(ids) == sorted(row.id for row in kept)
    assert len(set(ids)) == 300


def test_the_same_key_with_the_same_content_is_the_same_job_and_its_second_file_is_dropped(
    intake: Intake, spool: Spool
) -> None:
    first = intake.submit(asked(spooled(spool, b"x"), key="k")).result(10)
    again = spooled(spool, b"x")
    second = intake.submit(asked(again, key="k")).result(10)
    assert (first.existing, second.existing, second.job_id) == (False, True, first.job_id)
    assert not spool.path(again.id).exists()


def test_the_same_key_twice_in_one_commit_is_one_job(intake: Intake, spool: Spool) -> None:
    answers = [intake.submit(asked(spooled(spool, b"x"), key="k")) for _ in range(40)]
    accepted = [answer.result(10) for answer in answers]
    assert len({one.job_id for one in accepted}) == 1
    assert [one.existing for one in accepted].count(False) == 1


def test_the_same_key_with_other_content_is_a_conflict_and_another_organisations_key_is_its_own(
    intake: Intake, spool: Spool
) -> None:
    first = intake.submit(asked(spooled(spool, b"x"), key="k")).result(10)
    with pytest.raises(ConflictError, match="another request"):
        intake.submit(asked(spooled(spool, b"y"), key="k", digest="e")).result(10)
    assert intake.submit(asked(spooled(spool, b"z"), OTHER, "k", "f")).result(10).job_id != first.job_id


def test_what_a_crash_has_left_is_swept_and_what_a_row_names_stays(
    intake: Intake, spool: Spool, database: Database, tmp_path: Path
) -> None:
    kept = spooled(spool, b"kept")
    intake.submit(asked(kept)).result(10)
    (tmp_path / "spool" / "notes.txt").write_text("not ours")
    orphan = spooled(spool, b"orphan")
    with database.session() as session:
        wanted = table.spooled(session)
    assert spool.sweep(wanted) == 1
    assert spool.path(kept.id).exists()
    assert not spool.path(orphan.id).exists()
    assert (tmp_path / "spool" / "notes.txt").exists()


def test_who_goes_away_does_not_keep_others_waiting(intake: Intake, spool: Spool, database: Database) -> None:
    gone, stays = (intake.submit(asked(spooled(spool, b"%d" % number))) for number in range(2))
    assert not gone.cancel()
    ids = {gone.result(10).job_id, stays.result(10).job_id}
    with database.session() as session:
        kept = table.jobs_of(session, ORG, before=None, limit=10)
    assert {row.id for row in kept} == ids
