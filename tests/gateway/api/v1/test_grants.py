"""A grant is read by its grantee alone, the read stands on the ledger and its owner sees it; ended it gives nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from ...running import Running
from .helping import certified, invoice, problem


def grant(api: Running, asset_id: str, *fields: str) -> dict[str, Any]:
    """A grant of M1 to L1."""
    now = datetime.fromtimestamp(api.gateway.installation.now(), UTC)
    asked = {
        "asset_id": asset_id,
        "grantee": api.organisation("L1").hex,
        "fields": list(fields),
        "purpose": "credit decision",
        "expires_at": (now + timedelta(days=3)).isoformat(),
    }
    answer = api.client("m1-signatory").post("/api/v1/grants", json=asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_what_was_granted_is_read_and_its_owner_sees_by_whom(api: Running) -> None:
    content = invoice()
    asset_id = certified(api, content)["asset_id"]
    made = grant(api, asset_id, "content", "fact.total")
    officer = api.client("l1-officer")
    problem(api.client("l2-officer").post("/api/v1/reads", json={"grant": made["grant"]}), 409, "NOT_GRANTEE")
    found = officer.post("/api/v1/reads", json={"grant": made["grant"]})
    assert found.status_code == 201, found.text
    assert base64.b64decode(found.json()["document"]) == content
    assert list(found.json()["fields"]) == ["fact.total"]
    asked = {"receipts": [found.json()["receipt"]]}
    (report,) = officer.post("/api/v1/verifications", json=asked).json()["reports"]
    assert not [one for one in report["checks"] if one["verdict"] == "INVALID"]
    accesses = api.client("m1-accountant").get("/api/v1/reads", params={"asset_id": asset_id}).json()
    assert [(one["event"], one["org"]) for one in accesses] == [
        ("granted", api.organisation("M1").hex),
        ("read", api.organisation("L1").hex),
    ]
    assert api.client("m2-accountant").get("/api/v1/reads", params={"asset_id": asset_id}).json() == []


def test_a_grant_is_listed_for_its_parties_and_ended_by_its_owner(api: Running) -> None:
    made = grant(api, certified(api, invoice())["asset_id"], "content")
    grant_id = made["grant_id"]
    place = f"/api/v1/grants/{grant_id}"
    received = api.client("l1-officer").get("/api/v1/grants", params={"direction": "received", "limit": 200})
    assert grant_id in received.text
    assert api.client("m1-accountant").get(place).json()["open"] is True
    problem(api.client("m2-accountant").get(place), 404, "NOT_FOUND")
    problem(api.client("m2-signatory").post(f"{place}/ending"), 404, "NOT_FOUND")
    assert api.client("m1-signatory").post(f"{place}/ending").status_code == 201
    assert api.client("m1-accountant").get(place).json()["open"] is False
    problem(api.client("l1-officer").post("/api/v1/reads", json={"grant": made["grant"]}), 409, "GRANT_ENDED")


def test_a_grant_that_makes_no_sense_or_was_changed_is_refused(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    client = api.client("m1-signatory")
    asked = {
        "asset_id": asset_id,
        "grantee": api.organisation("L1").hex,
        "fields": ["content"],
        "purpose": "p",
        "expires_at": "2001-01-01T00:00:00Z",
    }
    problem(client.post("/api/v1/grants", json=asked), 422, "UNTIL")
    problem(client.post("/api/v1/grants", json=asked | {"expires_at": "2030-01-01T00:00:00"}), 422, "UNTIL")
    later = asked | {"expires_at": "2030-01-01T00:00:00Z"}
    problem(client.post("/api/v1/grants", json=later | {"fields": ["fact.none"]}), 422, "NO_FIELD")
    problem(client.post("/api/v1/grants", json=later | {"grantee": api.organisation("M1").hex}), 422, "SELF")
    made = grant(api, asset_id, "content")["grant"]
    made["grant"]["expires_at"] += 1
    problem(api.client("l1-officer").post("/api/v1/reads", json={"grant": made}), 409, "GRANT_ID")
    problem(api.client("l1-officer").post("/api/v1/reads", json={"grant": {}}), 422, "SCHEMA")
