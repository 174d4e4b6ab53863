"""Lists with cursors, ETags, times: the shapes that every router uses, seen on the accounts of an organisation."""

from __future__ import annotations

import re
import secrets

from ..running import Running
from .test_foundation import problem

USERS = "/api/v1/users"


def test_a_list_is_walked_by_its_cursors_without_gap_or_double(api: Running) -> None:
    client = api.client("l2-approver")
    made = set()
    for _ in range(7):
        said = {"name": f"u{secrets.token_hex(6)}", "roles": ["officer"]}
        made.add(client.post(USERS, json=said).json()["user"]["id"])
    seen: list[str] = []
    cursor = None
    while True:
        part = client.get(USERS, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert len(part["items"]) <= 3
        seen += [one["id"] for one in part["items"]]
        if (cursor := part["next"]) is None:
            break
    assert len(seen) == len(set(seen)) and made <= set(seen) and seen == sorted(seen)
    assert [one["id"] for one in client.get(USERS, params={"limit": 200}).json()["items"]] == seen


def test_a_cursor_that_is_none_is_refused(api: Running) -> None:
    client = api.client("l2-approver")
    for cursor in ("a", "!!!!", "____"):
        problem(client.get(USERS, params={"cursor": cursor}), 422, "CURSOR")
    for limit in ("0", "201", "x"):
        problem(client.get(USERS, params={"limit": limit}), 422, "INVALID_REQUEST")


def test_who_was_second_does_not_overwrite(api: Running) -> None:
    client = api.client("m2-signatory")
    made = client.post(USERS, json={"name": f"u{secrets.token_hex(6)}", "roles": ["accountant"]})
    place, tag = made.headers["location"], made.headers["etag"]
    assert client.get(place).headers["etag"] == tag
    first = client.patch(place, json={"display_name": "first"}, headers={"If-Match": tag})
    assert first.status_code == 200 and first.headers["etag"] != tag
    problem(client.patch(place, json={"display_name": "second"}, headers={"If-Match": tag}), 412, "STALE")
    assert client.get(place).json()["display_name"] == "first"
    both = f'"0", {first.headers["etag"]}'
    assert client.patch(place, json={"display_name": "third"}, headers={"If-Match": both}).status_code == 200


def test_times_are_rfc_3339_in_utc(api: Running) -> None:
    for one in api.client("m1-signatory").get(USERS).json()["items"]:
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["created_at"])
