"""The world Two Rivers as the demo uses it: written by the repository's generator, read from its manifest `world.json`.

The generator (scripts/two_rivers, docs/two-rivers.md) is no part of the packages: it is found beside them, as the compiled contracts are,
and runs in a process of its own. Nothing here knows a figure of the world; all of them come from its files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from certifier.canonical import parse_base64url
from gateway.errors import UnavailableError
from gateway.installation import Organisation
from ledger.artifacts import ROOT
from ledger.membership import Role

__all__ = ["Act", "Device", "Paper", "World", "Writing", "dossier_of", "seconds", "shanghai"]

_ROLES = {
    "enterprise": Role.ENTERPRISE,
    "lender": Role.LENDER,
    "inspector": Role.INSPECTOR,
    "auditor": Role.AUDITOR,
}
_JOB = {
    "purchase-order",
    "work-order",
    "machine-data",
    "inspection-report",
    "despatch-advice",
    "invoice",
    "credit-note",
    "payment",
}
_SHANGHAI = timedelta(hours=8)


@dataclass(frozen=True)
class Paper:
    """One file: whose it is, on which day there is something to certify, and which earlier papers it belongs to, by path."""

    path: str
    sha256: bytes
    firm: str
    kind: str
    day: date
    week: int
    links: tuple[tuple[str, str], ...]
    signed: bool

    @property
    def ready(self) -> datetime:
        """From when on it can be certified: a machine's log when its day is over, all else in the evening."""
        late = (
            timedelta(days=1, minutes=1) if self.kind == "machine-data" else timedelta(hours=20, minutes=30)
        )
        return shanghai(self.day) + late


@dataclass(frozen=True)
class Act:
    """Something that happens between people on a day; `says` is the manifest's row."""

    day: date
    name: str
    says: Mapping[str, Any]

    @property
    def files(self) -> list[str]:
        """The papers it is about."""
        return list(self.says.get("files", ()))


@dataclass(frozen=True)
class Device:
    """A signing key whose seed is outside this home: a machine's, the laboratory's, the carrier's, the meter's."""

    organisation: str
    role: str
    public_key: bytes


@dataclass(frozen=True)
class World:
    """A written world: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> World:
        """The world in a folder."""
        return cls(folder, json.loads((folder / "world.json").read_text("utf-8")))

    @cached_property
    def papers(self) -> dict[str, Paper]:
        """Every file by its path, in the order of their days."""
        rows = sorted(self.manifest["files"], key=lambda row: (row["day"], row["path"]))
        return {row["path"]: _paper(row) for row in rows}

    @cached_property
    def links(self) -> dict[bytes, list[tuple[str, bytes]]]:
        """Digest of a paper → relation and digest of each earlier one."""
        papers = self.papers
        return {
            paper.sha256: [(relation, papers[path].sha256) for relation, path in paper.links]
            for paper in papers.values()
        }

    @property
    def acts(self) -> list[Act]:
        """What happens, by day."""
        return [Act(date.fromisoformat(row["day"]), row["act"], row) for row in self.manifest["acts"]]

    @property
    def devices(self) -> list[Device]:
        """The keys that sign papers."""
        rows = self.manifest["keys"]
        return [Device(row["organisation"], row["role"], parse_base64url(row["public_key"])) for row in rows]

    @property
    def as_of(self) -> datetime:
        """The end of the story."""
        return datetime.fromisoformat(self.manifest["window"]["as_of"])

    @property
    def first(self) -> date:
        """The first day of the window, a Monday."""
        return date.fromisoformat(self.manifest["window"]["first"])

    def jobs(self, firm: str) -> dict[str, list[Paper]]:
        """A firm's jobs by name: the papers of a week's delivery, its orders before it, its invoices and payments after it."""
        found: dict[str, list[Paper]] = {}
        for paper in self.papers.values():
            if paper.firm == firm and paper.kind in _JOB:
                for week in sorted(self._delivered(paper)):
                    found.setdefault(f"{firm}-{week:02}", []).append(paper)
        return found

    def _delivered(self, paper: Paper) -> set[int]:
        """The weeks whose delivery a paper belongs to; an invoice and what follows it are of the week before theirs."""
        if paper.kind == "purchase-order":
            return {
                one.week
                for one in self._pointing.get(paper.path, ())
                if one.kind == "work-order" and one.week
            }
        if paper.kind in ("invoice", "payment", "credit-note"):
            return {week for _, path in paper.links for week in self._later(self.papers[path])}
        return {paper.week} if paper.week else set()

    def _later(self, earlier: Paper) -> set[int]:
        return self._delivered(earlier) if earlier.kind != "purchase-order" else set()

    @cached_property
    def _pointing(self) -> dict[str, list[Paper]]:
        """Path → the papers that point to it."""
        found: dict[str, list[Paper]] = {}
        for paper in self.papers.values():
            for _, path in paper.links:
                found.setdefault(path, []).append(paper)
        return found

    def organisations(self, *roles: str) -> list[Organisation]:
        """The organisations of some roles, in the manifest's order."""
        rows = [row for row in self.manifest["organisations"] if row["role"] in roles]
        return [Organisation(row["short"], row["identifier"], row["name"]) for row in rows]

    @property
    def members(self) -> list[tuple[Organisation, Role]]:
        """Who is admitted: those of the four roles, and as witnesses those whose signed papers exist. Never a buyer."""
        witnesses = {device.organisation for device in self.devices if device.role == "witness"}
        named = self.organisations(*(row["role"] for row in self.manifest["organisations"]))
        roles = {row["short"]: _ROLES.get(row["role"]) for row in self.manifest["organisations"]}
        found = [(one, Role.WITNESS if one.short in witnesses else roles[one.short]) for one in named]
        return [(one, role) for one, role in found if role is not None]


class Writing:
    """The generator at work in another process; `world` waits for it."""

    def __init__(self, folder: Path) -> None:
        if not (ROOT / "scripts" / "two_rivers" / "__main__.py").is_file():
            raise UnavailableError(
                "NO_WORLD",
                f"the demo's papers are written by scripts/two_rivers, which is not at {ROOT}: run the demo from a checkout of the repository",
            )
        self._folder = folder
        command = [sys.executable, "-m", "scripts.two_rivers", str(folder)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def world(self) -> World:
        """The world once it is written. UnavailableError with the generator's own words where it failed."""
        _, said = self._process.communicate()
        if self._process.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-1:] or ["no word why"]
            raise UnavailableError("NO_WORLD", f"the demo's papers could not be written: {last[0]}")
        return World.load(self._folder)

    def end(self) -> None:
        """Stop it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def dossier_of(short: str) -> str:
    """The name of the dossier that holds all of an organisation's papers."""
    return f"{short}-two-rivers"


def shanghai(day: date) -> datetime:
    """Midnight of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - _SHANGHAI


def seconds(moment: datetime) -> int:
    """A moment as the ledger has it."""
    return int(moment.timestamp())


def _paper(row: Mapping[str, Any]) -> Paper:
    return Paper(
        row["path"],
        bytes.fromhex(row["sha256"]),
        row["organisation"],
        row["kind"],
        date.fromisoformat(row["day"]),
        row["week"],
        tuple((relation, path) for relation, path in row["links"]),
        "signer" in row,
    )
