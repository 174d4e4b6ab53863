"""`POST /assets`: many files, signers beside them, references to uploads; 202 and 201; the same key once; what is broken leaves nothing."""

from __future__ import annotations

import hashlib
import json
import socket
import time
import uuid
from pathlib import Path

import httpx
import pytest

from gateway.service import evidence

from ...running import Running
from .helping import certified, form, invoice, job_papers, problem

URL = "/api/v1/assets"


def test_accepted_with_the_jobs_place_then_done_with_an_answer_for_each_file(api: Running) -> None:
    client = api.client("m1-accountant")
    entity = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    files = form(("发票.xml", invoice()), ("C:\\scans\\bad.xml", entity), ("notes.txt", b"free text"))
    answer = client.post(URL, files=files)
    assert answer.status_code == 202
    said = answer.json()
    assert (said["state"], [one["asset"] for one in said["files"]]) == ("queued", [None] * 3)
    done = client.get(answer.headers["location"], headers={"Prefer": "wait=20"}).json()
    assert done["state"] == "done" and done["created_at"].endswith("Z")
    assert [one["name"] for one in done["files"]] == ["发票.xml", "bad.xml", "notes.txt"]
    first, broken, last = done["files"]
    assert first["asset"]["existing"] is False and last["asset"]["root"] == first["asset"]["root"]
    assert broken["asset"] is None and broken["error"]["code"] == "ENTITY_DECLARED"


def test_a_document_that_stands_is_answered_with_its_asset(api: Running) -> None:
    content = invoice()
    asset = certified(api, content)
    again = certified(api, content)
    assert (again["asset_id"], again["existing"]) == (asset["asset_id"], True)
    assert certified(api, content, "m2-accountant")["asset_id"] != asset["asset_id"]


def test_the_same_key_with_the_same_files_is_one_job_and_with_others_a_conflict(api: Running) -> None:
    client, headers = api.client("m1-accountant"), {"Idempotency-Key": str(uuid.uuid4())}
    content = invoice()
    first = client.post(URL, files=form(("a.xml", content)), headers=headers)
    again = client.post(URL, files=form(("a.xml", content)), headers=headers)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    problem(
        client.post(URL, files=form(("a.xml", invoice())), headers=headers), 409, "IDEMPOTENCY_KEY_REUSED"
    )
    other = api.client("m2-accountant").post(URL, files=form(("a.xml", content)), headers=headers)
    assert other.status_code == 202 and other.json()["id"] != first.json()["id"]


def test_by_reference_the_bytes_are_sent_once(api: Running) -> None:
    client, content = api.client("m1-accountant"), invoice()
    sent = client.post("/api/v1/uploads", params={"name": "invoice.xml"}, content=content)
    assert sent.status_code == 201
    upload = sent.json()
    assert upload["sha256"] == "0x" + hashlib.sha256(content).hexdigest()
    assert client.get(sent.headers["location"]).json() == upload
    again = client.post("/api/v1/uploads", params={"name": "invoice.xml"}, content=content).json()
    assert again["id"] == upload["id"]
    documents = {"documents": [{"sha256": upload["sha256"]}]}
    done = client.post(URL, json=documents, headers={"Prefer": "wait=20"}).json()
    assert (done["files"][0]["name"], done["files"][0]["asset"]["existing"]) == ("invoice.xml", False)
    problem(api.client("m2-accountant").get(f"/api/v1/uploads/{upload['id']}"), 404, "NOT_FOUND")
    problem(api.client("m2-accountant").post(URL, json=documents), 404, "UNKNOWN_UPLOAD")
    assert client.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204
    problem(client.get(f"/api/v1/uploads/{upload['id']}"), 404, "NOT_FOUND")


def test_a_job_of_papers_in_a_dossier_is_linked_and_what_is_missing_is_said(api: Running) -> None:
    client, name = api.client("m1-accountant"), "工单-1"
    papers = job_papers()
    sent = client.post(
        URL, files=form(*papers.items()), data={"dossier": name}, headers={"Prefer": "wait=20"}
    ).json()
    assert all(one["error"] is None for one in sent["files"]), sent
    shown = client.get(f"/api/v1/dossiers/{name}").json()
    assert len(shown["assets"]) == len(papers)
    states = {step["kind"]: step["state"] for step in shown["steps"]}
    assert states["invoice"] == "done" and states["payment"] == "open"
    assert shown["missing"] == [kind for kind, state in states.items() if state == "missing"]
    document = client.get(f"/api/v1/dossiers/{name}/document").json()
    report = api.client("l1-officer").post("/api/v1/verifications", json={"dossier": document}).json()
    assert report["dossier"] == name and len(report["reports"]) == len(papers)
    assert "INVALID" not in {check["verdict"] for one in report["reports"] for check in one["checks"]}


def test_an_inspectors_signature_beside_its_file_is_committed(api: Running, tmp_path: Path) -> None:
    content = job_papers()["inspection.qif"]
    path = tmp_path / "inspection.qif"
    path.write_bytes(content)
    organisation = api.organisation("M1")
    seed = api.gateway.installation.keys.seed("M1", "instrument")
    beside = evidence.sign_file(seed, path, organisation.id, "instrument", "2026-09-01T08:00:00Z")
    files = form((path.name, content), (beside.name, beside.read_bytes()))
    done = api.client("m1-accountant").post(URL, files=files, headers={"Prefer": "wait=20"}).json()
    assert len(done["files"]) == 1
    shown = api.client("m1-accountant").get(f"{URL}/{done['files'][0]['asset']['asset_id']}/receipt").json()
    assert any(field["path"] == "signer.0001.role" for field in shown["fields"])


def test_what_cannot_be_taken_is_refused_by_name_and_leaves_nothing_in_the_spool(api: Running) -> None:
    client, spool = api.client("m1-accountant"), api.home.root / "spool"
    before = sorted(spool.iterdir())
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    head = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.xml"\r\n\r\n'
    problem(client.post(URL, content=head + b"half of it", headers=multipart), 422, "BROKEN_FORM")
    problem(client.post(URL, content=b"no form", headers=multipart), 422, "BROKEN_FORM")
    problem(client.post(URL, content=head + b"a\r\n--x--\r\n"), 415, "MEDIA_TYPE")
    problem(client.post(URL, data={"dossier": "x"}, files={"other": ("", b"")}), 422, "FILES")
    problem(client.post(URL, files=form(("a.xml.signers.json", b"{}"))), 422, "FILES")
    alone = form(("b.xml", b"b"), ("a.xml.signers.json", b"{}"))
    problem(client.post(URL, files=alone), 422, "SIGNERS")
    for data in ({"dossier": "../up"}, {"links": "fulfils=0x12"}, {"links": "nonsense"}):
        problem(client.post(URL, files=form(("a.xml", b"a")), data=data), 422, "INVALID_REQUEST")
    unknown = {"links": "marries=0x" + "00" * 32}
    problem(client.post(URL, files=form(("a.xml", b"a")), data=unknown), 422, "LINK")
    problem(client.post(URL, json={"documents": []}), 422, "INVALID_REQUEST")
    problem(client.post("/api/v1/uploads", params={"name": "a"}, content=b""), 422, "EMPTY")
    assert sorted(spool.iterdir()) == before


def test_a_file_over_the_cap_is_refused_before_it_comes(api: Running) -> None:
    client = api.client("m1-accountant")
    lines = "".join(f"{name}: {value}\r\n" for name, value in _head(client, 300 * 2**20).items())
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as raw:
        raw.sendall(f"POST /api/v1/uploads?name=huge HTTP/1.1\r\n{lines}\r\nbegun".encode())
        answer = raw.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_sender_that_goes_away_leaves_nothing_and_is_no_error_of_ours(
    api: Running, caplog: pytest.LogCaptureFixture
) -> None:
    client, spool = api.client("m1-accountant"), api.home.root / "spool"
    before = sorted(spool.iterdir())
    for path in ("assets", "uploads?name=part"):
        lines = "".join(f"{name}: {value}\r\n" for name, value in _head(client, 100_000).items())
        body = '--x\r\ncontent-disposition: form-data; name="files"; filename="a.xml"\r\n\r\nthe first half'
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as raw:
            raw.sendall(f"POST /api/v1/{path} HTTP/1.1\r\n{lines}\r\n{body}".encode())
            while sorted(spool.iterdir()) == before:
                time.sleep(0.005)
        while sorted(spool.iterdir()) != before:
            time.sleep(0.005)
    assert "failed" not in caplog.text


def _head(client: httpx.Client, length: int) -> dict[str, str]:
    """The headers of a request that a test writes itself."""
    return {
        "Host": f"127.0.0.1:{client.base_url.port}",
        "Cookie": f"session={client.cookies['session']}",
        "X-CSRF-Token": client.headers["X-CSRF-Token"],
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(length),
    }


def test_lists_are_ones_own_filtered_and_paged_without_a_double(api: Running) -> None:
    client = api.client("m2-accountant")
    kinds = {certified(api, invoice("M2"), "m2-accountant")["asset_id"] for _ in range(5)}
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get(
            URL, params={"limit": 2, "kind": "invoice"} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [one["asset_id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert kinds <= set(seen) and len(seen) == len(set(seen))
    one = client.get(f"{URL}/{seen[0]}").json()
    assert client.get(URL, params={"number": one["number"]}).json()["items"][0]["asset_id"] == one["asset_id"]
    assert client.get(URL, params={"sha256": one["sha256"]}).json()["items"] == [one]
    assert client.get(URL, params={"kind": "payment"}).json() == {"items": [], "next": None}
    problem(client.get(URL, params={"cursor": "nonsense"}), 422, "CURSOR")
    jobs = client.get("/api/v1/jobs", params={"limit": 1}).json()
    assert (
        jobs["next"]
        and jobs["items"][0]["id"]
        > client.get("/api/v1/jobs", params={"limit": 1, "cursor": jobs["next"]}).json()["items"][0]["id"]
    )
    batches = client.get("/api/v1/batches").json()["items"]
    assert client.get(f"/api/v1/batches/{batches[0]['root']}").json() == batches[0]
    assert set(seen) <= {asset for batch in batches for asset in batch["assets"]}


def test_a_job_of_another_organisation_is_not_there(api: Running) -> None:
    job = api.client("m1-accountant").post(URL, files=form(("a.txt", b"of M1"))).json()
    problem(api.client("m2-accountant").get(f"/api/v1/jobs/{job['id']}"), 404, "NOT_FOUND")
    assert json.dumps(job["id"]) not in api.client("m2-accountant").get("/api/v1/jobs").text
