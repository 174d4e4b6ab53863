"""One asset: shown, disclosed, downloaded, suspended, corrected, shredded, by its owner alone and not on stale grounds."""

from __future__ import annotations

from ...running import Running
from .helping import certified, invoice, problem, receipt

URL = "/api/v1/assets"


def test_an_asset_is_shown_with_its_facts_and_its_document_comes_back_byte_for_byte(api: Running) -> None:
    content = invoice()
    asset_id = certified(api, content)["asset_id"]
    client = api.client("m1-accountant")
    shown = client.get(f"{URL}/{asset_id}").json()
    assert (shown["kind"], shown["standing"], shown["shredded"]) == ("invoice", "good", False)
    assert shown["facts"]["number"] == shown["number"] and shown["bytes"] == len(content)
    document = client.get(f"{URL}/{asset_id}/document")
    assert document.content == content
    assert document.headers["content-disposition"].startswith("attachment")


def test_another_organisation_does_not_find_it_anywhere(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    other, signatory = api.client("m2-accountant"), api.client("m2-signatory")
    for path in ("", "/receipt", "/document"):
        problem(other.get(f"{URL}/{asset_id}{path}"), 404, "NOT_FOUND")
    problem(signatory.put(f"{URL}/{asset_id}/standing", json={"standing": "revoked"}), 404, "NOT_FOUND")
    problem(signatory.post(f"{URL}/{asset_id}/shredding"), 404, "NOT_FOUND")
    problem(signatory.post(f"{URL}/{asset_id}/correction", json={"sha256": asset_id}), 404, "NOT_FOUND")


def test_a_receipt_shows_what_is_asked_for_and_is_not_sent_twice(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    whole, redacted = receipt(api, asset_id), receipt(api, asset_id, disclose="must-disclose")
    shown = [sum("value" in field for field in one["fields"]) for one in (whole, redacted)]
    assert shown[0] == len(whole["fields"]) > shown[1]
    client = api.client("m1-accountant")
    tag = client.get(f"{URL}/{asset_id}/receipt").headers["etag"]
    assert client.get(f"{URL}/{asset_id}/receipt", headers={"If-None-Match": tag}).status_code == 304
    other = client.get(
        f"{URL}/{asset_id}/receipt", params={"disclose": "identity"}, headers={"If-None-Match": tag}
    )
    assert other.status_code == 200


def test_it_is_suspended_and_lifted_and_nobody_decides_on_what_has_changed_since(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    client = api.client("m1-signatory")
    tag = client.get(f"{URL}/{asset_id}").headers["etag"]
    place = f"{URL}/{asset_id}/standing"
    done = client.put(place, json={"standing": "suspended"}, headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    assert client.get(f"{URL}/{asset_id}").json()["standing"] == "suspended"
    problem(client.put(place, json={"standing": "revoked"}, headers={"If-Match": tag}), 412, "STALE")
    assert client.put(place, json={"standing": "good"}).status_code == 200
    problem(api.client("m1-accountant").put(place, json={"standing": "good"}), 403, "FORBIDDEN")


def test_a_correction_certifies_the_new_document_then_revokes_the_old_one(api: Running) -> None:
    old = certified(api, invoice())["asset_id"]
    client, content = api.client("m1-signatory"), invoice()
    upload = client.post("/api/v1/uploads", params={"name": "corrected.xml"}, content=content).json()
    done = client.post(
        f"{URL}/{old}/correction", json={"sha256": upload["sha256"]}, headers={"Prefer": "wait=20"}
    )
    assert done.status_code == 201, done.text
    new = done.json()["files"][0]["asset"]["asset_id"]
    report = client.post(
        "/api/v1/verifications", json={"receipts": [receipt(api, old), receipt(api, new)]}
    ).json()
    standings = [
        check["verdict"]
        for one in report["reports"]
        for check in one["checks"]
        if check["code"] == "STANDING"
    ]
    assert standings == ["INVALID", "VALID"]
    same = client.get(f"{URL}/{new}").json()["sha256"]
    problem(client.post(f"{URL}/{new}/correction", json={"sha256": same}), 409, "SAME_DOCUMENT")


def test_shredded_it_is_still_anchored_and_nothing_of_it_can_be_had(api: Running) -> None:
    asset_id = certified(api, invoice())["asset_id"]
    kept = receipt(api, asset_id)
    client = api.client("m1-signatory")
    assert client.post(f"{URL}/{asset_id}/shredding").status_code == 201
    shown = client.get(f"{URL}/{asset_id}").json()
    assert (shown["shredded"], shown["facts"], shown["number"]) == (True, {}, None)
    problem(client.get(f"{URL}/{asset_id}/receipt"), 409, "SHREDDED")
    problem(client.get(f"{URL}/{asset_id}/document"), 409, "SHREDDED")
    problem(client.post(f"{URL}/{asset_id}/shredding"), 409, "SHREDDED")
    report = client.post("/api/v1/verifications", json={"receipts": [kept]}).json()
    assert {check["code"]: check["verdict"] for check in report["reports"][0]["checks"]}[
        "REGISTRATION"
    ] == "VALID"
