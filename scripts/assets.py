"""Copy what the pages load from npm packages into `gateway/web/static/vendor/`: made by `make setup`, never committed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "gateway" / "web" / "static" / "vendor"
FILES = ("htmx.org/dist/htmx.min.js", "echarts/dist/echarts.common.min.js")
MODULES = ("@noble/curves/secp256k1.js", "@noble/hashes/sha3.js")
"""ES modules, copied with all that they import, each under its own path."""
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom\s*["']([^"']+)["']""", re.MULTILINE)


def main() -> None:
    """Copy each file; what is there already is replaced."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        source = PACKAGES / name
        shutil.copyfile(source, VENDOR / source.name)
    copied: set[str] = set()
    for name in MODULES:
        _copy_module(name, copied)


def _copy_module(name: str, copied: set[str]) -> None:
    """A browser finds no packages by name: what is imported by one becomes an address."""
    if name in copied:
        return
    copied.add(name)
    text = (PACKAGES / name).read_text("utf-8")
    for found in _IMPORT.findall(text):
        near = found.startswith(".")
        _copy_module(os.path.normpath(Path(name).parent / found) if near else found, copied)
    target = VENDOR / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(re.sub(r"""(from\s*["'])@""", r"\1/static/vendor/@", text), "utf-8")


if __name__ == "__main__":
    main()
