"""The manifest: what each file is and what it is to be taken for. The only place where truth is written down.

A paper's links are given by key here and by path in world.json. `truth` is honest, flaw (an honest firm's), fraud, or
control; `label` names which flaw or fraud; `verdict` and `codes` are what a verifier and the early warning must say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from certifier.canonical import base64url
from certifier.signer import Statement, message, multikey, sign
from scripts.two_rivers.calendar import AS_OF, LAST, START, week_of
from scripts.two_rivers.firms import ORGANISATIONS

__all__ = ["Book", "Paper", "Signing"]

SIGNERS_SCHEMA = "assetcert/signers/1"


@dataclass(frozen=True)
class Signing:
    """Who signs a paper beside it, as what: `instrument` by the firm's own device key, `inspector`, `witness`."""

    who: str
    role: str
    at: str


@dataclass(frozen=True)
class Paper:
    """One file of one organisation."""

    path: str
    kind: str
    format: str
    day: date
    data: bytes
    key: str = ""
    links: tuple[tuple[str, str], ...] = ()
    truth: str = "honest"
    label: str = ""
    verdict: str = "VALID"
    codes: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    same_as: str = ""
    signing: Signing | None = None

    @property
    def organisation(self) -> str:
        """Whose file it is."""
        return self.path.partition("/")[0]

    @property
    def sha256(self) -> str:
        """Digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Book:
    """Collects papers, acts, findings and known answers, and writes them down."""

    seed: int
    papers: dict[str, Paper] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def add(self, paper: Paper) -> None:
        """One more file; its path and its key are its own."""
        if paper.path in self.papers or (paper.key and paper.key in self._keys):
            raise AssertionError(f"{paper.path} ({paper.key}) is there already")
        self.papers[paper.path] = paper
        if paper.key:
            self._keys[paper.key] = paper.path

    def path(self, key: str) -> str:
        """Where the paper of a key lies."""
        return self._keys[key]

    def find(self, key: str) -> Paper | None:
        """The paper of a key, if there is one."""
        path = self._keys.get(key)
        return None if path is None else self.papers[path]

    def finding(
        self,
        label: str,
        firm: str,
        truth: str,
        code: str,
        severity: str,
        keys: Iterable[str],
        says: str,
        *,
        alone: bool = False,
    ) -> None:
        """What must be found (or, with severity `clear`, must not): by which rule, from which papers.

        `alone`: nothing else catches it, should this signal be taken away.
        """
        files = [self._keys[key] for key in keys]
        row = {
            "label": label,
            "firm": firm,
            "truth": truth,
            "code": code,
            "severity": severity,
            "alone": alone,
        }
        self.findings.append({**row, "says": says, "files": files})

    def secret(self, who: str) -> bytes:
        """The signing key of a device, a laboratory or a witness of this world: published, and good for nothing else."""
        return hashlib.sha256(f"two-rivers/{self.seed}/key/{who}".encode()).digest()

    def write(self, out: Path) -> None:
        """All files, the statements of their signers beside them, and world.json."""
        for paper in self.papers.values():
            place = out / paper.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(paper.data)
            if paper.signing is not None:
                place.with_name(place.name + ".signers.json").write_bytes(
                    self._statement(paper, paper.signing)
                )
        (out / "world.json").write_text(
            json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )

    def _statement(self, paper: Paper, signing: Signing) -> bytes:
        secret, issuer = self.secret(signing.who), ORGANISATIONS[paper.organisation].id
        digest = hashlib.sha256(paper.data).digest()
        signature = sign(secret, "ed25519", message(signing.role, issuer, digest, signing.at))
        said = Statement(multikey(secret, "ed25519"), signing.role, issuer, digest, signing.at, signature)
        return (json.dumps({"schema": SIGNERS_SCHEMA, "signers": [said.to_json()]}, indent=1) + "\n").encode()

    def to_json(self) -> dict[str, Any]:
        """The document `assetcert/world/1`."""
        signers = sorted({(p.signing.who, p.signing.role) for p in self.papers.values() if p.signing})
        return {
            "schema": "assetcert/world/1",
            "name": "Two Rivers",
            "seed": self.seed,
            "window": {"first": str(START), "last": str(LAST), "as_of": AS_OF.isoformat()},
            "organisations": [_organisation(short) for short in ORGANISATIONS],
            "keys": [
                {"organisation": who, "role": role, "curve": "ed25519",
                 "public_key": base64url(multikey(self.secret(who), "ed25519"))}
                for who, role in signers
            ],
            "files": [self._entry(self.papers[path]) for path in sorted(self.papers)],
            "acts": sorted(self.acts, key=lambda act: (act["day"], act["act"], act.get("debtor", ""))),
            "findings": self.findings,
            "known_answers": self.answers,
        }  # fmt: skip

    def _entry(self, paper: Paper) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "path": paper.path,
            "sha256": paper.sha256,
            "bytes": len(paper.data),
            "organisation": paper.organisation,
            "kind": paper.kind,
            "format": paper.format,
            "day": str(paper.day),
            "week": max(0, week_of(paper.day)),
            "truth": paper.truth,
            "label": paper.label,
            "expected": {
                "verdict": paper.verdict,
                "codes": list(paper.codes),
                "notices": list(paper.notices),
            },
            "links": [[relation, self._keys[key]] for relation, key in paper.links],
        }
        if paper.signing is not None:
            entry["signer"] = {"organisation": paper.signing.who, "role": paper.signing.role}
        if paper.same_as:
            entry["same_as"] = self._keys[paper.same_as]
        return entry


def _organisation(short: str) -> Mapping[str, object]:
    who = ORGANISATIONS[short]
    return {
        "short": short,
        "identifier": f"CN-USCC:{who.uscc}",
        "name": who.name,
        "role": who.role,
        "legal_representative": who.legal_representative,
        "phone": who.phone,
        "bank_account": who.bank_account,
        "gln": who.gln,
    }
