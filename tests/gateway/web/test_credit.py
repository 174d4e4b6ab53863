"""Credit in a real browser, one walk for each portal: ask what can be borrowed, apply, decide a case, replay it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.db import credit
from gateway.service import products

from .conftest import PHONE, Opened, Site, violations


@pytest.fixture(scope="module")
def applied(site: Site, opened_once: Any) -> str:
    """M1 looks at what it can borrow, and applies: the address of its application."""
    products.publish_defaults(site.running.gateway.installation)
    page = opened_once("m1-signatory")
    page.goto(f"{site.url}/borrow")
    page.locator("#available").wait_for(timeout=40_000)
    assert page.locator("#available").inner_text() == "¥0.00"
    assert "possible from" in page.locator("#now").inner_text()
    line = page.locator("#now tr", has_text="Receivables open")
    line.locator("summary").click()
    assert line.locator("a[href^='/certificates/0x']").count() >= 1
    assert not violations(page)
    page.goto(f"{site.url}/apply")
    page.fill("#f-amount", "200000")
    assert "渝商银行" in page.locator(".notice.info").inner_text()
    assert not violations(page)
    page.check("input[name=sign]")
    page.click("main form button.primary")
    page.wait_for_url("**/borrow/app-*", timeout=30_000)
    page.locator("#way .chip.bad").first.wait_for(timeout=30_000)
    return str(page.url)


@pytest.fixture(scope="module")
def opened_once(browser: Any, site: Site) -> Any:
    """A signed-in page that lives as long as the module."""
    from .conftest import sign_in

    contexts = []

    def open_page(user: str) -> Any:
        context = browser.new_context(locale="en-GB")
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": "en", "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        sign_in(page, site, user)
        return page

    yield open_page
    for context in contexts:
        context.close()


def decision(site: Site, address: str, lender: str) -> str:
    """The id of a lender's decision on the application at an address."""
    with site.running.gateway.database.session() as session:
        rows = credit.decisions_of(session, address.rpartition("/")[2])
    return next(row.decision_id for row in rows if row.lender == site.running.organisation(lender).hex)


def test_an_enterprise_sees_why_and_from_when(opened: Opened, site: Site, applied: str) -> None:
    page = opened("m1-accountant", language="zh", size=PHONE)
    page.goto(applied)
    assert page.locator(".steps li").count() == 6
    assert "已拒绝" in page.locator("#way").inner_text()
    assert "每周存证" in page.locator("#way").inner_text()
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    assert not violations(page)
    page.goto(f"{site.url}/apply")
    assert page.locator("main form button.primary").count() == 0


def test_a_lender_decides_with_a_reason(opened: Opened, site: Site, applied: str) -> None:
    page = opened("l1-officer")
    page.goto(f"{site.url}/queue")
    mine = decision(site, applied, "L1")
    row = page.locator("tr", has=page.locator(f"a[href='/queue/{mine}']"))
    assert "declined" in row.inner_text() and "200,000" in row.inner_text()
    with page.expect_navigation():
        row.locator("a").click()
    assert page.locator("#doubts").inner_text().startswith("What was NOT verified")
    assert (
        page.locator(".figures .chip.good").count() == 1 and "¥6,237.60" in page.locator("main").inner_text()
    )
    assert "F24" in page.locator("main").inner_text()
    assert not violations(page)
    page.select_option("#f-code", "decline D1")
    page.fill("#f-reason", "one job is too little")
    page.click("#decision button.primary")
    page.locator("#decision p", has_text="one job is too little").wait_for()
    page.goto(f"{site.url}/products")
    with page.expect_navigation():
        page.get_by_role("link", name="Data credit without collateral").click()
    assert "would pass" in page.locator("#simulation").inner_text()
    assert not violations(page)


def test_an_auditor_replays_a_decision(opened: Opened, site: Site, applied: str) -> None:
    page = opened("a1-auditor", language="zh")
    page.goto(f"{site.url}/queue/{decision(site, applied, 'L2')}")
    assert "200,000" not in page.content() and "评分卡" in page.locator("main").inner_text()
    assert not violations(page)
    page.goto(f"{site.url}/replay")
    page.fill("#f-id", decision(site, applied, "L2"))
    page.click("main form button.primary")
    page.locator("#result.verdict.good").wait_for(timeout=30_000)
    assert "完全一致" in page.locator("#result").inner_text()
    assert not violations(page)


def test_an_auditor_looks_for_what_went_another_way(opened: Opened, site: Site, applied: str) -> None:
    page = opened("a1-auditor", language="zh", size=PHONE)
    page.goto(f"{site.url}/exceptions")
    assert page.locator("main h2").all_inner_texts()[:2] == ["人工推翻", "迟延解除"]
    assert "没有与引擎相反的人工决定" in page.locator("main").inner_text()
    assert not violations(page)


def test_a_product_is_changed_in_a_form_and_published_by_another(
    opened: Opened, site: Site, applied: str
) -> None:
    maker = opened("l1-risk")
    maker.goto(f"{site.url}/products")
    with maker.expect_navigation():
        maker.get_by_role("link", name="Data credit without collateral").first.click()
    assert maker.locator("#simulation svg.bars rect").count() >= 2
    with maker.expect_navigation():
        maker.get_by_role("link", name="Propose the next version").click()
    assert "In force: 1.45" in maker.locator("#h-spread_bps_by_grade__A").inner_text()
    maker.fill("#f-spread_bps_by_grade__A", "1.255")
    maker.click("main form button.primary")
    maker.locator("#answer .notice.bad", has_text="spread_bps_by_grade.A").wait_for()
    maker.fill("#f-spread_bps_by_grade__A", "1.25")
    maker.fill("#f-valid_from", "2027-01-01")
    maker.fill("#f-valid_to", "2027-12-31")
    maker.fill("#f-fees__0__value", "0.3")
    maker.select_option("#f-fees__0__kind", "platform")
    maker.get_by_role("button", name="Try it on the last 90 days").click()
    assert "In force" in maker.locator("#simulated table").inner_text()
    assert not violations(maker)
    maker.click("main form button.primary")
    maker.wait_for_url("**/products/0x*")
    assert "1.25" in maker.locator("table", has_text="Spread, grade A").inner_text()
    assert "platform 0.3 pct-of-amount borrower" in maker.locator("tr", has_text="Fees").inner_text()
    assert maker.get_by_role("button", name="Publish").count() == 0
    assert not violations(maker)
    checker = opened("l1-approver", language="zh", size=PHONE)
    checker.goto(maker.url)
    with (
        checker.expect_navigation()
    ):  # the version in force wears the same chip: only the page made anew says it of this one
        checker.get_by_role("button", name="发布").click()
    checker.locator("main .row .chip.good", has_text="已发布").first.wait_for()
    assert not violations(checker)
