"""The demo's gateway in a browser: every page by the user who sees it, and the steps that lead there. Who looks is `__main__` and `paint`."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PAGES", "ROOT", "Demo", "demo"]

ROOT = Path(__file__).resolve().parents[2]
PAGES: dict[str | None, dict[str, str]] = {
    None: {"login": "/login", "verify": "/verify", "api": "/docs"},
    "m1-signatory": {
        "papers": "/papers", "jobs": "/jobs", "job": "/jobs > /jobs/", "certified": "/certificates",
        "certificate": "/certificates?kind=invoice > /certificates/0x",
        "offer-new": "/certificates?kind=invoice >> /certificates/0x > /offer", "share": "/certificates?kind=invoice > /certificates/0x > /share",
        "take-back": "/certificates?kind=invoice > /certificates/0x > /revoke", "offers": "/offers", "drafts": "/drafts", "readers": "/readers",
        "borrow": "/borrow", "apply": "/apply", "application": "/borrow > /borrow/app-", "people": "/people", "machines": "/machines", "account": "/account",
    },
    "l1-officer": {
        "inbox": "/inbox", "offer": "/inbox > /inbox/0x", "locked": "/book", "queue": "/queue", "case": "/queue > /queue/dec-",
        "products": "/products", "product": "/products > /products/0x",
    },
    "l1-approver": {"approvals": "/approvals"},
    "a1-auditor": {
        "audit": "/audit", "decisions": "/queue", "explore": "/explore", "explore-locks": "/explore?list=pledges", "sample": "/sampling?seed=2026-Q3&n=5",
        "replay": "/replay",
    },
    "r1-registrar": {"members": "/admissions", "propose": "/admissions/new", "keys": "/keys", "instruments": "/instruments", "witnesses": "/witnesses", "health": "/health"},
}  # fmt: skip
"""By user and name: a path, or several steps: each further one is the first (`>`) or last (`>>`) link there whose address begins or ends so."""


@dataclass(frozen=True)
class Demo:
    """Debian's Chromium, and the gateway that it looks at."""

    browser: Any
    url: str
    passwords: Mapping[str, str]

    def opened(self, language: str, user: str | None, *, phone: bool = False) -> Any:
        """A page of that size in that language, its user signed in."""
        width, height = (390, 844) if phone else (1360, 860)
        context = self.browser.new_context(viewport={"width": width, "height": height})
        context.add_cookies([{"name": "language", "value": language, "url": self.url}])
        page = context.new_page()
        if user is not None:
            page.goto(f"{self.url}/login")
            page.fill("#f-user", user)
            page.fill("#f-password", self.passwords[user])
            page.click("form[data-login] button.primary")
            page.wait_for_url(lambda at: "/login" not in at, timeout=30_000)
        return page

    def go(self, page: Any, steps: str) -> None:
        """Open the path, then follow links, each until the page is there and nothing streams any more."""
        path, *links = re.split(r" (>>?) ", steps)
        page.goto(self.url + path, wait_until="networkidle")
        for which, step in zip(links[::2], links[1::2], strict=True):
            found = page.locator(f"main a[href^='{step}'], main a[href$='{step}']")
            link = found.first if which == ">" else found.last
            page.goto(self.url + link.get_attribute("href"), wait_until="networkidle")


@contextmanager
def demo() -> Iterator[Demo]:
    """The demo served in a folder of its own, in which M1 has applied for a loan."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or sys.exit("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as said, sync_playwright() as runner:
        passwords = {login["user"]: login["password"] for login in said["logins"]}
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = Demo(browser, said["gateway"], passwords)
        _apply(found.opened("en", "m1-signatory"))
        yield found
        browser.close()


@contextmanager
def _served(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The demo's gateway, and what it says of itself: its address and its logins."""
    command = [sys.executable, "-m", "gateway.cli.main", "up", "--home", str(folder / "home"), "--demo", "--port", "0", "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)


def _apply(page: Any) -> None:
    """M1 applies for 600,000 yuan, and every lender has answered."""
    page.goto(page.url.partition("/papers")[0] + "/apply")
    page.fill("#f-amount", "600000")
    page.check("input[name=sign]")
    page.click("main form button.primary")
    page.wait_for_url("**/borrow/app-*", timeout=120_000)
    page.locator("#way .chip").first.wait_for(timeout=120_000)
    page.context.close()
