"""What a signatory takes back or corrects on the pages: confirmed with a reason, done once, kept in the organisation's events."""

from __future__ import annotations

import httpx

from ..api.v1.helping import certified, invoice
from ..running import Running

SAID = {"reason": "wrong quantity", "sure": "yes"}


def standing(api: Running, asset: str) -> str:
    return str(api.client("m1-accountant").get(f"/api/v1/assets/{asset}").json()["standing"])


def corrected(api: Running, asset: str, content: bytes, **said: str) -> httpx.Response:
    place = f"/certificates/{asset}/correct"
    return api.client("m1-signatory").post(place, data=SAID | said, files={"file": ("new.xml", content)})


def test_a_paper_is_taken_back_by_its_signatory_once_it_is_sure(api: Running) -> None:
    asset = certified(api, invoice())["asset_id"]
    place, signatory = f"/certificates/{asset}/revoke", api.client("m1-signatory")
    assert api.client("m1-accountant").post(place, data=SAID).status_code == 403
    assert signatory.post(place, data={"reason": "wrong quantity"}).status_code == 422
    assert standing(api, asset) == "good"
    assert signatory.post(place, data=SAID).headers["location"] == f"/certificates/{asset}"
    assert standing(api, asset) == "revoked"


def test_a_correction_certifies_the_new_paper_first(api: Running) -> None:
    first = invoice()
    asset = certified(api, first)["asset_id"]
    refused = corrected(api, asset, first)
    assert (refused.status_code, standing(api, asset)) == (422, "good")
    done = corrected(api, asset, invoice())
    assert done.status_code == 303, done.text
    made = done.headers["location"].rpartition("/")[2]
    assert (standing(api, asset), standing(api, made)) == ("revoked", "good")
