"""How a check says its verdict: one word, one sentence, and evidence by name."""

from __future__ import annotations

from collections.abc import Sequence

from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.subject import Missing

__all__ = ["invalid", "not_supplied", "skipped", "unknown", "valid"]


def valid(code: Code, message: str, /, **evidence: object) -> Check:
    """What the check is about holds."""
    return Check(code, Verdict.VALID, message, evidence=evidence)


def invalid(code: Code, message: str, cause: Cause | None = None, /, **evidence: object) -> Check:
    """It does not hold, or what was owed is not there."""
    return Check(code, Verdict.INVALID, message, cause, evidence)


def unknown(code: Code, missing: Missing, /, **evidence: object) -> Check:
    """It could not be established."""
    return Check(code, Verdict.UNKNOWN, missing.message, missing.cause, evidence)


def not_supplied(code: Code, hidden: Sequence[str]) -> Check:
    """INVALID, since these fields are owed and not shown."""
    told = f"the applicant owes these fields and does not show them: {', '.join(hidden)}"
    return invalid(code, told, Cause.NOT_SUPPLIED, fields=hidden)


def skipped(code: Code, message: str, cause: Cause | None = None) -> Check:
    """The profile does not ask for it."""
    return Check(code, Verdict.SKIPPED, message, cause)
