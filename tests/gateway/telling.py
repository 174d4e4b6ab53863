"""A demo that was told once by the real command: its home, what it answered, and the manifest of its world."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from certifier.receipt import Receipt, parse

from .conftest import ROOT, Result, assetcert, started

__all__ = ["SAMPLES", "Told", "tell"]

SAMPLES = ROOT / "tests" / "samples"


@dataclass(frozen=True)
class Told:
    """A finished demo: its home, what it answered, and how a second one was answered meanwhile."""

    home: Path
    document: dict[str, Any]
    pid: int
    meanwhile: Result

    @cached_property
    def world(self) -> dict[str, Any]:
        """The manifest, and its files by path."""
        manifest: dict[str, Any] = json.loads((self.home / "papers" / "world.json").read_text())
        return manifest | {"files": {row["path"]: row for row in manifest["files"]}}

    @cached_property
    def receipts(self) -> dict[str, tuple[Path, Receipt]]:
        """Digest of a document → its newest receipt in the home."""
        found: dict[str, tuple[Path, Receipt]] = {}
        for path in (self.home / "receipts").glob("0x*.receipt.json"):
            receipt = parse(path.read_bytes())
            assert isinstance(receipt, Receipt)
            sha, at = receipt.values["content.sha256"], receipt.values["asset.issued_at"]
            if sha not in found or at > found[sha][1].values["asset.issued_at"]:
                found[sha] = (path, receipt)
        return found

    def step(self, words: str) -> dict[str, Any]:
        """The figures of the one step whose name holds some words."""
        (step,) = [step for step in self.document["steps"] if words in step["name"]]
        figures: dict[str, Any] = step["figures"]
        return figures

    def act(self, name: str, debtor: str) -> dict[str, Any]:
        """An act of the manifest."""
        return next(a for a in self.world["acts"] if (a["act"], a["debtor"]) == (name, debtor))

    @property
    def invoice(self) -> str:
        """M1's newest invoice that is XML."""
        rows = [
            r for r in self.world["files"].values() if (r["organisation"], r["kind"]) == ("M1", "invoice")
        ]
        return str(
            max((row for row in rows if row["format"] == "e-fapiao"), key=lambda row: row["day"])["path"]
        )


def tell(home: Path) -> Told:
    """Tell it into a home that is not there yet."""
    running = started("demo", "--data", SAMPLES, home=home)
    while not (home / "run" / "up.lock").is_file() or not (home / "run" / "up.lock").read_text():
        time.sleep(0.01)
    meanwhile = assetcert("demo", home=home)
    done = running.wait()
    assert done.code == 0, done.out + done.err
    return Told(home, done.json, running.pid, meanwhile)
