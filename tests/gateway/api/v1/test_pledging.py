"""Offer, pledge, second pledge refused, liens without a lender's name, close; who is not a party finds nothing."""

from __future__ import annotations

from typing import Any

from ...running import Running
from .helping import certified, invoice, problem, receipt


def offer(api: Running, asset_id: str, lender: str = "L1", **terms: Any) -> dict[str, Any]:
    """An offer of M1 to a lender."""
    asked = {"lender": api.organisation(lender).hex, "assets": [asset_id], **terms}
    answer = api.client("m1-signatory").post("/api/v1/offers", json=asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_offer_is_taken_once_its_lien_is_seen_by_all_and_the_lender_releases_it(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    made, rival = offer(api, asset_id), offer(api, asset_id, "L2")
    pledge_id = made["pledge_id"]
    officer, other = api.client("l1-officer"), api.client("l2-officer")
    assert officer.get(f"/api/v1/offers/{pledge_id}").json()["status"] is None
    problem(other.get(f"/api/v1/offers/{pledge_id}"), 404, "NOT_FOUND")
    problem(other.post("/api/v1/pledges", json={"offer": made["offer"]}), 409, "NOT_PARTY")
    taken = officer.post("/api/v1/pledges", json={"offer": made["offer"]})
    assert taken.status_code == 201, taken.text
    assert (taken.json()["pledge_id"], taken.json()["lien"]) == (pledge_id, "VALID")
    problem(other.post("/api/v1/pledges", json={"offer": rival["offer"]}), 409, "LIEN")
    liens = other.post("/api/v1/liens", json={"receipt": receipt(api, asset_id)}).json()
    assert [(one["pledge_id"], one["share"], one["status"]) for one in liens] == [(pledge_id, 10_000, "live")]
    assert api.organisation("L1").hex not in str(liens)
    shown = officer.get(f"/api/v1/pledges/{pledge_id}")
    assert shown.json()["claims"][0]["asset_id"] == asset_id
    assert api.client("m1-accountant").get(f"/api/v1/pledges/{pledge_id}").json() == shown.json()
    problem(other.get(f"/api/v1/pledges/{pledge_id}"), 404, "NOT_FOUND")
    place = f"/api/v1/pledges/{pledge_id}/closing"
    problem(api.client("l2-operations").post(place, json={"status": "satisfied"}), 404, "NOT_FOUND")
    stale = {"If-Match": '"something else"'}
    operations = api.client("l1-operations")
    problem(operations.post(place, json={"status": "satisfied"}, headers=stale), 412, "STALE")
    tag = {"If-Match": shown.headers["etag"]}
    assert operations.post(place, json={"status": "cancelled"}, headers=tag).status_code == 201
    problem(operations.post(place, json={"status": "cancelled"}), 409, "NOT_LIVE")
    again = other.post("/api/v1/pledges", json={"offer": rival["offer"]})
    assert again.status_code == 201, again.text
    lists = [client.get("/api/v1/pledges").json()["items"] for client in (officer, other)]
    assert pledge_id in str(lists[0]) and pledge_id not in str(lists[1])


def test_an_offer_that_makes_no_sense_or_was_changed_is_refused(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    client = api.client("m1-signatory")
    own = {"lender": api.organisation("M1").hex, "assets": [asset_id]}
    problem(client.post("/api/v1/offers", json=own), 422, "SELF")
    unknown = {"lender": "0x" + "ab" * 32, "assets": [asset_id]}
    problem(client.post("/api/v1/offers", json=unknown), 422, "UNKNOWN_ORG")
    foreign = certified(api, invoice("M2"), "m2-accountant")["asset_id"]
    lender = api.organisation("L1").hex
    problem(client.post("/api/v1/offers", json={"lender": lender, "assets": [foreign]}), 422, "UNKNOWN_ASSET")
    plain = certified(api, b"no invoice at all")["asset_id"]
    problem(client.post("/api/v1/offers", json={"lender": lender, "assets": [plain]}), 409, "NOT_PLEDGEABLE")
    made = offer(api, asset_id)["offer"]
    made["offer"]["expires_at"] += 1
    officer = api.client("l1-officer")
    problem(officer.post("/api/v1/pledges", json={"offer": made}), 409, "OFFER_SIGNATURE")
    problem(officer.post("/api/v1/pledges", json={"offer": {"schema": "x"}}), 422, "SCHEMA")
    problem(officer.post("/api/v1/pledges", json={"offer": made, "accept": ["LUCK"]}), 422, "ACCEPT")
