"""Pictures of every page for the README: `python -m scripts.screenshots` serves the demo's home and looks at it with Debian's Chromium.

Written to docs/screenshots/<language>/<page>.png, on a desktop; the enterprise's on a phone too.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "screenshots"
TALLEST = 2_400
PAGES: dict[str | None, dict[str, str]] = {
    None: {"login": "/login", "verify": "/verify"},
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


def main() -> None:
    """Serve, look, write."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or sys.exit("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as said, sync_playwright() as runner:
        passwords = {login["user"]: login["password"] for login in said["logins"]}
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        _apply(_opened(browser, said["gateway"], passwords, "en", "m1-signatory", phone=False))
        for language in ("zh", "en"):
            for user in PAGES:
                _look(browser, said["gateway"], passwords, language, user, phone=False)
        _look(browser, said["gateway"], passwords, "zh", "m1-signatory", phone=True)
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


def _opened(
    browser: Any, url: str, passwords: Mapping[str, str], language: str, user: str | None, *, phone: bool
) -> Any:
    """A page of that size in that language, its user signed in."""
    width, height = (390, 844) if phone else (1360, 860)
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies([{"name": "language", "value": language, "url": url}])
    page = context.new_page()
    if user is not None:
        page.goto(f"{url}/login")
        page.fill("#f-user", user)
        page.fill("#f-password", passwords[user])
        page.click("form[data-login] button.primary")
        page.wait_for_url(lambda at: "/login" not in at, timeout=30_000)
    return page


def _look(
    browser: Any, url: str, passwords: Mapping[str, str], language: str, user: str | None, *, phone: bool
) -> None:
    page = _opened(browser, url, passwords, language, user, phone=phone)
    folder = OUT / (f"{language}-phone" if phone else language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, steps in PAGES[user].items():
        _go(page, url, steps)
        page.wait_for_timeout(600)
        _kept(page.screenshot(full_page=not phone), folder / f"{name}.png")
    page.context.close()


def _kept(picture: bytes, path: Path) -> None:
    """The top of a long page, in as few colours as pages have: a tenth of the bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def _go(page: Any, url: str, steps: str) -> None:
    """Open the path, then follow links, each until the page is there and nothing streams any more."""
    path, *links = re.split(r" (>>?) ", steps)
    page.goto(url + path, wait_until="networkidle")
    for which, step in zip(links[::2], links[1::2], strict=True):
        found = page.locator(f"main a[href^='{step}'], main a[href$='{step}']")
        link = found.first if which == ">" else found.last
        page.goto(url + link.get_attribute("href"), wait_until="networkidle")


if __name__ == "__main__":
    main()
