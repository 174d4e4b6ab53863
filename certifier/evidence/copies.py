"""Copied measurements, and identical content under two assets.

At least 30 measured values in a row of one lot that are another lot's, digit for digit; gauges that read few different values
say nothing and are left out. A file that two enterprises certify as their own work is nobody's. Neither proves who copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.paper import Paper
from certifier.evidence.repeats import repeats

__all__ = ["Copies", "copies"]

_OWN_WORK = frozenset({"machine-data", "inspection-report", "work-order"})


@dataclass(frozen=True, kw_only=True)
class Copies(Measure):
    """`pairs`: (later report, earlier report) of which at least a stretch of values is the same."""

    pairs: tuple[tuple[bytes, bytes], ...]


def copies(case: Case) -> Copies:
    """Copied values among the firm's reports, and its files that are certified twice."""
    reports = sorted(
        (p for p in case.own if p.kind == "inspection-report" and p.trace is not None and p.trace.measured),
        key=lambda p: (p.day, p.registered_at, p.asset_id),
    )
    pairs = tuple(_copied(case, reports))
    findings = [*(_finding(case, *pair) for pair in pairs), *_same_content(case)]
    judged = frozenset(paper.asset_id for paper in reports) if len(reports) > 1 else frozenset[bytes]()
    return Copies(findings=tuple(findings), judged=judged, pairs=tuple((a.asset_id, b.asset_id) for a, b in pairs))  # fmt: skip


def _copied(case: Case, reports: Sequence[Paper]) -> Iterator[tuple[Paper, Paper]]:
    """(later, earlier) once for each later report and its source."""

    def one_lot(of: int, _at: int, source: int, _source_at: int) -> bool:
        """A report on one lot that was issued again says the same rightly."""
        ours, theirs = reports[of].facts, reports[source].facts
        return of == source or (ours.get("product"), ours.get("lot")) == (theirs.get("product"), theirs.get("lot"))  # fmt: skip

    values = [[one.value for one in paper.trace.measured] for paper in reports if paper.trace is not None]
    seen = set()
    for found in repeats(values, case.policy.copied_values, case.policy.copied_pairs, one_lot):
        if (found.of, found.source) not in seen:
            seen.add((found.of, found.source))
            yield reports[found.of], reports[found.source]


def _finding(case: Case, later: Paper, earlier: Paper) -> Finding:
    lots = [paper.facts.get("lot") or paper.facts.get("number", "") for paper in (later, earlier)]
    told = f"the measured values of lot {lots[0]} are those of lot {lots[1]}, digit for digit"
    numbers = {"lot": lots[0], "source": lots[1], "least": str(case.policy.copied_values)}
    return Finding(Code.COPIED_MEASUREMENTS, RED, told, numbers, tuple(sorted((later.asset_id, earlier.asset_id))))  # fmt: skip


def _same_content(case: Case) -> Iterator[Finding]:
    """The same bytes under two assets: of two issuers where each calls it its own work, or twice of the firm's."""
    holders: dict[bytes, list[Paper]] = {}
    for paper in case.papers:
        holders.setdefault(paper.sha256, []).append(paper)
    mine = {paper.asset_id for paper in case.own}
    for digest, found in sorted(holders.items()):
        if len(found) < 2 or mine.isdisjoint(paper.asset_id for paper in found):
            continue
        issuers = {paper.issuer for paper in found}
        foreign = len(issuers) > 1
        if foreign and found[0].kind not in _OWN_WORK:
            continue
        told = f"one file is certified as {len(found)} assets" + (
            f" by {len(issuers)} enterprises, each as its own work" if foreign else ""
        )
        numbers = {"sha256": digest.hex(), "assets": str(len(found)), "issuers": str(len(issuers))}
        severity = RED if foreign else AMBER
        yield Finding(Code.SAME_CONTENT, severity, told, numbers, tuple(sorted(p.asset_id for p in found)))
