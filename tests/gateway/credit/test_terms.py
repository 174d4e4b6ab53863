"""Every term of a product does something: change it alone, and a decision, a price, an account or a person's word is another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from certifier.evidence.assessment import Assessment
from gateway.credit.account import Account
from gateway.credit.base import Deductions, Obligation, borrowing_base
from gateway.credit.decision import Decision, Loans, decide
from gateway.credit.matching import SCOPE
from gateway.credit.pricing import METHODS, schedule
from gateway.credit.products import (
    CHOICES,
    GOODS,
    INVOICE,
    MEMBERS,
    ORDER,
    UNKNOWN_EVIDENCE,
    Product,
    defaults,
)
from gateway.credit.record import Header, compose
from gateway.credit.review import Word, waits
from tests.gateway import test_doubts
from tests.gateway.credit import test_lending
from tests.gateway.credit.conftest import Papers
from tests.gateway.credit.reckoning import assessment, inquiry
from tests.two_rivers.reading import World

AR = defaults()[0]
DAY = date(2026, 9, 28)
IDENTITY = {"schema", "product_code", "lender", "version", "name_zh", "name_en", "currency", "rate_type"}
"""What a version is of and is called, and what there is one of."""


@dataclass(frozen=True)
class Desk:
    """M1's papers, and what a product makes of them."""

    m1: Assessment

    def decided(self, product: Product, **others: Any) -> Decision:
        """On M1, which declares that it is a small firm of an industry in Chongqing."""
        asked = inquiry(self.m1, products=(product,), **others)
        declared = {"region": "500000", "industry": "3484", "enterprise_size": "small"}
        return decide(replace(asked, ask=replace(asked.ask, profile=declared)))

    def offer(self, product: Product) -> dict[str, Any]:
        """The offer, or why there is none, without what names the product."""
        made = self.decided(product)
        (found,) = (*made.offers, *made.refused)[:1]
        return {name: told for name, told in found.to_json().items() if name != "product_id"}

    def taken(self, product: Product) -> list[Any]:
        """What is lent under limits: to a firm that owes 500,000 already, of a pool in which as much is used."""
        made = self.decided(product, loans=Loans(outstanding=Decimal(50_000), pool_used={product.id: Decimal(500_000)}))  # fmt: skip
        return [one.amount for one in made.offers]

    def hits(self, product: Product) -> list[str]:
        """The rules that hold."""
        return [one.code for one in self.decided(product).hits]

    def recorded(self, product: Product) -> Any:
        """What the record says that the price stands on."""
        asked = inquiry(self.m1, products=(product,))
        header = Header("dec", "app", {}, b"L" * 32, b"M" * 32, {}, {}, (), (), {}, "0x", "test", None)
        return compose(header, asked, decide(asked))["off_chain"]["benchmarks"]

    def base(self, product: Product) -> Any:
        """The base of receivables of every age, some with weak evidence."""
        given = [
            Obligation(f"S/{at}", kind, group, Decimal(1_000), past_due=late, term=term, age=age)
            for at, (kind, group, late, term, age) in enumerate(
                [(INVOICE, "B1", -9, 60, 20), (INVOICE, "B1", 20, 60, 80), (UNKNOWN_EVIDENCE, "B2", 5, 80, 85), (INVOICE, "B3", 25, 45, 100),
                 (INVOICE, "B4", 65, 60, 115), *[(INVOICE, "B4", -1, 60, 10)] * 2, (GOODS, "", 0, None, 0), (ORDER, "", 0, None, 0)]
            )
        ]  # fmt: skip
        return borrowing_base(given, product, Deductions(dilution=Decimal("0.06"))).to_json()

    def rate(self, product: Product) -> Any:
        """Of a firm of each grade whose claims others attest, and of one without."""
        return [product.rate_bps(grade, Decimal(part)) for grade in sorted(product.spreads) for part in ("0.6", "0.1")]  # fmt: skip

    def overdue(self, product: Product) -> Any:
        """What is owed twenty days late."""
        terms = product.terms("A", None)
        lines = schedule(Decimal(600_000), 90, DAY, terms)
        account = Account(DAY, terms.rate_bps, terms.day_count, lines, product.default_rate_multiplier)
        return account.position([], DAY + timedelta(days=110)).to_json()

    def people(self, product: Product) -> bool:
        """Whether a second person is due."""
        machine = {"offers": [self.offer(product) | {"product_id": product.id}], "hits": []}
        word = Word("l1-officer", "officer", "approve", "A1", "seen", "", "refer")
        return waits(machine, [word], {product.id: product})


FEE = {"kind": "handling", "basis": "pct-of-amount", "value": "50", "payer": "borrower", "financed": False}
See = Callable[[Desk, Product], Any]
TERMS: list[tuple[str, Any, See]] = [
    ("legal_form", "unsecured-data-credit", lambda desk, product: desk.decided(product, amount=2_000_000, offered=()).offers == ()),
    ("valid_from", "2026-09-29", Desk.offer),
    ("valid_to", "2026-09-27", Desk.offer),
    ("purpose_codes", ["material"], Desk.offer),
    ("min_amount", "610000", Desk.offer),
    ("max_amount", "500000", Desk.offer),
    ("amount_step", "70000", Desk.offer),
    ("tenor_days_min", 91, Desk.offer),
    ("tenor_days_max", 89, Desk.offer),
    ("expected_hours_to_cash", 25, Desk.offer),
    ("benchmark", "LPR-5Y", Desk.recorded),
    ("benchmark_fixing_date", "2026-08-20", Desk.recorded),
    ("benchmark_bps", 310, Desk.offer),
    ("spread_bps_by_grade", {"A": 90, "B": 135}, Desk.offer),
    ("spread_bps_by_grade", {"B": 135}, Desk.offer),
    ("evidence_discount_bps", 20, Desk.rate),
    ("subsidy_bps", 50, Desk.offer),
    ("default_rate_multiplier", "1.3", Desk.overdue),
    ("day_count", "ACT/365", Desk.offer),
    ("day_count", "30/360", Desk.overdue),
    *(("repayment_method", method, Desk.offer) for method in METHODS if method != "bullet"),
    ("fees", [FEE], Desk.offer),
    ("advance_bps_by_kind", {**AR.body["advance_bps_by_kind"], INVOICE: 7_000}, Desk.base),
    ("advance_bps_by_kind", {**AR.body["advance_bps_by_kind"], UNKNOWN_EVIDENCE: 4_000}, Desk.base),
    ("advance_bps_by_kind", {**AR.body["advance_bps_by_kind"], GOODS: 3_000}, Desk.base),
    ("advance_bps_by_kind", {**AR.body["advance_bps_by_kind"], ORDER: 2_000}, Desk.base),
    ("base_vat", "net-of-VAT", Desk.base),
    ("vat_bps", 600, lambda desk, product: desk.decided(product).bases[product.id].to_json()),
    ("evidence_max_age_days", {"invoice": 99, "machine-data": 7}, Desk.base),
    ("evidence_max_age_days", {"invoice": 120, "machine-data": 2}, Desk.offer),
    ("obligor_limit_bps", 2_000, Desk.base),
    ("dilution_free_bps", 400, Desk.base),
    ("past_due_cutoff_days", 15, Desk.base),
    ("max_payment_term_days", 70, Desk.base),
    ("cross_age_bps", 3_400, Desk.base),
    ("cross_age_days", 70, Desk.base),
    ("min_history_days", 400, Desk.offer),
    ("region", ["51"], Desk.offer),
    ("industry", ["33"], Desk.offer),
    ("enterprise_size", ["micro"], Desk.offer),
    ("single_name_limit", "500000", Desk.taken),
    ("pool_cap", "900000", Desk.taken),
    ("auto_approve_max", "500000", Desk.hits),
    ("four_eyes_above", "500000", Desk.people),
    *(("need", {**AR.body["need"], name: days}, Desk.taken) for name, days in
      (("margin_bps", 3_000), ("growth_bps", -2_000), ("dio_days", 10), ("dpo_days", 50))),
]  # fmt: skip
ON_A_LEDGER: Mapping[str, Callable[..., None]] = {
    "availability_days": test_doubts.test_an_offer_stands_for_so_many_days,
    "required_checks": test_lending.test_what_no_product_asks_for_may_be_unknown,
}
"""Terms whose effect is seen in a home."""


@pytest.fixture(scope="session")
def desk(rivers: World, papers: Papers) -> Desk:
    return Desk(assessment(rivers, "M1", papers("M1")))


def test_no_term_is_left_out() -> None:
    assert {name for name, _, _ in TERMS} | ON_A_LEDGER.keys() == MEMBERS - IDENTITY
    assert all(len(CHOICES[name]) == 1 for name in IDENTITY & CHOICES.keys())


@pytest.mark.parametrize(("name", "value", "see"), TERMS, ids=lambda one: one if isinstance(one, str) else "")
def test_a_term_does_something(desk: Desk, name: str, value: Any, see: See) -> None:
    assert see(desk, Product.of({**AR.body, name: value})) != see(desk, AR)


@pytest.mark.parametrize("change", [{"basis": "flat"}, {"basis": "pct-per-annum"}, {"value": "60"}, {"payer": "lender"}, {"financed": True}], ids=str)  # fmt: skip
def test_every_member_of_a_fee_does_something(desk: Desk, change: dict[str, Any]) -> None:
    price = [desk.offer(Product.of({**AR.body, "fees": [fee]})) for fee in (FEE, FEE | change)]
    assert price[0]["total_cost"] != price[1]["total_cost"]


def test_what_is_lent_already_is_taken_off_its_limit(desk: Desk) -> None:
    """To the firm 50,000, of the pool 500,000."""
    for name, limit, left in (("single_name_limit", "500000", 450_000), ("pool_cap", "900000", 400_000)):
        assert desk.taken(Product.of({**AR.body, name: limit})) == [left]


def test_every_method_is_another_price(desk: Desk) -> None:
    found = [desk.offer(Product.of({**AR.body, "repayment_method": one}))["schedule"] for one in METHODS]
    assert all(found.count(one) == 1 for one in found)


def test_a_firm_of_the_right_kind_is_not_refused(desk: Desk) -> None:
    own = {"region": ["50"], "industry": ["33", "34"], "enterprise_size": ["small"]}
    assert own.keys() == set(SCOPE)
    assert desk.offer(Product.of({**AR.body, **own})) == desk.offer(AR)
