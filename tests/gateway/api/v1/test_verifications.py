"""Reports over HTTP: the verifier's own, one or many, streamed, with a document, for strangers too; a forged digit is seen."""

from __future__ import annotations

import asyncio
import copy
import json
from multiprocessing import active_children

from gateway.errors import GatewayError
from gateway.service.reports import Asked
from gateway.service.together import Together

from ...running import Running
from .helping import certified, invoice, problem, receipt

URL = "/api/v1/verifications"


def test_many_receipts_are_reported_on_in_order_at_one_block(api: Running) -> None:
    receipts = [receipt(api, certified(api, invoice())["asset_id"]) for _ in range(3)]
    said = api.client("l1-officer").post(URL, json={"receipts": receipts}).json()
    assert [one["asset_id"] for one in said["reports"]] == [
        api.client("l1-officer").post("/verify", json={"receipts": [one]}).json()["reports"][0]["asset_id"]
        for one in receipts
    ]
    assert len({one["as_of"]["hash"] for one in said["reports"]}) == 1
    assert said["verdict"] == "UNKNOWN"  # FACTS needs the document
    assert len(said["reports"][0]["checks"]) == 12


def test_a_report_is_made_although_the_process_that_makes_it_was_killed(api: Running) -> None:
    shown = {"receipts": [receipt(api, certified(api, invoice())["asset_id"])]}
    client = api.client("l1-officer")
    before = client.post(URL, json=shown).json()
    killed = [process for process in active_children() if process.name == "gateway.service.together"]
    for process in killed:
        process.kill()
        process.join()
    assert killed
    after = client.post(URL, json=shown).json()
    assert [check["verdict"] for check in after["reports"][0]["checks"]] == [
        check["verdict"] for check in before["reports"][0]["checks"]
    ]


def test_what_nobody_foresaw_is_told_to_whoever_sent_it_alone(api: Running) -> None:
    good = Asked(
        json.dumps({"receipts": [receipt(api, certified(api, invoice())["asset_id"])]}).encode(), None
    )
    never = Asked(b"[]", None)  # the application refuses it before

    async def at_once() -> list[bytes | BaseException]:
        together = Together(api.home, lambda: api.gateway.installation.ledger.chain.rpc.url)
        asked = [good, *[never, good] * 4]
        made = await asyncio.gather(*map(together.answer, asked), return_exceptions=True)
        await together.close()
        return made

    made = asyncio.run(at_once())
    assert [isinstance(one, bytes) for one in made] == [True, *[False, True] * 4]
    assert {one.code for one in made if isinstance(one, GatewayError)} == {"INTERNAL"}


def test_with_its_document_a_receipt_is_valid_and_one_flipped_digit_is_seen(api: Running) -> None:
    content = invoice()
    shown = json.dumps(receipt(api, certified(api, content)["asset_id"]))
    client = api.client("l1-officer")
    good = client.post(
        f"{URL}/document", files={"receipt": ("r", shown), "file": ("invoice.xml", content)}
    ).json()
    assert good["verdict"] == "VALID", good
    forged = content.replace(b"2026", b"2025", 1)
    bad = client.post(
        f"{URL}/document", files={"receipt": ("r", shown), "file": ("invoice.xml", forged)}
    ).json()
    verdicts = {check["code"]: check["verdict"] for check in bad["checks"]}
    assert (bad["verdict"], verdicts["CONTENT"]) == ("INVALID", "INVALID")


def test_a_changed_value_is_invalid_and_what_is_no_receipt_is_unreadable(api: Running) -> None:
    shown = receipt(api, certified(api, invoice())["asset_id"])
    changed = copy.deepcopy(shown)
    field = next(one for one in changed["fields"] if one["path"] == "fact.total")
    field["value"] = "1"
    client = api.client("l1-officer")
    said = client.post(URL, json={"receipts": [shown, changed]}).json()
    assert [one["verdict"] for one in said["reports"]] == ["UNKNOWN", "INVALID"]
    problem(client.post(URL, json={"receipts": [{}]}), 422, "RECEIPT")
    problem(client.post(URL, json={"receipts": []}), 422, "WHAT")
    problem(client.post(URL, json={"dossier": shown}), 422, "NOT_A_DOSSIER")


def test_checks_are_streamed_as_lines_or_as_events_and_end_with_the_report(api: Running) -> None:
    shown = receipt(api, certified(api, invoice())["asset_id"])
    client = api.client("l1-officer")
    with client.stream("POST", f"{URL}/stream", json={"receipt": shown}) as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert [line["check"]["number"] for line in lines[:-1]] == list(range(1, 13))
    assert lines[-1]["report"]["verdict"] == "UNKNOWN"
    accepting = {"Accept": "text/event-stream"}
    with client.stream("POST", f"{URL}/stream", json={"receipt": shown}, headers=accepting) as answer:
        text = "".join(answer.iter_text())
    assert text.count("event: check\n") == 12 and text.count("event: report\n") == 1


def test_a_stranger_verifies_without_an_account_and_does_nothing_else(api: Running) -> None:
    content = invoice()
    shown = receipt(api, certified(api, content)["asset_id"])
    with api.stranger() as stranger:
        said = stranger.post("/verify", json={"receipts": [shown]}).json()
        assert said["reports"][0]["verdict"] == "UNKNOWN"
        files = {"receipt": ("r", json.dumps(shown)), "file": ("f", content)}
        assert stranger.post("/verify/document", files=files).json()["verdict"] == "VALID"
        with stranger.stream("POST", "/verify/stream", json={"receipt": shown}) as answer:
            assert sum(1 for _ in answer.iter_lines()) == 13
        problem(stranger.post(URL, json={"receipts": [shown]}), 401, "UNAUTHENTICATED")
