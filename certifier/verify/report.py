"""What a verification says: a verdict with its cause for each numbered check, and one verdict over all (DESIGN, Verification report).

A verdict is never a bare boolean: what could not be established is UNKNOWN with a cause, and only VALID reads as success.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AsOf", "Cause", "Check", "Code", "NotVerified", "Report", "Verdict", "dossier_verdict", "worst"]


class Verdict(enum.Enum):
    """The four words a check can say."""

    VALID = "VALID"
    INVALID = "INVALID"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"


class Code(enum.IntEnum):
    """The numbered checks, in the order in which they are made."""

    CONTENT = 1
    COMMITMENT = 2
    REGISTRATION = 3
    ISSUER = 4
    SIGNERS = 5
    STANDING = 6
    FINGERPRINT = 7
    LIEN = 8
    FACTS = 9
    LINKS = 10
    PLAUSIBILITY = 11
    INDEPENDENCE = 12


class Cause(enum.Enum):
    """Why a check is not VALID, where a program must tell the reasons apart."""

    UNREACHABLE = "UNREACHABLE"
    NOT_FINAL = "NOT_FINAL"
    UNSUPPORTED = "UNSUPPORTED"
    LOOSE_MATCH = "LOOSE_MATCH"
    NOT_GRANTED = "NOT_GRANTED"
    CONTRADICTED = "CONTRADICTED"
    NOT_SUPPLIED = "NOT_SUPPLIED"
    NOT_PLEDGEABLE = "NOT_PLEDGEABLE"


@dataclass(frozen=True)
class Check:
    """One verdict: a sentence for a credit officer, evidence for whoever repeats it."""

    code: Code
    verdict: Verdict
    message: str
    cause: Cause | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The shape of DESIGN's `verify` document."""
        return {
            "number": int(self.code),
            "code": self.code.name,
            "verdict": self.verdict.value,
            "cause": self.cause.value if self.cause else None,
            "message": self.message,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class AsOf:
    """The one block for which a report holds."""

    chain_id: int
    genesis: str
    number: int
    hash: str
    time: str
    finality: str

    def to_json(self) -> dict[str, Any]:
        """The shape of DESIGN's `as_of`."""
        return {
            "chain_id": self.chain_id,
            "genesis": self.genesis,
            "number": self.number,
            "hash": self.hash,
            "time": self.time,
            "finality": self.finality,
        }


@dataclass(frozen=True)
class NotVerified:
    """Something that nobody checked, said so that no reader assumes it."""

    code: str
    message: str


NOBODY_VERIFIED = (
    NotVerified("OTHER_LEDGERS", "whether the same receivable is pledged on another ledger or on paper"),
    NotVerified(
        "STATUTORY_REGISTRY", "the statutory registry of security interests: search it before paying out"
    ),
    NotVerified(
        "GOODS", "whether the goods exist and were accepted: the documents say so, nobody here saw them"
    ),
    NotVerified(
        "NODE", "the node itself: the report trusts the node it read (give --rpc twice to compare two)"
    ),
)


@dataclass(frozen=True)
class Report:
    """All checks of one receipt at one block."""

    verdict: Verdict
    checks: tuple[Check, ...]
    as_of: AsOf | None
    not_verified: tuple[NotVerified, ...]
    asset_id: str | None = None

    def check(self, code: Code) -> Check:
        """The check with that code."""
        return next(check for check in self.checks if check.code is code)

    def fault(self, codes: Collection[Code]) -> Check | None:
        """Of these checks one that is not VALID, an INVALID one before any other; None where all are VALID."""
        faults = [
            check for check in self.checks if check.code in codes and check.verdict is not Verdict.VALID
        ]
        return min(faults, key=lambda check: check.verdict is not Verdict.INVALID, default=None)

    def to_json(self) -> dict[str, Any]:
        """The shape of DESIGN's `verify` document."""
        return {
            "verdict": self.verdict.value,
            "asset_id": self.asset_id,
            "checks": [check.to_json() for check in self.checks],
            "as_of": self.as_of.to_json() if self.as_of else None,
            "not_verified": [{"code": item.code, "message": item.message} for item in self.not_verified],
        }


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """INVALID before UNKNOWN before VALID; SKIPPED counts as nothing. Of no verdicts: UNKNOWN."""
    for verdict in (Verdict.INVALID, Verdict.UNKNOWN, Verdict.VALID):
        if verdict in verdicts:
            return verdict
    return Verdict.UNKNOWN


def dossier_verdict(reports: Sequence[Report]) -> Verdict:
    """The worst verdict of a job's papers; INVALID where none of them can be collateral: evidence alone is no dossier."""
    if all(report.check(Code.FINGERPRINT).verdict is Verdict.SKIPPED for report in reports):
        return Verdict.INVALID
    return worst([report.verdict for report in reports])
