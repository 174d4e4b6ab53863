"""Pictures of every page for the README: `python -m scripts.screenshots` serves a small home and looks at it with Debian's Chromium.

Written to docs/screenshots/<language>/<page>.png, on a desktop; the enterprise's on a phone too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
OUT = ROOT / "docs" / "screenshots"
PAGES: dict[str | None, dict[str, str]] = {
    None: {"login": "/login", "verify": "/verify"},
    "m1-signatory": {
        "papers": "/papers", "jobs": "/jobs", "job": "/jobs/2026-0701", "certified": "/certificates",
        "certificate": "/certificates/{invoice}", "offer-new": "/certificates/{invoice}/offer",
        "share": "/certificates/{invoice}/share", "take-back": "/certificates/{invoice}/revoke",
        "offers": "/offers", "readers": "/readers", "account": "/account",
    },
    "l1-officer": {"inbox": "/inbox", "offer": "/inbox/{offer}", "shared": "/shared/{grant}", "locked": "/book"},
    "a1-auditor": {"audit": "/audit", "explore": "/explore", "explore-locks": "/explore?list=pledges", "sample": "/sampling?seed=2026-Q3&n=5"},
    "r1-registrar": {"members": "/admissions", "propose": "/admissions/new", "keys": "/keys", "health": "/health"},
}  # fmt: skip


def main() -> None:
    """Serve, look, write."""
    from playwright.sync_api import sync_playwright

    from tests.gateway.web.conftest import site_in

    chromium = shutil.which("chromium") or sys.exit("no Chromium here: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        site_in(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        known = _prepared(site)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for language in ("zh", "en"):
            for user, pages in PAGES.items():
                _look(browser, site, known, language, user, pages, phone=False)
        _look(browser, site, known, "zh", "m1-signatory", PAGES["m1-signatory"], phone=True)
        browser.close()


def _prepared(site: Any) -> dict[str, str]:
    """An offer to L1 and a grant that it has read."""
    from gateway.service import grant_reading, granting, pledging
    from gateway.service.own import own_receipt

    home = site.running.gateway.installation
    owner, lender = home.book.find("M1"), home.book.find("L1")
    invoice = site.assets["M1/invoice.xml"]
    receipt = own_receipt(home, owner, invoice)
    made = pledging.make_offer(home, owner, lender.id, [receipt])
    fields = [*sorted(path for path in receipt.values if path.startswith("fact.")), "content"]
    grant = granting.make_grant(home, owner, lender.id, receipt, fields, "授信审批", home.now() + 30 * 86_400)
    grant_reading.record_reading(home, lender, grant.grant_id)
    return {"invoice": invoice, "offer": "0x" + made.pledge_id.hex(), "grant": "0x" + grant.grant_id.hex()}


def _look(
    browser: Any,
    site: Any,
    known: dict[str, str],
    language: str,
    user: str | None,
    pages: dict[str, str],
    *,
    phone: bool,
) -> None:
    from tests.gateway.web.conftest import sign_in

    width, height = (390, 844) if phone else (1360, 860)
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies([{"name": "language", "value": language, "url": site.url}])
    page = context.new_page()
    if user is not None:
        sign_in(page, site, user)
    folder = OUT / (f"{language}-phone" if phone else language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in pages.items():
        page.goto(site.url + path.format(**known))
        page.wait_for_timeout(1500 if name == "offer" else 600)
        page.screenshot(path=folder / f"{name}.png", full_page=not phone)
    context.close()


if __name__ == "__main__":
    main()
