"""What a case is, and what several modules of cases share."""

from __future__ import annotations

from collections.abc import Callable

from certifier.verify import Code, Verdict
from tests.certifier.verify.workshop import Workshop

__all__ = ["CASES", "INVALID", "ON_LEDGER", "UNKNOWN", "Case", "case"]

Case = Callable[[Workshop], None]
CASES: dict[Code, list[Case]] = {}

INVALID, UNKNOWN = Verdict.INVALID, Verdict.UNKNOWN
ON_LEDGER = (Code.REGISTRATION, Code.ISSUER, Code.STANDING, Code.FINGERPRINT, Code.LIEN)


def case(code: Code) -> Callable[[Case], Case]:
    """Makes a function one of a check's cases."""

    def add(function: Case) -> Case:
        CASES.setdefault(code, []).append(function)
        return function

    return add
