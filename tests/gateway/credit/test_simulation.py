"""A product tried on what was decided before: from the record alone, and just as the engine would have decided."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from certifier.evidence.assessment import Assessment
from gateway.credit.decision import Inquiry, Loans, decide
from gateway.credit.documents import canonical
from gateway.credit.features import Debts
from gateway.credit.obligations import Standing
from gateway.credit.products import Product, defaults
from gateway.credit.record import Header, compose
from gateway.credit.simulation import simulated
from tests.gateway.credit.conftest import Papers
from tests.gateway.credit.reckoning import assessment, inquiry
from tests.two_rivers.reading import World

AR, CR, FA = defaults()
NEXT = {"version": 2, "valid_from": "2027-01-01", "valid_to": "2027-12-31"}
CHANGES: list[dict[str, Any]] = [
    {},
    {"advance_bps_by_kind": {"invoice": 3000, "finished-goods-under-order": 0}},
    {"advance_bps_by_kind": {}, "min_amount": "1"},
    {"base_vat": "net-of-VAT"},
    {"obligor_limit_bps": 3000},
    {"past_due_cutoff_days": 0, "max_payment_term_days": 50},
    {"evidence_max_age_days": {"invoice": 30}},
    {"evidence_max_age_days": {"machine-data": 1}},
    {"need": {"margin_bps": 6000, "growth_bps": 0, "dio_days": 5, "dpo_days": 35}},
    {"max_amount": "120000", "amount_step": "1000"},
    {"tenor_days_max": 60},
    {"spread_bps_by_grade": {"C": 500}},
    {"min_history_days": 200},
    {"industry": ["3484"]},
    {"legal_form": "unsecured-data-credit", "single_name_limit": "90000"},
    {"auto_approve_max": "100000"},
    {"purpose_codes": ["material"]},
]


@pytest.fixture(scope="session")
def m1(rivers: World, papers: Papers) -> Assessment:
    return assessment(rivers, "M1", papers("M1"))


def record(asked: Inquiry) -> dict[str, Any]:
    """What was committed of a decision, as it is read again."""
    order = {"profile": asked.ask.profile or {}}
    said = {"amount": f"{asked.ask.amount:f}", "days": asked.ask.days, "purpose": asked.ask.purpose, "order": order}  # fmt: skip
    header = Header("dec", "application", said, b"L" * 32, b"M" * 32, {"number": 1}, {}, (), (), {}, "0x", "test", None)  # fmt: skip
    found: dict[str, Any] = json.loads(canonical(compose(header, asked, decide(asked))))
    return found


@pytest.fixture(scope="session")
def cases(m1: Assessment) -> list[tuple[Inquiry, dict[str, Any]]]:
    """M1 free of debt, and owing with an invoice under a lien: what the engine was asked, and its record."""
    liened = frozenset(m1.receivables.receivables[-1].invoice.assets)
    owing = inquiry(
        m1, standing=Standing(liened=liened), debts=Debts(declared=Decimal(50_000)), loans=Loans(Decimal(10_000), Decimal(20_000))
    )  # fmt: skip
    return [(one, record(one)) for one in (inquiry(m1), owing)]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: ", ".join(change) or "nothing")
def test_it_is_what_the_engine_would_have_decided(
    cases: list[tuple[Inquiry, dict[str, Any]]], change: dict[str, Any]
) -> None:
    """Under the engine the changed product holds on the day; the record is of a decision on the shipped ones."""
    for asked, known in cases:
        today = Product.of({**AR.body, **change})
        made = decide(replace(asked, products=(today,)))
        offers = [one.amount for one in made.offers if one.counter != "tenor"]
        found = simulated(known, Product.of({**today.body, **NEXT}))
        assert (found.reason is None, found.amount) == (bool(offers), offers[0] if offers else 0)
        assert found.reason in (None, *(one.code for one in made.refused))
        assert found.person is (bool(offers) and made.outcome == "refer")


def test_what_does_not_depend_on_the_product_stands(m1: Assessment) -> None:
    found = simulated(record(inquiry(m1, invalid=("invoice 1: COMMITMENT",))), AR)
    assert (found.reason, found.amount) == ("K08", 0)
    found = simulated(record(inquiry(m1, unknown=("the ledger could not be read",))), FA)
    assert (found.reason, found.person) == (None, True)


def test_a_record_that_does_not_say_enough_is_not_guessed_at(
    cases: list[tuple[Inquiry, dict[str, Any]]],
) -> None:
    older = {name: value for name, value in cases[0][1].items() if name != "owed"}
    assert simulated(older, AR).reason == "OLDER"
