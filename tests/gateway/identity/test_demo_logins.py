"""`assetcert up --demo`: the world once, a login for every role each time, an ordinary home left alone."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..conftest import COMMAND, World, assetcert, environment


@contextmanager
def up(home: Path) -> Iterator[dict[str, Any]]:
    """What the one line says while it runs; loading the world takes a minute."""
    command = [*COMMAND, "--home", str(home), "up", "--demo", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert "gateway" in said, said
        try:
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def entered(url: str, login: dict[str, str]) -> dict[str, Any]:
    said = {"name": login["user"], "password": login["password"]}
    answer = httpx.post(f"{url}/api/v1/session", json=said, timeout=20)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["me"]
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_world_is_loaded_once_and_every_role_has_a_new_login_each_time(tmp_path: Path) -> None:
    with up(tmp_path / "home") as first:
        logins = {login["user"]: login for login in first["logins"]}
        assert {
            "m1-accountant",
            "m1-signatory",
            "l1-officer",
            "l1-risk",
            "l1-approver",
            "l1-operations",
        } <= logins.keys()
        assert {"a1-auditor", "r1-registrar", "m4-signatory", "l2-officer"} <= logins.keys()
        for name, login in logins.items():
            me = entered(first["gateway"], login)
            assert (me["name"], me["roles"], me["organisation"]["short"]) == (
                name,
                [login["role"]],
                login["organisation"],
            )
            assert me["must_change_password"] is False
    with up(tmp_path / "home") as again:
        (login,) = (one for one in again["logins"] if one["user"] == "m1-accountant")
        assert login["password"] != logins["m1-accountant"]["password"]
        assert entered(again["gateway"], login)["organisation"]["short"] == "M1"


def test_an_ordinary_home_is_left_alone(cold: World) -> None:
    refused = assetcert("up", "--demo", "--port", "0", home=cold.home)
    assert (refused.code, refused.error["code"]) == (64, "NOT_A_DEMO")
