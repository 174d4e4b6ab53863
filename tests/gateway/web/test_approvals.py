"""What waits for a second person, and what registrars admit to sign evidence, in a real browser."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from gateway.credit.products import Product, defaults
from gateway.keys import Keystore
from gateway.service import key_requests, products

from ..conftest import PASSPHRASE
from .conftest import DESKTOP, PHONE, Opened, Site, violations


def proposed(site: Site, maker: str) -> str:
    """A draft of L1 with a code of its own, put forward by somebody; its name."""
    lender = site.running.organisation("L1")
    body = next(one.body for one in defaults() if one.lender == lender.id)
    code = f"L1-T{secrets.token_hex(3).upper()}"
    product = Product.of(
        {**body, "product_code": code, "name_zh": f"试贷 {code}", "name_en": f"Trial {code}"}
    )
    products.propose(site.running.gateway.installation, lender, product, maker)
    return code


@pytest.mark.parametrize(
    ("language", "size"), [("zh", PHONE), pytest.param("en", DESKTOP, marks=pytest.mark.long)]
)
def test_a_second_person_releases_or_refuses_and_never_ones_own(
    opened: Opened, site: Site, language: str, size: tuple[int, int]
) -> None:
    released, refused = proposed(site, "l1-risk"), proposed(site, "l1-risk")
    own = proposed(site, "l1-approver")
    page = opened("l1-approver", language=language, size=size)
    page.goto(f"{site.url}/approvals")
    assert "l1-risk" in page.locator("section", has_text=released).first.inner_text()
    assert page.locator("section.card", has_text=own).locator("form").count() == 0
    assert not violations(page)

    def decided(code: str, outcome: str) -> None:
        box = page.locator("section.card:has(form)", has_text=code)
        box.locator("textarea").fill("looked at it")
        box.locator(f"button[value={outcome}]").click()
        page.wait_for_function(
            "(code) => ![...document.querySelectorAll('section.card form')].some((f) => f.closest('section').textContent.includes(code))",
            arg=code,
        )

    decided(released, "approve")
    decided(refused, "refuse")
    page.goto(f"{site.url}/products")
    states = {
        code: page.locator("tr", has_text=code).locator(".chip").get_attribute("class")
        for code in (released, refused)
    }
    assert "good" in str(states[released]) and "none" in str(states[refused])
    maker = opened("l1-risk", language=language, size=size)
    maker.goto(f"{site.url}/approvals")
    assert maker.locator("form[hx-post^='/approvals/products']").count() == 0


def request_file(site: Site, folder: Path, short: str, purpose: str) -> Path:
    """What `assetcert key request` writes in the home of whoever keeps the key."""
    asked = key_requests.ask(
        Keystore(folder / "keys", lambda: PASSPHRASE), site.running.organisation(short), purpose
    )
    (folder / f"{purpose}.json").write_text(json.dumps(asked.to_json()))
    return folder / f"{purpose}.json"


@pytest.mark.long
def test_an_instrument_is_admitted_until_its_calibration_ends_and_ended_before(
    opened: Opened, site: Site, tmp_path: Path
) -> None:
    file = request_file(site, tmp_path, "M2", "instrument")
    page = opened("r1-registrar", language="zh", size=PHONE)
    page.goto(f"{site.url}/instruments")
    rows = page.locator("tbody tr").count()

    def vote(until: str) -> Any:
        page.set_input_files("#f-file", file)
        page.fill("#f-until", until)
        page.click("main form.fields button.primary")

    vote("2020-01-01")
    page.locator("main .answer .notice.bad").wait_for()
    vote("2031-12-31")
    page.wait_for_function(
        f"() => document.querySelectorAll('tbody tr').length === {rows + 1}", timeout=30_000
    )
    assert "2031-12-31 23:59" in page.locator("tbody").inner_text()
    assert not violations(page)
    with page.expect_navigation():
        page.locator("tr", has_text="2031-12-31 23:59").get_by_role("link", name="终止").click()
    assert "此后的签名一律拒绝" in page.locator("main").inner_text()
    assert not violations(page)
    page.fill("#f-reason", "检定不合格")
    page.check("input[name=sure]")
    page.click("main form.fields button.danger")
    page.wait_for_url("**/instruments")
    assert "2031-12-31 23:59" not in page.locator("tbody").inner_text()
    assert page.locator("tbody tr").count() == rows + 1
    page.goto(f"{site.url}/admissions")
    assert page.locator("tr", has_text="终止密钥").first.is_visible()
    page.goto(f"{site.url}/instruments")
    forged = json.loads(file.read_text()) | {"identifier": "CN-USCC:91500000000000211L"}
    file.write_text(json.dumps(forged))
    vote("")
    page.locator("main .answer .notice.bad").wait_for()
    page.goto(f"{site.url}/witnesses")
    assert not violations(page)
    assert page.request.get(f"{site.url}/instruments?as=csv").status == 200
