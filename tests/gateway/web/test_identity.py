"""Signing in and keeping accounts in a real browser: a provider's button, connecting, inviting, keys of machines; no barrier on any page."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.identity import accounts
from gateway.identity.roles import UserRole

from ..identity.provider import OpenIdProvider
from .conftest import DESKTOP, PHONE, Opened, Site, violations


@pytest.fixture()
def bank(site: Site) -> Iterator[OpenIdProvider]:
    """The provider, honest and with somebody new at it."""
    site.bank.login, site.bank.email = f"subject-{secrets.token_hex(4)}", None
    yield site.bank
    site.bank.email = None


def person(site: Site, organisation: str, role: UserRole) -> str:
    """A new account with a password that `sign_in` finds."""
    name, password = f"p{secrets.token_hex(5)}", f"words of {secrets.token_hex(8)}"
    with site.running.gateway.database.session() as session:
        org = site.running.organisation(organisation)
        accounts.create(session, org, name, {role}, password=password, must_change=False)
    site.running.passwords[name] = password
    return name


@pytest.mark.parametrize(
    ("language", "size"), [("zh", PHONE), pytest.param("en", DESKTOP, marks=pytest.mark.long)]
)
def test_an_account_is_connected_and_the_provider_opens_it_from_then_on(
    opened: Opened, site: Site, bank: OpenIdProvider, language: str, size: tuple[int, int]
) -> None:
    name = person(site, "M1", UserRole.ACCOUNTANT)
    stranger = opened(language=language, size=size)
    stranger.goto(f"{site.url}/login?next=/jobs")
    button = stranger.locator("a[href^='/api/v1/session/oidc/bank']")
    assert "Bank" in button.inner_text()
    assert not violations(stranger)
    button.click()
    stranger.locator(".notice.bad").wait_for()
    told = stranger.locator("main").inner_text()
    assert bank.login in told and ("管理员" if language == "zh" else "administrator") in told
    assert not violations(stranger)

    owner = opened(name, language=language, size=size)
    owner.goto(f"{site.url}/account")
    owner.click("#provider button")
    owner.locator("#provider .chip.good").wait_for()
    assert bank.login in owner.locator("#provider").inner_text()
    assert not violations(owner)

    stranger.goto(f"{site.url}/login?next=/jobs")
    stranger.click("a[href^='/api/v1/session/oidc/bank']")
    stranger.wait_for_url("**/jobs")
    stranger.goto(f"{site.url}/account")
    row = stranger.locator("tr", has_text="登录服务" if language == "zh" else "sign-in service")
    assert row.count() == 1
    stranger.locator("tr form button").first.click()
    stranger.wait_for_function("() => document.querySelectorAll('tbody tr').length === 1")
    stranger.click("#provider form button")
    stranger.locator("#provider .chip").wait_for(state="detached")


@pytest.mark.long
def test_an_administrator_invites_by_address_and_by_password(
    opened: Opened, site: Site, bank: OpenIdProvider
) -> None:
    page = opened(person(site, "M1", UserRole.SIGNATORY), language="zh", size=PHONE)
    invited, given = f"i{secrets.token_hex(5)}", f"g{secrets.token_hex(5)}"
    address = f"{invited}@bank.example"

    def invite(name: str, role: str, provider: str = "", whom: str = "") -> Any:
        page.goto(f"{site.url}/people/new")
        page.fill("#f-name", name)
        page.check(f"input[value={role}]")
        page.select_option("#f-provider", provider)
        page.fill("#f-whom", whom)
        page.click("main form button.primary")
        page.locator("main .answer .notice").wait_for()
        return page.locator("main .answer")

    assert "不能由电子邮件地址打开" in invite(f"x{invited}", "signatory", "bank", address).inner_text()
    assert invited in invite(invited, "accountant", "bank", address).inner_text()
    bank.email = (address, True)
    new = opened(language="zh")
    new.goto(f"{site.url}/login")
    new.click("a[href^='/api/v1/session/oidc/bank']")
    new.wait_for_url("**/papers")
    assert invited in new.locator(".rail .who").inner_text()

    password = invite(given, "accountant").locator("[data-secret]").inner_text()
    site.running.passwords[given] = password
    first = opened(given)
    assert first.url.endswith("/account")
    page.goto(f"{site.url}/people")
    with page.expect_navigation():
        page.click(f"a:text-is('{given}')")
    page.locator("summary").last.click()
    page.check("input[type=checkbox][required]")
    page.locator("form button.danger").last.click()
    page.wait_for_url("**/people")
    assert "已终止" in page.locator("tr", has_text=given).inner_text()
    first.goto(f"{site.url}/account")
    assert "/login" in first.url


@pytest.mark.long
def test_a_key_of_a_machine_is_shown_once_and_ended(opened: Opened, site: Site) -> None:
    page = opened(person(site, "L1", UserRole.APPROVER))
    page.goto(f"{site.url}/machines")
    page.fill("#f-name", "core banking")
    page.check("input[value=operations]")
    page.fill("#f-certificate", "no certificate")
    page.click("main form.fields button.primary")
    page.locator("main .answer .notice.bad").wait_for()
    page.fill("#f-certificate", "")
    page.click("main form.fields button.primary")
    secret = page.locator("[data-secret]").inner_text()
    with site.running.stranger() as client:
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/me", headers=headers).json()["roles"] == ["operations"]
        page.goto(f"{site.url}/machines")
        assert secret not in page.content()
        page.locator("tr", has_text="core banking").locator("button").click()
        page.locator("tr", has_text="core banking").locator(".chip.none").wait_for()
        assert client.get("/api/v1/me", headers=headers).status_code == 401


@pytest.mark.long
def test_a_session_that_ended_over_a_form_goes_on_by_the_provider(
    opened: Opened, site: Site, bank: OpenIdProvider
) -> None:
    """In a page beside it; what was typed is sent from the first one."""
    name = person(site, "L1", UserRole.APPROVER)
    page = opened(name)
    page.goto(f"{site.url}/account")
    page.click("#provider button")
    page.locator("#provider .chip.good").wait_for()
    page.goto(f"{site.url}/machines")
    page.fill("#f-name", f"typed by {name}")
    page.check("input[value=officer]")
    page.context.clear_cookies(name="session")
    page.click("main form.fields button.primary")
    with page.context.expect_page() as beside:
        page.click("#again a[target=_blank]")
    beside.value.locator("[data-signed-in]").wait_for()
    page.locator("[data-secret]").wait_for()
    assert name in page.locator("main .answer").inner_text()


PAGES = {
    "m1-signatory": ("/people", "/people/new", "{person}", "/machines", "/account"),
    "l1-approver": ("/people", "/machines", "/approvals"),
    "r1-registrar": ("/people", "/machines", "/instruments", "/witnesses"),
}


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("zh", PHONE, "dark"), pytest.param("en", DESKTOP, "light", marks=pytest.mark.long)],
)
@pytest.mark.parametrize(
    "user", ["m1-signatory", *(pytest.param(user, marks=pytest.mark.long) for user in list(PAGES)[1:])]
)
def test_no_page_of_accounts_has_a_barrier(
    opened: Opened, site: Site, user: str, language: str, size: tuple[int, int], scheme: str
) -> None:
    page = opened(user, language=language, size=size)
    page.emulate_media(color_scheme=scheme)
    found = []
    someone = site.running.client(user).get("/api/v1/users").json()["items"][0]["id"]
    for path in PAGES[user]:
        answer = page.goto(site.url + path.format(person=f"/people/{someone}"))
        assert answer.status == 200, path
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")
        found += violations(page)
        assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"), path
    assert not found
