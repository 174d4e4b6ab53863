"""Products by two people, an application with its decision, what each side is told of it, replay, a person's word, a loan account to its end."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.credit.products import defaults
from gateway.db import credit
from gateway.service import cases

from ...running import Running
from .helping import certified, job_papers, problem

LENDERS = {"L1-AR": "l1", "L1-CR": "l1", "L2-FA": "l2"}


@pytest.fixture(scope="module")
def products(api: Running) -> dict[str, str]:
    """The shipped products, proposed by risk officers and published by approvers: their ids by code."""
    made = {}
    for one in defaults():
        risk, approver = (api.client(f"{LENDERS[one.code]}-{role}") for role in ("risk", "approver"))
        known = {each["product_id"]: each["state"] for each in risk.get("/api/v1/products").json()["items"]}
        if one.id not in known:
            answer = risk.post("/api/v1/products", json={"content": dict(one.body)})
            assert (answer.status_code, answer.json()["state"]) == (201, "draft"), answer.text
            problem(risk.post(f"/api/v1/products/{one.id}/publication"), 403, "FORBIDDEN")
        answer = approver.post(f"/api/v1/products/{one.id}/publication")
        assert (answer.status_code, answer.json()["state"]) == (201, "published"), answer.text
        made[one.code] = one.id
    return made


@pytest.fixture(scope="module")
def applied(api: Running, products: dict[str, str]) -> dict[str, Any]:
    """M1 has certified a job and applied for more than one job is good for."""
    for content in job_papers().values():
        certified(api, content)
    said = {"amount": "600000", "days": 90}
    headers = {"Idempotency-Key": "autumn", "Prefer": "wait=30"}
    client = api.client("m1-signatory")
    answer = client.post("/api/v1/applications", json=said, headers=headers)
    assert answer.status_code == 201, answer.text
    again = client.post("/api/v1/applications", json=said, headers=headers)
    assert again.json()["application_id"] == answer.json()["application_id"]
    problem(client.post("/api/v1/applications", json=said | {"days": 91}, headers=headers), 409, "KEY_REUSED")
    place, deadline = f"/api/v1/applications/{answer.json()['application_id']}", time.monotonic() + 30
    while True:  # its records are anchored behind the answer
        made: dict[str, Any] = client.get(place).json()
        if all(one["anchored_as"] for one in made["decisions"]):
            return made
        assert time.monotonic() < deadline, made
        time.sleep(0.1)


def decision_of(api: Running, applied: dict[str, Any], lender: str) -> str:
    (found,) = [one for one in applied["decisions"] if one["lender"] == api.organisation(lender.upper()).hex]
    return str(found["decision_id"])


def test_a_firm_is_told_what_it_could_borrow_and_why_not(api: Running, applied: dict[str, Any]) -> None:
    found = api.client("m1-accountant").get("/api/v1/borrowing-power", params={"days": 90}).json()
    assert (found["available"], found["person"], found["offers"]) == ("0", False, [])
    assert found["borrowing_base"]["lines"][0]["code"] == "NET"
    assert any("history" in one["en"] for one in found["reasons"])
    later = [one["possible_from"] for one in found["refused"] if one["code"] == "HISTORY"]
    assert all(later)


def test_the_applicant_reads_its_own_part_and_its_lender_the_whole(
    api: Running, applied: dict[str, Any]
) -> None:
    assert (applied["state"], applied["offers"], applied["loan_id"]) == ("decided", [], None)
    assert [one["name"] for one in applied["steps"] if one["at"]] == ["applied", "decided"]
    place = f"/api/v1/applications/{applied['application_id']}"
    assert api.client("m1-accountant").get(place).json() == applied
    problem(api.client("m2-accountant").get(place), 404, "NOT_FOUND")
    for word in ("findings", "features", "hits", "R02", "R07", "B06", "B11"):
        assert f'"{word}"' not in str(applied["decisions"]).replace("'", '"')
    mine, officer = decision_of(api, applied, "l1"), api.client("l1-officer")
    shown = officer.get(f"/api/v1/decisions/{mine}").json()
    assert shown["record"]["points"] and shown["anchored_as"] and shown["verdicts"]["VALID"] > 0
    assert mine in str(officer.get("/api/v1/decisions").json())
    problem(api.client("l2-officer").get(f"/api/v1/decisions/{mine}"), 404, "NOT_FOUND")
    assert mine not in str(api.client("l2-officer").get("/api/v1/decisions").json())


def test_an_auditor_sees_what_was_checked_and_nothing_that_papers_say(
    api: Running, applied: dict[str, Any]
) -> None:
    mine, auditor = decision_of(api, applied, "l1"), api.client("a1-auditor")
    shown = auditor.get(f"/api/v1/decisions/{mine}").json()
    record = api.client("l1-risk").get(f"/api/v1/decisions/{mine}").json()["record"]
    assert shown["asked"] is None and shown["amount"] is None and shown["score"] == record["score"]
    assert (
        shown["record"]["inputs"] == record["inputs"] and shown["record"]["scorecard"] == record["scorecard"]
    )
    known = [one["identity"].rpartition("/")[2] for base in record["bases"].values() for one in base["items"]]
    amounts = [line["amount"] for base in record["bases"].values() for line in base["lines"]]
    values = [one["value"] for one in record["features"].values() if one["value"] and len(one["value"]) > 3]
    assert amounts
    text = json.dumps(shown["record"] | {"inputs": []}, ensure_ascii=False)
    assert not [word for word in (*known, *amounts, *values, "200000") if f'"{word}"' in text]
    told = {"auditor": api.organisation("A1").hex, "purpose": "audit of a decision"}
    place = f"/api/v1/decisions/{mine}/grants"
    problem(api.client("l1-officer").post(place, json=told), 403, "FORBIDDEN")
    problem(api.client("l2-risk").post(place, json=told), 404, "UNKNOWN_DECISION")
    no_auditor = told | {"auditor": api.organisation("L2").hex}
    problem(api.client("l1-risk").post(place, json=no_auditor), 422, "NO_AUDITOR")
    grant = api.client("l1-risk").post(place, json=told).json()["grant_id"]
    assert grant in auditor.get("/api/v1/grants", params={"direction": "received"}).text


def test_no_rule_against_fraud_is_named_to_an_applicant() -> None:
    said = [
        {"code": code, "en": "Your documents do not agree", "zh": "", "points": None}
        for code in ("K04", "K07", "R07")
    ]
    lines = [
        {"code": code, "text": "x", "amount": amount} for code, amount in (("B01", "-1"), ("B06", "-2.50"))
    ]
    assert [one["code"] for one in cases.told_reasons(said)] == ["REVIEW"]
    assert [(one["code"], one["amount"]) for one in cases.told_base(lines)] == [("B01", "-3.50")]


def test_an_auditor_replays_a_decision(api: Running, applied: dict[str, Any]) -> None:
    mine = decision_of(api, applied, "l2")
    found = api.client("a1-auditor").post(f"/api/v1/decisions/{mine}/replay").json()
    assert (found["verdict"], found["differences"], found["anchored"]) == ("identical", [], True)
    problem(api.client("l1-risk").post(f"/api/v1/decisions/{mine}/replay"), 404, "NOT_FOUND")
    problem(api.client("l1-officer").post(f"/api/v1/decisions/{mine}/replay"), 403, "FORBIDDEN")


def test_a_person_decides_with_a_reason(api: Running, applied: dict[str, Any]) -> None:
    place = f"/api/v1/decisions/{decision_of(api, applied, 'l1')}/review"
    officer = api.client("l1-officer")
    said = {"outcome": "decline", "code": "D1", "reason": "too little is known"}
    problem(officer.post(place, json=said | {"reason": " "}), 422, "REASON")
    problem(api.client("l2-officer").post(place, json=said), 404, "UNKNOWN_DECISION")
    made = officer.post(place, json=said).json()
    assert made["outcome"] == "decline" and made["automated"] is False and made["reviews"] in place
    problem(officer.post(place, json=said), 409, "REVIEWED")
    shown = officer.get(f"/api/v1/decisions/{made['decision_id']}").json()
    assert [(one["who"], one["role"], one["text"]) for one in shown["record"]["human"]] == [
        ("l1-officer", "officer", "too little is known")
    ]
    listed = officer.get("/api/v1/decisions").text
    assert (
        made["decision_id"] in listed and listed.count(f'"{made["reviews"]}"') == 1
    )  # only as what it reviews
    audited = api.client("a1-auditor").get(f"/api/v1/decisions/{made['decision_id']}").json()["record"]
    assert audited["human"][0]["code"] == "D1" and "text" not in audited["human"][0]
    place = f"/api/v1/applications/{applied['application_id']}"
    told = next(
        one
        for one in api.client("m1-accountant").get(place).json()["decisions"]
        if one["decision_id"] == made["decision_id"]
    )
    assert told["reasons"][0]["en"] == "What could be verified does not carry this loan."
    assert "too little is known" not in str(told)


def test_nothing_is_accepted_that_was_not_offered(api: Running, applied: dict[str, Any]) -> None:
    place, client = f"/api/v1/applications/{applied['application_id']}", api.client("m1-signatory")
    answer = client.post(f"{place}/acceptance", json={"product": "L1-AR"})
    assert answer.status_code in (404, 409), answer.text
    gone = client.post(f"{place}/withdrawal")
    assert gone.json()["state"] == "withdrawn"
    problem(client.post(f"{place}/withdrawal"), 409, "STATE")


def test_a_simulation_counts_ones_own_decisions(
    api: Running, applied: dict[str, Any], products: dict[str, str]
) -> None:
    content = dict(defaults()[0].body)
    found = api.client("l1-risk").post("/api/v1/product-simulations", json={"content": content}).json()
    assert found["decisions"] >= 1 and found["passed"] == 0
    problem(api.client("l1-risk").post("/api/v1/products", json={"content": {"schema": "x"}}), 422, "PRODUCT")


def test_applications_of_one_firm_at_once_are_made_in_turn_and_the_last_stands(
    api: Running, products: dict[str, str]
) -> None:
    client = api.client("m2-signatory")

    def apply(number: int) -> tuple[int, str]:
        headers = {"Idempotency-Key": f"at-once-{number % 4}", "Prefer": "wait=30"}
        answer = client.post("/api/v1/applications", json={"amount": "90000", "days": 60}, headers=headers)
        return answer.status_code, answer.json()["application_id"]

    with ThreadPoolExecutor(8) as pool:  # each of four twice
        answers = list(pool.map(apply, range(8)))
    assert {status for status, _ in answers} == {201}, answers
    assert sorted(Counter(application for _, application in answers).values()) == [2, 2, 2, 2]
    rows = client.get("/api/v1/applications").json()["items"]
    states = Counter(
        one["state"] for one in rows if one["application_id"] in dict.fromkeys(id_ for _, id_ in answers)
    )
    assert states["withdrawn"] == 3, states


def test_an_unsecured_loan_from_contract_to_its_last_receipt(api: Running, products: dict[str, str]) -> None:
    """As acceptance leaves it; the whole way from an approval is walked on the large world by the test of the cycle."""
    home = api.gateway.installation
    line = {"due": "2026-12-27", "principal": "100000.00", "interest": "1112.50"}
    content = {"product": "L1-CR", "amount": "100000.00", "rate_bps": 445, "days": 90, "day_count": "ACT/360", "offer": None, "schedule": [line], "drawn_on": None, "bank_reference": None}  # fmt: skip
    with home.database.session() as session:
        parties = {"lender": api.organisation("L1").hex, "borrower": api.organisation("M1").hex}
        session.add(
            credit.Loan(loan_id="loan-of-a-test", decision_id="none", application_id="none", product_id=products["L1-CR"], state="accepted", pledge_id=None, content=content, at=home.now(), **parties)
        )  # fmt: skip
    place, operations = "/api/v1/loans/loan-of-a-test", api.client("l1-operations")
    problem(operations.post(f"{place}/drawdown", json={"reference": "B1"}), 409, "STATE")
    assert api.client("l1-officer").post(f"{place}/contract").json()["state"] == "contracted"
    drawn = operations.post(f"{place}/drawdown", json={"reference": "B1"}).json()
    assert drawn["position"]["principal"] == "100000.00" and len(drawn["schedule"]) == 1
    problem(api.client("l2-officer").get(place), 404, "UNKNOWN_LOAN")
    assert api.client("m1-accountant").get(place).json() == drawn
    paid = {"reference": "R1", "date": drawn["drawn_on"], "amount": "100000.00"}
    booked = operations.post(f"{place}/receipts", json=paid).json()
    assert booked["existing"] is False and booked["position"]["payoff"] in ("0", "0.00")
    assert operations.post(f"{place}/receipts", json=paid).json()["existing"] is True
    problem(operations.post(f"{place}/receipts", json=paid | {"amount": "1"}), 409, "REFERENCE_REUSED")
    assert operations.get(place).json()["state"] == "closed"
