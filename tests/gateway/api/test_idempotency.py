"""The same key with the same request: done once, answered alike. A real server, real threads, its own database."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sqlalchemy import select

from gateway.db.identity import IdempotentAnswer, User

from ..running import Running
from .test_foundation import problem

USERS = "/api/v1/users"


def new_user() -> dict[str, Any]:
    return {"name": f"u{secrets.token_hex(6)}", "roles": ["accountant"]}


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_request_is_done_once_and_answered_alike(api: Running) -> None:
    client, said, key = api.client("m1-signatory"), new_user(), secrets.token_hex(8)
    first = client.post(USERS, json=said, headers=keyed(key))
    again = client.post(USERS, json=said, headers=keyed(key))
    assert first.status_code == again.status_code == 201
    assert again.content == first.content and again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    problem(client.post(USERS, json=said), 409, "USER_NAME_TAKEN")


def test_the_same_key_for_another_request_is_a_conflict(api: Running) -> None:
    client, key = api.client("m1-signatory"), secrets.token_hex(8)
    assert client.post(USERS, json=new_user(), headers=keyed(key)).status_code == 201
    problem(client.post(USERS, json=new_user(), headers=keyed(key)), 409, "IDEMPOTENCY_KEY_REUSED")
    problem(client.patch("/api/v1/me", json={}, headers=keyed(key)), 409, "IDEMPOTENCY_KEY_REUSED")


def test_a_refusal_is_not_kept(api: Running) -> None:
    client, key = api.client("m1-signatory"), secrets.token_hex(8)
    wrong = {**new_user(), "roles": ["auditor"]}
    problem(client.post(USERS, json=wrong, headers=keyed(key)), 422, "ROLES")
    corrected = {**wrong, "roles": ["accountant"]}
    assert client.post(USERS, json=corrected, headers=keyed(key)).status_code == 201


def test_a_key_is_of_its_caller(api: Running) -> None:
    key = secrets.token_hex(8)
    mine = api.client("m1-signatory").post(USERS, json=new_user(), headers=keyed(key))
    other = api.client("m2-signatory").post(USERS, json=new_user(), headers=keyed(key))
    assert mine.status_code == other.status_code == 201
    assert mine.json()["user"]["id"] != other.json()["user"]["id"]


def test_twenty_at_once_are_one(api: Running) -> None:
    said, key = new_user(), secrets.token_hex(8)

    def send(_: int) -> httpx.Response:
        return api.client("m1-signatory").post(USERS, json=said, headers=keyed(key))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    with api.gateway.database.session() as session:
        assert len(session.scalars(select(User).where(User.name == said["name"])).all()) == 1


def test_a_secret_that_is_answered_once_is_not_readable_in_the_database(api: Running) -> None:
    client, key = api.client("m1-signatory"), secrets.token_hex(8)
    said = {"name": "erp", "roles": ["accountant"]}
    secret = client.post("/api/v1/api-keys", json=said, headers=keyed(key)).json()["secret"]
    assert client.post("/api/v1/api-keys", json=said, headers=keyed(key)).json()["secret"] == secret
    with api.gateway.database.session() as session:
        (row,) = session.scalars(select(IdempotentAnswer).where(IdempotentAnswer.key == key))
        assert row.body is not None and secret.encode() not in row.body
    database = api.database_files()
    assert secret.encode() not in database


def test_what_a_killed_process_left_unfinished_is_worked_out_anew(api: Running) -> None:
    from gateway.db.identity import forget_unfinished_answers

    client, key = api.client("m1-signatory"), secrets.token_hex(8)
    caller = client.get("/api/v1/me").json()["id"]
    with api.gateway.database.session() as session:
        session.add(IdempotentAnswer(caller=caller, key=key, digest=bytes(32), at=2**33))
    problem(client.post(USERS, json=new_user(), headers=keyed(key)), 409, "IDEMPOTENCY_KEY_REUSED")
    with api.gateway.database.session() as session:
        forget_unfinished_answers(session)
    assert client.post(USERS, json=new_user(), headers=keyed(key)).status_code == 201


def test_a_key_that_is_none_is_refused(api: Running) -> None:
    client = api.client("m1-signatory")
    for key in ("", "x" * 256):
        problem(client.post(USERS, json=new_user(), headers=keyed(key)), 422, "IDEMPOTENCY_KEY")


def test_every_write_names_the_key_in_its_description(api: Running) -> None:
    """Sessions begin with none; what verifies changes nothing, and an upload is known by its digest."""
    without = {
        f"{method} {path}"
        for path, methods in api.app.openapi()["paths"].items()
        for method, said in methods.items()
        if method != "get"
        and all(one["name"].lower() != "idempotency-key" for one in said.get("parameters", ()))
    }
    changes_nothing = {f"post {at}{how}" for at in ("/verify", "/api/v1/verifications") for how in ("", "/stream", "/document")}  # fmt: skip
    sessions = {
        "post /api/v1/session",
        "post /api/v1/session/passkey",
        "post /api/v1/session/passkey/options",
    }
    assert without <= changes_nothing | sessions | {"post /api/v1/uploads"}
