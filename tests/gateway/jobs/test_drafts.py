"""Drafts: an accountant prepares, a signatory signs or sends back; nothing is done before, and each once."""

from __future__ import annotations

import secrets

import httpx
import pytest

from gateway.db import listing
from gateway.db import papers as paper_table
from gateway.db.identity import Approval
from gateway.db.paging import WHOLE
from gateway.jobs import drafts
from gateway.service.own import own_receipt

from ..api.v1.helping import certified, invoice, problem
from ..running import Running
from .test_running import until

OFFER = {"percent": "50", "accept_days": "3", "days": "60", "content": "yes"}


@pytest.fixture()
def asset(api: Running) -> str:
    return str(certified(api, invoice())["asset_id"])


def newest(api: Running) -> Approval:
    with api.gateway.database.session() as session:
        return drafts.listed(session, api.organisation("M1").hex).rows[0]


def prepared(api: Running, asset: str, lender: str = "L1") -> Approval:
    """M1's accountant prepares to offer it to L1."""
    said = OFFER | {"lender": api.organisation(lender).hex}
    answer = api.client("m1-accountant").post(f"/certificates/{asset}/offer/draft", data=said)
    assert answer.status_code == 303, answer.text
    return newest(api)


def offered(api: Running, asset: str) -> int:
    home = api.gateway.installation
    fingerprint = own_receipt(home, api.organisation("M1"), asset).values["fingerprint.exact"]
    with api.gateway.database.session() as session:
        rows = listing.offers(session, api.organisation("M1").hex, "debtor", WHOLE).rows
    return sum(claim["fingerprint"] == fingerprint for row, _ in rows for claim in row.content["claims"])


def test_an_offer_stands_once_its_signatory_has_signed(api: Running, asset: str) -> None:
    row = prepared(api, asset)
    assert (row.maker, row.subject, offered(api, asset)) == ("m1-accountant", asset, 0)
    assert api.client("m1-accountant").post(f"/drafts/{row.id}/sign").status_code == 403
    assert api.client("m2-signatory").post(f"/drafts/{row.id}/sign").status_code == 404
    signatory = api.client("m1-signatory")
    assert "m1-accountant" in signatory.get(f"/drafts/{row.id}").text
    assert signatory.post(f"/drafts/{row.id}/sign").headers["location"] == "/offers"
    assert offered(api, asset) == 1
    assert signatory.post(f"/drafts/{row.id}/sign").status_code == 409
    assert offered(api, asset) == 1
    granted = signatory.get("/api/v1/grants", params={"asset_id": asset}).json()["items"]
    assert [one["grantee"] for one in granted] == [api.organisation("L1").hex]


def test_what_is_sent_back_says_why_and_may_be_prepared_again(api: Running, asset: str) -> None:
    row = prepared(api, asset)
    again = api.client("m1-accountant").post(
        f"/certificates/{asset}/offer/draft", data=OFFER | {"lender": api.organisation("L2").hex}
    )
    assert again.status_code == 409
    reason = f"60 days, not 90 {secrets.token_hex(4)}"
    sent = api.client("m1-signatory").post(f"/drafts/{row.id}/back", data={"reason": reason})
    assert sent.status_code == 303
    assert reason in api.client("m1-accountant").get("/drafts").text
    assert offered(api, asset) == 0
    assert prepared(api, asset).id != row.id


def test_what_cannot_be_done_waits_again(api: Running, asset: str) -> None:
    said = {"reader": "0x" + "5e" * 32, "purpose": "audit", "until": "2031-01-01"}
    answer = api.client("m1-accountant").post(f"/certificates/{asset}/share/draft", data=said)
    assert answer.status_code == 303, answer.text
    row, signatory = newest(api), api.client("m1-signatory")
    assert signatory.post(f"/drafts/{row.id}/sign").status_code == 409
    with api.gateway.database.session() as session:
        assert drafts.known(session, row.org, row.id).state == "pending"
    place = f"/api/v1/approvals/{row.id}"

    def decided(**said: object) -> httpx.Response:
        match = {"If-Match": signatory.get(place).headers["etag"]}
        return signatory.post(f"{place}/decision", json=said, headers=match)

    problem(decided(approve=True), 409, "NO_ENCRYPTION_KEY")
    back = decided(approve=False, note="nobody")
    assert (back.status_code, back.json()["state"], back.json()["note"]) == (200, "rejected", "nobody")


def test_what_was_done_by_half_is_not_offered_twice(api: Running, asset: str) -> None:
    """The offer is made; its reader has no key for the document yet, so that the draft waits again."""
    row, signatory = prepared(api, asset, "R1"), api.client("m1-signatory")
    for _ in range(2):
        assert signatory.post(f"/drafts/{row.id}/sign").status_code == 409
        assert (newest(api).state, offered(api, asset)) == ("pending", 1)


def test_a_program_prepares_and_takes_back(api: Running, asset: str) -> None:
    accountant, signatory = api.client("m1-accountant"), api.client("m1-signatory")
    said = {"act": "offer", "asset_id": asset, "lender": api.organisation("L1").hex, "percent": 50}
    made = accountant.post("/api/v1/drafts", json=said)
    assert made.status_code == 201, made.text
    assert (made.json()["action"], made.json()["state"]) == ("offers:make", "pending")
    problem(accountant.post("/api/v1/drafts", json=said), 409, "APPROVAL_PENDING")
    problem(accountant.post("/api/v1/drafts", json=said | {"asset_id": "0x" + "5e" * 32}), 404, "NOT_FOUND")
    problem(api.client("m2-accountant").post("/api/v1/drafts", json=said), 404, "NOT_FOUND")
    assert accountant.get(made.headers["location"]).json()["maker"] == "m1-accountant"
    away = f"/api/v1/drafts/{made.json()['id']}/withdrawal"
    problem(signatory.post(away), 403, "NOT_MAKER")
    problem(api.client("m2-accountant").post(away), 404, "NOT_FOUND")
    assert accountant.post(away).json()["state"] == "withdrawn"
    problem(accountant.post(away), 409, "CONFLICT")
    problem(signatory.post(f"{made.headers['location']}/decision", json={"approve": True}), 409, "CONFLICT")
    assert offered(api, asset) == 0
    grant = {"act": "grant", "assets": [asset], "reader": api.organisation("A1").hex, "purpose": "year end", "until": "2031-01-01T00:00:00Z"}  # fmt: skip
    again = accountant.post("/api/v1/drafts", json=grant)
    signed = signatory.post(f"{again.headers['location']}/decision", json={"approve": True})
    assert (signed.status_code, signed.json()["state"]) == (200, "spent"), signed.text


def test_its_maker_takes_a_draft_back_on_its_page_also_once_it_came_back(api: Running, asset: str) -> None:
    accountant, signatory = api.client("m1-accountant"), api.client("m1-signatory")
    for came_back in (False, True):
        row = prepared(api, asset)
        if came_back:
            signatory.post(f"/drafts/{row.id}/back", data={"reason": "another lender"})
        away = f"/drafts/{row.id}/withdrawal"
        assert away in accountant.get(f"/drafts/{row.id}").text
        assert away not in signatory.get(f"/drafts/{row.id}").text
        assert signatory.post(away).status_code == 403
        assert accountant.post(away).headers["location"] == "/drafts"
        assert accountant.get(f"/drafts/{row.id}").status_code == 404
        assert f"/drafts/{row.id}" not in accountant.get("/drafts").text


def test_papers_are_certified_once_they_are_signed(api: Running) -> None:
    accountant, signatory = api.client("m1-accountant"), api.client("m1-signatory")
    token = secrets.token_hex(8)
    sent = accountant.post(
        "/papers", files={"file": (f"{token}.txt", token.encode())}, headers={"X-Upload-Token": token}
    )
    assert sent.status_code == 204, sent.text

    def paper() -> paper_table.Paper:
        with api.gateway.database.session() as session:
            rows = paper_table.papers_of(session, api.organisation("M1").hex)
            return next(row for row in rows if row.name == f"{token}.txt")

    until(lambda: paper().reading)
    said = {"paper": paper().id, f"job-{paper().id}": "", "do": "draft"}
    assert accountant.post("/papers/certify", data=said).headers["location"] == "/drafts"
    assert accountant.post("/papers/certify", data=said).status_code == 422
    row = newest(api)
    assert f"{token}.txt" in signatory.get(f"/drafts/{row.id}").text
    assert paper().job is None
    assert signatory.post(f"/drafts/{row.id}/sign").headers["location"] == "/papers"
    assert paper().job is not None
