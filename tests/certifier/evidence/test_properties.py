"""What must hold of any assessment: the order of papers, papers of strangers, and what is not known change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from certifier.evidence import Assessment, Code, Paper, assess
from tests.certifier.evidence.making import NAMES, inspection, log, lot, routing, told
from tests.certifier.evidence.making import judged as judged_
from tests.certifier.evidence.rivers import Rivers, codes
from tests.certifier.evidence.test_measures import REAL, WEEK, job

Assessed = Callable[[str], Assessment]
FRAUD = {Code.E03, Code.E04, Code.E06, Code.E15, Code.COPIED_MEASUREMENTS, Code.RECIPROCAL}


def same(one: Assessment, other: Assessment) -> bool:
    return one.findings == other.findings and one.measures() == other.measures()


def test_the_order_of_papers_changes_nothing(rivers: Rivers, assessed: Assessed) -> None:
    """M3's: every rule but M2's flaws is in them."""
    papers = list(rivers.papers.values())
    random.Random(7).shuffle(papers)
    names = dict(reversed(list(rivers.names.items())))
    found = rivers.assess("M3", papers, attributes=rivers.attributes[::-1], names=names)
    assert same(found, assessed("M3"))


@pytest.mark.parametrize(("firm", "strangers"), [("M2", ("M1", "M3", "M4")), ("M3", ("M1", "M2", "L2"))])
def test_papers_of_strangers_change_nothing(
    rivers: Rivers, assessed: Assessed, firm: str, strangers: tuple[str, ...]
) -> None:
    """Findings and every measure but the list of edges, which is everybody's trade."""
    others = [o for o in ("M1", "M2", "M3", "M4", "L1", "L2") if o not in strangers]
    found, whole = rivers.assess(firm, rivers.of(*others)), assessed(firm)
    assert found.findings == whole.findings
    ours, theirs = found.measures(), whole.measures()
    for trade in (ours, theirs):
        trade["trade"] = replace(trade["trade"], edges=())  # type: ignore[type-var]
    assert ours == theirs


@pytest.mark.parametrize("firm", ["M1", "M2", "M3", "M4"])
def test_without_documents_nothing_red_is_said(rivers: Rivers, firm: str) -> None:
    """Facts alone: machine time, replays and copies are not known, and not knowing is no finding."""
    bare = [replace(p, trace=None, declared=None) for p in rivers.of(firm)]
    found = rivers.assess(firm, bare, attributes=())
    assert (found.capacity, found.coverage, found.replay, found.material, found.energy) == (None,) * 5
    assert not codes(f for f in found.findings if f.red)
    assert found.quantities.total > 0


@pytest.mark.parametrize("kind", ["machine-data", "inspection-report", "work-order", "despatch-advice", "purchase-order", "payment", "utility-statement", "other"])  # fmt: skip
def test_an_honest_firm_without_some_papers_is_not_accused(rivers: Rivers, kind: str) -> None:
    left = rivers.assess("M2", [p for p in rivers.of("M2") if p.kind != kind])
    assert not codes(left.findings) & FRAUD
    assert not [f for f in left.findings if f.red]


def test_a_papers_day_after_as_of_is_not_known_yet(rivers: Rivers, assessed: Assessed) -> None:
    """As of mid-August, F1 has not begun: nothing of it may be seen, though its papers are there."""
    given = {"firm": rivers.organisations["M3"], "names": rivers.names, "attributes": rivers.attributes}
    early = assess(rivers.of("M3"), as_of=date(2026, 8, 16), **given)  # type: ignore[arg-type]
    assert early.findings == ()
    kept = [p for p in rivers.of("M3") if p.day < date(2026, 8, 16)]
    assert same(early, assess(kept, as_of=date(2026, 8, 16), **given))  # type: ignore[arg-type]


def test_small_jobs_in_any_order() -> None:
    papers: list[Paper] = [
        *job(), routing(), *(log(day, REAL) for day in WEEK), lot("W9", WEEK[0], WEEK[4], 2000),
        inspection("I9", WEEK[4], 60, lot="L9"),
    ]  # fmt: skip
    first = judged_(papers)
    assert len({code for code, _ in told(first)}) >= 2
    for seed in range(20):
        shuffled = random.Random(seed).sample(papers, len(papers))
        assert same(judged_(shuffled + shuffled[:3]), first)
    assert same(judged_(papers, names=dict(reversed(NAMES.items()))), first)
