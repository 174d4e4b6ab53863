"""Papers taken off the list: nothing of them is left behind, and none that a signatory has before them goes."""

from __future__ import annotations

import hashlib
import secrets
import time

import httpx

from gateway.db import papers as table
from gateway.db.papers import Paper
from gateway.jobs import drafts

from ..api.v1.helping import invoice, problem
from ..running import Running


def dropped(api: Running, client: httpx.Client, content: bytes) -> str:
    """A paper on the list of M1, once it was read; its id."""
    token = secrets.token_hex(8)
    sent = client.post("/papers", files={"file": ("invoice.xml", content)}, headers={"X-Upload-Token": token})
    assert sent.status_code == 204, sent.text
    end = time.monotonic() + 60
    while (row := kept(api, token)) is None or row.reading is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    return row.id


def kept(api: Running, token: str) -> Paper | None:
    with api.gateway.database.session() as session:
        return table.paper_with(session, api.organisation("M1").hex, token)


def told(client: httpx.Client, do: str, paper: str) -> httpx.Response:
    """What is to be done with a paper."""
    return client.post("/papers/certify", data={"do": do, "paper": paper})


def test_a_paper_taken_off_the_list_is_no_upload_any_more(api: Running) -> None:
    client, content = api.client("m1-accountant"), invoice()
    paper = dropped(api, client, content)
    assert told(client, "remove", paper).status_code == 303
    documents = {"documents": [{"sha256": "0x" + hashlib.sha256(content).hexdigest()}]}
    problem(client.post("/api/v1/assets", json=documents), 404, "UNKNOWN_UPLOAD")


def test_what_waits_for_the_signatory_stays_on_the_list(api: Running) -> None:
    client = api.client("m1-accountant")
    paper = dropped(api, client, invoice())
    assert told(client, "draft", paper).status_code == 303
    assert told(client, "remove", paper).status_code == 409
    with api.gateway.database.session() as session:
        waiting = drafts.waiting(session, api.organisation("M1").hex)
        (draft,) = [row.id for row in waiting if row.subject == paper]
    assert client.post(f"/api/v1/drafts/{draft}/withdrawal").is_success
    assert told(client, "remove", paper).status_code == 303
    assert client.get(f"/papers/{paper}").status_code == 404
