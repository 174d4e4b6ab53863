"""What an audit says: a verdict, counts, and findings with their evidence (DESIGN, Command line)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certifier.verify.report import Verdict
from ledger.chain import Position
from ledger.types import hex32

__all__ = ["AuditReport", "Finding", "Findings"]

_NOTED = {"ASSET_COPIED"}
"""Told, and no fault: every key on chain begins with the organisation, so a copied id does its owner no harm."""

_UNESTABLISHED = {"UNREACHABLE", "CONTRADICTED", "STATE_DIFFERS"}
_LISTED = 1_000


@dataclass(frozen=True)
class Finding:
    """One thing found. `code` is stable; `evidence` is JSON."""

    code: str
    message: str
    evidence: Mapping[str, Any]


@dataclass
class Findings:
    """Collects findings; of each code the first thousand are listed, all are counted."""

    found: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, message: str, at: Position | None = None, **evidence: Any) -> None:
        """One finding; 32-byte values of the evidence are shown as hex32, `at` as block and transaction."""
        self.counts[code] += 1
        if self.counts[code] > _LISTED:
            return
        shown = {name: hex32(v) if isinstance(v, bytes) else v for name, v in evidence.items()}
        if at is not None:
            shown |= {"block": at.block, "transaction": hex32(at.transaction)}
        self.found.append(Finding(code, message, shown))

    @property
    def verdict(self) -> Verdict:
        """INVALID where a rule was broken, else UNKNOWN where something could not be established, else VALID."""
        codes = set(self.counts) - _NOTED
        if codes - _UNESTABLISHED:
            return Verdict.INVALID
        return Verdict.UNKNOWN if codes else Verdict.VALID


@dataclass(frozen=True)
class AuditReport:
    """The outcome. `to_block` is the pinned block, or where the audit broke off."""

    verdict: Verdict
    from_block: int
    to_block: int
    batches: int
    assets: int
    pledges: int
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The shape that tools rely on."""
        findings = [
            {"code": f.code, "message": f.message, "evidence": dict(f.evidence)} for f in self.findings
        ]
        return {
            "verdict": self.verdict.value,
            "from_block": self.from_block,
            "to_block": self.to_block,
            "batches": self.batches,
            "assets": self.assets,
            "pledges": self.pledges,
            "findings": findings,
        }
