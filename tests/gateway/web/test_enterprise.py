"""An enterprise's main job in a real browser: drop, confirm, certify, see the board, take the certificate, correct, destroy."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway import samples
from gateway.db import listing
from gateway.db.paging import WHOLE, Cut
from gateway.web.depends import cursor

from .conftest import DESKTOP, PHONE, Opened, Site, everywhere, violations


def further(number: int) -> samples.Job:
    """Another job of M1's that nobody has certified."""
    return replace(samples.JOBS[0], number=f"2026-08{number:02}")


def _dropped(page: Any, files: list[Path]) -> None:
    """Drop files and wait until each is on the list and none is being read."""
    page.set_input_files("#files", files)
    page.wait_for_function(
        "names => { const list = document.querySelector('#list'); return names.every(name => list.textContent.includes(name)) && !list.matches('[hx-trigger*=load]'); }",
        arg=[path.name for path in files],
        timeout=40_000,
    )


@pytest.mark.parametrize(("language", "size"), everywhere("en", DESKTOP))
def test_drop_confirm_certify_and_take_the_certificate(
    opened: Opened, site: Site, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    number = 2 * (language == "zh") + (size == PHONE)
    job = further(number)
    files = []
    for name, content in samples.papers(job).items():
        path = tmp_path / f"paper{number}-{name}"  # the names of other runs' papers do not begin so
        path.write_bytes(content.replace(b'instanceId="', f'instanceId="{number + 7}'.encode()))
        files.append(path)
    page = opened(f"{job.seller.lower()}-signatory", language=language, size=size)
    page.goto(f"{site.url}/papers")
    _dropped(page, files)
    row = page.locator("#list tbody tr", has_text=f"paper{number}-invoice.xml")
    assert job.invoice_number in row.inner_text()
    assert "¥" in row.inner_text()
    with page.expect_navigation():
        row.get_by_role("link", name="invoice.xml").first.click()
    assert page.locator(".paper mark").first.is_visible()
    assert job.invoice_number in page.locator("dl.facts").inner_text()
    page.goto(f"{site.url}/papers")
    for name in ("machine.xml", "inspection.qif"):  # they name no order: their owner says where they belong
        page.locator("#list tbody tr", has_text=f"paper{number}-{name}").locator("input[name^=job-]").fill(
            job.order_number
        )
    page.click("#list button.primary")
    page.wait_for_function(
        "mine => [...document.querySelectorAll('#list tr')].filter(row => row.textContent.includes(mine) && row.querySelector('.chip.good')).length === 5",
        arg=f"paper{number}-",
        timeout=40_000,
    )
    page.goto(site.url + str(row.get_by_role("link").last.get_attribute("href")))
    assert "/certificates/0x" in page.url
    with page.expect_download() as download:
        page.locator("a[href$='certificate.pdf']").click()
    pdf = Path(download.value.path()).read_bytes()
    assert pdf.startswith(b"%PDF-") and b"/ByteRange" in pdf
    with page.expect_download() as download:
        page.locator("a[href$='bundle.zip']").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as bundle:
        names = bundle.namelist()
        receipt = next(name for name in names if name.endswith(".receipt.json"))
        assert json.loads(bundle.read(receipt))["schema"] == "assetcert/receipt/1"
        assert "ledger.json" in names
    page.goto(f"{site.url}/jobs")
    board = page.locator("section.card", has_text=job.order_number)
    assert board.locator(".dots .missing").count() == 1  # the delivery note
    assert board.locator(".dots .done").count() == 5
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize(("language", "size"), everywhere("en", DESKTOP))
def test_a_reload_in_the_middle_of_two_hundred_files_loses_none(
    opened: Opened, site: Site, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    files = []
    for number in range(200):
        path = tmp_path / f"log-{number:03}.csv"
        path.write_text(f"part,value\nP{number},{number}\n")
        files.append(path)
    page = opened("m2-accountant", language=language, size=size)
    page.goto(f"{site.url}/papers")
    page.set_input_files("#files", files)
    page.wait_for_function("() => document.querySelector('#sending').value > 20")
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#list tbody tr').length === 200", timeout=60_000)
    names = page.locator("#list tbody td:nth-child(2)").all_inner_texts()
    assert sorted(names) == sorted(path.name for path in files)
    page.evaluate("document.querySelectorAll('#list input[name=paper]').forEach(box => box.checked = true)")
    page.click("#list button[value=remove]")
    page.wait_for_function("() => document.querySelectorAll('#list tbody tr').length === 0")


def test_what_cannot_be_read_says_what_and_what_to_do(opened: Opened, site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty.xml").write_bytes(b"")
    page = opened("m1-accountant", language="zh")
    page.goto(f"{site.url}/papers")
    _dropped(page, [tmp_path / "empty.xml"])
    row = page.locator("#list tbody tr", has_text="empty.xml")
    page.wait_for_function("() => document.querySelector('#list').textContent.includes('无法读取')")
    assert "文件为空。" in row.inner_text()
    assert "重新导出" in row.inner_text()
    row.locator("input[type=checkbox]").check()
    page.click("#list button[value=remove]")
    page.wait_for_function("() => !document.querySelector('#list').textContent.includes('empty.xml')")


def test_a_bill_that_is_certified_already_is_told_before_it_is_certified_again(
    opened: Opened, site: Site, tmp_path: Path
) -> None:
    again = tmp_path / "the same invoice, retyped.xml"
    again.write_bytes((site.papers / "M2" / "invoice.xml").read_bytes() + b"\n")
    page = opened("m2-signatory")
    page.goto(f"{site.url}/papers")
    _dropped(page, [again])
    row = page.locator("#list tbody tr", has_text=again.name)
    row.get_by_text("was certified already on 2026-").wait_for()
    assert (
        row.get_by_role("link").last.get_attribute("href") == f"/certificates/{site.assets['M2/invoice.xml']}"
    )
    row.locator("input[type=checkbox]").check()
    page.click("#list button[value=remove]")
    page.wait_for_function(
        "name => !document.querySelector('#list').textContent.includes(name)", arg=again.name
    )


def test_consequences_come_before_the_act(opened: Opened, site: Site) -> None:
    asset = site.assets["M2/machine.xml"]
    page = opened("m2-signatory")
    page.goto(f"{site.url}/certificates/{asset}/shred")
    assert "destroyed" in page.locator("main").inner_text()
    page.fill("#f-reason", "asked by the customer")
    page.check("input[name=sure]")
    page.click("main form button.danger")
    page.wait_for_url(f"**/certificates/{asset}")
    assert "content destroyed" in page.locator("main").inner_text()
    answer = page.request.get(f"{site.url}/certificates/{asset}/original")
    assert answer.status == 404


@pytest.mark.parametrize(("language", "size"), everywhere("zh", DESKTOP))
def test_a_session_that_ends_in_a_form_loses_nothing(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    purpose = f"年度审查 {language} {size[0]}"
    asset = site.assets["M1/inspection.qif"]
    page = opened("m1-signatory", language=language, size=size)
    page.goto(f"{site.url}/certificates/{asset}/share")
    page.fill("#f-purpose", purpose)
    page.context.clear_cookies(name="session")
    page.click("main form button.primary")
    dialog = page.locator("#again")
    dialog.wait_for(state="visible")
    assert page.input_value("#f-purpose") == purpose
    dialog.locator("#f-user").fill("m1-signatory")
    dialog.locator("#f-password").fill(site.running.passwords["m1-signatory"])
    dialog.locator("button.primary").click()
    page.wait_for_url("**/readers")
    assert purpose in page.locator("main").inner_text()


def test_the_list_is_searched_as_an_accountant_would(opened: Opened, site: Site) -> None:
    page = opened("m1-accountant")

    def shown(**asked: str) -> list[str]:
        page.goto(f"{site.url}/certificates?{urlencode(asked)}")
        return page.locator("tbody tr").all_inner_texts()

    everything = shown()
    bills = shown(kind="invoice")
    assert 0 < len(bills) < len(everything)
    buyer = samples.BUYERS[samples.JOBS[0].buyer][1]
    assert (named := shown(q=buyer)) and all(buyer in row for row in named)
    assert len(shown(q="2026-0701")) >= 5  # all papers of the job
    day = bills[-1].split("\t")[2].strip()
    assert day.startswith("2026-")
    assert bills[-1] in shown(kind="invoice", **{"from": day, "to": day})
    assert bills[-1] not in shown(kind="invoice", to=str(date.fromisoformat(day) - timedelta(days=1)))
    assert page.goto(f"{site.url}/certificates?from=yesterday").status == 422


def test_a_part_of_a_long_list_begins_behind_its_place_and_a_spreadsheet_has_all(
    opened: Opened, site: Site
) -> None:
    home, page = site.running.gateway.installation, opened("m2-accountant", language="zh")
    with home.database.session() as session:
        rows = listing.held(session, site.running.organisation("M2").hex, listing.Wanted(), WHOLE).rows
    place = cursor(Cut(seen=2, after=(rows[1].block or 2**62, rows[1].asset.asset_id)))
    page.goto(f"{site.url}/certificates?after={place}")
    links = page.locator("tbody a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [f"/certificates/{row.asset.asset_id}" for row in rows[2:]]
    assert f"第 3–{len(rows)} 条，共 {len(rows)} 条" in page.locator("nav.parts").inner_text()
    assert not violations(page)
    text = page.request.get(f"{site.url}/certificates?as=csv&after={place}").body().decode("utf-8-sig")
    assert len(text.strip().splitlines()) == len(rows) + 1
    for wrong in ("no-place", cursor(Cut(seen=1, after=("x",))), cursor(Cut(seen=1, after=("x", 1)))):
        answer = page.goto(f"{site.url}/certificates?after={wrong}")
        assert answer.status == 422 and "CURSOR" in page.content()


def test_tables_can_be_taken_away(opened: Opened, site: Site) -> None:
    page = opened("m1-accountant", language="zh")
    answer = page.request.get(f"{site.url}/certificates?as=csv")
    text = answer.body().decode("utf-8-sig")
    assert text.startswith("类型,号码,日期")
    assert "发票,M1-INV-2026-0701," in text
    assert page.request.get(f"{site.url}/jobs?as=xlsx").body().startswith(b"PK")
