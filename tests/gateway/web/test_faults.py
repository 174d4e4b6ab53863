"""Errors in the user's language: what somebody can cause by pages or API has words in Chinese, not only a code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.lower_errors import code_of
from gateway.web.faults import fault_of
from ledger import refusals

GATEWAY = Path(__file__).resolve().parents[3] / "gateway"
PLACES = ("api", "credit", "identity", "jobs", "service", "signing", "web")
OF_OPERATORS = {
    "ALREADY_UP", "BACKUP", "DAMAGED", "DOSSIER_FILE", "EVALUATION_SETTING", "EXISTS", "FILE", "GATEWAY_SETTING", "HAS_LEDGER", "HOST",
    "IDENTITY_KEY", "LEDGER", "LOAN_BOOK", "NO_DESCRIPTOR", "NO_FILES", "NOT_A_FILE", "NOT_A_TABLE", "NOT_JSON", "NOT_UNDERSTOOD",
    "NOTHING_TOLD", "OUT", "POLICY", "PORT", "PROFILE", "PROXY_SOCKET", "RULES", "SCORECARD", "SIGNING", "SPOOL", "TOO_FEW_DEFAULTS",
    "TRAINING_EXTRA", "UNPUBLISHED", "WEB3SIGNER_FILES", "WEB3SIGNER_KEY", "WEB3SIGNER_URL",
}  # fmt: skip
"""What only a terminal, a log or the health page says: files and settings of an installation."""
AT_FOUNDING = {
    "BAD_ELECTORATE", "BAD_IDENTIFIER", "BAD_QUORUM", "BAD_ROLES", "BAD_SUCCESSOR", "EMPTY_BATCH", "EVIDENCE_MISMATCH", "FOREIGN_PREDECESSOR",
    "NOT_ASCENDING", "NOT_SUCCESSOR", "OTHER_REVERT", "PANIC", "REVERT",
}  # fmt: skip
"""Refusals that no page can bring about: of contracts' founding and handing over, and of calls that our own code never makes."""


def raised() -> Iterator[tuple[str, str]]:
    """Every code that is raised, with its message: for what the case fills in stands a 1."""
    for place in PLACES:
        for path in sorted((GATEWAY / place).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), said, *_]):
                        if name.endswith("Error") and code.isupper():
                            yield code, _text(said)


def _text(said: ast.expr) -> str:
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    return "".join(_part(part) for part in parts)


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "'1'" if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else "1"


def in_chinese(code: str, message: str) -> bool:
    return bool(re.search("[\u4e00-\u9fff]", fault_of("zh", code, message).message))


def test_what_a_person_can_cause_reads_in_chinese() -> None:
    found = {one for one in raised() if one[0] not in OF_OPERATORS}
    assert len(found) > 200
    assert not sorted(one for one in found if not in_chinese(*one))


@pytest.mark.parametrize(
    "kind",
    [
        one
        for _, one in inspect.getmembers(refusals, inspect.isclass)
        if issubclass(one, refusals.RevertError)
    ],
)
def test_what_a_contract_refuses_reads_in_chinese(kind: type[refusals.RevertError]) -> None:
    code = code_of(kind.__new__(kind))
    assert in_chinese(code, "as it was said") or code in AT_FOUNDING
