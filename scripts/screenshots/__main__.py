"""Pictures of every page for the README: `python -m scripts.screenshots` serves the demo's home and looks at it with Debian's Chromium.

Written to docs/screenshots/<language>/<page>.png, on a desktop; the enterprise's on a phone too.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from scripts.screenshots.demo import PAGES, ROOT, Demo, demo

OUT = ROOT / "docs" / "screenshots"
TALLEST = 2_400


def main() -> None:
    """Serve, look, write."""
    with demo() as found:
        for language in ("zh", "en"):
            for user in PAGES:
                _look(found, language, user)
        _look(found, "zh", "m1-signatory", phone=True)


def _look(found: Demo, language: str, user: str | None, *, phone: bool = False) -> None:
    page = found.opened(language, user, phone=phone)
    folder = OUT / (f"{language}-phone" if phone else language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, steps in PAGES[user].items():
        found.go(page, steps)
        page.wait_for_timeout(600)
        _kept(page.screenshot(full_page=not phone), folder / f"{name}.png")
    page.context.close()


def _kept(picture: bytes, path: Path) -> None:
    """The top of a long page, in as few colours as pages have: a tenth of the bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
