"""Copy what the pages load from npm packages into `gateway/web/static/vendor/`: made by `make setup`, never committed."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "gateway" / "web" / "static" / "vendor"
FILES = ("htmx.org/dist/htmx.min.js", "echarts/dist/echarts.common.min.js")


def main() -> None:
    """Copy each file; what is there already is replaced."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        source = ROOT / "node_modules" / name
        shutil.copyfile(source, VENDOR / source.name)


if __name__ == "__main__":
    main()
