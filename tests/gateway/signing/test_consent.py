"""Members whose keys are in browsers: a consent to credit, an audit's result, and a new encryption key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from gateway.db import credit, listing
from gateway.errors import UsageError
from gateway.jobs.audits import statement as audited
from gateway.service import applying, products, published_keys
from ledger.access import grant_id
from ledger.account import Account, account_key_id, recover
from ledger.types import hex32, keccak, parse_hex32

from ..api.v1.helping import certified, invoice, problem
from ..running import Running
from .browsers import eventually, move, sign, waiting

M2, A1 = keccak(b"M2 in a browser"), keccak(b"A1 in a browser")
ASKED = {"amount": "600000", "days": 90}


@pytest.fixture(scope="module")
def borrower(gateway: Running) -> Iterator[Running]:
    """The gateway with products, a paper of M2, and M2's key in a browser."""
    products.publish_defaults(gateway.gateway.installation)
    certified(gateway, invoice("M2"), "m2-accountant")
    move(gateway, "M2", "m2-signatory", M2)
    yield gateway


def apply(gateway: Running, key: str, **changed: str) -> Any:
    """M2 applies."""
    headers = {"Idempotency-Key": key, "Prefer": "wait=30"}
    return gateway.client("m2-signatory").post("/api/v1/applications", json=ASKED | changed, headers=headers)


def applications(gateway: Running) -> list[dict[str, Any]]:
    """M2's, the newest first."""
    found: list[dict[str, Any]] = gateway.client("m2-accountant").get("/api/v1/applications").json()["items"]
    return found


def sign_first(gateway: Running, act: str, key: bytes = M2, user: str = "m2-signatory") -> None:
    """The oldest one of what waits."""
    one = next(one for one in waiting(gateway, user) if one["act"] == act)
    assert sign(gateway, one, key, user).status_code == 204


def test_an_application_is_a_draft_until_its_consent_is_signed_and_granted(borrower: Running) -> None:
    home, m2 = borrower.gateway.installation, borrower.organisation("M2")
    problem(apply(borrower, "first"), 409, "SIGNATURE_NEEDED")
    problem(apply(borrower, "first"), 409, "SIGNATURE_NEEDED")  # asking twice asks once
    assert [one["act"] for one in waiting(borrower, "m2-signatory")] == ["Consent", "grant", "grant"]
    told = borrower.client("m2-signatory").get("/api/v1/events/history").json()
    acts = [event["data"]["act"] for event in told if event["kind"] == "signature.needed"]
    assert acts == ["Consent", "grant", "grant"]
    (draft,) = applications(borrower)
    assert (draft["state"], draft["decisions"], draft["steps"][0]["next"]) == ("draft", [], "applicant")
    one = waiting(borrower, "m2-signatory")[0]
    problem(sign(borrower, one, A1, "m2-signatory"), 409, "WRONG_SIGNER")
    sign_first(borrower, "grant")
    borrower.gateway.deciding.resume(m2)  # nobody decides before all is signed
    assert applications(borrower)[0]["state"] == "draft"
    sign_first(borrower, "Consent")
    sign_first(borrower, "grant")
    eventually(lambda: applications(borrower)[0]["state"] == "decided")
    assert not waiting(borrower, "m2-signatory")
    made = applications(borrower)[0]
    consent = made["consent"]
    signed = applying.statement(home.ledger, consent).digest
    assert (
        recover(signed, bytes.fromhex(consent["signature"][2:])) == consent["address"] == Account(M2).address
    )
    until = int(datetime.fromisoformat(consent["expires_at"]).timestamp())
    scope, lenders = parse_hex32(consent["scope"]), map(parse_hex32, consent["grantees"])
    ids = {hex32(grant_id(m2.id, one, scope, signed, until)) for one in lenders}
    with home.database.session() as session:
        assert {one.subject for one in listing.accesses_on(session, ids)} == ids
    assert len(made["decisions"]) == 2
    again = apply(borrower, "first")
    assert (again.status_code, again.json()["application_id"]) == (201, made["application_id"])


def test_a_newer_application_takes_the_place_of_one_that_nobody_signed(borrower: Running) -> None:
    problem(apply(borrower, "second"), 409, "SIGNATURE_NEEDED")
    before = {one["id"] for one in waiting(borrower, "m2-signatory")}
    problem(apply(borrower, "third", amount="500000"), 409, "SIGNATURE_NEEDED")
    after = {one["id"] for one in waiting(borrower, "m2-signatory")}
    assert len(after) == 3 and not before & after
    states = {one["state"]: one["application_id"] for one in applications(borrower)}
    assert set(states) == {"draft", "withdrawn", "decided"}
    problem(apply(borrower, "second"), 409, "STATE")
    place = f"/api/v1/applications/{states['draft']}"
    assert borrower.client("m2-signatory").post(f"{place}/withdrawal").json()["state"] == "withdrawn"
    assert not waiting(borrower, "m2-signatory")


def test_a_consent_that_waited_too_long_is_asked_for_no_more(borrower: Running) -> None:
    problem(apply(borrower, "fourth"), 409, "SIGNATURE_NEEDED")
    borrower.gateway.installation.node.clock.advance((applying.CONSENT_DAYS + 1) * 86_400)
    assert not waiting(borrower, "m2-signatory")
    problem(apply(borrower, "fourth"), 409, "STATE")


def test_a_consent_that_was_changed_behind_its_signature_is_not_the_one_that_was_signed(
    borrower: Running,
) -> None:
    home = borrower.gateway.installation
    problem(apply(borrower, "fifth"), 409, "SIGNATURE_NEEDED")
    client, one = borrower.client("m2-signatory"), waiting(borrower, "m2-signatory")[0]
    shown = client.post(f"/api/v1/signatures/{one['id']}/preparation", json={}).json()
    assert shown["primaryType"] == "Consent" and shown["message"]["purpose"].endswith("600000 for 90 days")
    with home.database.session() as session:
        (row,) = credit.in_state(session, borrower.organisation("M2").hex, credit.DRAFT)
        row.consent = row.consent | {"purpose": "anything at all"}
    assert one["id"] not in {known["id"] for known in waiting(borrower, "m2-signatory")}
    problem(client.post(f"/api/v1/signatures/{one['id']}/preparation", json={}), 404, "NOT_FOUND")
    assert applications(borrower)[0]["state"] == "draft"


def test_an_audit_is_done_once_and_waits_for_its_signature(gateway: Running) -> None:
    move(gateway, "A1", "a1-auditor", A1)
    client = gateway.client("a1-auditor")
    job = client.post("/api/v1/audits").json()["id"]
    eventually(lambda: client.get(f"/api/v1/jobs/{job}").json()["waiting_for"])
    (one,) = waiting(gateway, "a1-auditor")
    assert one["act"] == "Audit" and client.get(f"/api/v1/jobs/{job}").json()["audit"] is None
    last = gateway.gateway.installation.ledger.pin().number
    assert sign(gateway, one, A1, "a1-auditor").status_code == 204
    eventually(lambda: client.get(f"/api/v1/jobs/{job}").json()["state"] == "done")
    result = client.get(f"/api/v1/jobs/{job}").json()["audit"]
    assert result["report"]["verdict"] == "VALID" and result["report"]["to_block"] <= last
    signature = bytes.fromhex(result["signature"]["value"][2:])
    assert recover(audited(result).digest, signature) == Account(A1).address
    assert not waiting(gateway, "a1-auditor")


def test_a_member_in_the_browser_gets_a_new_encryption_key(borrower: Running) -> None:
    home, m2 = borrower.gateway.installation, borrower.organisation("M2")
    old, _ = published_keys.published(home.keys.seed("M2", "encryption"), "encryption")
    rotation = f"/api/v1/organisations/{m2.hex}/keys/encryption/rotation"
    assert borrower.client("r1-registrar").post(rotation).json()["executed"] is True
    new, _ = published_keys.published(home.keys.seed("M2", "encryption"), "encryption")
    ended, valid = (
        home.ledger.read_one(home.ledger.membership.key(one), home.ledger.pin()).valid_until <= home.now()
        for one in (old, new)
    )
    assert (ended, valid) == (True, False)
    with pytest.raises(UsageError, match="move it"):
        published_keys.rotate(home, m2, "account")
    known = home.ledger.read_one(
        home.ledger.membership.key(account_key_id(Account(M2).address)), home.ledger.pin()
    )
    assert known.valid_at(home.now())
