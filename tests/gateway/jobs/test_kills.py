"""`assetcert up` killed under load: what was accepted is done once, no file is lost, the stream of events has neither gap nor double.

Clients do what clients do: a request without an answer is sent again under its key. One kill here, six in the long part.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.home import Home
from gateway.identity import keys
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole
from gateway.installation import Installation
from ledger.events import Registered
from ledger.replay import events

from ..conftest import PASSPHRASE, Running, World, started


@dataclass
class Client:
    """Sends documents until it is stopped, and remembers what was accepted and what was not answered."""

    token: str
    accepted: dict[str, str] = field(default_factory=dict)
    unanswered: list[int] = field(default_factory=list)
    number: int = 0

    def document(self, number: int) -> bytes:
        return f"document {number} ".encode() * 400

    def send(self, http: httpx.Client, number: int) -> None:
        """One document under its key."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"document-{number}"}
        files = [("files", (f"{number}.txt", self.document(number)))]
        try:
            answer = http.post("/api/v1/assets", files=files, headers=headers)
        except httpx.TransportError:
            self.unanswered.append(number)
            return
        assert answer.status_code == 202, answer.text
        self.accepted[f"{number}.txt"] = answer.json()["id"]

    def until(self, url: str, stop: threading.Event) -> None:
        """Send new documents, after those that were not answered."""
        with httpx.Client(base_url=url, timeout=10) as http:
            again, self.unanswered = self.unanswered, []
            for number in again:
                self.send(http, number)
            while not stop.is_set():
                self.number += 1
                self.send(http, self.number)

    def all(self, http: httpx.Client, path: str) -> list[dict[str, Any]]:
        """Every row of a list."""
        headers, found, cursor = {"Authorization": f"Bearer {self.token}"}, [], None
        while True:
            params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = http.get(path, params=params, headers=headers).json()
            found += page["items"]
            if (cursor := page["next"]) is None:
                return found


def token_of(home: Path) -> str:
    with Installation.open(Home(home), lambda: PASSPHRASE) as installation:
        role = UserRole.ACCOUNTANT
        maker = Principal("t", "t", installation.book.find("M1"), frozenset({role}), "person", "en")
        with installation.database.session() as session:
            return keys.create(session, maker, "erp", {role}, {role}, days=1, jwk=None)[1]


def up(home: Path) -> tuple[Running, str]:
    process = started("up", "--port", "0", home=home)
    return process, json.loads(process.line())["gateway"]


def killed_under_load(client: Client, home: Path, more: int) -> None:
    """Serve, load, and kill once so many more were accepted."""
    process, url = up(home)
    wanted, deadline = len(client.accepted) + more, time.monotonic() + 60
    stop = threading.Event()
    thread = threading.Thread(target=client.until, args=(url, stop))
    thread.start()
    while len(client.accepted) < wanted:
        assert thread.is_alive() and time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    stop.set()
    thread.join()
    assert process.wait().code == -signal.SIGKILL


def test_a_gateway_killed_under_load_completes_what_it_accepted_once(cold: World) -> None:
    rounds(cold, 1)


@pytest.mark.long
def test_and_however_often(cold: World) -> None:
    rounds(cold, 6)


def rounds(cold: World, kills: int) -> None:
    chance, client = random.Random(kills), Client(token_of(cold.home))
    for _ in range(kills):
        killed_under_load(client, cold.home, chance.randint(5, 60))
    assert client.accepted
    process, url = up(cold.home)
    with httpx.Client(base_url=url, timeout=30) as http:
        for number in list(client.unanswered):
            client.send(http, number)
        deadline = time.monotonic() + 60
        jobs = client.all(http, "/api/v1/jobs")
        while any(job["finished_at"] is None for job in jobs):
            assert time.monotonic() < deadline, "accepted work is not finished"
            time.sleep(0.2)
            jobs = client.all(http, "/api/v1/jobs")
        assets = client.all(http, "/api/v1/assets")
        told: list[dict[str, Any]] = []
        headers = {"Authorization": f"Bearer {client.token}"}
        while part := http.get(
            "/api/v1/events/history", params={"after": len(told), "limit": 1000}, headers=headers
        ).json():
            told += part
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait().code == 0
    compare(cold.home, client, jobs, assets, told)


def compare(
    home: Path,
    client: Client,
    jobs: list[dict[str, Any]],
    assets: list[dict[str, Any]],
    told: list[dict[str, Any]],
) -> None:
    """Jobs, assets, events, spool and ledger against what the client was promised."""
    done = {job["id"]: job for job in jobs}
    assert len(jobs) == len(done) == client.number
    for name, job_id in client.accepted.items():
        (file,) = done[job_id]["files"]
        assert (file["name"], file["error"]) == (name, None)
        assert file["sha256"] == "0x" + sha256(client.document(int(name.removesuffix(".txt")))).hexdigest()
    documents = Counter(asset["sha256"] for asset in assets)
    assert set(documents.values()) == {1}
    assert {job["files"][0]["sha256"] for job in jobs} <= set(documents)
    assert [event["id"] for event in told] == list(range(1, len(told) + 1))
    ends = Counter(event["data"]["job"] for event in told if event["kind"].startswith("job."))
    assert ends == Counter(done.keys())
    assert list((home / "spool").iterdir()) == []
    with Installation.open(Home(home), lambda: PASSPHRASE) as installation:
        ledger = installation.ledger
        registered = Counter(
            asset_id
            for event in events(ledger, 0, ledger.pin(), ["asset_registry"])
            if isinstance(event, Registered)
            for asset_id in event.asset_ids
        )
    assert set(registered.values()) == {1}
    assert {asset["asset_id"] for asset in assets} <= {"0x" + one.hex() for one in registered}
