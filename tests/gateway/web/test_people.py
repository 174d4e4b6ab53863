"""Long lists of people and of machines' keys: in parts, searched, whole in a spreadsheet; and what a password alone does not open is said before."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gateway.db.identity import ApiKey, User
from gateway.identity.roles import UserRole

from ..identity.people import person
from ..running import Running

MANY = 230


@pytest.fixture()
def crowd(api: Running) -> Iterator[list[str]]:
    """Rows of L2 that nobody can sign in by: the first is ended. Their names, the newest first."""
    org, names = api.organisation("L2").hex, [f"crowd-{number:03}" for number in range(MANY)]
    ended = [1, *[None] * (MANY - 1)]
    rows = [
        User(id=f"usr_{name}", org=org, name=name, display_name="", roles=["officer"], locale="zh", created_at=at, ended_at=end)
        for at, (name, end) in enumerate(zip(names, ended, strict=True))
    ]  # fmt: skip
    keys = [
        ApiKey(id=f"key_{name}", org=org, name=name, digest=name.encode(), roles=["officer"], created_by="x", created_at=at, ended_at=end)
        for at, (name, end) in enumerate(zip(names, ended, strict=True))
    ]  # fmt: skip
    with api.gateway.database.session() as session:
        session.add_all([*rows, *keys])
    yield names[::-1]
    with api.gateway.database.session() as session:
        for row in [*rows, *keys]:
            session.delete(row)


@pytest.mark.parametrize("path", ["/people", "/machines"])
def test_a_long_list_comes_in_parts_is_searched_and_exported_whole(
    api: Running, crowd: list[str], path: str
) -> None:
    client, seen, at = api.client("l2-approver"), list[str](), path
    while at:
        page = client.get(at).text
        part = re.findall(r"crowd-\d+(?=<)", page)
        assert len(part) <= 100
        seen += part
        (at,) = re.findall(rf'href="({path}\?after=[^"]+)"', page) or ("",)
    assert list(dict.fromkeys(seen)) == crowd
    found = client.get(path, params={"q": "CROWD-12"}).text
    assert set(re.findall(r"crowd-\d+(?=<)", found)) == {f"crowd-{number}" for number in range(120, 130)}
    assert "crowd-" not in client.get(path, params={"q": "%"}).text
    assert client.get(path, params={"as": "csv"}).text.count("crowd-") == MANY
    second = re.search(
        rf'href="({path}\?q=crowd[^"]+after=[^"]+)"', client.get(path, params={"q": "crowd"}).text
    )
    assert second is not None
    assert "crowd-" in client.get(second[1].replace("&amp;", "&")).text


def test_who_keeps_accounts_is_told_of_the_second_factor_before(api: Running) -> None:
    one, told = person(api, "L2", UserRole.APPROVER), '<a href="/account">设置身份验证器'
    with one.client() as client:
        assert [told in client.get(path).text for path in ("/people", "/people/new", "/machines", "/products")] == [True, True, True, False]  # fmt: skip
        api.show_factor(one.name)
        assert told not in client.get("/people").text
