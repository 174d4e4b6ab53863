"""The other portals' main jobs in a real browser: lend, audit, register, verify as a stranger; two who decide one case; no barrier on any page."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from certifier.receipt import Receipt
from gateway.service import granting, pledging
from gateway.service.own import own_receipt

from .conftest import DESKTOP, PHONE, Opened, Site, everywhere, violations


def receipt_of(site: Site, name: str) -> Receipt:
    """The whole receipt of a paper such as `M1/invoice.xml`."""
    home = site.running.gateway.installation
    return own_receipt(home, home.book.find(name.partition("/")[0]), site.assets[name])


def offered(site: Site, name: str, lender: str, days: int = 90) -> str:
    """An offer of a receivable, made as the page makes it; its id."""
    home = site.running.gateway.installation
    owner = home.book.find(name.partition("/")[0])
    made = pledging.make_offer(home, owner, home.book.find(lender).id, [receipt_of(site, name)], days=days)
    return "0x" + made.pledge_id.hex()


def days_of(first: int, language: str, size: tuple[int, int]) -> int:
    """Days that no other run of a test offers for."""
    return first + 2 * (language == "zh") + (size == PHONE)


def _verified(page: Any) -> Any:
    page.wait_for_function(
        "() => document.querySelector('#closing') && !document.querySelector('.checks .pending')",
        timeout=30_000,
    )
    return page.locator("[id^=banner]").first


@pytest.mark.parametrize(("language", "size"), everywhere("zh", DESKTOP))
def test_a_lender_watches_the_checks_come_in(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    pledge_id = offered(site, "M2/invoice.xml", "L2", days_of(60, language, size))
    page = opened("l2-officer", language=language, size=size)
    page.goto(f"{site.url}/inbox")
    page.locator(f"a[href='/inbox/{pledge_id}']").click()
    banner = _verified(page)
    assert page.locator(".checks > li").count() == 12
    assert ("通过" if language == "zh" else "verified") in banner.inner_text()
    unknown = page.locator(".checks .chip.wait")
    assert unknown.count() >= 1  # the document itself was not granted
    assert all(word.strip() in ("未知", "Not known") for word in unknown.all_inner_texts())
    page.locator("#c1-LIEN summary").click()
    assert page.locator("#c1-LIEN .drawer").is_visible()
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")


CASE = {
    "en": ("locked", "decided", "Another lender has locked this receivable", "released"),
    "zh": ("已质押", "他人已作出决定", "该应收账款已被其他资金方", "解除"),
}


@pytest.mark.parametrize(("language", "size"), everywhere("en", DESKTOP))
def test_two_officers_decide_one_case(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    locked, decided, of_another, released = CASE[language]
    days = days_of(90, language, size)
    pledge_id = offered(site, "M1/invoice.xml", "L1", days)
    first, second = (opened(user, language=language, size=size) for user in ("l1-officer", "l1-approver"))
    for page in (first, second):
        page.goto(f"{site.url}/inbox/{pledge_id}")
        _verified(page)
    first.click("#decision button.primary")
    first.wait_for_function(
        "word => document.querySelector('main .row .chip')?.textContent.includes(word)",
        arg=locked,
        timeout=30_000,
    )
    second.click("#decision button.primary")
    second.locator("#decision .notice.bad").wait_for(timeout=30_000)
    assert decided in second.locator("#decision .notice.bad").inner_text()
    rival = opened("l2-officer", language=language, size=size)
    rival_offer = offered(site, "M1/invoice.xml", "L2", days)
    rival.goto(f"{site.url}/inbox/{rival_offer}")
    _verified(rival)
    told = rival.locator("#c1-LIEN").inner_text()
    assert of_another in told
    rival.locator("#c1-LIEN summary").click()
    bank = site.running.organisation("L1")
    assert bank.name not in rival.content()
    assert bank.hex not in rival.content()
    back = opened("l1-operations", language=language, size=size)
    back.goto(f"{site.url}/inbox/{pledge_id}")
    back.select_option("#f-status", "cancelled")
    back.click("#decision button.primary")
    back.wait_for_function(
        "word => document.querySelector('main .row .chip')?.textContent.includes(word)",
        arg=released,
        timeout=30_000,
    )


def test_a_lender_judges_what_it_was_given_and_its_owner_sees_the_reading(opened: Opened, site: Site) -> None:
    home = site.running.gateway.installation
    owner, receipt = home.book.find("M1"), receipt_of(site, "M1/invoice.xml")
    made = granting.make_grant(
        home, owner, home.book.find("L2").id, receipt, ["content"], "due diligence", home.now() + 86_400 * 20
    )
    page = opened("l2-risk")
    page.goto(f"{site.url}/shared/0x{made.grant_id.hex()}")
    assert page.locator(".paper").count() == 0
    with page.expect_navigation(timeout=30_000):
        page.click("main form button.primary")
    assert page.locator(".paper mark").first.is_visible()
    assert page.locator("#check-FACTS .chip.good, #check-FINGERPRINT .chip.good").count() == 2
    assert page.locator("#verdict.good").count() == 1
    owners = opened("m1-accountant")
    owners.goto(f"{site.url}/readers")
    row = owners.locator("tr", has_text="due diligence")
    assert row.locator("time").count() == 1


@pytest.mark.parametrize(("language", "size"), everywhere("en", DESKTOP))
def test_an_auditor_derives_the_ledger_and_finds_by_file(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    page = opened("a1-auditor", language=language, size=size)
    page.goto(f"{site.url}/audit")
    page.click("main .actions button.primary")
    page.wait_for_url("**/audit/job_*")
    page.locator("#run .verdict.good").wait_for(timeout=40_000)
    with page.expect_download() as download:
        page.locator("a[href$='result.json']").click()
    result = json.loads(Path(download.value.path()).read_bytes())
    assert result["report"]["verdict"] == "VALID"
    assert len(result["signature"]["value"]) == 132
    with page.expect_download() as download:
        page.locator("a[href$='evidence.zip']").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as pack:
        assert {"audit.json", "assets.json", "pledges.json", "SHA256SUMS"} <= set(pack.namelist())
    page.goto(f"{site.url}/explore?list=assets")
    page.set_input_files("#hashed", site.papers / "M1" / "invoice.xml")
    page.wait_for_url("**q=0x*")
    assert page.locator(f"code[title='{site.assets['M1/invoice.xml']}']").count() == 1


NEW = {
    ("zh", DESKTOP): ("巴南精铸", "91500000000000238C"),
    ("zh", PHONE): ("众信贸易", "91500000000000617X"),
    ("en", DESKTOP): ("渝陆物流", "915000000000007137"),
    ("en", PHONE): ("川钢棒材", "9150000000000081XD"),
}


@pytest.mark.parametrize(("language", "size"), everywhere("zh", DESKTOP))
def test_a_registrar_admits_a_member(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    name, number = NEW[language, size]
    page = opened("r1-registrar", language=language, size=size)
    page.goto(f"{site.url}/admissions/new")
    page.fill("#f-name", name)
    page.fill("#f-identifier", number)
    page.fill("#f-short", f"M9-{language}-{size[0]}")
    page.click("main form button.primary")
    page.wait_for_url("**/admissions", timeout=40_000)
    assert name in page.locator("main").inner_text()
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    page.goto(f"{site.url}/admissions/new")
    page.fill("#f-name", name)
    page.fill("#f-identifier", "!")
    page.fill("#f-short", "M10")
    page.click("main form button.primary")
    page.locator("main .answer .notice").wait_for()
    assert bool(re.search("[\u4e00-\u9fff]", page.locator("main .answer").inner_text())) == (language == "zh")


@pytest.mark.parametrize(("language", "size"), everywhere("zh", PHONE))
def test_a_stranger_verifies_a_bundle_and_a_changed_document(
    opened: Opened, site: Site, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    (tmp_path / "a.receipt.json").write_text(receipt_of(site, "M2/order.xml").to_json(), encoding="utf-8")
    whole = (site.papers / "M2" / "order.xml").read_bytes()
    (tmp_path / "order.xml").write_bytes(whole)
    page = opened(language=language, size=size)
    page.goto(f"{site.url}/verify")
    page.set_input_files("#evidence", [tmp_path / "a.receipt.json", tmp_path / "order.xml"])
    page.locator("#result .verdict").wait_for(timeout=30_000)
    assert page.locator("#check-1-CONTENT .chip.good").count() == 1
    assert page.locator("#check-1-FACTS .chip.good").count() == 1
    assert ("无人核验" if language == "zh" else "nobody verified") in page.locator("#result").inner_text()
    (tmp_path / "order.xml").write_bytes(whole.replace(b"40", b"41", 1))
    page.goto(f"{site.url}/verify")
    page.set_input_files("#evidence", [tmp_path / "a.receipt.json", tmp_path / "order.xml"])
    page.locator("#result .verdict.bad").wait_for(timeout=30_000)
    assert page.locator("#check-1-CONTENT .chip.bad").count() == 1
    page.goto(f"{site.url}/verify")
    page.set_input_files("#evidence", [tmp_path / "order.xml"])
    page.locator("#result .notice.bad").wait_for(timeout=30_000)
    assert ("没有存证凭证" if language == "zh" else "no receipt") in page.locator("#result").inner_text()


def test_a_certificate_leads_a_stranger_to_its_report(opened: Opened, site: Site) -> None:
    from gateway.web.public import _key

    asset = site.assets["M1/order.xml"]
    key = _key(site.running.home, asset)
    page = opened()
    page.goto(f"{site.url}/verify/{asset}?k={key}")
    assert page.locator("#check-1-REGISTRATION .chip.good").count() == 1
    assert page.locator("#result .chip.bad").count() == 0
    page.goto(f"{site.url}/verify/{asset}?k={'0' * 24}")
    assert "leads nowhere" in page.locator("main").inner_text()


PAGES = {
    None: ("/login", "/verify", "/docs?q=pledges"),
    "m1-signatory": ("/papers", "/jobs", "/jobs/2026-0701", "/certificates", "{asset}", "{asset}/offer", "{asset}/share", "{asset}/revoke", "/offers", "/drafts", "/readers", "/account"),
    "l2-officer": ("/inbox", "/book", "{offer}"),
    "a1-auditor": ("/audit", "/explore", "/explore?list=batches", "/explore?list=assets", "/explore?list=pledges", "/explore?list=access", "/sampling?seed=7&n=5"),
    "r1-registrar": ("/admissions", "/admissions/new", "/keys", "/health"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), pytest.param(PHONE, "dark", marks=pytest.mark.long)],
    ids=["desktop", "phone-dark"],
)
@pytest.mark.parametrize("user", list(PAGES), ids=lambda user: user or "stranger")
def test_no_page_has_a_barrier(
    opened: Opened, site: Site, user: str | None, size: tuple[int, int], scheme: str
) -> None:
    asset = f"/certificates/{site.assets['M1/order.xml']}"
    offer = f"/inbox/{offered(site, 'M2/order.xml', 'L2', 77)}" if user == "l2-officer" else ""
    page = opened(user, language="zh", size=size)
    page.emulate_media(color_scheme=scheme)
    found = []
    for path in PAGES[user]:
        answer = page.goto(site.url + path.format(asset=asset, offer=offer))
        assert answer.status == 200, path
        if "{offer}" in path:
            _verified(page)
        found += violations(page)
    assert not found
