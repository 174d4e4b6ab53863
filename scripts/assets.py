"""Copy what the pages load from npm packages into `gateway/web/static/vendor/`: made by `make setup`, never committed.

Nothing is built: a file is copied as it is, or, where it is published with more comment than code, without its comments and indentation.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "gateway" / "web" / "static" / "vendor"
FILES = ("htmx.org/dist/htmx.min.js", "echarts/dist/echarts.common.min.js")
COMMENTED = {"@noble/secp256k1/index.js": "secp256k1.js"}
"""A source without texts over several lines, and its name here."""
_COMMENT = re.compile(r"^\s*(?://.*|/\*(?!!)(?:(?!\*/)[\s\S])*\*/[ \t]*)\n", re.MULTILINE)
"""One that has its lines for itself; a licence (`/*!`) stays."""


def main() -> None:
    """Copy each file; what is there already is replaced."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name in FILES:
        source = PACKAGES / name
        shutil.copyfile(source, VENDOR / source.name)
    for name, target in COMMENTED.items():
        code = _COMMENT.sub("", (PACKAGES / name).read_text("utf-8"))
        (VENDOR / target).write_text(re.sub(r"(?m)^[ \t]+", "", code), "utf-8")


if __name__ == "__main__":
    main()
