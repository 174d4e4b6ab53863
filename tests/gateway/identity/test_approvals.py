"""Four eyes: who prepares an act does not release it, and a release is used once."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from gateway.errors import ConflictError, ForbiddenError
from gateway.identity import approvals
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole

from ..api.test_foundation import problem
from ..running import Running

ACTION = "pledge.accept"


def principal(api: Running, user: str) -> Principal:
    said = api.client(user).get("/api/v1/me").json()
    roles = frozenset(map(UserRole, said["roles"]))
    organisation = api.organisation(said["organisation"]["short"])
    return Principal(said["id"], said["name"], organisation, roles, "person", "en")


def proposed(api: Running, maker: str) -> dict[str, Any]:
    subject = secrets.token_hex(8)
    with api.gateway.database.session() as session:
        row = approvals.propose(session, principal(api, maker), ACTION, subject, {"amount": "1000.00"})
    return {"place": f"/api/v1/approvals/{row.id}", "subject": subject, "id": row.id}


def test_another_person_releases_it_and_it_is_used_once(api: Running) -> None:
    made, checker = proposed(api, "l1-officer"), api.client("l1-approver")
    waiting = checker.get("/api/v1/approvals", params={"state": "pending", "limit": 200}).json()["items"]
    assert made["id"] in {row["id"] for row in waiting}
    org = api.organisation("L1").hex
    with api.gateway.database.session() as session, pytest.raises(ForbiddenError):
        approvals.spend(session, org, ACTION, made["subject"])
    seen = checker.get(made["place"])
    decided = checker.post(
        f"{made['place']}/decision",
        json={"approve": True, "note": "seen"},
        headers={"If-Match": seen.headers["etag"]},
    )
    assert (decided.json()["state"], decided.json()["checker"]) == ("approved", "l1-approver")
    with api.gateway.database.session() as session:
        approvals.spend(session, org, ACTION, made["subject"])
    with api.gateway.database.session() as session, pytest.raises(ForbiddenError):
        approvals.spend(session, org, ACTION, made["subject"])


def test_who_prepared_it_does_not_release_it(api: Running) -> None:
    made = proposed(api, "l1-approver")
    problem(
        api.client("l1-approver").post(f"{made['place']}/decision", json={"approve": True}),
        403,
        "SECOND_PERSON",
    )
    problem(
        api.client("l1-officer").post(f"{made['place']}/decision", json={"approve": True}), 403, "FORBIDDEN"
    )
    assert api.client("l1-risk").post(f"{made['place']}/decision", json={"approve": False}).status_code == 200
    with api.gateway.database.session() as session, pytest.raises(ForbiddenError):
        approvals.spend(session, api.organisation("L1").hex, ACTION, made["subject"])


def test_two_who_decide_at_once_are_one(api: Running) -> None:
    made = proposed(api, "l1-officer")
    tag = api.client("l1-risk").get(made["place"]).headers["etag"]
    said = {"approve": False}
    assert api.client("l1-risk").post(f"{made['place']}/decision", json=said).status_code == 200
    late = api.client("l1-approver")
    problem(late.post(f"{made['place']}/decision", json=said, headers={"If-Match": tag}), 412, "STALE")
    problem(late.post(f"{made['place']}/decision", json=said), 409, "CONFLICT")


def test_another_organisations_is_not_there(api: Running) -> None:
    made = proposed(api, "l1-officer")
    for user in ("l2-approver", "m1-signatory"):
        problem(api.client(user).get(made["place"]), 404, "NOT_FOUND")
        problem(api.client(user).post(f"{made['place']}/decision", json={"approve": True}), 404, "NOT_FOUND")


def test_the_same_act_waits_once(api: Running) -> None:
    made = proposed(api, "l1-officer")
    with api.gateway.database.session() as session, pytest.raises(ConflictError):
        approvals.propose(session, principal(api, "l1-officer"), ACTION, made["subject"], {})
