"""One running gateway with pages for all their tests, and a real Chromium that looks at them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway import samples
from gateway.identity.provider import Provider
from gateway.service import certifying

from ..identity.provider import CLIENT, SECRET, OpenIdProvider, provider
from ..running import Running, running

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "gateway" / "web" / "static"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1360, 860), (390, 844)
MOST = 100_000
"""Bytes of scripts and styles that a page may load, pictures' library apart."""


def everywhere(language: str, size: tuple[int, int]) -> list[Any]:
    """Both languages on both sizes: the one that is named always, the others in the long part."""
    return [
        pytest.param(one, other, marks=() if (one, other) == (language, size) else pytest.mark.long)
        for one in ("zh", "en")
        for other in (DESKTOP, PHONE)
    ]


@dataclass(frozen=True)
class Site:
    """The gateway, the papers of its two enterprises, what was certified of them by file name, and the provider to sign in at."""

    running: Running
    papers: Path
    assets: dict[str, str]
    bank: OpenIdProvider

    @property
    def url(self) -> str:
        return self.running.url


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    """A gateway in which M1 and M2 have certified a job each, and an OpenID provider that one may sign in at."""
    with provider() as bank, running(folder, providers=known(bank)) as found:
        home, assets = found.gateway.installation, {}
        for job in samples.JOBS[:2]:
            place = folder / "papers" / job.seller
            place.mkdir(parents=True)
            for name, content in samples.papers(job).items():
                (place / name).write_bytes(content)
            home.node.clock.set(samples.noon(job.invoiced))
            done = certifying.certify(home, home.book.find(job.seller), [place], dossier=job.number)
            assets |= {f"{job.seller}/{one.path.name}": one.asset_id for one in done.assets}
        yield Site(found, folder / "papers", assets, bank)


def known(bank: OpenIdProvider) -> dict[str, Provider]:
    """The provider as the gateway's settings name it."""
    return {"bank": Provider("bank", "Bank", bank.issuer, CLIENT, SECRET)}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """See `site_in`."""
    with site_in(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium (make setup does)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


Opened = Callable[..., Any]


@pytest.fixture()
def opened(browser: Any, site: Site) -> Iterator[Opened]:
    """Opens a page in a browser of its own, signed in as a user where one is named; what scripts complain of fails the test."""
    contexts, complaints, loaded = [], [], Loaded()

    def open_page(user: str | None = None, *, language: str = "en", size: tuple[int, int] = DESKTOP) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-GB" if language == "en" else "zh-CN"
        )
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", loaded.note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        if user is not None:
            sign_in(page, site, user)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert not loaded.heavy()


@dataclass
class Loaded:
    """Scripts and styles that pages have loaded, by the address of the page."""

    pages: dict[str, set[str]] = field(default_factory=dict)

    def note(self, request: Any) -> None:
        """A request of a page."""
        if request.is_navigation_request():
            self.pages.setdefault(request.url, set())
        elif request.resource_type in ("script", "stylesheet") and request.frame.url in self.pages:
            self.pages[request.frame.url].add(urlsplit(request.url).path.partition("/static/")[2])

    def heavy(self) -> dict[str, int]:
        """Pages that load too much."""
        weights = {page: sum(map(_bytes, names)) for page, names in self.pages.items()}
        return {page: weight for page, weight in weights.items() if weight > MOST}


def _bytes(name: str) -> int:
    return 0 if "echarts" in name else (STATIC / name).stat().st_size


def _is_complaint(said: Any) -> bool:
    """A refused request is the page's business; a script or a style that CSP has stopped is ours."""
    return said.type == "error" and "Failed to load resource" not in said.text


def sign_in(page: Any, site: Site, user: str) -> None:
    """From the login to the user's first page."""
    page.goto(f"{site.url}/login")
    page.fill("#f-user", user)
    page.fill("#f-password", site.running.passwords[user])
    page.click("form[data-login] button.primary")
    page.wait_for_url(lambda url: "/login" not in url, timeout=30_000)
    site.running.show_factor(user)


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong with the page as it is, WCAG 2.2 AA; the engine comes through the debugger, past the page's CSP."""
    page.wait_for_load_state()  # what is judged does not go away meanwhile
    page.emulate_media(reduced_motion="reduce")  # what fades in is judged as it will be
    axe = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    told = "r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html + ' :: ' + n.failureSummary)]))"
    answer = page.context.new_cdp_session(page).send(
        "Runtime.evaluate",
        {
            "expression": f"{AXE.read_text(encoding='utf-8')}\n;{axe}.then({told})",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    found = json.loads(answer["result"]["value"])
    return [f"{page.url} {rule}: {node[:400]}" for rule, nodes in found for node in nodes]
