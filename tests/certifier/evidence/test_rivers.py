"""Two Rivers through `assess`: honest firms are clean or amber, each fraud is seen by every signal that the manifest names.

What must be found is read from the manifest; tests/two_rivers reckons the same quantities by other code, which ours must meet.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from certifier.evidence import Assessment, Code, Paper, Severity
from certifier.evidence.quantities import SELF_BILLED
from tests.certifier.evidence.rivers import Rivers, codes

Assessed = Callable[[str], Assessment]
FIRMS = ("M1", "M2", "M3", "M4")
F1_WEEKS = [f"26W{number}" for number in range(34, 39)]


def of_manifest(rivers: Rivers, label: str) -> list[dict[str, object]]:
    return [f for f in rivers.world.manifest["findings"] if f["label"] == label]


def test_m1_is_clean(assessed: Assessed) -> None:
    assert assessed("M1").findings == ()


def test_m2s_flaws_are_amber_and_nothing_else_is_said(rivers: Rivers, assessed: Assessed) -> None:
    findings = assessed("M2").findings
    assert {f.severity for f in findings} == {Severity.A}
    told = {f.code.value: set(f.assets) for f in findings}
    assert told.keys() == {"E02", "E07", "E10", "E11"} and len(findings) == 4
    for label in ("M2-OUTAGE", "M2-YIELD", "M2-RETURN", "M2-SLOW-PAYER"):
        (planted,) = of_manifest(rivers, label)
        assert {rivers.asset(f) for f in planted["files"]} == told[str(planted["code"])], label  # type: ignore[attr-defined]


def test_m2s_figures(assessed: Assessed) -> None:
    numbers = {f.code.value: f.numbers for f in assessed("M2").findings}
    assert numbers["E02"]["hours"] == "26"
    assert (numbers["E07"]["failed"], numbers["E07"]["parts"]) == ("18", "200")
    assert (numbers["E10"]["days"], numbers["E10"]["terms"]) == ("68", "60")
    assert numbers["E11"]["amount"] == "4013.76"


@pytest.mark.parametrize("label", ["M2-LATE", "M2-THIRD-PARTY", "M1-PLANNED-STOP", "S1-CHIPS"])
def test_what_must_be_clear_is_clear(rivers: Rivers, assessed: Assessed, label: str) -> None:
    (planted,) = of_manifest(rivers, label)
    files = {rivers.asset(f) for f in planted["files"]}  # type: ignore[attr-defined]
    findings = assessed(str(planted["firm"])).findings
    assert not [f for f in findings if not files.isdisjoint(f.assets)]


def test_the_planned_stop_is_not_planned_time(rivers: Rivers, assessed: Assessed) -> None:
    coverage = assessed("M1").coverage
    assert coverage is not None and coverage.share == 1
    unannounced = rivers.assess("M1", rivers.without(lambda path, _: path.endswith("planned-stop.json")))
    assert unannounced.coverage is not None and Decimal("0.99") < unannounced.coverage.share < 1
    assert unannounced.findings == ()


def test_f1_is_seen_by_every_signal_that_the_manifest_names(rivers: Rivers, assessed: Assessed) -> None:
    findings = assessed("M3").findings
    for planted in of_manifest(rivers, "F1"):
        found = [f for f in findings if f.code == planted["code"]]
        assert found, planted
        assert {f.severity.value for f in found} == {planted["severity"]}
        seen = {asset for f in found for asset in f.assets}
        due = {rivers.asset(path) for path in planted["files"]}  # type: ignore[attr-defined]
        due -= {paper.asset_id for paper in rivers.of("M3") if paper.kind == "invoice" and planted["code"] == "E06" and paper.facts["seller_id"] != "9150000000000081XD"}  # fmt: skip
        plans = {p.asset_id for path, p in rivers.papers.items() if "/work-orders/" in path and "-done" not in path}  # fmt: skip
        assert due - plans <= seen, (planted["code"], [p for p in rivers.papers if rivers.asset(p) in due - plans - seen])  # fmt: skip


def test_f1_is_seen_as_whole_from_m3s_own_papers(rivers: Rivers) -> None:
    """Without extracts and without M4's papers: T1, who is paid into M3's account, is M3's, and its bar counts for nothing."""
    own = rivers.assess("M3", rivers.of("M3"), attributes=())
    named = {(str(f["code"]), str(f["severity"])) for f in of_manifest(rivers, "F1")}
    assert named <= {(f.code.value, f.severity.value) for f in own.findings}
    assert own.case.groups.members(rivers.world.uscc["M3"]) == tuple(sorted(rivers.world.uscc[one] for one in ("M3", "T1")))  # fmt: skip
    assert own.material is not None and own.material.ratio > Decimal("1.9")


def test_f1_in_figures(assessed: Assessed) -> None:
    findings = assessed("M3").findings
    over = [f.numbers for f in findings if f.code is Code.E04]
    assert len(over) == 5
    assert all(330 < Decimal(n["needed_hours"]) < 336 and Decimal(n["active_hours"]) < 159 for n in over)
    assert all(Decimal("2.0") < Decimal(n["ratio"]) < Decimal("2.2") for n in over)
    replayed = [f.numbers for f in findings if f.code is Code.E03]
    assert [(n["device"][-3:], n["source"][-3:], n["days_apart"]) for n in replayed] == [("L31", "L31", "42"), ("L32", "L32", "42")]  # fmt: skip
    months = [Decimal(f.numbers["of_norm"]).quantize(Decimal("0.01")) for f in findings if f.code is Code.E05]
    assert sorted(months) == [Decimal("0.62"), Decimal("0.73")]


F1_INPUTS: dict[str, Callable[[str, Paper], bool]] = {
    "logs": lambda path, p: path.startswith("M3/machines/2026-0") and path >= "M3/machines/2026-08-17",
    "all logs": lambda path, p: path.startswith("M3/machines/"),
    "meter": lambda path, p: path.startswith("M3/energy/"),
    "bar": lambda path, p: path.startswith("M3/material/"),
    "reports": lambda path, p: path.startswith("M3/inspections/"),
    "work orders": lambda path, p: path.startswith("M3/work-orders/"),
    "deliveries": lambda path, p: path.startswith("M3/deliveries/"),
    "routing": lambda path, p: path.startswith("M3/routing/"),
    "bank": lambda path, p: path.startswith("M3/bank/"),
}


@pytest.mark.parametrize("taken_away", F1_INPUTS)
def test_f1_is_still_seen_without_any_one_kind_of_paper(rivers: Rivers, taken_away: str) -> None:
    """What is left is red by at least one rule of F1's own, and E03 or E04 (knock-outs) unless the logs are gone altogether."""
    left = rivers.assess(
        "M3",
        [p for path, p in rivers.papers.items() if path[:2] == "M3" and not F1_INPUTS[taken_away](path, p)],
    )
    red = codes(f for f in left.findings if f.red)
    assert len(red & {Code.E03, Code.E04, Code.E06, Code.COPIED_MEASUREMENTS}) >= 2
    if taken_away != "all logs":
        assert red & {Code.E03, Code.E04}


def test_loggers_switched_off_are_granted_all_planned_time_and_it_is_still_too_little(rivers: Rivers) -> None:
    left = rivers.assess("M3", rivers.without(F1_INPUTS["logs"]))
    over = [f for f in left.findings if f.code is Code.E04]
    assert (
        {f.numbers["active_hours"] for f in over} == {"0.0"} and all(f.red for f in over) and len(over) == 5
    )
    assert any(f.code is Code.E02 and f.red for f in left.findings)


@pytest.mark.parametrize("firm", ["M3", "M4"])
def test_f3_scores_nine(rivers: Rivers, assessed: Assessed, firm: str) -> None:
    trade = assessed(firm).trade
    (cycle,) = trade.cycles
    assert dict(cycle.parts) == {"amounts": 2, "returns": 2, "nothing_moved": 2, "shared": 3, "same_goods": 0}
    assert cycle.score == 9 and not trade.truncated
    planted = {rivers.asset(path) for f in of_manifest(rivers, "F3") for path in f["files"]}  # type: ignore[attr-defined]
    (found,) = [f for f in assessed(firm).findings if f.code is Code.E15]
    assert found.red and planted <= set(found.assets)
    assert trade.affiliates == (rivers.world.uscc["T1"],)


def test_the_group_is_m3_and_t1_and_the_telephone_only_links(rivers: Rivers, assessed: Assessed) -> None:
    groups, uscc = assessed("M3").case.groups, rivers.world.uscc
    assert groups.members(uscc["M3"]) == tuple(sorted((uscc["M3"], uscc["T1"])))
    assert not groups.same(uscc["M4"], uscc["T1"])
    assert {(s.name, s.parties) for s in groups.shared} == {
        (name, tuple(sorted(pair)))
        for name, pair in (
            ("legal_representative", (uscc["M3"], uscc["T1"])),
            ("bank_account", (uscc["M3"], uscc["T1"])),
            ("phone", (uscc["M4"], uscc["T1"])),
        )
    }


@pytest.mark.parametrize("taken_away", ["attributes", "payments", "an invoice", "machine data"])
def test_f3_is_still_red_without_any_one_part(rivers: Rivers, taken_away: str) -> None:
    drop: dict[str, Callable[[str, Paper], bool]] = {
        "payments": lambda path, p: p.kind == "payment",
        "an invoice": lambda path, p: p.facts.get("seller_id") == rivers.world.uscc["T1"],
        "machine data": lambda path, p: p.kind == "machine-data",
        "attributes": lambda path, p: False,
    }
    given = {"attributes": ()} if taken_away == "attributes" else {}
    papers = [p for path, p in rivers.papers.items() if path[:2] in ("M3", "M4", "L1") and not drop[taken_away](path, p)]  # fmt: skip
    left = rivers.assess("M4", papers, **given)
    assert codes(f for f in left.findings if f.red) & {Code.E15, Code.RECIPROCAL}


def test_nobody_else_goes_round(assessed: Assessed) -> None:
    for firm in ("M1", "M2"):
        assert assessed(firm).trade.cycles == () and assessed(firm).trade.affiliates == ()
    chips = [e for e in assessed("M1").trade.edges if e.number.startswith("CGHJ")]
    assert len(chips) == 3 and all(edge.moved for edge in chips)


def test_f2s_guises(rivers: Rivers) -> None:
    """Another amount under a number conflicts; a seal that does not fit takes the tax authority's word away."""
    again = {path: rivers.paper(path) for path in rivers.world.entries if path.startswith("M4/again/")}
    found = rivers.assess("M4", [*rivers.of("M4"), *again.values()])
    (conflict,) = [f for f in found.findings if f.code is Code.CONFLICTING_PAPERS]
    assert rivers.asset(next(path for path in again if "corrected" in path)) in conflict.assets
    assert not next(paper for path, paper in again.items() if path.endswith(".ofd")).sealed
    assert all(p.sealed for p in rivers.of("M4") if p.kind == "invoice" and p.format == "e-fapiao")


@pytest.mark.parametrize("firm", ["M1", "M2", "M3"])
def test_capacity_meets_the_other_reckoning(rivers: Rivers, assessed: Assessed, firm: str) -> None:
    capacity = assessed(firm).capacity
    assert capacity is not None
    seen = 0
    for load in capacity.loads:
        week = f"26W{load.last.isocalendar().week}"
        if week in ("26W26", "26W39"):  # stock of before the window; a week whose day of grace was worked
            continue
        expected = rivers.world.capacity_ratio(firm, load.group, week)
        assert abs(load.ratio - expected) < Decimal("0.000001"), week
        seen += 1
    assert seen == 12 * len(rivers.world.routing(firm)["machines"])


@pytest.mark.parametrize("firm", FIRMS)
def test_energy_and_material_meet_the_other_reckoning(rivers: Rivers, assessed: Assessed, firm: str) -> None:
    found = assessed(firm)
    assert found.energy is not None and found.material is not None
    expected = rivers.world.power_per_hour(firm)
    ours = {f"{one.first:%Y-%m}": one.intensity for one in found.energy.statements}
    assert ours.keys() == expected.keys()
    assert all(abs(ours[month] - expected[month]) < Decimal("0.00001") for month in ours)
    assert abs(found.material.ratio - rivers.world.material_ratio(firm)) < Decimal("0.000001")


def test_bar_from_a_firms_own_group_does_not_count(rivers: Rivers) -> None:
    """F3's 98.9 tonnes of bar would hide F1: they count neither from an affiliate nor, attributes unknown, in a cycle."""
    for given in ({}, {"attributes": ()}):
        found = rivers.assess("M3", rivers.of("M3", "M4", "L1"), **given)
        assert found.material is not None and found.material.ratio > Decimal("1.9")


def test_m1s_known_answers(assessed: Assessed) -> None:
    found = assessed("M1")
    assert found.independence.index is not None
    assert Decimal("0.55") <= found.independence.index <= Decimal("0.59")
    assert found.quantities.share == 1 and len(found.quantities.invoices) == 26
    assert found.quantities.price_deviation == 0
    receivables = found.receivables.receivables
    assert sum(one.open for one in receivables) == Decimal("1092981.20")
    assert len([one for one in receivables if one.open]) == 16
    assert found.on_time is not None and found.on_time.share == 1
    assert found.capacity is not None and found.capacity.worst is not None
    assert Decimal("0.5") < found.capacity.worst.ratio < Decimal("0.95")
    assert found.receivables.dilution == 0
    assert all(one.invoice.type_code != SELF_BILLED for one in receivables)


def test_every_finding_names_assets_of_the_world_and_is_canonical(rivers: Rivers, assessed: Assessed) -> None:
    known = {paper.asset_id for paper in rivers.papers.values()}
    for firm in FIRMS:
        for finding in assessed(firm).findings:
            assert finding.assets and set(finding.assets) <= known
            assert list(finding.assets) == sorted(set(finding.assets))
            assert all(isinstance(value, str) and value for value in finding.numbers.values())
