"""The second factor and its recovery codes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from gateway.identity.roles import UserRole

from ..api.test_foundation import problem
from ..running import Running
from .people import Person, client_of, person

PLACE = "/api/v1/me/totp"


class Enrolled:
    """Somebody with an app, which never shows the same code twice."""

    def __init__(self, one: Person, client: httpx.Client) -> None:
        self.person = one
        said = client.post(PLACE).json()
        assert said["uri"].startswith("otpauth://totp/") and said["secret"] in said["uri"]
        self.app = pyotp.TOTP(said["secret"])
        self.step = int(time.time()) // 30 - 1  # the step before counts too
        self.recovery_codes: list[str] = client.put(PLACE, json={"code": self.code()}).json()[
            "recovery_codes"
        ]

    def code(self) -> str:
        """The next code that the gateway takes; in a while only, where two were taken."""
        found: str = self.app.generate_otp(self.step)
        self.step += 1
        return found


@pytest.fixture()
def enrolled(api: Running) -> Iterator[Enrolled]:
    one = person(api)
    with one.client() as client:
        yield Enrolled(one, client)


def test_it_is_asked_for_once_it_was_confirmed_with_a_code(api: Running) -> None:
    one = person(api)
    with one.client() as client:
        problem(client.put(PLACE, json={"code": "000000"}), 409, "TOTP_OFF")
        secret = client.post(PLACE).json()["secret"]
        assert one.sign_in().status_code == 201
        wrong = "000000" if pyotp.TOTP(secret).now() != "000000" else "000001"
        problem(client.put(PLACE, json={"code": wrong}), 401, "BAD_CODE")
        assert one.sign_in().status_code == 201
        codes = client.put(PLACE, json={"code": pyotp.TOTP(secret).now()}).json()["recovery_codes"]
        assert len(set(codes)) == 10
        problem(client.post(PLACE), 409, "TOTP_ON")
        assert client.get("/api/v1/me/factors").json()["totp"] is True
    problem(one.sign_in(), 401, "CODE_REQUIRED")


def test_a_code_is_taken_once(enrolled: Enrolled, api: Running) -> None:
    code = enrolled.code()
    with client_of(api, enrolled.person.sign_in(code=code)) as client:
        row = next(one for one in client.get("/api/v1/sessions").json()["items"] if one["current"])
        assert row["method"] == "password+totp"
    problem(enrolled.person.sign_in(code=code), 401, "BAD_CREDENTIALS")


def test_wrong_codes_wait_like_wrong_passwords(enrolled: Enrolled) -> None:
    for _ in range(5):
        problem(enrolled.person.sign_in(code="123123"), 401, "BAD_CREDENTIALS")
    problem(enrolled.person.sign_in(code=enrolled.code()), 429, "TOO_MANY_ATTEMPTS")


def test_a_recovery_code_takes_its_place_once(enrolled: Enrolled) -> None:
    code = enrolled.recovery_codes[0]
    assert enrolled.person.sign_in(code=code.upper()).status_code == 201
    problem(enrolled.person.sign_in(code=code), 401, "BAD_CREDENTIALS")
    assert enrolled.person.sign_in(code=enrolled.recovery_codes[1]).status_code == 201


def test_new_recovery_codes_end_the_old_ones(enrolled: Enrolled, api: Running) -> None:
    old = enrolled.recovery_codes
    with client_of(api, enrolled.person.sign_in(code=old[0])) as client:
        renewed = client.post("/api/v1/me/recovery-codes", json={"code": old[1]}).json()["recovery_codes"]
    problem(enrolled.person.sign_in(code=old[2]), 401, "BAD_CREDENTIALS")
    assert enrolled.person.sign_in(code=renewed[0]).status_code == 201


def test_it_is_removed_with_a_code_only(enrolled: Enrolled, api: Running) -> None:
    with client_of(api, enrolled.person.sign_in(code=enrolled.code())) as client:
        problem(client.post(f"{PLACE}/removal", json={"code": "not-a-code"}), 401, "BAD_CREDENTIALS")
        assert client.post(f"{PLACE}/removal", json={"code": enrolled.recovery_codes[0]}).status_code == 204
    assert enrolled.person.sign_in().status_code == 201


def test_the_secret_is_not_readable_in_the_database(enrolled: Enrolled, api: Running) -> None:
    database = api.database_files()
    assert enrolled.app.secret.encode() not in database
    assert enrolled.recovery_codes[0].encode() not in database


def test_recovery_by_the_administrator_takes_it_away(enrolled: Enrolled, api: Running) -> None:
    place = f"/api/v1/users/{enrolled.person.id}/recovery"
    given = api.client("m1-signatory").post(place).json()["one_time_password"]
    assert enrolled.person.sign_in(given).status_code == 201


def test_an_administrator_acts_once_more_than_a_password_has_opened_the_session(api: Running) -> None:
    one = person(api, "M1", UserRole.SIGNATORY)
    acts = (
        ("/api/v1/users", {"name": f"p{one.name}", "roles": ["accountant"]}),
        ("/api/v1/api-keys", {"name": "erp", "roles": ["accountant"]}),
    )
    with one.client() as client:
        for place, said in acts:
            problem(client.post(place, json=said), 403, "SECOND_FACTOR")
            assert client.get(place).status_code == 200
        assert client.post("/people/new", data={"name": "x", "roles": "accountant"}).status_code == 403
        enrolled = Enrolled(one, client)
        for place, said in acts:
            assert client.post(place, json=said).status_code == 201
    with client_of(api, one.sign_in(code=enrolled.code())) as client:
        assert client.post("/api/v1/api-keys", json=acts[1][1]).status_code == 201


def test_a_registrar_admits_and_rotates_with_a_second_factor_only(api: Running) -> None:
    one = person(api, "R1", UserRole.REGISTRAR)
    with one.client() as client:
        assert client.get("/admissions").status_code == 200
        said = {"name": "x", "identifier": "91500000000000238C", "short": "X9", "role": "lender"}
        problem(client.post("/admissions/new", data=said), 403, "SECOND_FACTOR")
        problem(client.post("/health/pause", data={"to": "pause", "reason": "x"}), 403, "SECOND_FACTOR")
