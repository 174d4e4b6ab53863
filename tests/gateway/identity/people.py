"""New people of the running gateway, so that tests may lock out, end and recover whom they like."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.identity import accounts
from gateway.identity.roles import UserRole

from ..running import Running


@dataclass
class Person:
    """An account that one test has for itself, its password already its own."""

    id: str
    name: str
    password: str
    api: Running

    def sign_in(self, password: str | None = None, **more: Any) -> httpx.Response:
        """The answer to signing in."""
        with self.api.stranger() as client:
            said = {"name": self.name, "password": password or self.password, **more}
            return client.post("/api/v1/session", json=said)

    def client(self, **more: Any) -> httpx.Client:
        """In a new session; close it."""
        return client_of(self.api, self.sign_in(**more))


def client_of(api: Running, answer: httpx.Response) -> httpx.Client:
    """A client in the session that an answer has opened."""
    assert answer.status_code == 201, answer.text
    client = api.stranger()
    client.cookies.update(answer.cookies)
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def invited(api: Running) -> Person:
    """A new account of M1, its one-time password not yet changed."""
    said = {"name": f"p{secrets.token_hex(6)}", "roles": ["accountant"]}
    made = api.client("m1-signatory").post("/api/v1/users", json=said)
    assert made.status_code == 201, made.text
    return Person(made.json()["user"]["id"], said["name"], made.json()["one_time_password"], api)


def person(api: Running, organisation: str = "M1", role: UserRole = UserRole.ACCOUNTANT) -> Person:
    """A new account at work."""
    name, mine = f"p{secrets.token_hex(6)}", f"words-of-{secrets.token_hex(8)}"
    with api.gateway.database.session() as session:
        user = accounts.create(
            session, api.organisation(organisation), name, {role}, password=mine, must_change=False
        )
    return Person(user.id, name, mine, api)
