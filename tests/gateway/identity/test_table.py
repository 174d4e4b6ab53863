"""The table of permissions: complete, shown as it is, and what a home's own operator does with accounts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.db import identity as table
from gateway.identity import accounts, logins
from gateway.identity.__main__ import document
from gateway.identity.roles import ADMINISTRATORS, PEOPLE_ONLY, PERMISSIONS, ROLES_OF, Action, UserRole
from ledger.membership import Role

from ..api.test_foundation import problem
from ..conftest import assetcert
from ..running import Running
from .people import Person, person

PAGE = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"


def test_the_page_says_what_the_code_does() -> None:
    assert PAGE.read_text("utf-8") == document(), (
        "write it anew: python -m gateway.identity > docs/permissions.md"
    )


def test_every_action_has_a_row_and_every_role_a_use() -> None:
    assert PERMISSIONS.keys() == set(Action) and all(PERMISSIONS.values())
    assert set().union(*ROLES_OF.values()) == set(UserRole)
    for roles in ROLES_OF.values():  # whoever is admitted with users can keep them
        assert roles & ADMINISTRATORS
    assert set(Action) > PEOPLE_ONLY


def test_whoever_runs_the_home_makes_the_first_account_and_gives_one_back(api: Running) -> None:
    home = api.home.root
    made = assetcert("user", "add", "first-auditor", "--as", "A1", "--role", "auditor", home=home)
    assert made.code == 0, made.err
    one = Person("", "first-auditor", made.json["one_time_password"], api)
    with one.client() as client:
        assert client.get("/api/v1/me").json()["must_change_password"] is True
    assert (
        assetcert("user", "add", "x1", "--as", "A1", "--role", "officer", home=home).error["code"] == "ROLES"
    )
    assert assetcert("user", "recover", "nobody-here", home=home).error["code"] == "UNKNOWN_USER"
    other = person(api)
    with other.client() as client:
        given = assetcert("user", "recover", other.name, home=home).json["one_time_password"]
        problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    assert other.sign_in(given).status_code == 201


def test_a_demos_login_works_again_whatever_was_done_to_it(api: Running) -> None:
    with api.gateway.database.session() as session:
        accounts.create(
            session, api.organisation("A1"), "zz-auditor", {UserRole.AUDITOR}, password="a long one to forget"
        )
    made: list[logins.Login] = []
    for _ in range(2):
        with api.gateway.database.session() as session:
            user = table.user_ever_named(session, "zz-auditor")
            assert user is not None
            accounts.end(session, user, "somebody else")
            organisation = replace(api.organisation("A1"), short="ZZ")
            logins.for_each_role(session, [(organisation, Role.AUDITOR)], made.append)
    old, new = (Person("", login["user"], login["password"], api) for login in made)
    problem(old.sign_in(), 401, "BAD_CREDENTIALS")
    with new.client() as client:
        assert client.get("/api/v1/me").json()["must_change_password"] is False
