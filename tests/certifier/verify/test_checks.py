"""Every check fails alone, is UNKNOWN where nothing can be established, and is missed when it is taken away."""

from __future__ import annotations

import pytest

from certifier.verify import Check, Code, Verdict
from certifier.verify.checks import CHECKS
from certifier.verify.subject import Subject
from tests.certifier.verify.cases import CASES, Case
from tests.certifier.verify.workshop import Workshop, invoice

_ALL = [
    pytest.param(case, id=f"{code.value}-{case.__name__}") for code in CHECKS for case in CASES.get(code, [])
]


def test_an_honest_invoice_is_valid(shop: Workshop) -> None:
    report = shop.verify(shop.certify(invoice()))
    assert report.verdict is Verdict.VALID
    skipped = {check.code for check in report.checks if check.verdict is Verdict.SKIPPED}
    assert skipped == {Code.SIGNERS, Code.LINKS}


@pytest.mark.parametrize("case", _ALL)
def test_case(shop: Workshop, case: Case) -> None:
    case(shop)


@pytest.mark.parametrize("code", list(CHECKS), ids=lambda code: code.name)
def test_mutation(shop: Workshop, code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verifier whose check says VALID of everything is caught by a case that has a name."""

    def says_valid(_: Subject) -> Check:
        return Check(code, Verdict.VALID, "all is well")

    monkeypatch.setitem(CHECKS, code, says_valid)
    assert [case.__name__ for case in CASES[code] if _turns_red(case, shop)]


def _turns_red(case: Case, shop: Workshop) -> bool:
    try:
        case(shop)
    except AssertionError:
        return True
    return False
