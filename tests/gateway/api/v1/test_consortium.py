"""Members and their keys; what registrars propose and approve; audits with a signed result; blind evaluation, limited and logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certifier import fingerprint, voprf
from certifier.canonical import base64url
from gateway.db import evaluations
from gateway.errors import RefusedError, UnreadableError
from gateway.jobs.audits import statement
from gateway.service import evaluating
from ledger.account import recover

from ...running import Running
from .helping import problem


def test_members_are_listed_with_their_keys(api: Running) -> None:
    client = api.client("m1-accountant")
    page = client.get("/api/v1/organisations", params={"limit": 200}).json()
    by_name = {one["name"]: one for one in page["items"]}
    m1 = api.organisation("M1")
    assert by_name[m1.name]["roles"] == ["enterprise"] and page["next"] is None
    assert client.get(f"/api/v1/organisations/{m1.hex}").json() == by_name[m1.name]
    keys_of = client.get(f"/api/v1/organisations/{m1.hex}/keys").json()
    assert {"account", "encryption"} <= {one["purpose"] for one in keys_of}
    problem(client.get("/api/v1/organisations/0x" + "00" * 32), 404, "NOT_FOUND")


def test_a_registrar_admits_suspends_and_keys_an_organisation_and_the_votes_are_seen(api: Running) -> None:
    client = api.client("r1-registrar")
    asked = {
        "short": "W9",
        "identifier": "CN-USCC:91500000MA5U0ABC12",
        "name": "渝运物流",
        "roles": ["witness"],
    }
    problem(api.client("m1-signatory").post("/api/v1/organisations", json=asked), 403, "FORBIDDEN")
    assert client.post("/api/v1/organisations", json=asked).json() == {"executed": True, "proposal": None}
    org = api.organisation("W9").hex
    problem(client.post("/api/v1/organisations", json=asked | {"name": "Other"}), 422, "ADMITTED")
    problem(client.post("/api/v1/organisations", json=asked | {"identifier": "nonsense"}), 422, "IDENTIFIER")
    place = f"/api/v1/organisations/{org}"
    assert client.put(f"{place}/suspension", json={"suspended": True}).json()["executed"]
    assert client.get(place).json()["suspended"]
    assert client.put(f"{place}/suspension", json={"suspended": False}).json()["executed"]
    assert client.post(f"{place}/keys/witness").json()["executed"]
    proposed = client.get("/api/v1/proposals").json()
    assert proposed[0]["act"] == "setKey" and proposed[0]["executed"]
    admitted = next(one for one in proposed if one["arguments"].get("name") == "渝运物流")
    assert admitted["votes"] == [api.organisation("R1").hex] and admitted["quorum"] == 1
    problem(client.post("/api/v1/proposals/0x" + "00" * 32 + "/votes"), 422, "UNKNOWN_CALL")


def test_a_registrar_ends_its_own_keys_only_and_not_the_one_that_signs(api: Running) -> None:
    client = api.client("r1-registrar")
    own = client.get(f"/api/v1/organisations/{api.organisation('R1').hex}/keys").json()
    account = next(one for one in own if one["purpose"] == "account")
    problem(client.delete(f"/api/v1/keys/{account['id']}"), 422, "LAST_KEY")
    others = client.get(f"/api/v1/organisations/{api.organisation('M1').hex}/keys").json()
    problem(client.delete(f"/api/v1/keys/{others[0]['id']}"), 404, "NOT_FOUND")


def test_an_audit_ends_with_a_signed_result_and_is_its_organisations(api: Running) -> None:
    client = api.client("a1-auditor")
    answer = client.post("/api/v1/audits", headers={"Prefer": "wait=30", "Idempotency-Key": "audit-1"})
    assert answer.status_code == 201, answer.text
    job = answer.json()
    assert job["audit"]["report"]["verdict"] == "VALID", job["audit"]["report"]["findings"]
    signature = bytes.fromhex(job["audit"]["signature"]["value"][2:])
    assert recover(statement(job["audit"]).digest, signature) == job["audit"]["signature"]["address"]
    again = client.post("/api/v1/audits", headers={"Prefer": "wait=30", "Idempotency-Key": "audit-1"})
    assert again.json()["id"] == job["id"]
    assert client.get("/api/v1/audits").json()["items"][0]["id"] == job["id"]
    problem(api.client("r1-registrar").get(f"/api/v1/jobs/{job['id']}"), 404, "NOT_FOUND")
    problem(api.client("r1-registrar").post("/api/v1/audits"), 403, "FORBIDDEN")


def test_points_are_evaluated_blindly_for_who_asks_and_proven(api: Running, tmp_path: Path) -> None:
    m1 = api.organisation("M1")
    asked = {"name": "erp", "roles": ["accountant"]}
    token = api.client("m1-signatory").post("/api/v1/api-keys", json=asked).json()["secret"]
    service = evaluating.RemoteEvaluation(api.url, token)
    assert token not in repr(service)
    setting = tmp_path / "evaluation.json"
    setting.write_text(json.dumps({"url": api.url, "token": token}))
    assert evaluating.remote(setting).public_key() == service.public_key()
    setting.write_text('{"url": 1}')
    with pytest.raises(UnreadableError, match=r"evaluation\.json must be"):
        evaluating.remote(setting)
    held = api.gateway.installation.evaluation().public_key()
    assert service.public_key() == held
    _, blinded = voprf.blind(b"an input nobody else sees")
    (found,) = service.evaluate(m1.id, [[blinded]])
    voprf.verify_proof(held, [blinded], found.evaluated, found.proof)
    with pytest.raises(RefusedError, match="own organisation"):
        service.evaluate(api.organisation("M2").id, [[blinded]])
    client = api.client("m1-accountant")
    bad = {"org": m1.hex, "batches": [[base64url(b"\xff" * 32)]]}
    problem(client.post("/api/v1/evaluation", json=bad), 409, "BAD_POINT")
    with api.gateway.database.session() as session:
        evaluations.log_evaluation(
            session, m1.hex, api.gateway.installation.now(), evaluating.POINTS_AN_HOUR - 4
        )
    more = {"org": m1.hex, "batches": [[base64url(blinded)] * 4]}
    refused = client.post("/api/v1/evaluation", json=more)
    problem(refused, 429, "EVALUATION_LIMIT")
    assert refused.headers["retry-after"] == "3600"
    assert fingerprint.key_id(held) == api.gateway.installation.ledger.descriptor.fingerprint_key
