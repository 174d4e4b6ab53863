"""Passkeys, with a device in software: made, used, refused where anything is not right."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ..api.test_foundation import problem
from ..running import Running
from .authenticator import PRESENT, Authenticator
from .people import Person, client_of, person

MINE = "/api/v1/me/passkeys"
SIGN_IN = "/api/v1/session/passkey"


@pytest.fixture()
def at_home(api: Running) -> str:
    """The address that browsers allow passkeys at."""
    return api.url.replace("127.0.0.1", "localhost")


def registered(api: Running, at_home: str, **how: Any) -> tuple[Person, Authenticator, httpx.Response]:
    one = person(api)
    device = Authenticator(at_home, **how)
    host = {"Host": at_home.removeprefix("http://")}
    with one.client() as client:
        begun = client.post(f"{MINE}/options", headers=host).json()
        credential = device.create(begun["options"])
        said = {"ceremony": begun["ceremony"], "credential": credential, "name": "phone"}
        return one, device, client.post(MINE, json=said, headers=host)


def answered(api: Running, at_home: str, device: Authenticator) -> httpx.Response:
    host = {"Host": at_home.removeprefix("http://")}
    with api.stranger() as client:
        begun = client.post(f"{SIGN_IN}/options", headers=host).json()
        said = {"ceremony": begun["ceremony"], "credential": device.get(begun["options"])}
        return client.post(SIGN_IN, json=said, headers=host)


def test_one_is_made_used_listed_and_forgotten(api: Running, at_home: str) -> None:
    one, device, made = registered(api, at_home)
    assert made.status_code == 201 and made.json()["name"] == "phone"
    with client_of(api, answered(api, at_home, device)) as client:
        assert client.get("/api/v1/me").json()["name"] == one.name
        (row,) = client.get(MINE).json()["items"]
        assert row["used_at"] is not None
        assert client.get("/api/v1/me/factors").json()["passkeys"] == 1
        assert client.delete(f"{MINE}/{row['id']}").status_code == 204
        problem(client.delete(f"{MINE}/{row['id']}"), 404, "NOT_FOUND")
    problem(answered(api, at_home, device), 401, "PASSKEY")


def test_where_a_passkey_guards_an_account_its_password_alone_changes_no_way_in(
    api: Running, at_home: str
) -> None:
    one, device, made = registered(api, at_home)
    host = {"Host": at_home.removeprefix("http://")}
    with one.client() as client:
        problem(client.post("/api/v1/me/totp"), 403, "SECOND_FACTOR")
        problem(client.post(f"{MINE}/options", headers=host), 403, "SECOND_FACTOR")
        problem(client.delete(f"{MINE}/{made.json()['id']}"), 403, "SECOND_FACTOR")
        assert client.post("/account/totp").status_code == 403
    with client_of(api, answered(api, at_home, device)) as client:
        assert client.post("/api/v1/me/totp").status_code == 201


def test_a_device_of_another_origin_or_without_a_finger_is_refused(api: Running, at_home: str) -> None:
    problem(registered(api, at_home, flags=PRESENT)[2], 401, "PASSKEY")
    _, device, _ = registered(api, at_home)
    device.origin = "http://localhost:1"
    problem(answered(api, at_home, device), 401, "PASSKEY")
    device.origin, device.flags = at_home, PRESENT
    problem(answered(api, at_home, device), 401, "PASSKEY")


def test_a_copied_device_is_found_by_its_count(api: Running, at_home: str) -> None:
    _, device, _ = registered(api, at_home)
    assert answered(api, at_home, device).status_code == 201
    device.count = 0
    problem(answered(api, at_home, device), 401, "PASSKEY")


def test_another_devices_signature_is_refused(api: Running, at_home: str) -> None:
    _, device, _ = registered(api, at_home)
    other = Authenticator(at_home, id=device.id)
    problem(answered(api, at_home, other), 401, "PASSKEY")


def test_a_ceremony_is_of_one_person_and_one_use(api: Running, at_home: str) -> None:
    one, device, host = person(api), Authenticator(at_home), {"Host": at_home.removeprefix("http://")}
    with one.client() as client, person(api).client() as other:
        begun = client.post(f"{MINE}/options", headers=host).json()
        said = {"ceremony": begun["ceremony"], "credential": device.create(begun["options"])}
        problem(other.post(MINE, json=said, headers=host), 409, "CEREMONY")
    with api.stranger() as client:
        for credential in ({}, {"id": "AAAA"}, {"id": 1, "response": []}):
            begun = client.post(f"{SIGN_IN}/options", headers=host).json()
            said = {"ceremony": begun["ceremony"], "credential": credential}
            problem(client.post(SIGN_IN, json=said, headers=host), 401, "PASSKEY")
            problem(client.post(SIGN_IN, json=said, headers=host), 409, "CEREMONY")
