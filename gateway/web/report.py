"""Verification reports as pages show them: a verdict, its checks with sentence and evidence, what nobody verified.

Each check can be sent as soon as it is made (server-sent events), and the whole as one page. The verifier decides; nothing is decided here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from certifier.receipt import Receipt
from certifier.verify import AsOf, Check, Code, Report, Verdict
from gateway.web.parties import Party
from gateway.web.sentences import NOT_VERIFIED, sentence
from gateway.web.words import FACTS

__all__ = ["CheckView", "ReportView", "facts_of", "parts", "pending", "view"]

_LISTS = 12


@dataclass(frozen=True)
class CheckView:
    """One check: `sentence` is a key of the catalogues, `message` the verifier's own words."""

    number: int
    code: str
    verdict: str
    cause: str | None
    sentence: str
    message: str
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReportView:
    """A whole report."""

    verdict: str
    asset_id: str | None
    checks: tuple[CheckView, ...]
    counts: Mapping[str, int]
    as_of: AsOf | None
    not_verified: tuple[str, ...]
    kind: str = "other"
    facts: Mapping[str, str] | None = None
    issuer: Party | None = None


def view(report: Report, receipt: Receipt | None = None) -> ReportView:
    """A report for the page; of its receipt, kind and facts are shown where it is there."""
    checks = tuple(map(seen, report.checks))
    return ReportView(
        report.verdict.value,
        report.asset_id,
        checks,
        Counter(check.verdict for check in checks),
        report.as_of,
        tuple(
            NOT_VERIFIED.get(item.code, item.message)
            for item in report.not_verified
            if item.code in NOT_VERIFIED
        ),
        receipt.values["asset.kind"] if receipt else "other",
        facts_of(receipt.values) if receipt else None,
    )


def seen(check: Check) -> CheckView:
    """One check for the page."""
    return CheckView(
        int(check.code),
        check.code.name,
        check.verdict.value,
        check.cause.value if check.cause else None,
        sentence(check),
        check.message,
        tuple((name, _text(value)) for name, value in check.evidence.items()),
    )


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = ", ".join(map(_text, value[:_LISTS]))
        return f"{shown}, … ({len(value)})" if len(value) > _LISTS else shown
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def facts_of(values: Mapping[str, str]) -> dict[str, str]:
    """The facts among a receipt's fields, without their prefix: those of the paper first, in the vocabulary's order, then its lines'."""
    order = {name: at for at, name in enumerate(FACTS)}
    found = {path.removeprefix("fact."): value for path, value in values.items() if path.startswith("fact.")}
    ranked = sorted(found, key=lambda name: (name.count("."), order.get(name, len(order))))
    return {name: found[name] for name in ranked}


def pending() -> list[Code]:
    """The checks before any is made, in order."""
    return list(Code)


def parts(stream: Iterable[Check | Report]) -> Iterator[tuple[str, CheckView | ReportView]]:
    """What a page is sent of a running verification: each check, then the report."""
    for item in stream:
        if isinstance(item, Report):
            yield "report", view(item)
        else:
            yield "check", seen(item)


def worst_first(reports: Iterable[ReportView]) -> list[ReportView]:
    """Reports in the order in which a person should look at them."""
    order = {Verdict.INVALID.value: 0, Verdict.UNKNOWN.value: 1, Verdict.VALID.value: 2}
    return sorted(reports, key=lambda report: order.get(report.verdict, 3))
