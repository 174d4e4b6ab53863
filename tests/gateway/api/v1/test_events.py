"""The stream of events: from the first, on behind Last-Event-ID without a gap or a double; webhooks made, changed and removed."""

from __future__ import annotations

import json
from typing import Any

import httpx

from ...running import Running
from .helping import certified, invoice, problem


def listened(client: httpx.Client, until: int, last: int | None = None) -> list[dict[str, Any]]:
    """Events of the stream up to the one with that id."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    found: list[dict[str, Any]] = []
    with client.stream("GET", "/api/v1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("id:"):
                name = line.removeprefix("id:").strip()
            if line.startswith("data:"):
                event = json.loads(line.removeprefix("data:"))
                assert name == str(event["id"])
                found.append(event)
                if event["id"] >= until:
                    break
    return found


def newest(client: httpx.Client, job: str) -> int:
    """The id of the event that tells that job's end."""
    after = 0
    while True:
        events = client.get("/api/v1/events/history", params={"after": after, "limit": 1000}).json()
        for event in events:
            after = event["id"]
            if event["data"].get("job") == job:
                return after


def test_the_stream_begins_at_the_first_goes_on_where_it_broke_and_is_ones_own(api: Running) -> None:
    client = api.client("m1-accountant")
    files = [("files", ("a.txt", b"streamed"))]
    job = client.post("/api/v1/assets", files=files, headers={"Prefer": "wait=20"}).json()["id"]
    last = newest(client, job)
    whole = listened(client, last)
    assert [event["id"] for event in whole] == list(range(1, last + 1))
    assert [event["id"] for event in listened(client, last, last - 2)] == [last - 1, last]
    with_job = [event["id"] for event in whole if event["data"].get("job") == job]
    assert with_job == [last]
    assert client.get("/api/v1/events/history", params={"limit": 1000}).json()[:last] == whole[:1000]
    others = api.client("m2-accountant").get("/api/v1/events/history", params={"limit": 1000}).json()
    assert all(event["data"].get("job") != job for event in others)
    problem(client.get("/api/v1/events", headers={"Last-Event-ID": "yesterday"}), 422, "LAST_EVENT_ID")


def test_an_open_stream_hears_what_comes(api: Running) -> None:
    client = api.client("m1-signatory")
    asset_id = certified(api, invoice())["asset_id"]
    start = len(client.get("/api/v1/events/history", params={"limit": 1000}).json())
    with client.stream("GET", "/api/v1/events", params={"after": start}) as answer:
        lines = answer.iter_lines()
        change = api.client("m1-signatory").put(
            f"/api/v1/assets/{asset_id}/standing", json={"standing": "suspended"}
        )
        assert change.status_code == 200
        heard = next(
            line for line in lines if line.startswith("data:") and asset_id in line and "suspended" in line
        )
    assert json.loads(heard.removeprefix("data:"))["kind"] == "asset.standing"


def test_a_webhook_is_made_with_a_key_of_its_own_changed_and_removed(api: Running) -> None:
    client = api.client("m1-signatory")
    asked = {"url": "https://93.184.216.34/events", "kinds": ["organisation.changed"]}
    made = client.post("/api/v1/webhooks", json=asked, headers={"Idempotency-Key": "hook-1"})
    assert made.status_code == 201, made.text
    hook = made.json()
    again = client.post("/api/v1/webhooks", json=asked, headers={"Idempotency-Key": "hook-1"})
    assert again.json() == made.json()
    place = f"/api/v1/webhooks/{hook['id']}"
    shown = client.get(place)
    assert shown.json()["key"] == hook["key"]
    other = client.post("/api/v1/webhooks", json=asked).json()
    assert (hook["key"]["kid"], other["key"]["kid"]) == (hook["id"], other["id"])
    assert hook["key"]["x"] != other["key"]["x"]
    assert client.delete(f"/api/v1/webhooks/{other['id']}").status_code == 204
    problem(api.client("m2-signatory").get(place), 404, "NOT_FOUND")
    problem(api.client("m1-accountant").get(place), 403, "FORBIDDEN")
    tag = {"If-Match": shown.headers["etag"]}
    changed = client.patch(place, json={"active": False}, headers=tag)
    assert (changed.json()["active"], changed.json()["kinds"]) == (False, ["organisation.changed"])
    problem(client.patch(place, json={"active": True}, headers=tag), 412, "STALE")
    problem(client.patch(place, json={"kinds": ["no.thing"]}), 422, "KIND")
    problem(client.patch(place, json={"url": "http://127.0.0.1/"}), 422, "WEBHOOK_URL")
    problem(client.post("/api/v1/webhooks", json={"url": "https://10.0.0.1/"}), 422, "WEBHOOK_URL")
    assert client.delete(place).status_code == 204
    problem(client.get(place), 404, "NOT_FOUND")
