"""Sessions: a new token at each sign-in, an end when idle and an end in any case, seen and ended by their owner."""

from __future__ import annotations

import http.cookies

import httpx
from sqlalchemy import select

from gateway.db.identity import UserSession
from gateway.identity.sessions import ABSOLUTE, IDLE
from gateway.identity.tokens import digest

from ..api.test_foundation import problem
from ..running import Running
from .people import person


def aged(api: Running, client: httpx.Client, column: str, seconds: int) -> None:
    """Move a session's time into the past, as waiting would."""
    with api.gateway.database.session() as session:
        query = select(UserSession).where(UserSession.digest == digest(client.cookies["session"]))
        row = session.scalars(query).one()
        setattr(row, column, getattr(row, column) - seconds)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Running) -> None:
    morsel = http.cookies.SimpleCookie(person(api).sign_in().headers["set-cookie"])["session"]
    assert (
        morsel["httponly"] and morsel["samesite"] == "lax" and morsel["path"] == "/" and not morsel["domain"]
    )
    assert int(morsel["max-age"]) == ABSOLUTE


def test_over_https_the_cookie_is_tied_to_its_host() -> None:
    from gateway.api import cookies
    from gateway.api.state import Settings

    assert cookies.name(Settings(origin="https://assetcert.example")) == "__Host-session"


def test_only_digests_of_tokens_are_kept(api: Running) -> None:
    with person(api).client() as client:
        token = client.cookies["session"]
        assert client.get("/api/v1/me").status_code == 200
    database = api.database_files()
    assert token.encode() not in database


def test_signing_in_again_ends_the_session_that_the_browser_had(api: Running) -> None:
    one = person(api)
    with one.client() as client:
        old = client.cookies["session"]
        said = {"name": one.name, "password": one.password}
        assert client.post("/api/v1/session", json=said).status_code == 201
        assert client.cookies["session"] != old
    with api.stranger() as thief:
        problem(thief.get("/api/v1/me", headers={"Cookie": f"session={old}"}), 401, "UNAUTHENTICATED")


def test_a_session_ends_when_idle_and_in_any_case(api: Running) -> None:
    for column, seconds in (("seen_at", IDLE), ("ends_at", ABSOLUTE)):
        with person(api).client() as client:
            aged(api, client, column, seconds - 5)
            assert client.get("/api/v1/me").status_code == 200
            aged(api, client, column, seconds + 5)
            problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_signing_out_ends_it_on_the_server(api: Running) -> None:
    with person(api).client() as client:
        token = client.cookies["session"]
        assert client.delete("/api/v1/session").status_code == 204
        assert "session" not in client.cookies
        problem(client.get("/api/v1/me", headers={"Cookie": f"session={token}"}), 401, "UNAUTHENTICATED")


def test_one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know(api: Running) -> None:
    one = person(api)
    with one.client() as here, one.client() as there, one.client() as third:
        rows = here.get("/api/v1/sessions").json()["items"]
        assert len(rows) == 3 and sum(row["current"] for row in rows) == 1
        mine = next(row for row in there.get("/api/v1/sessions").json()["items"] if row["current"])
        assert mine["address"] == "127.0.0.1" and mine["agent"].startswith("python-httpx")
        assert here.delete(f"/api/v1/sessions/{mine['id']}").status_code == 204
        problem(there.get("/api/v1/me"), 401, "UNAUTHENTICATED")
        problem(here.delete(f"/api/v1/sessions/{mine['id']}"), 404, "NOT_FOUND")
        other = api.client("m2-accountant").get("/api/v1/sessions").json()["items"][0]["id"]
        problem(here.delete(f"/api/v1/sessions/{other}"), 404, "NOT_FOUND")
        assert here.delete("/api/v1/sessions").status_code == 204
        problem(third.get("/api/v1/me"), 401, "UNAUTHENTICATED")
        assert here.get("/api/v1/session").json()["csrf"] == here.headers["X-CSRF-Token"]


def test_an_administrator_signs_somebody_out(api: Running) -> None:
    one, administrator = person(api), api.client("m1-signatory")
    with one.client() as client:
        assert administrator.get(f"/api/v1/users/{one.id}/sessions").json()["items"]
        assert administrator.delete(f"/api/v1/users/{one.id}/sessions").status_code == 204
        problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")
