"""From a key made in the browser, or a wallet's, to a certified asset and an offer, in a real Chromium with an authenticator that has PRF."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data

from gateway import samples
from gateway.service import products

from ..running import Running, running
from .conftest import DESKTOP, PHONE, violations

FORMAT = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True}
STATIC = Path(__file__).resolve().parents[3] / "gateway" / "web" / "static"
WALLET = Wallet.from_key(b"\x51" * 32)
PROVIDER = """window.ethereum = { request: ({ method, params }) => method === "eth_requestAccounts" ? window.accounts() : window.signTyped(params[1]) };"""
PRESENT = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway of its own: two members' keys move into browsers."""
    with running(tmp_path_factory.mktemp("signing")) as found:
        yield found


class Person:
    """Somebody in a browser of their own, at `localhost`, where passkeys are allowed."""

    def __init__(
        self, browser: Any, gateway: Running, user: str, size: tuple[int, int], way: str = ""
    ) -> None:
        self.url = gateway.url.replace("127.0.0.1", "localhost")
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
        self.context.add_cookies([{"name": "language", "value": "en", "url": self.url}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.loaded: dict[str, set[str]] = defaultdict(set)
        self.page.on("response", lambda one: self.loaded[urlsplit(self.page.url).path].add(one.url))
        self.context.expose_function("accounts", lambda: [WALLET.address])
        self.context.expose_function("signTyped", self.sign_typed)
        if way == "wallet":
            self.context.add_init_script(PROVIDER)
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator", {"options": FORMAT | PRESENT | {"hasPrf": way == "passkey"}}
        )
        self.page.goto(f"{self.url}/login")
        self.page.fill("#f-user", user)
        self.page.fill("#f-password", gateway.passwords[user])
        self.page.click("form[data-login] button.primary")
        self.page.wait_for_url(lambda url: "/login" not in url, timeout=30_000)
        gateway.show_factor(user)

    @staticmethod
    def sign_typed(text: str) -> str:
        """What a wallet does (EIP-1193), with another implementation of EIP-712."""
        made = WALLET.sign_message(encode_typed_data(full_message=json.loads(text)))
        return "0x" + bytes(made.signature).hex()

    def open(self, path: str) -> Any:
        """A page."""
        self.page.goto(self.url + path)
        if path == "/sign":
            self.page.wait_for_selector("#signing[data-ready]", state="attached")
        return self.page

    def close(self) -> None:
        """Scripts had nothing to complain of, and no page has loaded more than 100 kB of them and of styles."""
        self.context.close()
        assert not self.complaints
        for path, urls in self.loaded.items():
            assert weight(urls) <= 100_000, (path, urls)


def weight(urls: Iterable[str]) -> int:
    """Bytes of the scripts and styles among what was loaded."""
    names = {urlsplit(url).path.partition("/static/")[2] for url in urls}
    return sum((STATIC / name).stat().st_size for name in names if name.endswith((".js", ".css")))


def certified(person: Person, paper: Path) -> None:
    """Drop a paper and confirm it."""
    page = person.open("/papers")
    page.set_input_files("#files", [paper])
    page.wait_for_selector(f"#list tbody tr:has-text('{paper.name}') input[name^=job-]", timeout=40_000)
    page.click("#list button.primary")
    page.wait_for_selector(f"#list tbody tr:has-text('{paper.name}') .chip.wait", timeout=40_000)


def voted(browser: Any, gateway: Running, member: str) -> None:
    """The registrar votes for the key that a member has proposed."""
    registrar = Person(browser, gateway, "r1-registrar", DESKTOP)
    page = registrar.open(f"/keys?member={gateway.organisation(member).hex}")
    assert not violations(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Vote for it").click()
    assert page.get_by_role("button", name="Vote for it").count() == 0
    registrar.close()


@pytest.mark.parametrize(
    ("member", "way", "size"),
    [
        ("M1", "passkey", DESKTOP),
        ("M2", "wallet", PHONE),
        pytest.param("M1", "passphrase", PHONE, marks=pytest.mark.long),
    ],
)
def test_a_key_made_in_the_browser_certifies_and_offers(
    browser: Any, gateway: Running, tmp_path: Path, member: str, way: str, size: tuple[int, int]
) -> None:
    person = Person(browser, gateway, f"{member.lower()}-signatory", size, way)
    page = person.open("/sign")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not violations(page)
    page.get_by_text("Make a new key in this browser").click()
    if way == "passphrase":
        page.click("[data-make=passkey]")  # this authenticator keeps no secrets
        page.wait_for_selector("#told:has-text('passphrase')")
        page.fill("#f-passphrase", "several unrelated words")
    page.click(f"[data-make={way}]")
    page.wait_for_selector("text=waits for the registrars")
    account = re.findall("0x[0-9a-f]{40}", page.inner_text("#signing"))[-1]  # the one that is proposed
    voted(browser, gateway, member)

    first = next(one for one in samples.JOBS if one.seller == member)
    job = replace(first, number=f"2026-07{size[0] % 89:02}")
    paper = tmp_path / f"{member}-{way}-invoice.xml"
    paper.write_bytes(samples.papers(job)["invoice.xml"])
    certified(person, paper)
    page = person.open("/sign")
    assert page.inner_text(".rail .count") == "1"
    assert account in page.inner_text("#signing")
    section = page.locator("section.card", has_text="Certify papers")
    assert job.invoice_number in section.inner_text() and "¥" in section.inner_text()
    _signed(page, section, way, "ForwardRequest.nonce")
    page.wait_for_selector("text=Nothing waits to be signed", timeout=20_000)
    page = person.open("/papers")
    page.wait_for_selector(f"#list tbody tr:has-text('{paper.name}') .chip.good", timeout=40_000)
    row = page.locator("#list tbody tr", has_text=paper.name)
    page.goto(person.url + str(row.get_by_role("link", name="Look at it").get_attribute("href")))
    assert "/certificates/0x" in page.url
    if way == "wallet":
        _offered(person, gateway)
        _applied(person, gateway)
    else:
        assert any(url.endswith("/secp256k1.js") for url in person.loaded["/sign"])
    person.close()
    home = gateway.gateway.installation
    found = home.ledger.read_one(home.ledger.forwarder.nonce(account.lower()), home.ledger.pin())
    assert found == (4 if way == "wallet" else 1)


def _offered(person: Person, gateway: Running) -> None:
    """Offer what stands on the certificate's page, and let the lender read it: two things to sign."""
    page = person.page
    page.goto(page.url + "/offer")
    page.select_option("#f-lender", gateway.organisation("L1").hex)
    page.check("input[name=content]")
    with page.expect_navigation():
        page.locator("main form button.primary").click()
    assert page.url.endswith("/sign")
    for title, field in (
        ("Offer receivables", "Offer.claims[0].share"),
        ("Let somebody read", "ForwardRequest.data"),
    ):
        page.wait_for_selector("#signing[data-ready]", state="attached")
        section = page.locator("section.card", has_text=title)
        assert gateway.organisation("L1").name in section.inner_text()
        _signed(page, section, "wallet", field)
    page.wait_for_selector("text=Nothing waits to be signed")
    assert page.goto(f"{person.url}/offers") and "open" in page.inner_text("main tbody")
    assert page.goto(f"{person.url}/readers") and "may read" in page.inner_text("main tbody")


def _applied(person: Person, gateway: Running) -> None:
    """Apply for a loan: the consent and a grant for each lender are to be signed, then it is decided by itself."""
    products.publish_defaults(gateway.gateway.installation)
    page = person.open("/apply")
    page.fill("#f-amount", "200000")
    page.check("input[name=sign]")
    with page.expect_navigation():
        page.click("main form button.primary")
    assert page.url.endswith("/sign")
    for title, field in (
        ("Let lenders use your papers", "Consent.purpose"),
        ("Let somebody read", "ForwardRequest.nonce"),
        ("Let somebody read", "ForwardRequest.nonce"),
    ):
        page.wait_for_selector("#signing[data-ready]", state="attached")
        section = page.locator("section.card", has_text=title).first
        assert "decision on a loan of 200000" in section.inner_text()
        _signed(page, section, "wallet", field)
    page.wait_for_selector("text=Nothing waits to be signed")
    page = person.open("/borrow")
    page.locator("main tbody a").first.click()
    page.locator("#way .chip.bad").first.wait_for(timeout=30_000)


def _signed(page: Any, section: Any, way: str, field: str) -> None:
    """Look at what will be signed, then sign it."""
    section.get_by_role("button", name="Sign").click()
    dialog = page.locator("#sign-dialog")
    dialog.get_by_text("Exactly what is signed").click()
    assert field in dialog.inner_text()
    assert not violations(page)
    if way == "passphrase":
        page.fill("#f-open", "some other words")
        dialog.get_by_role("button", name="Sign").click()
        page.wait_for_selector("#sign-failed:has-text('not opened')")
        page.fill("#f-open", "several unrelated words")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Sign").click()
