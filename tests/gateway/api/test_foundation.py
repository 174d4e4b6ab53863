"""What every request meets, whatever it asks for."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse

from gateway.api.app import create_app
from gateway.api.depends import Anybody
from gateway.api.edge import HEADERS
from gateway.api.guard import Guarded
from gateway.api.state import Gateway, Settings

from ..conftest import assetcert
from ..running import Running

MEMBERS = {"type", "title", "status", "code", "detail", "instance", "request_id"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document that an answer is."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    said: dict[str, Any] = answer.json()
    assert said.keys() >= MEMBERS and (said["status"], said["code"]) == (status, code)
    assert said["detail"] and "Traceback" not in answer.text
    assert said["request_id"] == answer.headers["x-request-id"]
    return said


@pytest.fixture()
def stranger(api: Running) -> Iterator[httpx.Client]:
    with api.stranger() as client:
        yield client


def test_who_i_am(api: Running) -> None:
    said = api.client("m1-accountant").get("/api/v1/me").json()
    assert (said["name"], said["kind"], said["organisation"]["short"]) == ("m1-accountant", "person", "M1")
    assert said["roles"] == ["accountant"] and "assets:certify" in said["permissions"]
    assert "pledges:accept" not in said["permissions"]


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/assets"])
def test_a_stranger_is_told_401_before_the_body_is_read(api: Running, path: str) -> None:
    address = urlsplit(api.url)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(head.encode())  # and not one byte of the 200 MB
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_colleague_without_the_role_is_told_403_before_the_body_is_read(api: Running) -> None:
    client = api.client("m1-accountant")
    address = urlsplit(api.url)
    cookie = f"session={client.cookies['session']}"
    head = f"POST /api/v1/users HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\nContent-Length: 200000000\r\n\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")


def test_refusals_are_problem_documents(stranger: httpx.Client, api: Running) -> None:
    answer = stranger.get("/api/v1/me")
    problem(answer, 401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(stranger.get("/api/v1/nothing"), 404, "NOT_FOUND")
    problem(stranger.get("/api/v1/nothing", headers={"Authorization": "Bearer ak_x"}), 404, "NOT_FOUND")
    answer = stranger.post("/healthz")
    problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET"
    problem(stranger.get("/api/v1/me", headers={"Authorization": "Bearer ak_nobody"}), 401, "KEY")


def test_a_refusal_is_in_the_language_of_who_asked(stranger: httpx.Client, api: Running) -> None:
    def detail(client: httpx.Client, **headers: str) -> str:
        said: str = problem(client.get("/api/v1/nothing", headers=headers), 404, "NOT_FOUND")["detail"]
        return said

    assert detail(stranger) == "there is nothing at this address"
    chinese = detail(stranger, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert detail(api.client("m1-accountant")) == chinese  # an account is made in Chinese
    assert detail(stranger, **{"Accept-Language": "en-GB"}) == "there is nothing at this address"


def test_what_does_not_fit_is_named_and_no_value_is_repeated(stranger: httpx.Client) -> None:
    answer = stranger.post(
        "/api/v1/session", json={"name": "m1-accountant", "password": ["s3cret-value"], "more": 1}
    )
    said = problem(answer, 422, "INVALID_REQUEST")
    assert {one["at"] for one in said["errors"]} == {"body.password", "body.more"}
    assert "s3cret-value" not in answer.text
    answer = stranger.post(
        "/api/v1/session", content=b'{"name": ', headers={"Content-Type": "application/json"}
    )
    problem(answer, 422, "INVALID_REQUEST")


def test_a_body_of_another_kind_than_is_read_is_415(stranger: httpx.Client) -> None:
    for kind in ("text/plain", "application/xml; charset=utf-8", "application/x-www-form-urlencoded"):
        answer = stranger.post("/api/v1/session", content=b"{}", headers={"Content-Type": kind})
        problem(answer, 415, "MEDIA_TYPE")
    typed = {"Content-Type": "application/merge-patch+json"}
    problem(stranger.post("/api/v1/session", content=b"{}", headers=typed), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("path", ["/healthz", "/login", "/openapi.json", "/api/v1/me", "/static/mark.svg"])
def test_head_is_get_without_its_body(api: Running, path: str) -> None:
    got, head = (api.client("m1-accountant").request(method, path) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in ("content-type", "content-length")} == {
        name: got.headers[name] for name in ("content-type", "content-length")
    }


def test_a_body_over_the_limit_is_413_announced_or_not(stranger: httpx.Client) -> None:
    large = json.dumps({"name": "a" * 2**20, "password": "b"}).encode()
    typed = {"Content-Type": "application/json"}
    problem(stranger.post("/api/v1/session", content=large, headers=typed), 413, "TOO_LARGE")

    def pieces() -> Iterator[bytes]:
        yield large[:1000]
        yield large[1000:]

    problem(stranger.post("/api/v1/session", content=pieces(), headers=typed), 413, "TOO_LARGE")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/api/v1/me", "/nothing"])
def test_every_answer_has_the_headers_of_security(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path, headers={"Origin": "https://evil.example", "X-Request-ID": "asked-by-a-test"})
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe-inline" not in HEADERS["Content-Security-Policy"]
    assert answer.headers["x-request-id"] == "asked-by-a-test"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]  # CORS is closed


def test_another_sites_name_for_this_machine_is_not_answered(stranger: httpx.Client) -> None:
    problem(stranger.get("/api/v1/me", headers={"Host": "evil.example"}), 422, "HOST")


def test_an_act_that_another_site_sends_is_refused(api: Running) -> None:
    with api.signed_in("m1-accountant") as client:
        change = {"locale": "en"}
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            problem(client.patch("/api/v1/me", json=change, headers=headers), 403, "CSRF")
        token = client.headers.pop("X-CSRF-Token")
        problem(client.patch("/api/v1/me", json=change), 403, "CSRF")
        problem(client.patch("/api/v1/me", json=change, headers={"X-CSRF-Token": "x" + token}), 403, "CSRF")
        other = api.client("m1-signatory").headers["X-CSRF-Token"]
        problem(client.patch("/api/v1/me", json=change, headers={"X-CSRF-Token": other}), 403, "CSRF")
        same = {"X-CSRF-Token": token, "Origin": api.url, "Sec-Fetch-Site": "same-origin"}
        assert client.patch("/api/v1/me", json=change, headers=same).json()["locale"] == "en"


def test_openapi_describes_every_refusal_and_who_may_come(stranger: httpx.Client) -> None:
    said = stranger.get("/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    assert {"key", "session"} == set(said["components"]["securitySchemes"])
    for operations in said["paths"].values():
        for operation in operations.values():
            assert operation["responses"]["default"]["content"].keys() == {"application/problem+json"}


def test_other_verbs_write_to_the_home_that_is_served(api: Running, tmp_path: Any) -> None:
    paper = tmp_path / "note.txt"
    paper.write_text("a paper that only this test certifies")
    called = assetcert("certify", "--as", "M2", paper, "--out", tmp_path / "out", home=api.home.root)
    assert called.code == 0, called.err
    assert api.client("m2-accountant").get("/api/v1/me").status_code == 200


@contextmanager
def overloaded(api: Running, **settings: Any) -> Iterator[FastAPI]:
    """Another application on the same installation, with limits that are soon met and an address that fails."""
    app = create_app(Gateway(api.gateway.installation, Settings(origin="http://127.0.0.1", **settings)))
    router = APIRouter(route_class=Guarded)
    arrived, leave = anyio.Event(), anyio.Event()
    app.state.arrived, app.state.leave = arrived, leave

    @router.get("/slow")
    async def slow(_: Anybody) -> None:
        arrived.set()
        await leave.wait()

    @router.get("/told")
    async def told(request: Request, _: Anybody, endless: bool = False) -> StreamingResponse:
        request.state.endless = endless
        return StreamingResponse(pieces(), media_type="text/event-stream")

    async def pieces() -> AsyncIterator[str]:
        arrived.set()
        await leave.wait()
        yield "data:\n\n"

    @router.get("/bug")
    async def bug(_: Anybody) -> None:
        raise RuntimeError("the innermost of a bug")

    app.include_router(router)
    yield app


async def within(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://127.0.0.1"
    )


@pytest.mark.parametrize("path", ["/slow", "/told"])
def test_one_request_too_many_is_told_at_once_and_later_ones_are_served(api: Running, path: str) -> None:
    async def run() -> None:
        with overloaded(api, at_once=1) as app:
            async with await within(app) as client, anyio.create_task_group() as group:
                group.start_soon(client.get, path)
                await app.state.arrived.wait()
                answer = await client.get("/nothing")
                problem(answer, 429, "OVERLOADED")
                assert answer.headers["retry-after"] == "1"
                assert (await client.get("/healthz")).status_code == 200
                app.state.leave.set()
            async with await within(app) as client:
                problem(await client.get("/nothing"), 404, "NOT_FOUND")

    anyio.run(run)


def test_a_stream_without_end_is_none_of_those_at_work(api: Running) -> None:
    async def run() -> None:
        with overloaded(api, at_once=1) as app:
            async with await within(app) as client, anyio.create_task_group() as group:
                group.start_soon(client.get, "/told?endless=true")
                await app.state.arrived.wait()
                problem(await client.get("/nothing"), 404, "NOT_FOUND")
                app.state.leave.set()

    anyio.run(run)


def test_the_limit_is_of_an_organisation(api: Running) -> None:
    def cookie(user: str) -> dict[str, str]:
        return {"Cookie": f"session={api.client(user).cookies['session']}"}

    async def run() -> None:
        with overloaded(api, organisation_limit="3/minute", address_limit="2/minute") as app:
            async with await within(app) as client:
                users = ("m1-accountant", "m1-signatory", "m1-accountant", "m1-signatory")
                mine = [await client.get("/nothing", headers=cookie(user)) for user in users]
                assert [answer.status_code for answer in mine] == [404, 404, 404, 429]
                assert 1 <= int(mine[-1].headers["retry-after"]) <= 60
                assert (await client.get("/nothing", headers=cookie("m2-accountant"))).status_code == 404
                assert [(await client.get("/nothing")).status_code for _ in range(3)] == [404, 404, 429]

    anyio.run(run)


def test_a_bug_of_ours_says_nothing_of_itself(api: Running, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        with overloaded(api) as app:
            async with await within(app) as client:
                answer = await client.get("/bug")
                said = problem(answer, 500, "INTERNAL")
                assert "innermost" not in answer.text and "RuntimeError" not in answer.text
                assert said["request_id"] in caplog.text and "innermost" in caplog.text

    anyio.run(run)


def test_a_route_that_does_not_say_who_may_call_it_cannot_be_made() -> None:
    router = APIRouter(route_class=Guarded)
    with pytest.raises(TypeError, match="who may call it"):
        router.get("/careless")(lambda: None)
