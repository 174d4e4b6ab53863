"""What must hold of every decision (issue: It must hold): order, strangers, liens, doubts, and what changes one."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.evidence.assessment import Assessment
from gateway.credit.base import Deductions, Obligation, borrowing_base
from gateway.credit.decision import Inquiry, Loans, decide
from gateway.credit.documents import canonical
from gateway.credit.features import Debts
from gateway.credit.obligations import Standing
from gateway.credit.obligations import obligations as obligations_of
from gateway.credit.products import GOODS, INVOICE, UNKNOWN_EVIDENCE, defaults
from gateway.credit.record import Header, compose
from gateway.errors import UsageError
from tests.gateway.credit.conftest import Papers
from tests.gateway.credit.reckoning import assessment, inquiry
from tests.two_rivers.reading import World

AR = defaults()[0]


@pytest.fixture(scope="session")
def m4(rivers: World, papers: Papers) -> Assessment:
    """The smallest firm of the world: cheap to ask often."""
    return assessment(rivers, "M4", papers("M4"))


def record(asked: Inquiry) -> bytes:
    """The record's bytes, everything outside the decision held still."""
    header = Header(
        "dec", "app", {"amount": "1"}, b"L" * 32, b"M" * 32, {"number": 1}, {}, (), (), {}, "0x", "test", None
    )
    return canonical(compose(header, asked, decide(asked)))


def test_the_order_of_papers_and_papers_of_strangers_change_nothing(
    rivers: World, papers: Papers, m4: Assessment
) -> None:
    before = record(inquiry(m4))
    mixed = papers("M4")
    random.Random(7).shuffle(mixed)
    assert record(inquiry(assessment(rivers, "M4", mixed))) == before
    strangers = [one for one in papers("M1") if one.kind in ("invoice", "machine-data")]
    assert record(inquiry(assessment(rivers, "M4", [*mixed, *strangers]))) == before


def test_what_comes_later_changes_nothing(rivers: World, papers: Papers) -> None:
    """A decision as of a day sees the papers until then, whatever else is there by now."""
    day = date(2026, 9, 1)
    until = [one for one in papers("M4") if one.day < day]
    assert record(inquiry(assessment(rivers, "M4", papers("M4"), day))) == record(
        inquiry(assessment(rivers, "M4", until, day))
    )


def test_more_liens_never_raise_an_offer(m4: Assessment) -> None:
    open_ = [one.invoice.assets[0] for one in m4.receivables.receivables if one.open > 0]
    last, liened = None, frozenset[bytes]()
    for asset in [None, *open_]:
        liened |= {asset} if asset is not None else frozenset()
        made = decide(inquiry(m4, standing=Standing(liened=liened)))
        secured = max((one.amount for one in made.offers if not one.product.unsecured), default=Decimal(0))
        assert last is None or secured <= last
        last = secured
    assert "K03" in {hit.code for hit in made.hits} or made.offers


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ({"unknown": ("the ledger could not be read",)}, "R03"),
        ({"asks_for_person": True}, "R09"),
        ({"suspended": True}, "K01"),
        ({"consent": False}, "K09"),
        ({"invalid": ("invoice 1: COMMITMENT",)}, "K08"),
        ({"loans": Loans(days_past_due=61)}, "K11"),
    ],
)
def test_a_doubt_never_approves(m4: Assessment, others: dict[str, object], code: str) -> None:
    made = decide(inquiry(m4, amount=100_000, **others))
    assert made.outcome == ("decline" if code.startswith("K") else "refer") and made.amount == 0
    assert code in {hit.code for hit in made.hits}
    assert made.reasons[0]["en"] and made.reasons[0]["zh"]


def test_only_offered_receivables_that_are_pledged_decline(m4: Assessment) -> None:
    one = next(one for one in m4.receivables.receivables if one.open > 0 and not one.invoice.conflicts)
    asked = inquiry(m4, offered=one.invoice.assets, standing=Standing(liened=frozenset(one.invoice.assets)))
    secured = tuple(one for one in asked.products if not one.unsecured)
    made = decide(replace(asked, products=secured))
    assert made.outcome == "decline" and "K03" in {hit.code for hit in made.hits}


def test_an_acceptance_bill_ends_what_it_settles(rivers: World, papers: Papers, m4: Assessment) -> None:
    """By the firm's own paper, which links the bill to its invoice: that part is lent on no more."""
    one = next(one for one in m4.receivables.receivables if one.open > 1_000 and not one.invoice.conflicts)
    like = next(paper for paper in papers("M4") if paper.asset_id in one.invoice.assets)
    bill = replace(like, asset_id=b"B" * 32, kind="acceptance-bill", facts={"amount": "1000.00"}, links=(("settles", like.asset_id),), signers=())  # fmt: skip
    before, after = (
        {item.identity: item for item in obligations_of(found, Standing(), AR.vat_bps)}
        for found in (m4, assessment(rivers, "M4", [*papers("M4"), bill]))
    )
    key = "/".join(one.invoice.key)
    assert before[key].net - after[key].net == after[key].bills == 1_000
    assert {name: item for name, item in before.items() if name != key} == {name: item for name, item in after.items() if name != key}  # fmt: skip


def test_debt_lowers_the_need_and_the_score(m4: Assessment) -> None:
    free, owing = decide(inquiry(m4)), decide(inquiry(m4, debts=Debts(declared=Decimal(100_000))))
    (need,), (less,) = set(free.needs.values()), set(owing.needs.values())
    assert need is not None and less is not None and need - less == 100_000


def test_without_papers_nothing_is_known_and_nothing_is_nought(rivers: World) -> None:
    made = decide(inquiry(assessment(rivers, "M1", [])))
    assert made.outcome == "decline" and not made.offers
    unknown = [one for one in made.features.values() if not one.known]
    assert {"F03", "F04", "F08", "F09", "F12", "F14", "F15", "F20"} <= {one.id for one in unknown}
    assert all(json.loads(json.dumps(one.to_json()))["value"] is None for one in unknown)
    assert "Not enough evidence" in made.reasons[-1]["en"]


money = st.integers(0, 10**8).map(lambda cents: Decimal(cents) / 100)


@st.composite
def obligations(draw: st.DrawFn) -> list[Obligation]:
    count = draw(st.integers(0, 8))
    return [
        Obligation(
            identity=f"S/{at}",
            kind=draw(st.sampled_from((INVOICE, UNKNOWN_EVIDENCE, GOODS))),
            group=draw(st.sampled_from(("B1", "B2", "B3"))),
            gross=draw(money),
            corrected=draw(money) / 10,
            received=draw(money) / 10,
            past_due=draw(st.integers(0, 120)),
            term=draw(st.none() | st.integers(0, 120)),
            age=draw(st.integers(0, 150)),
            flags=frozenset(
                draw(st.sets(st.sampled_from(("B01", "B02", "B05", "B06", "B08", "B11")), max_size=2))
            ),
        )
        for at in range(count)
    ]


@settings(max_examples=80, deadline=None)
@given(
    given_=obligations(),
    dilution=st.none() | st.integers(0, 100),
    owed=money,
    more=st.sampled_from(("B02", "B06", "B11")),
    shuffled=st.randoms(),
)
def test_the_base(
    given_: list[Obligation], dilution: int | None, owed: Decimal, more: str, shuffled: random.Random
) -> None:
    """Never above what is eligible, no amount lost or counted twice, the same in any order, and never more by a lien more."""
    less = Deductions(dilution=None if dilution is None else Decimal(dilution) / 100)
    base = borrowing_base(given_, AR, less, {"B1": owed})
    assert 0 <= base.total <= base.eligible + Decimal("0.01")
    for item in base.items:
        assert (
            item.eligible >= 0
            and item.eligible + sum(off for _, off in item.ineligible) == item.obligation.net
        )
    mixed = list(given_)
    shuffled.shuffle(mixed)
    assert borrowing_base(mixed, AR, less, {"B1": owed}) == base
    for at, one in enumerate(given_):
        worse = [*given_[:at], replace(one, flags=one.flags | {more}), *given_[at + 1 :]]
        assert borrowing_base(worse, AR, less, {"B1": owed}).total <= base.total + Decimal("0.02")
    if given_:
        with pytest.raises(UsageError, match="the same one"):
            borrowing_base([*given_, given_[0]], AR, less)


def test_a_reserve_is_never_more_than_what_is_lent() -> None:
    """Nine tenths corrected in red: an invoice adds nothing, and takes nothing of what is lent on goods."""
    goods, bill = (
        Obligation("goods", GOODS, "", Decimal(1_000)),
        Obligation("a", INVOICE, "B1", Decimal(1_000)),
    )
    totals = [borrowing_base(given_, AR, Deductions(dilution=Decimal("0.95"))).total for given_ in ([goods], [goods, bill])]  # fmt: skip
    assert totals == [400, 400]


def test_reasons_of_a_base_come_in_their_order() -> None:
    def base(*given_: Obligation) -> Sequence[tuple[str, Decimal]]:
        return [
            (code, amount)
            for item in borrowing_base(given_, AR, Deductions()).items
            for code, amount in item.ineligible
        ]

    hundred = Decimal(100)
    assert base(
        Obligation("a", INVOICE, "B1", hundred, past_due=31, term=91, flags=frozenset({"B05", "B02"}))
    )[0] == ("B02", hundred)
    assert base(Obligation("a", INVOICE, "B1", hundred, past_due=31, term=91))[0] == ("B03", hundred)
    assert base(Obligation("a", INVOICE, "B1", hundred, term=91))[0] == ("B04", hundred)
    assert base(Obligation("a", INVOICE, "B1", hundred, age=121))[0] == ("B07", hundred)
    late = Obligation("b", INVOICE, "B1", hundred, past_due=61)
    assert ("B10", hundred) in base(Obligation("a", INVOICE, "B1", hundred), late)
    assert base(Obligation("a", INVOICE, "B1", hundred)) == [("B12", Decimal(30))]
    billed = borrowing_base([Obligation("a", INVOICE, "B1", hundred, bills=hundred)], AR, Deductions())
    assert billed.total == 0
