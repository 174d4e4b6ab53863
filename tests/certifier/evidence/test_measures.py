"""One measure at a time on papers made for it: what is found, what is not, and what stays unknown."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from certifier.evidence import Attribute, Code, Paper
from certifier.evidence.paper import SHANGHAI
from tests.certifier.evidence.making import (
    AS_OF,
    BODY,
    CARRIER,
    FIRM,
    MONDAY,
    OTHER,
    despatch,
    inspection,
    invoice,
    judged,
    log,
    lot,
    made,
    order,
    payment,
    routing,
    told,
)  # fmt: skip

DAY = timedelta(days=1)
WEEK = [MONDAY + DAY * n for n in range(5)]
HOURS_8 = [100_000] * 285


# capacity


def test_work_done_late_in_a_long_lot_is_no_contradiction() -> None:
    """Two weeks for the lot, all of it worked in the second: no way to spread it contradicts the log."""
    second = [day + 7 * DAY for day in WEEK]
    papers = [routing(), *(log(d, []) for d in WEEK), *(log(d, HOURS_8) for d in second)]
    found = judged([*papers, lot("W1", WEEK[0], second[-1], 1400)], as_of=second[-1] + DAY)
    assert found.capacity is not None and found.capacity.worst is not None
    assert Decimal("0.95") < found.capacity.worst.ratio < 1
    assert told(found) == []
    over = judged([*papers, lot("W1", WEEK[0], second[-1], 1700)], as_of=second[-1] + DAY)
    assert told(over) == [("E04", "R")]


def test_two_lots_that_fit_alone_and_not_together() -> None:
    """Each needs 60 per cent of the week, and they share it."""
    papers = [routing(), *(log(day, HOURS_8) for day in WEEK)]
    lots = [lot("W1", WEEK[0], WEEK[3], 850), lot("W2", WEEK[1], WEEK[4], 850)]
    until = WEEK[4] + DAY
    for one in lots:
        assert told(judged([*papers, one], as_of=until)) == []
    found = judged([*papers, *lots], as_of=until)
    assert told(found) == [("E04", "R")]
    assert (found.findings[0].numbers["first"], found.findings[0].numbers["last"]) == (
        str(WEEK[0] - DAY),
        str(WEEK[4]),
    )


def test_time_that_was_not_seen_counts_for_the_firm() -> None:
    """One day's log of five: four planned days are granted, and E02 says so; the ratio stays below one."""
    papers = [routing(), log(WEEK[0], HOURS_8), lot("W1", WEEK[0], WEEK[4], 1400)]
    found = judged(papers, as_of=WEEK[4] + DAY)
    assert found.capacity is not None and found.capacity.worst is not None
    assert Decimal("0.95") < found.capacity.worst.ratio < 1
    assert told(found) == [("E02", "R")]
    assert found.coverage is not None and found.coverage.signed == 8 * 3600


def test_a_log_told_twice_counts_once() -> None:
    papers = [routing(), *(log(day, HOURS_8) for day in WEEK), lot("W1", WEEK[0], WEEK[4], 1700)]
    again = [log(day, HOURS_8) for day in WEEK]
    once, twice = judged(papers), judged([*papers, *again])
    assert once.capacity and twice.capacity
    assert [one.ratio for one in once.capacity.loads] == [one.ratio for one in twice.capacity.loads]
    assert Code.E04 in {f.code for f in twice.findings} and Code.E03 not in {f.code for f in twice.findings}


def test_unknown_stays_unknown() -> None:
    """Without a routing, without what logs say of time, without lots: nothing is said, and no measure is nought."""
    logs, lots = [log(day, HOURS_8) for day in WEEK], [lot("W1", WEEK[0], WEEK[4], 9999)]
    silent = [made("machine-data", dict(one.facts)) for one in logs]
    for papers in ([*logs, *lots], [routing(), *silent, *lots], [routing(), *lots], [routing(), *logs], []):
        found = judged(papers)
        assert found.capacity is None and not {Code.E04, Code.E03} & {f.code for f in found.findings}
    nothing = judged([])
    assert nothing.findings == ()
    values = (nothing.coverage, nothing.energy, nothing.material, nothing.replay, nothing.on_time, nothing.independence.index)  # fmt: skip
    assert values == (None,) * 6
    assert (nothing.quantities.share, nothing.receivables.dilution) == (None,) * 2  # fmt: skip


# replay, clocks, copies

REAL = [(n * n * 7919) % 90_007 + 60_000 for n in range(220)]


def test_a_log_shifted_by_days_is_found_and_an_even_one_is_not() -> None:
    first, later = log(WEEK[0], REAL), log(WEEK[0] + 14 * DAY, REAL)
    found = judged([first, later])
    assert told(found) == [("E03", "R")]
    assert set(found.findings[0].assets) == {first.asset_id, later.asset_id}
    assert found.findings[0].numbers["days_apart"] == "14"
    assert told(judged([log(day, HOURS_8) for day in WEEK])) == []
    assert told(judged([first, log(WEEK[1], REAL[:199])])) == []


def test_a_log_of_another_firm_is_theirs_who_certified_it_later() -> None:
    mine = log(WEEK[0], REAL)
    theirs = log(WEEK[0], REAL, "X9", issuer=OTHER, certified=datetime(2026, 9, 1, tzinfo=SHANGHAI))
    assert told(judged([mine, theirs])) == []
    assert told(judged([mine, theirs], firm=OTHER)) == [("E03", "R")]


def test_a_clock_that_is_ahead() -> None:
    end = datetime(2026, 8, 3, 16, tzinfo=SHANGHAI)
    for seconds, expected in ((300, []), (301, [("E03", "A")])):
        found = judged([log(MONDAY, [], certified=end - timedelta(seconds=seconds))])
        assert told(found) == expected


VALUES = [f"32.{(n * 7919) % 10_007:04}" for n in range(60)]


def test_copied_measurements() -> None:
    one, other = inspection("I1", WEEK[0], values=VALUES), inspection("I2", WEEK[1], values=VALUES[10:45])
    found = judged([one, other])
    assert told(found) == [("COPIED_MEASUREMENTS", "R")]
    assert set(found.findings[0].assets) == {one.asset_id, other.asset_id}
    assert told(judged([one, inspection("I1-again", WEEK[1], lot="I1", values=VALUES)])) == []
    assert told(judged([one, inspection("I3", WEEK[1], values=VALUES[10:39])])) == []
    coarse = ["32.01", "32.02"] * 40
    assert told(judged([inspection(n, WEEK[0], values=coarse) for n in ("I4", "I5")])) == []


def test_one_file_under_two_assets() -> None:
    digest = hashlib.sha256(b"file").digest()
    mine = [lot("W1", WEEK[0], WEEK[4], sha256=digest), lot("W1", WEEK[0], WEEK[4], sha256=digest)]
    theirs = lot("W1", WEEK[0], WEEK[4], sha256=digest, issuer=OTHER)
    assert told(judged(mine)) == [("SAME_CONTENT", "A")]
    assert told(judged([mine[0], theirs])) == [("SAME_CONTENT", "R")]
    shared = [invoice("R1", WEEK[0], sha256=digest, issuer=who) for who in (FIRM, OTHER)]
    assert Code.SAME_CONTENT not in {f.code for f in judged(shared).findings}


# quality


@pytest.mark.parametrize(("failed", "expected"), [(8, []), (16, [("E07", "A")])])
def test_a_fall_of_yield(failed: int, expected: list[tuple[str, str]]) -> None:
    usual = [inspection(f"I{n}", MONDAY + n * 7 * DAY, 4) for n in range(4)]
    assert told(judged([*usual, inspection("I9", MONDAY + 28 * DAY, failed)])) == expected


def test_a_body_that_finds_far_worse() -> None:
    for failed, expected in ((6, []), (25, [("E07", "R")])):
        own = inspection("I1", WEEK[0], 2, lot="L1")
        outside = inspection("X1", WEEK[0], failed, 125, lot="L1", signer=("inspector", BODY))
        found = judged([own, outside])
        assert told(found) == expected
        assert found.quality.lots[0].share == 1 - Decimal(failed) / 125


# trade along a job


def job(*, carried: bool = True, pieces: int = 100, price: str = "10") -> list:  # type: ignore[type-arg]
    bought = order(day=MONDAY - 5 * DAY)
    work = lot("W1", WEEK[0], WEEK[4], 100, order="PO-1", links=[("orders", bought)])
    seen = inspection("I1", WEEK[4], links=[("inspects", work)])
    moved = despatch("DN-1", WEEK[4], pieces, carried=carried, links=[("ships", bought)])
    row = {"item": "P101", "quantity": "100 H87", "price": price}
    bill = invoice("R1", WEEK[4] + DAY, order_number="PO-1", despatch_number="DN-1", rows=[row], links=[("bills", bought)])  # fmt: skip
    return [bought, work, seen, moved, bill]


def test_the_three_way_match() -> None:
    found = judged(job())
    assert found.quantities.share == 1 and found.quantities.price_deviation == 0
    for papers, lacks in (
        (job(carried=False), ("carrier",)),
        (job(pieces=99), ("quantity",)),
        (job(price="11"), ("price",)),
        (job()[1:], ("order",)),
        ([p for p in job() if p.kind != "work-order"], ("work",)),
        ([p for p in job() if p.kind != "inspection-report"], ("inspection",)),
        ([p for p in job() if p.kind != "despatch-advice"], ("delivery",)),
    ):
        (one,) = judged(papers).quantities.invoices
        assert set(lacks) <= set(one.missing), lacks
        assert judged(papers).quantities.share == 0
    assert {code for code, _ in told(found)} == {"INDEPENDENCE"}


def test_numbers_that_do_not_agree_are_amber() -> None:
    assert ("QUANTITIES", "A") in told(judged(job(pieces=99)))
    assert ("PRICE", "A") in told(judged(job(price="11")))
    more = [*job(), despatch("DN-2", WEEK[4], 50)]
    assert ("QUANTITIES", "A") in told(judged(more))
    carrier = despatch("DN-1", WEEK[4], 80)
    assert ("QUANTITIES", "A") in told(judged([*job(), carrier]))


def test_dates_out_of_order() -> None:
    late = order(day=WEEK[4] + 9 * DAY)
    assert ("DATES", "A") in told(judged([late, despatch("DN-1", WEEK[4])]))
    ahead = invoice("R1", WEEK[4], certified=datetime(2026, 8, 1, tzinfo=SHANGHAI))
    assert ("DATES", "A") in told(judged([ahead]))
    assert not any(code == "DATES" for code, _ in told(judged(job())))


def test_another_amount_under_one_number_conflicts_and_only_the_firms_own_papers_say_so() -> None:
    first = invoice("R1", WEEK[0])
    second = invoice("R-1", WEEK[0], "1100", certified=datetime(2026, 9, 1, tzinfo=SHANGHAI))
    found = judged([first, second])
    assert ("CONFLICTING_PAPERS", "A") in told(found)
    assert [one.total for one in found.case.sales] == [Decimal(1000)]
    smear = invoice("R1", WEEK[0], "1100", issuer=OTHER)
    assert ("CONFLICTING_PAPERS", "A") not in told(judged([first, smear]))


def test_money_of_another_currency_is_never_added_to_yuan() -> None:
    def abroad(paper: Paper, name: str = "currency") -> Paper:
        return replace(paper, facts={**paper.facts, name: "JPY"})

    bill = invoice("R1", WEEK[0])
    found = judged(
        [bill, abroad(invoice("R2", WEEK[0], "900000")), abroad(payment("R1", WEEK[4], "1000"), "payment.0001.currency"), abroad(order())]
    )  # fmt: skip
    assert [(one.invoice.number, one.open) for one in found.receivables.receivables] == [("R1", 1000)]
    assert [line.price for line in found.case.orders["PO1"].lines] == [None]


@pytest.mark.parametrize(("late", "expected"), [(0, []), (1, [("E08", "A")]), (2, [("E08", "R")])])
def test_late_deliveries(late: int, expected: list[tuple[str, str]]) -> None:
    days = [AS_OF - (25 - 4 * n) * DAY for n in range(6)]
    rows = [{"item": "P101", "quantity": "100 H87", "price": "10", "promised_date": day} for day in days]
    moved = [
        despatch(f"DN-{n}", day + (3 * DAY if n >= 6 - late else 0 * DAY), order=None)
        for n, day in enumerate(days)
    ]
    found = judged([order(rows=rows), *moved])
    assert [one for one in told(found) if one[0] == "E08"] == expected
    assert found.on_time is not None and found.on_time.due == 6000 and found.on_time.kept == 6000 - 1000 * late  # fmt: skip


def test_days_beyond_terms_and_a_late_buyer() -> None:
    day = AS_OF - 100 * DAY
    bill, paid = invoice("R1", day), payment("R1", AS_OF - 20 * DAY)
    found = judged([bill, paid], terms={"BUYER1": 45})
    assert told(found) == [("E09", "R"), ("E10", "A")] and found.findings[0].numbers["days"] == "35.000000"
    unknown = judged([bill, paid])
    assert told(unknown) == [("E10", "A")] and unknown.findings[0].numbers["terms"] == "60"
    assert told(judged([bill, payment("R1", day + 61 * DAY)], terms={"BUYER1": 61})) == []
    assert told(judged([bill])) == []
    half = judged([bill, payment("R1", AS_OF - DAY, "400")])
    assert told(half) == [("E10", "R")] and half.findings[0].numbers["open"] == "600.00"


def test_dilution_and_a_pledged_invoice() -> None:
    bill = invoice("R1", WEEK[0])

    def noted(total: str) -> list[tuple[str, str]]:
        note = invoice("C1", WEEK[1], total, kind="credit-note", corrects_number="R1")
        return [one for one in told(judged([bill, note])) if one[0] == "E11"]

    assert (noted("-50"), noted("-51"), noted("-101")) == ([], [("E11", "A")], [("E11", "R")])
    small = invoice("C1", WEEK[1], "-1", kind="credit-note", corrects_number="R1")
    assert ("E11", "A") in told(judged([bill, small], pledged=[bill.asset_id]))
    assert noted("-1") == []


# who is who


def test_a_carrier_under_the_firms_control_is_no_outsider() -> None:
    papers = job()
    attributes = [Attribute(party, "bank_account", b"t") for party in ("FIRM1", "CARRIER1")]
    apart, together = judged(papers), judged(papers, attributes=attributes)
    moved = [next(c.share for c in one.independence.claims if c.name == "MOVED") for one in (apart, together)]
    assert moved == [1, 0]
    assert apart.independence.groups == ("CARRIER1",) and together.independence.groups == ()
    assert together.quantities.invoices[0].missing == ("carrier",)
    assert ("INDEPENDENCE", "A") in told(together)


def test_the_index_is_a_weighted_sum() -> None:
    """Ordered, made and inspected by the firm alone; moved by a carrier; sealed; paid before: .20 + .20 + .15."""
    papers = job()
    sealed = invoice("R2", WEEK[4] + 9 * DAY, order_number="PO-1", despatch_number="DN-1", sealed=True)
    earlier = invoice("R0", WEEK[0] - 80 * DAY)
    found = judged([*papers[:-1], sealed, earlier, payment("R0", WEEK[4])])
    shares = {c.name: c.share for c in found.independence.claims}
    assert shares == {"ORDERED": 0, "MADE": 0, "CONFORMS": 0, "MOVED": 1, "OWED": 1, "PAID-BEFORE": 1}
    assert found.independence.index == Decimal("0.55")


def trip(total: str, back: str, *, moved: bool) -> list:  # type: ignore[type-arg]
    out = despatch("DN-1", WEEK[0], carried=moved)
    home = despatch("DN-2", WEEK[1], carried=moved, issuer=OTHER)
    return [
        out,
        home,
        invoice("R1", WEEK[0], total, buyer="OTHER1", links=[("fulfils", out)]),
        invoice("S1", WEEK[1], back, seller="OTHER1", buyer="FIRM1", issuer=OTHER, links=[("fulfils", home)]),
    ]


@pytest.mark.parametrize(
    ("total", "back", "moved", "expected"),
    [
        ("200000", "195000", False, [("RECIPROCAL", "R")]),
        ("200000", "195000", True, []),
        ("200000", "150000", False, []),
        ("99000", "99000", False, []),
    ],
)
def test_reciprocal_trade(total: str, back: str, moved: bool, expected: list[tuple[str, str]]) -> None:
    found = [one for one in told(judged(trip(total, back, moved=moved))) if one[0] == "RECIPROCAL"]
    assert found == expected


def test_an_affiliate_is_named_with_what_is_shared() -> None:
    attributes = [Attribute(p, "phone", b"t") for p in ("FIRM1", "BUYER1")]
    found = judged([invoice("R1", WEEK[0])], attributes=attributes)
    (one,) = [f for f in found.findings if f.code is Code.AFFILIATE]
    assert (one.numbers["shared"], one.numbers["group"]) == ("phone", "false")
    assert found.trade.affiliates == ("BUYER1",)
    assert CARRIER not in found.case.witnesses
