"""Jobs, events and webhooks on a real home: many requests in one batch, an answer for each file, the ledger's events told once, posts signed."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import active_children
from types import SimpleNamespace
from typing import Any

import pytest
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver, algorithms

from gateway.db import jobs as table
from gateway.db.events import Event, Webhook, events_after, head
from gateway.db.jobs import Job
from gateway.errors import UsageError
from gateway.home import Home
from gateway.identity.sealing import Sealing
from gateway.installation import Installation, Organisation
from gateway.jobs import feed
from gateway.jobs.audits import statement
from gateway.jobs.certification import group_key
from gateway.jobs.intake import Asked
from gateway.jobs.running import Jobs
from gateway.jobs.webhooks import COVERED, key_of, require_public
from gateway.service import revoking
from gateway.service.own import own_asset
from ledger.account import recover

from ..conftest import PASSPHRASE, World


@pytest.fixture(scope="module")
def installation(made: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("jobs") / "home"
    shutil.copytree(made.home, home)
    with Installation.open(Home(home), lambda: PASSPHRASE) as opened:
        yield opened


@pytest.fixture(scope="module")
def jobs(installation: Installation) -> Iterator[Jobs]:
    with Jobs.running(installation, loopback_webhooks=True) as running:
        yield running


@pytest.fixture(scope="module")
def m1(installation: Installation) -> Organisation:
    return installation.book.find("M1")


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return value


def submit(jobs: Jobs, organisation: Organisation, *contents: bytes, dossier: str | None = None) -> str:
    """A certify job of these files."""
    files = []
    for number, content in enumerate(contents):
        writing = jobs.spool.begin(f"paper-{number}.xml")
        writing.write(content)
        files.append(writing.done())
    request = {
        "dossier": dossier,
        "links": [],
        "replaces": None,
        "files": [
            {"id": one.id, "name": one.name, "sha256": one.sha256, "bytes": one.bytes} for one in files
        ],
    }
    asked = Asked(
        organisation.hex,
        "certify",
        request,
        "d",
        group_key(dossier, []),
        len(files),
        files=[one.id for one in files],
    )
    return jobs.intake.submit(asked).result(20).job_id


def finished(jobs: Jobs, organisation: Organisation, job_id: str) -> Job:
    def look() -> Job | None:
        with jobs.installation.database.session() as session:
            row = table.job(session, organisation.hex, job_id)
        return row if row is not None and row.finished_at is not None else None

    found: Job = until(look)
    return found


def stream(installation: Installation, organisation: Organisation) -> list[Event]:
    with installation.database.session() as session:
        return events_after(session, organisation.hex, 0, 10_000)


def test_requests_of_one_organisation_share_batches_and_each_file_has_its_answer(
    jobs: Jobs, m1: Organisation, made: World
) -> None:
    entity = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    order = made.paper("M1/order.xml").read_bytes().replace(b"</Order>", b"<!--again--></Order>")
    ids = [submit(jobs, m1, b"plain %d" % number) for number in range(20)]
    mixed = submit(jobs, m1, b"plain mixed", entity, order)
    done = [finished(jobs, m1, one) for one in (*ids, mixed)]
    assert {one.state for one in done} == {"done"}
    files = [file for one in done for file in (one.result or {})["files"]]
    assert [file["error"]["code"] for file in files if file["error"]] == ["ENTITY_DECLARED"]
    assert "file_" not in files[-2]["error"]["message"]
    roots = {file["asset"]["root"] for file in files if file["asset"]}
    assert len(roots) < 10
    spooled = [file["id"] for one in done for file in one.request["files"]]
    until(lambda: not any(jobs.spool.path(one).exists() for one in spooled))


def test_the_stream_tells_history_jobs_and_what_parties_do_in_one_order_without_a_gap(
    jobs: Jobs, installation: Installation, m1: Organisation, made: World
) -> None:
    job_id = submit(jobs, m1, b"for the stream")
    asset_id = (finished(jobs, m1, job_id).result or {})["files"][0]["asset"]["asset_id"]
    row = own_asset(installation, m1, asset_id)
    revoking.revoke(installation, m1, row)
    jobs.bell.ring()
    until(lambda: [one for one in stream(installation, m1) if one.data.get("asset_id") == asset_id])
    told = stream(installation, m1)
    assert [one.number for one in told] == list(range(1, len(told) + 1))
    kinds = [one.kind for one in told]
    assert {"organisation.changed", "key.changed", "batch.registered", "job.done", "asset.standing"} <= set(
        kinds
    )
    assert set(kinds) <= set(feed.KINDS)
    assert (
        made.asset("M1/order.xml")
        in next(one for one in told if one.kind == "batch.registered").data["assets"]
    )


def test_the_ledgers_events_are_told_once_however_often_it_is_asked(
    jobs: Jobs, installation: Installation, m1: Organisation
) -> None:
    finished(jobs, m1, submit(jobs, m1, b"told once"))
    threads = [threading.Thread(target=feed.tell, args=(installation, installation.now)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert feed.tell(installation, installation.now) == 0
    roots = [one.data["root"] for one in stream(installation, m1) if one.kind == "batch.registered"]
    assert len(roots) == len(set(roots))


def test_a_process_that_was_killed_is_started_again_and_what_it_was_to_do_is_done(
    jobs: Jobs, m1: Organisation
) -> None:
    running = [process for process in active_children() if process.name == "gateway.jobs.background"]
    waits = submit(jobs, m1, b"plain for a process that is killed")
    for process in running:
        process.kill()
    assert running and finished(jobs, m1, waits).state == table.DONE
    assert not set(running) & set(active_children())


def test_an_audit_is_a_job_whose_result_its_organisation_signs(
    jobs: Jobs, installation: Installation
) -> None:
    lender = installation.book.find("L1")
    asked = Asked(lender.hex, "audit", {}, "d")
    job = finished(jobs, lender, jobs.intake.submit(asked).result(10).job_id)
    result = job.result or {}
    assert result["report"]["verdict"] == "VALID", result["report"]["findings"]
    signature = bytes.fromhex(result["signature"]["value"][2:])
    assert recover(statement(result).digest, signature) == installation.signatory(lender).address
    result["report"]["assets"] += 1
    assert recover(statement(result).digest, signature) != installation.signatory(lender).address


@dataclass
class Receiver:
    """A real HTTP server that keeps what it was sent; `refuse` answers 503 that many times, `hang` holds each for so long."""

    url: str
    taken: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    refuse: int = 0
    hang: float = 0.0


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(made.hang)
            if made.refuse:
                made.refuse -= 1
                self.send_response(503)
            else:
                made.taken.append((self.command, made.url + self.path, dict(self.headers.items()), body))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribe(jobs: Jobs, organisation: Organisation, webhook_id: str, url: str, *kinds: str) -> None:
    """A webhook for what happens from now on."""
    with jobs.installation.database.session() as session:
        session.add(
            Webhook(
                id=webhook_id,
                org=organisation.hex,
                url=url,
                kinds=list(kinds),
                cursor=head(session, organisation.hex),
                created_at=1,
            )
        )


def verify(jobs: Jobs, posted: tuple[str, str, dict[str, str], bytes], webhook_id: str = "hook_1") -> None:
    """Hold a post against RFC 9421 and RFC 9530 and the webhook's public key, with the library's verifier."""
    method, url, headers, body = posted
    message = SimpleNamespace(method=method, url=url, headers=headers)
    key = key_of(Sealing.of(jobs.installation.home), webhook_id).public_key()
    resolver = MappingKeyResolver(public_keys={"hook_1": key}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    verifier.verify(
        message,
        expect_tag="assetcert-webhook",
        require_components=[f'"{one}"' for one in COVERED],
        body=body,
    )


def test_a_webhook_gets_every_event_in_order_signed_and_again_after_it_refused(
    jobs: Jobs, m1: Organisation
) -> None:
    with receiver() as there:
        there.refuse = 2
        subscribe(jobs, m1, "hook_1", there.url + "/events?of=m1", "job.done")
        ids = [submit(jobs, m1, b"hooked %d" % number) for number in range(3)]
        for one in ids:
            finished(jobs, m1, one)
        until(lambda: len(there.taken) >= 3)
        bodies = [json.loads(body) for *_, body in there.taken]
        assert [body["data"]["job"] for body in bodies] == ids
        assert [body["id"] for body in bodies] == sorted(body["id"] for body in bodies)
        verify(jobs, there.taken[0])
        method, url, headers, body = there.taken[0]
        with pytest.raises(InvalidSignature):
            verify(jobs, (method, url, headers, body.replace(b"job.done", b"job.none")))
        with pytest.raises(InvalidSignature):
            verify(jobs, there.taken[0], "hook_2")
        with jobs.installation.database.session() as session:
            row = session.get_one(Webhook, "hook_1")
            assert (row.failures, row.last_error) == (0, None)
            session.delete(row)


def test_a_webhook_that_hangs_keeps_no_other_waiting(jobs: Jobs, m1: Organisation) -> None:
    with receiver() as slow, receiver() as quick:
        slow.hang = 4
        subscribe(jobs, m1, "hook_slow", slow.url, "job.done")
        subscribe(jobs, m1, "hook_1", quick.url, "job.done")
        for one in [submit(jobs, m1, b"hanging %d" % number) for number in range(3)]:
            finished(jobs, m1, one)
        until(lambda: len(quick.taken) == 3, 3)
        assert slow.taken == []
        with jobs.installation.database.session() as session:
            for one in ("hook_slow", "hook_1"):
                session.delete(session.get_one(Webhook, one))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/",
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://user:secret@93.184.216.34/",
        "ftp://93.184.216.34/",
        "https:///nowhere",
        "nonsense",
    ],
)
def test_a_webhook_points_to_public_https_and_to_nothing_else(url: str) -> None:
    with pytest.raises(UsageError):
        require_public(url, loopback=False)


def test_a_webhook_may_point_to_this_machine_where_the_operator_says_so_and_to_the_public_anyway() -> None:
    assert require_public("http://127.0.0.1:8000/", loopback=True) == "127.0.0.1"
    assert require_public("https://93.184.216.34/hook", loopback=False) == "93.184.216.34"
    with pytest.raises(UsageError):
        require_public("http://10.0.0.1/", loopback=True)
