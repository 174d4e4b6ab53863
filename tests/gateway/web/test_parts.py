"""What pages are made of, without a browser: catalogues, spreadsheets, samples, originals, bundles."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from certifier.receipt import Receipt
from gateway import samples
from gateway.db import credit
from gateway.errors import UnreadableError
from gateway.service.own import own_receipt
from gateway.web import bundle, formats, originals
from gateway.web.auditor import draw
from gateway.web.faults import fault_of
from gateway.web.language import LANGUAGES, choose, extracted, read
from gateway.web.tables import Column, Table, export

from ..conftest import assetcert
from .conftest import ROOT, Site

STATIC = ROOT / "gateway" / "web" / "static"


def test_everything_shown_is_in_both_catalogues_and_chinese_is_whole() -> None:
    shown = {message if isinstance(message, str) else message[0] for _, message, _ in extracted()}
    for language in LANGUAGES:
        known = {
            one.id if isinstance(one.id, str) else one.id[0]: one.string for one in read(language) if one.id
        }
        assert shown == set(known), "run python -m gateway.web.language"
    assert not [key for key, text in known_of("zh").items() if not text]


def known_of(language: str) -> dict[str, object]:
    return {one.id if isinstance(one.id, str) else one.id[0]: one.string for one in read(language) if one.id}


def test_the_language_is_the_users_own_then_the_browsers_then_chinese() -> None:
    assert choose("en", "zh-CN") == "en"
    assert choose(None, "en-GB,en;q=0.9,zh;q=0.5") == "en"
    assert choose(None, "fr-FR") == choose(None, None) == choose("xx", None) == "zh"


@pytest.mark.parametrize(
    ("value", "text"), [("1234567.885", "¥1,234,567.89"), ("-0.5", "−¥0.50"), ("", "–"), ("n/a", "n/a")]
)
def test_money(value: str, text: str) -> None:
    assert formats.plain_money(value) == text


def test_numbers_of_a_decision_are_read_with_two_decimals() -> None:
    assert [formats.number(one) for one in ("98.4306", "-7.0426", "0.125", "120", "-0.001")] == ["98.43", "−7.04", "0.13", "120", "0"]  # fmt: skip
    for raw, shown in (
        ("Orders cover 0.947368 months of sales (1.5 give more points)", "Orders cover 0.95 months of sales (1.5 give more points)"),
        ("由第三方佐证的比例为0.575861（达到0.6可加分）", "由第三方佐证的比例为0.58（达到0.6可加分）"),
        ("changed by -7.0426 %, seen on 2026.06.301, part A1.2345", "changed by −7.04 %, seen on 2026.06.301, part A1.2345"),
    ):  # fmt: skip
        assert formats.rounded(raw) == shown


def test_times_are_shanghais_with_utc_on_hover() -> None:
    assert str(formats.time(1_782_748_800)) == (
        '<time datetime="2026-06-29T16:00:00Z" title="2026-06-29 16:00:00 UTC">2026-06-30 00:00</time>'
    )


def test_a_spreadsheet_runs_nobodys_formula() -> None:
    table = Table("t", (Column("name", lambda row: row),), ["=HYPERLINK(1)", "+1", "plain"])
    assert export(table, "csv", "t").body.decode("utf-8-sig").splitlines() == [
        "name",
        "'=HYPERLINK(1)",
        "'+1",
        "plain",
    ]
    assert b"<f>" not in bytes(export(table, "xlsx", "t").body)


@dataclass(frozen=True)
class Drawn:
    lender: str
    pledge_id: str


def test_a_sample_is_in_proportion_and_the_same_for_the_same_seed() -> None:
    rows = [
        (Drawn(lender, f"{lender}{n}"), ())
        for lender, count in (("a", 60), ("b", 30), ("c", 10))
        for n in range(count)
    ]
    first = draw(rows, "s", 20)
    assert Counter(row[0].lender for row in first) == {"a": 12, "b": 6, "c": 2}
    assert first == draw(list(reversed(rows)), "s", 20)
    assert first != draw(rows, "t", 20)
    assert draw([], "s", 5) == []


def test_xml_is_shown_indented_and_escaped_with_its_facts_marked() -> None:
    shown = originals.shown(b"<a x='1'><b>INV-7</b><c>&lt;script&gt;</c></a>", ["INV-7"]).text
    assert shown is not None
    assert "<mark>INV-7</mark>" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_a_pdf_is_shown_as_pictures() -> None:
    from gateway.web.certificate import pdf

    made = pdf("<p>one</p>")
    assert originals.shown(made).pages == 1
    assert (originals.page_image(made, 1) or (b"", ""))[0].startswith(b"\x89PNG")
    assert originals.page_image(made, 2) is None
    assert originals.shown(b"%PDF-1.7 broken").pages == 0


def test_errors_read_in_the_users_language() -> None:
    fault = fault_of("zh", "SHREDDED", "the secret was shredded")
    assert (fault.message, fault.code) == ("该单据内容已销毁，不能再展示。", "SHREDDED")
    assert fault.next
    assert fault_of("en", "NEVER_HEARD_OF", "as it was said").message == "as it was said"


def waiting(site: Site) -> list[credit.CreditDecision]:
    """More cases of L1 than a page holds: the oldest three wait for a person, the one between for a second."""

    def one(number: int) -> credit.CreditDecision:
        name, waits = f"dec-queue-{number:03}", number < 3
        said = [{"who": "l1-officer", "outcome": "approve"}]
        record = {"application": {"amount": "10000"}, "reasons": [], "inputs": [], "human": said}
        lender = site.running.organisation("L1").hex
        return credit.CreditDecision(
            decision_id=name, application_id=name, lender=lender, applicant=site.running.organisation("M1").hex,
            outcome="refer" if waits else "approve", record=json.dumps(record), digest=f"0x{number:064x}", asset_id=f"0x{number:064x}",
            reviews="dec-queue" if number == 1 else None, latency={}, at=number,
        )  # fmt: skip

    return [one(number) for number in range(230)]


def test_the_oldest_case_that_waits_stands_on_top_however_many_there_are(site: Site) -> None:
    rows, officer = waiting(site), site.running.client("l1-officer")
    with site.running.gateway.database.session() as session:
        session.add_all(rows)
    path, seen = "/queue", list[str]()
    while path:
        page = officer.get(path).text
        seen += re.findall(r'href="/queue/(dec-queue-\d+)"', page)
        (path,) = re.findall(r'href="(/queue\?after=[^"]+)"', page) or ("",)
    spread = officer.get("/queue", params={"as": "csv"}).text
    second = site.running.client("l1-approver").get("/approvals").text
    with site.running.gateway.database.session() as session:
        for row in rows:
            session.delete(row)
    ids = [row.decision_id for row in rows]
    assert seen == [*ids[:3], *reversed(ids[3:])]
    assert spread.count("\n") > len(rows)
    assert [one for one in ids if f"/queue/{one}" in second] == [ids[1]]


def test_a_bundle_verifies_on_the_command_line(site: Site, tmp_path: Path) -> None:
    client = site.running.client("m1-accountant")
    asset = site.assets["M1/invoice.xml"]
    (tmp_path / "b.zip").write_bytes(client.get(f"/certificates/{asset}/bundle.zip").content)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path)
    document = next(tmp_path.glob("invoice-*"))
    assert document.read_bytes() == samples.papers(samples.JOBS[0])["invoice.xml"]
    url = site.running.gateway.installation.node.url
    done = assetcert(
        "verify", tmp_path / f"{asset}.receipt.json", document, "--ledger", tmp_path / "ledger.json", "--rpc", url,
        home=tmp_path / "none",
    )  # fmt: skip
    assert done.code == 0, done.out
    assert done.json["verdict"] == "VALID"


def test_a_bundle_is_bounded_and_names_what_it_lacks(site: Site) -> None:
    home = site.running.gateway.installation
    receipt: Receipt = own_receipt(home, home.book.find("M1"), site.assets["M1/order.xml"])
    with pytest.raises(UnreadableError, match="no receipt"):
        bundle.opened([("a.xml", b"<a/>")])
    changed = json.loads(receipt.to_json()) | {"asset_id": "0x00"}
    brought = bundle.opened([("r.receipt.json", json.dumps(changed).encode())])
    assert not brought.given
    assert brought.refused[0].verdict.value == "INVALID"
    with pytest.raises(UnreadableError, match="cannot be opened"):
        bundle.opened([("b.zip", b"PK\x03\x04 no zip")])


def test_nobody_sees_another_organisations_pages(site: Site) -> None:
    mine, theirs = site.assets["M1/invoice.xml"], site.assets["M2/invoice.xml"]
    client = site.running.client("m1-signatory")
    assert client.get(f"/certificates/{mine}").status_code == 200
    for path in ("", "/original", "/bundle.zip", "/certificate.pdf", "/offer", "/share", "/revoke"):
        assert client.get(f"/certificates/{theirs}{path}").status_code == 404, path
    lender = site.running.client("l1-officer")
    assert lender.get("/certificates").status_code == 403
    assert lender.get("/audit").status_code == 403
    assert client.get("/inbox").status_code == 403
    assert client.get("/admissions").status_code == 403


def test_a_stranger_is_sent_to_the_login_and_back(site: Site) -> None:
    with site.running.stranger() as client:
        answer = client.get("/certificates?q=7", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/login?next=%2Fcertificates%3Fq%3D7",
        )
        assert (
            client.get("/certificates", headers={"Accept": "text/html", "HX-Request": "true"}).status_code
            == 401
        )
        for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
            page = client.get("/login", params={"next": evil}).text
            assert 'name="next" value="/"' in page


def test_a_page_weighs_little_and_runs_no_inline_script(site: Site) -> None:
    client: httpx.Client = site.running.client("m1-accountant")
    text = client.get("/papers", headers={"Accept": "text/html"}).text
    loaded = [part.split('"')[0].split("?")[0] for part in text.split("/static/")[1:]]
    weight = sum((STATIC / name).stat().st_size for name in set(loaded) if name.endswith((".js", ".css")))
    assert 0 < weight <= 100_000
    assert "<script>" not in text
    assert " style=" not in text
    assert " onclick=" not in text
