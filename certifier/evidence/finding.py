"""What evidence says: one finding with a stable code, the numbers it compared and the assets they came from (PRODUCT 3.1)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.types import hex32

__all__ = ["AMBER", "RED", "Code", "Finding", "Severity", "ordered"]


class Code(enum.StrEnum):
    """PRODUCT 3.1's rules where it has one, a word of our own where it has none."""

    E02 = "E02"
    E03 = "E03"
    E04 = "E04"
    E05 = "E05"
    E06 = "E06"
    E07 = "E07"
    E08 = "E08"
    E09 = "E09"
    E10 = "E10"
    E11 = "E11"
    E15 = "E15"
    COPIED_MEASUREMENTS = "COPIED_MEASUREMENTS"
    SAME_CONTENT = "SAME_CONTENT"
    CONFLICTING_PAPERS = "CONFLICTING_PAPERS"
    QUANTITIES = "QUANTITIES"
    PRICE = "PRICE"
    DATES = "DATES"
    RECIPROCAL = "RECIPROCAL"
    AFFILIATE = "AFFILIATE"
    INDEPENDENCE = "INDEPENDENCE"


class Severity(enum.StrEnum):
    """A: amber, somebody should ask. R: red, the papers cannot all be true."""

    A = "A"
    R = "R"


AMBER, RED = Severity.A, Severity.R


class _Order(NamedTuple):
    code: str
    severity: str
    assets: tuple[bytes, ...]
    message: str


@dataclass(frozen=True)
class Finding:
    """`message` is for a credit officer; `numbers` are canonical texts by name; `assets` is sorted."""

    code: Code
    severity: Severity
    message: str
    numbers: Mapping[str, str]
    assets: tuple[bytes, ...]

    @property
    def red(self) -> bool:
        """Whether the papers cannot all be true."""
        return self.severity is RED

    def to_json(self) -> dict[str, Any]:
        """Members as in a check's evidence and in a decision record."""
        return {
            "code": self.code.value,
            "severity": self.severity.value,
            "message": self.message,
            "numbers": dict(self.numbers),
            "assets": [hex32(asset) for asset in self.assets],
        }


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the one order that does not depend on how their papers came."""
    return tuple(sorted(findings, key=lambda f: _Order(f.code.value, f.severity.value, f.assets, f.message)))
