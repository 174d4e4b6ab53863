"""Accounts: made by an administrator, opened by a password, ended, given back."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from gateway.db.identity import Throttle, User
from gateway.errors import UsageError
from gateway.identity import accounts, passwords
from gateway.identity.tokens import digest

from ..api.test_foundation import problem
from ..running import Running
from .people import client_of, invited, person


def test_nothing_says_whether_a_name_exists(api: Running) -> None:
    known, unknown = person(api), person(api)
    unknown.name = "nobody-at-all"
    answers = [one.sign_in("not the password") for one in (known, unknown)]
    told = [problem(answer, 401, "BAD_CREDENTIALS") for answer in answers]
    assert {said["detail"] for said in told} == {told[0]["detail"]}


def test_guessing_waits_longer_each_time_even_with_the_right_password(api: Running) -> None:
    one = person(api)
    for _ in range(5):
        problem(one.sign_in("a wrong password"), 401, "BAD_CREDENTIALS")
    answer = one.sign_in()
    problem(answer, 429, "TOO_MANY_ATTEMPTS")
    assert int(answer.headers["retry-after"]) >= 1
    assert person(api).sign_in().status_code == 201  # nobody else waits


def test_a_sign_in_forgets_the_failures(api: Running) -> None:
    one = person(api)
    for _ in range(3):
        for _ in range(3):
            one.sign_in("a wrong password")
        assert one.sign_in().status_code == 201


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "PASSWORD_LENGTH"),
        ("x" * 129, "PASSWORD_LENGTH"),
        ("Password1234", "PASSWORD_COMMON"),
        ("aaaaaaaaaaaaaaa", "PASSWORD_COMMON"),
        ("m1-accountant1", "PASSWORD_COMMON"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        passwords.check_policy(password, "m1-accountant")
    assert refused.value.code == code


def test_long_ones_of_any_composition_are_taken() -> None:
    for password in ("correct horse battery", "三江汇流处有一座老码头从不打烊", "all lower case and long"):
        passwords.check_policy(password, "m1-accountant")
        assert passwords.verified(passwords.hashed(password), password)
    assert passwords.hashed("one two three four").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.verified(None, "nobody has this password")


def test_a_password_that_was_given_ends_after_a_week(api: Running) -> None:
    one = invited(api)
    with api.gateway.database.session() as session:
        user = session.get_one(User, one.id)
        assert user.one_time_until is not None
        user.one_time_until -= 7 * 86_400
    problem(one.sign_in("a wrong password"), 401, "BAD_CREDENTIALS")
    problem(one.sign_in(), 401, "ONE_TIME_PASSWORD")


def test_who_was_invited_can_do_nothing_before_choosing_a_password(api: Running) -> None:
    one = invited(api)
    with one.client() as client:
        assert client.get("/api/v1/me").json()["must_change_password"] is True
        problem(client.get("/api/v1/assets"), 403, "PASSWORD_CHANGE")
        place = "/api/v1/me/password"
        problem(client.put(place, json={"current": "wrong", "new": "quite a long one"}), 403, "BAD_PASSWORD")
        problem(client.put(place, json={"current": one.password, "new": "short"}), 422, "PASSWORD_LENGTH")
        problem(client.put(place, json={"current": one.password, "new": one.password}), 422, "PASSWORD_SAME")
        assert client.put(place, json={"current": one.password, "new": "quite a long one"}).status_code == 204
        assert client.get("/api/v1/assets").status_code == 200
    problem(one.sign_in(), 401, "BAD_CREDENTIALS")
    assert one.sign_in("quite a long one").status_code == 201


def test_a_new_password_ends_every_other_session(api: Running) -> None:
    one = person(api)
    with one.client() as here, one.client() as there:
        changed = here.put("/api/v1/me/password", json={"current": one.password, "new": "another long one"})
        assert changed.status_code == 204
        assert here.get("/api/v1/me").status_code == 200
        problem(there.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_an_account_that_ended_is_shut_at_once_and_its_name_stays_taken(api: Running) -> None:
    one = person(api)
    with one.client() as client:
        assert api.client("m1-signatory").delete(f"/api/v1/users/{one.id}").status_code == 204
        problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    problem(one.sign_in(), 401, "BAD_CREDENTIALS")
    again = api.client("m1-signatory").post("/api/v1/users", json={"name": one.name, "roles": ["accountant"]})
    problem(again, 409, "USER_NAME_TAKEN")


def test_the_administrator_gives_an_account_back(api: Running) -> None:
    one, administrator = person(api), api.client("m1-signatory")
    for _ in range(6):
        one.sign_in("forgotten")
    given = administrator.post(f"/api/v1/users/{one.id}/recovery").json()["one_time_password"]
    problem(one.sign_in(), 401, "BAD_CREDENTIALS")
    with client_of(api, one.sign_in(given)) as client:
        assert client.get("/api/v1/me").json()["must_change_password"] is True


def test_roles_are_those_that_the_ledger_admits_the_organisation_for(api: Running) -> None:
    for administrator, role, status in (
        ("m1-signatory", "officer", 422),
        ("m1-signatory", "registrar", 422),
        ("l1-approver", "accountant", 422),
        ("l1-approver", "risk", 201),
        ("a1-auditor", "auditor", 201),
        ("r1-registrar", "registrar", 201),
    ):
        said = {"name": f"x{role}-{administrator}", "roles": [role]}
        assert api.client(administrator).post("/api/v1/users", json=said).status_code == status


def test_nobody_shuts_himself_out(api: Running) -> None:
    client = api.client("m2-signatory")
    me = f"/api/v1/users/{client.get('/api/v1/me').json()['id']}"
    problem(client.delete(me), 403, "OWN_ACCOUNT")
    problem(client.patch(me, json={"roles": ["accountant"]}), 403, "OWN_ACCOUNT")
    problem(client.post(f"{me}/recovery"), 403, "OWN_ACCOUNT")


def test_first_failures_at_once_are_all_counted(api: Running) -> None:
    name, begun = f"somebody-{secrets.token_hex(4)}", Barrier(8)

    def fail(_: int) -> None:
        begun.wait()
        accounts.failed(api.gateway.database, name)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(fail, range(8)))
    with api.gateway.database.session() as session:
        assert session.get_one(Throttle, digest(name)).failures == 8
