"""The three frauds are in the papers, each by every signal that the manifest names; nothing of it is in M1's and M2's.

Which findings there are is read from the manifest; whether they are there is reckoned from the papers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest

from certifier.fingerprint import assess
from ledger.types import organisation_id
from tests.two_rivers.reading import World, quantity, rows

F1_WEEKS = [f"26W{number}" for number in range(34, 39)]


def weeks_of(firm: str, world: World) -> list[str]:
    return sorted({week for week, _ in world.lots(firm) if "STK" not in week})


def over_capacity(world: World, firm: str) -> list[str]:
    """E04: weeks in which the claimed pieces need more than 1.15 of the time that the machines show."""
    groups = world.routing(firm)["machines"]
    return [
        w
        for w in weeks_of(firm, world)
        if any(world.capacity_ratio(firm, g, w) > Decimal("1.15") for g in groups)
    ]


def replays(world: World, firm: str) -> list[str]:
    """E03: machines of which at least five days repeat others at one distance."""
    return sorted({machine for (machine, _), count in world.replayed_days(firm).items() if count >= 5})


def power_off(world: World, firm: str) -> list[str]:
    """E05: months in which power per cutting hour leaves its band around the firm's own median."""
    found = world.power_per_hour(firm)
    norm = Decimal(median(found.values()))
    return [month for month, value in found.items() if not Decimal("0.75") <= value / norm <= Decimal("1.35")]


def bar_short(world: World, firm: str) -> list[str]:
    """E06: more in the parts than was bought."""
    return ["bar"] if world.material_ratio(firm) > Decimal("1.30") else []


def copied(world: World, firm: str) -> list[str]:
    """Inspections whose measured values are those of another lot."""
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for path, facts in sorted(world.of(firm, "inspection-report"), key=lambda item: item[1]["lot"]):
        values = world.diameters(path)
        if values in seen:
            found.append(facts["lot"])
        seen.setdefault(values, path)
    return found


def unmoved(world: World, firm: str) -> list[str]:
    """Deliveries of the firm that no carrier signs for."""
    signed = {f["number"] for p, f in world.of(firm, "despatch-advice") if "signer" in world.entries[p]}
    return sorted({f["number"] for _, f in world.of(firm, "despatch-advice")} - signed)


SIGNALS: dict[str, Callable[[World, str], list[str]]] = {
    "E03": replays,
    "E04": over_capacity,
    "E05": power_off,
    "E06": bar_short,
    "COPIED_MEASUREMENTS": copied,
    "INDEPENDENCE": unmoved,
}


def test_f1_is_seen_by_every_signal_that_the_manifest_names(world: World) -> None:
    named = {f["code"] for f in world.manifest["findings"] if f["label"] == "F1"}
    assert named == SIGNALS.keys()
    assert over_capacity(world, "M3") == F1_WEEKS
    assert replays(world, "M3") == ["L31", "L32"]
    assert power_off(world, "M3") == ["2026-08", "2026-09"]
    assert bar_short(world, "M3") == ["bar"]
    assert copied(world, "M3") == [f"P301-{week}" for week in F1_WEEKS]
    assert len(unmoved(world, "M3")) == 5


def test_f1_figures(world: World) -> None:
    """7,800 a week invoiced of 1,250 made; 333 hours wanted, 97 and 61 shown."""
    answers = world.manifest["known_answers"]["F1"]
    invoices = [
        f
        for f in world.billed("M3").values()
        if f["buyer_id"] == world.uscc["B1"] and "2026-08-24" <= f["issue_date"] <= "2026-09-21"
    ]
    assert {(f["net"], f["total"]) for f in invoices} == {("110760", "125158.8")}
    assert len(invoices) == 5 and Decimal(answers["weekly_gross"]) == Decimal("125158.80")
    assert answers["phantom_pieces"] == (7800 - 1250) * 5
    for week in F1_WEEKS:
        assert Decimal("2.0") < world.capacity_ratio("M3", "L", week) < Decimal("2.25")
    hours = {
        m: world.active_seconds("M3", [m], date(2026, 8, 17), date(2026, 8, 22)) / 3600
        for m in ("L31", "L32", "L33")
    }
    assert 96 < hours["L31"] + hours["L32"] < 98
    assert Decimal("60.2") < hours["L33"] < Decimal("61.2")


def test_f1_is_seen_with_its_loggers_switched_off(world: World) -> None:
    """All planned machine time granted to the firm, what it claims would still not fit."""
    planned = Decimal(3) * Decimal("14.5") * 6 * 3600
    for week in F1_WEEKS:
        lot = world.lots("M3")[week, "P301"]
        needed = lot["produced"] / world.first_pass("M3")[week, "P301"] * 150
        assert needed / planned > Decimal("1.15")


def test_f1_replays_interval_by_interval(world: World) -> None:
    """At least 200 interval lengths in a row are those of 42 days before; L33's are its own."""
    later = world.days["M3"][date(2026, 8, 18)]["path"]
    earlier = world.days["M3"][date(2026, 8, 18) - timedelta(days=42)]["path"]
    following = [world.days["M3"][date(2026, 8, 19) - timedelta(days=d)]["path"] for d in (0, 42)]
    for machine in ("L31", "L32"):
        ours, theirs = (
            world.intervals(p, machine) + world.intervals(q, machine)
            for p, q in zip((later, earlier), following, strict=True)
        )
        assert ours == theirs
        assert len(ours) >= 200
    assert world.intervals(later, "L33") != world.intervals(earlier, "L33")
    assert set(world.replayed_days("M3")) == {("L31", timedelta(days=42)), ("L32", timedelta(days=42))}


@pytest.mark.parametrize("taken_away", sorted(SIGNALS))
def test_f1_is_still_seen_without_any_one_signal(world: World, taken_away: str) -> None:
    severity = {f["code"]: f["severity"] for f in world.manifest["findings"] if f["label"] == "F1"}
    left = [
        code
        for code, look in SIGNALS.items()
        if code != taken_away and severity[code] == "R" and look(world, "M3")
    ]
    assert len(left) >= 3


@pytest.mark.parametrize("firm", ["M1", "M2"])
def test_no_red_signal_on_the_honest(world: World, firm: str) -> None:
    assert {code: look(world, firm) for code, look in SIGNALS.items()} == {key: [] for key in SIGNALS}
    red = [f for f in world.manifest["findings"] if f["firm"] == firm and f["severity"] == "R"]
    assert not red
    codes = {
        code for e in world.manifest["files"] if e["organisation"] == firm for code in e["expected"]["codes"]
    }
    assert codes <= {"E02", "E07", "E10", "E11", "LOOSE_MATCH", "EXISTING"}
    assert all(
        e["expected"]["verdict"] != "INVALID" for e in world.manifest["files"] if e["organisation"] == firm
    )


def test_m4s_own_jobs_are_in_order(world: World) -> None:
    assert {code: look(world, "M4") for code, look in SIGNALS.items()} == {key: [] for key in SIGNALS}


# F2


def fingerprints(world: World, path: str) -> dict[str, tuple[str, ...]]:
    """What the pledge registry would be asked about a document of M4, with the order that its link names."""
    facts = world.facts(path)
    for relation, target in world.entries[path]["links"]:
        if relation == "bills":
            facts.setdefault("order_number", world.facts(target)["number"])
    m4 = world.uscc["M4"]
    document = world.documents[path]
    return dict(assess(document.kind, organisation_id(f"CN-USCC:{m4}"), [m4], facts, document.format).inputs)


def test_f2_each_guise_meets_the_lock_that_the_manifest_names(world: World) -> None:
    by_label = {f["label"]: f for f in world.manifest["findings"] if f["label"].startswith("F2")}
    assert by_label.keys() == {"F2a", "F2b", "F2c", "F2d"}
    pledged = fingerprints(world, by_label["F2a"]["files"][0])
    exact, root = pledged["fingerprint.exact"], pledged["fingerprint.loose.order"]
    guise = {label: fingerprints(world, finding["files"][1]) for label, finding in by_label.items()}
    assert guise["F2a"]["fingerprint.exact"] == exact
    assert guise["F2c"]["fingerprint.exact"] == exact
    assert guise["F2b"]["fingerprint.exact"] != exact
    assert guise["F2b"]["fingerprint.loose.number"] == pledged["fingerprint.loose.number"]
    assert guise["F2d"]["fingerprint.exact"] == root
    for label in ("F2a", "F2b", "F2c"):
        path = by_label[label]["files"][1]
        assert world.data(path) != world.data(by_label[label]["files"][0])


def test_f2_in_figures(world: World) -> None:
    first, second = (
        [world.facts(f) for f in world.finding(label, "E14")["files"]] for label in ("F2a", "F2c")
    )
    assert first[0] == first[1] and Decimal(first[0]["total"]) == Decimal("77292.00")
    assert second[0]["number"] == second[1]["number"] and Decimal(second[1]["total"]) == Decimal("77922.00")
    retyped = world.facts(world.finding("F2b", "E13")["files"][1])
    changed = [a != b for a, b in zip(retyped["number"], first[0]["number"], strict=True)]
    assert sum(changed) == 1 and len(retyped["number"]) == 20
    same = ("issue_date", "total", "buyer_id")
    assert [retyped[n] for n in same] == [first[0][n] for n in same]
    notices = world.documents[world.finding("F2b", "E13")["files"][1]].warnings
    assert [n.code for n in notices] == ["SEAL_INVALID"]


def test_f2_stays_caught_without_any_one_signal_but_where_listed(world: World) -> None:
    """a and c also meet the order's root, b the seal; the order alone has nothing but its root, and the manifest says so."""
    alone = {f["label"] for f in world.manifest["findings"] if f["alone"]}
    assert alone == {"F2d"}
    pledged = fingerprints(world, world.finding("F2a", "E14")["files"][0])
    for label, code in (("F2a", "E14"), ("F2b", "E13"), ("F2c", "E14")):
        path = world.finding(label, code)["files"][1]
        met = [name for name, value in fingerprints(world, path).items() if pledged.get(name) == value]
        seal = [n.code for n in world.documents[path].warnings if n.code == "SEAL_INVALID"]
        assert len([*met, *seal]) >= 2, label


def test_f2_happens_after_the_pledge(world: World) -> None:
    acts = world.manifest["acts"]
    pledge = next(a for a in acts if a["act"] == "pledge" and a["debtor"] == "M4")
    offer = next(a for a in acts if a["act"] == "offer")
    assert pledge["day"] < offer["day"]
    assert pledge["files"] == [offer["over"]]
    assert Decimal(pledge["amount"]) <= Decimal("0.8") * Decimal("77292.00")


# F3


@dataclass(frozen=True)
class Edge:
    seller: str
    buyer: str
    day: date
    total: Decimal
    path: str


def edges(world: World) -> list[Edge]:
    """Every invoice between two organisations of the world, once."""
    names = {number: short for short, number in world.uscc.items()}
    found: dict[tuple[str, str], Edge] = {}
    for path, document in world.documents.items():
        facts = document.facts
        if document.kind == "invoice" and not path.startswith("M4/again"):
            edge = Edge(
                names[facts["seller_id"]],
                names[facts["buyer_id"]],
                date.fromisoformat(facts["issue_date"]),
                Decimal(facts["total"]),
                path,
            )
            found.setdefault((facts["seller_id"], facts["number"]), edge)
    return list(found.values())


def near(edge: Edge, other: Edge) -> bool:
    return abs((edge.day - other.day).days) <= 30 and abs(edge.total - other.total) <= Decimal("0.15") * max(
        edge.total, other.total
    )


def cycles(found: Iterable[Edge], longest: int = 5) -> list[tuple[Edge, ...]]:
    """Ways round of at most five invoices, near each other in time and amount."""
    out: dict[str, list[Edge]] = {}
    for edge in found:
        out.setdefault(edge.seller, []).append(edge)
    rounds = []

    def walk(way: tuple[Edge, ...]) -> None:
        for edge in out.get(way[-1].buyer, []):
            if not near(edge, way[0]) or edge.path < way[0].path:
                continue
            if edge.buyer == way[0].seller:
                rounds.append((*way, edge))
            elif len(way) < longest - 1 and edge.buyer not in {e.seller for e in way}:
                walk((*way, edge))

    for start in (edge for some in out.values() for edge in some):
        walk((start,))
    return rounds


def shared(world: World) -> set[tuple[str, str, str]]:
    """Attributes that two organisations have in common, from the lender's extracts and from what invoices state."""
    held: dict[tuple[str, str], set[str]] = {}
    for path in world.entries:
        if path.startswith("L1/extracts/"):
            body: dict[str, Any] = json.loads(world.data(path))
            for name in ("legal_representative", "phone", "fee_account"):
                held.setdefault((name, body[name]), set()).add(path[-7:-5])
    names = {number: short for short, number in world.uscc.items()}
    for edge in edges(world):
        text = world.data(edge.path).decode("utf-8", "replace")
        for role in ("Seller", "Buyer"):
            number = re.search(rf"<{role}IdNum>(.*?)<", text)
            for name, tag in (("phone", "TelNum"), ("fee_account", "BankAccNum")):
                value = re.search(rf"<{role}{tag}>(.*?)<", text)
                if number and value:
                    held.setdefault((name, value[1]), set()).add(names[number[1]])
    return {(name, *sorted(who)) for (name, _), who in held.items() if len(who) == 2}  # type: ignore[misc]


def test_f3_is_the_only_cycle(world: World) -> None:
    (way,) = cycles(edges(world))
    assert {(e.seller, e.buyer, e.total) for e in way} == {
        ("M3", "M4", Decimal("542400.00")), ("M4", "T1", Decimal("550536.00")), ("T1", "M3", Decimal("558785.00")),
    }  # fmt: skip
    assert {e.path for e in way} == set(world.finding("F3", "E15")["files"])


def test_f3_scores_nine_and_any_one_part_may_be_missing(world: World) -> None:
    (way,) = cycles(edges(world))
    totals = [edge.total for edge in way]
    paid = [
        (date.fromisoformat(row["date"]), quantity(row["amount"]))
        for firm in ("M3", "M4")
        for _, facts in world.of(firm, "payment")
        for row in rows(facts, "payment")
        if row["reference"] in {world.facts(e.path)["number"] for e in way}
    ]
    money = sorted(set(paid))
    assert {amount for _, amount in money} == set(totals)
    despatched = {f["number"] for firm in ("M3", "M4") for _, f in world.of(firm, "despatch-advice")}
    moved = [
        e
        for e in way
        if world.entries[e.path]["links"] or world.facts(e.path).get("despatch_number") in despatched
    ]
    parties = {e.seller for e in way}
    attributes = {s for s in shared(world) if set(s[1:]) <= parties}
    assert attributes == {
        ("legal_representative", "M3", "T1"),
        ("fee_account", "M3", "T1"),
        ("phone", "M4", "T1"),
    }
    points = [
        2 if (max(totals) - min(totals)) / max(totals) <= Decimal("0.05") else 0,
        2 if (money[-1][0] - money[0][0]) <= timedelta(days=3) else 0,
        2 if not moved else 0,
        len(attributes),
    ]
    assert sum(points) == 9
    assert all(sum(points) - part >= 4 for part in points)


def test_nobody_else_shares_anything(world: World) -> None:
    assert all("T1" in pair for pair in shared(world))
