"""Copy what the pages load from npm packages into `gateway/web/static/vendor/`: made by `make setup`, never committed."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "gateway" / "web" / "static" / "vendor"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.common.min.js",
    "@noble/secp256k1/index.js": "secp256k1.js",
    "js-sha3/build/sha3.min.mjs": "sha3.min.js",
}
"""A file of a package, and its name here."""


def main() -> None:
    """Copy each file; what is there already is replaced."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(PACKAGES / source, VENDOR / name)


if __name__ == "__main__":
    main()
