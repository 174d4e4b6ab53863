"""Two Rivers as certified papers: what a gateway would hand to `assess`, made from the manifest and the readers' documents.

Certified on the day after that of the manifest; asset ids are a hash of issuer and bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from certifier.evidence import (
    Assessment,
    Attribute,
    Code,
    Finding,
    Paper,
    Signer,
    assess,
    declaration,
    tokens,
)
from certifier.evidence.paper import SHANGHAI, day_of, sealed
from ledger.types import organisation_id
from tests.two_rivers.reading import World

AS_OF = date(2026, 9, 28)


def token(data: bytes) -> bytes:
    """Stands for the consortium's keyed function."""
    return hashlib.sha256(b"a key" + data).digest()


@dataclass
class Rivers:
    """The world's papers by path, and what goes with them."""

    world: World

    @cached_property
    def organisations(self) -> Mapping[str, bytes]:
        """Short name → organisation on the ledger."""
        return {o["short"]: organisation_id(o["identifier"]) for o in self.world.manifest["organisations"]}

    @cached_property
    def names(self) -> Mapping[bytes, list[str]]:
        """Organisation → what papers call it."""
        rows = self.world.manifest["organisations"]
        return {self.organisations[o["short"]]: [o["identifier"], o["gln"]] for o in rows}

    def asset(self, path: str) -> bytes:
        """The asset id of a file."""
        entry = self.world.entries[path]
        return hashlib.sha256(f"{entry['organisation']}/{entry['sha256']}".encode()).digest()

    def paper(self, path: str) -> Paper:
        """One file as a certified paper."""
        entry, document = self.world.entries[path], self.world.documents[path]
        day = date.fromisoformat(entry["day"])
        certified = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)
        signer = entry.get("signer")
        return Paper(
            asset_id=self.asset(path),
            issuer=self.organisations[entry["organisation"]],
            kind=document.kind,
            format=document.format,
            facts=dict(document.facts),
            links=tuple((relation, self.asset(target)) for relation, target in entry["links"]),
            signers=(Signer(signer["role"], self.organisations[signer["organisation"]]),) if signer else (),
            sha256=bytes.fromhex(entry["sha256"]),
            registered_at=int(certified.timestamp()),
            day=day_of(document.kind, document.facts) or day,
            trace=document.trace,
            sealed=sealed(document.format, document.facts, document),
            declared=declaration(self.world.data(path)) if path.endswith(".json") else None,
        )

    @cached_property
    def papers(self) -> Mapping[str, Paper]:
        """Every paper but those that are handed in again."""
        return {path: self.paper(path) for path in self.world.entries if "/again/" not in path}

    def of(self, *firms: str) -> list[Paper]:
        """The papers of some organisations."""
        return [paper for path, paper in self.papers.items() if path.partition("/")[0] in firms]

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """Tokens of the lender's extracts of the companies register."""
        return tuple(
            one
            for p in self.papers.values()
            if p.extract is not None
            for one in tokens(p.extract, token, p.asset_id)
        )

    @cached_property
    def pledged(self) -> frozenset[bytes]:
        """Assets that stand pledged."""
        acts = self.world.manifest["acts"]
        return frozenset(self.asset(path) for act in acts if act["act"] == "pledge" for path in act["files"])

    def assess(self, firm: str, papers: Iterable[Paper] | None = None, **given: Any) -> Assessment:
        """The firm's assessment, from all papers of the world or from these."""
        rest = {"attributes": self.attributes, "pledged": self.pledged, "names": self.names} | given
        found = self.papers.values() if papers is None else papers
        return assess(found, firm=self.organisations[firm], as_of=AS_OF, **rest)

    def without(self, drop: Callable[[str, Paper], bool]) -> list[Paper]:
        """All papers but those for which `drop` holds."""
        return [paper for path, paper in self.papers.items() if not drop(path, paper)]


def codes(findings: Iterable[Finding]) -> set[Code]:
    """The codes of some findings."""
    return {finding.code for finding in findings}
