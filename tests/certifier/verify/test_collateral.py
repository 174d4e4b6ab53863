"""Checks 7 and 8: what can be pledged, what its fingerprints are, what stands in the way, and what only looks alike."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from certifier.verify import Cause, Check, Code, Report, Verdict
from ledger.membership import Role
from ledger.pledges import Status
from ledger.types import hex32
from tests.certifier.verify.workshop import (
    LOOSE,
    SELLER,
    Paper,
    Workshop,
    alone,
    invoice,
    order,
    other,
    sample,
)

SEVEN_AND_EIGHT = (Code.FINGERPRINT, Code.LIEN)


def skipped(report: Report) -> None:
    """Asserts evidence, never collateral: 7 and 8 are SKIPPED, and the whole is VALID."""
    for code in SEVEN_AND_EIGHT:
        check = report.check(code)
        assert (check.verdict, check.cause) == (Verdict.SKIPPED, Cause.NOT_PLEDGEABLE), check
    assert report.verdict is Verdict.VALID


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(invoice(seller="DE811569869"), id="of another seller"),
        pytest.param(invoice(type_code="389"), id="self-billed"),
        pytest.param(invoice(total="0.00"), id="of nothing"),
        pytest.param(invoice(total="-5.00"), id="negative"),
        pytest.param(invoice(number="Ж-1"), id="without a number that is one"),
        pytest.param(invoice(seller="Ж"), id="of a seller without a number"),
        pytest.param(sample("credit-note.xml"), id="credit note"),
        pytest.param(sample("machine.xml"), id="machine data"),
        pytest.param(sample("work-order.xml"), id="work order"),
        pytest.param(other(), id="other"),
    ],
)
def test_evidence_is_never_collateral(shop: Workshop, data: bytes) -> None:
    paper = shop.certify(data)
    assert "fingerprint.exact" not in paper.values
    skipped(shop.verify(paper))


@pytest.mark.parametrize(
    "spelling", [SELLER, SELLER.lower(), "9150 0000 0000 0022-XC", "９150000000000022XC"]
)
def test_the_seller_goes_by_an_alias(shop: Workshop, spelling: str) -> None:
    alone(shop.verify(shop.certify(invoice(seller=spelling))), Code.FINGERPRINT, Verdict.VALID)


def test_the_seller_goes_by_its_identifier_but_not_by_its_scheme(shop: Workshop) -> None:
    name = shop.member(Role.ENTERPRISE)
    for seller, numbers, verdict in (
        (name, [name], Verdict.VALID),
        (f"TEST:{name}", [f"TEST{name}"], Verdict.INVALID),
        ("TEST", ["TEST"], Verdict.INVALID),
    ):
        paper = shop.certify(invoice(seller=seller), name, numbers=numbers)
        assert shop.verify(paper).check(Code.FINGERPRINT).verdict is verdict


def test_an_alias_given_later_makes_a_fingerprint_due(shop: Workshop) -> None:
    name, number = shop.member(Role.ENTERPRISE), os.urandom(8).hex()
    paper = shop.certify(invoice(seller=number), name)
    skipped(shop.verify(paper))
    shop.admit(name, Role.ENTERPRISE, f"VAT:{number}")
    report = shop.verify(paper)
    for code in SEVEN_AND_EIGHT:
        check = report.check(code)
        assert (check.verdict, check.cause) == (Verdict.INVALID, Cause.NOT_SUPPLIED)


def test_an_exact_fingerprint_left_out(shop: Workshop) -> None:
    report = shop.verify(shop.certify(invoice(), without=["fingerprint.exact", *LOOSE]))
    for code in SEVEN_AND_EIGHT:
        check = report.check(code)
        assert (check.verdict, check.cause) == (Verdict.INVALID, Cause.NOT_SUPPLIED)


@pytest.mark.parametrize(("missing", "path"), [("order_number", LOOSE[1]), ("issue_date", LOOSE[0])])
def test_a_loose_fingerprint_needs_its_components(shop: Workshop, missing: str, path: str) -> None:
    """An asset that lacks one need not have it; one that claims it all the same is INVALID. FACTS says the rest."""
    paper = shop.certify(invoice(), facts={missing: None})
    assert path not in paper.values
    assert shop.verify(paper).check(Code.FINGERPRINT).verdict is Verdict.VALID
    claimed = shop.certify(invoice(), facts={missing: None}, change={path: hex32(os.urandom(32))})
    report = shop.verify(replace(claimed.receipt, prf={}), claimed.data)
    assert report.check(Code.FINGERPRINT).verdict is Verdict.INVALID


def test_the_presets_of_a_redacted_receipt(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    alone(shop.verify(paper.receipt.redact("all"), paper.data), Code.FINGERPRINT, Verdict.VALID)
    owed = paper.receipt.redact("must-disclose")
    assert "fact.due_date" not in owed.values
    alone(shop.verify(owed, paper.data), Code.FINGERPRINT, Verdict.VALID)
    identity = shop.verify(paper.receipt.redact("identity"), paper.data)
    alone(identity, Code.FINGERPRINT, Verdict.INVALID, Cause.NOT_SUPPLIED)
    assert identity.check(Code.FINGERPRINT).evidence == {"fields": ["fact.type_code"]}
    bare = shop.verify(paper.receipt.redact([]), paper.data)
    for code in SEVEN_AND_EIGHT:
        check = bare.check(code)
        assert (check.verdict, check.cause) == (Verdict.INVALID, Cause.NOT_SUPPLIED)
    assert bare.check(Code.COMMITMENT).verdict is Verdict.VALID


def test_each_field_that_is_owed(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shown = paper.receipt.redact("must-disclose").values.keys()
    for path in sorted(path for path in shown if path.startswith(("fact.", "fingerprint."))):
        report = shop.verify(paper.receipt.redact(shown - {path}), None)
        check = report.check(Code.FINGERPRINT)
        assert (check.verdict, check.cause) == (Verdict.INVALID, Cause.NOT_SUPPLIED), path
        if path.startswith("fingerprint."):  # whether something looks alike cannot be said then
            assert lien(report).cause is Cause.NOT_SUPPLIED


def lien(report: Report) -> Check:
    return report.check(Code.LIEN)


def test_shares_free_them_and_burn_them(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    assert lien(shop.verify(paper)).evidence == {"free": 10_000, "earlier": []}
    first = shop.pledge(paper, share=6_000)
    second = shop.pledge(paper, "L2", share=3_000)
    partly = shop.verify(paper)
    alone(partly, Code.LIEN, Verdict.VALID)
    assert lien(partly).evidence["free"] == 1_000
    shop.close(first, Status.CANCELLED)
    assert lien(shop.verify(paper)).evidence["free"] == 7_000
    shop.close(second, Status.ENFORCED, "L2")
    third = shop.pledge(paper, share=7_000)
    alone(shop.verify(paper), Code.LIEN, Verdict.INVALID)
    assert lien(shop.verify(paper, as_org="L1")).evidence["free"] == 7_000
    shop.close(third, Status.SATISFIED)
    alone(shop.verify(paper, as_org="L1"), Code.LIEN, Verdict.INVALID)


def test_earlier_liens_are_listed_without_their_lender(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shop.close(shop.pledge(paper, share=6_000), Status.CANCELLED)
    shop.pledge(paper, "L2", share=1)
    report = shop.verify(paper)
    listed = [(row["share"], row["rank"], row["status"]) for row in lien(report).evidence["earlier"]]
    assert listed == [(6_000, 1, "cancelled"), (1, 2, "live")]
    told = str(report.to_json())
    assert not any(hex32(shop.world.org(name))[2:] in told or name in told for name in ("L1", "L2"))


def test_own_claims_do_not_stand_in_the_way(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shop.pledge(paper)
    alone(shop.verify(paper), Code.LIEN, Verdict.INVALID)
    alone(shop.verify(paper, as_org="L2"), Code.LIEN, Verdict.INVALID)
    mine = shop.verify(paper, as_org="L1")
    alone(mine, Code.LIEN, Verdict.VALID)
    assert len(lien(mine).evidence["earlier"]) == 1


def test_expired_but_still_open(shop: Workshop) -> None:
    """Time alone frees nothing: somebody has to close it."""
    paper = shop.certify(invoice())
    offer = shop.pledge(paper, days=1)
    shop.clock.set(offer.expires_at + 10)
    shop.certify(other())
    assert shop.world.pin().timestamp > offer.expires_at
    alone(shop.verify(paper), Code.LIEN, Verdict.INVALID)
    shop.close(offer, Status.EXPIRED)
    alone(shop.verify(paper), Code.LIEN, Verdict.VALID)


def matches(report: Report) -> set[str]:
    """Asserts that 8 alone is UNKNOWN for a loose match, and gives the paths that match."""
    alone(report, Code.LIEN, Verdict.UNKNOWN, Cause.LOOSE_MATCH)
    return set(lien(report).evidence["matches"])


def test_the_same_amount_on_the_same_day(shop: Workshop) -> None:
    earlier = shop.certify(invoice(total="4321.10"))
    offer = shop.pledge(earlier, loose=earlier.loose())
    assert matches(shop.verify(shop.certify(invoice(total="4321.10")))) == {LOOSE[0]}
    assert matches(shop.verify(shop.certify(invoice(total="4321.1")))) == {LOOSE[0]}
    for different in (invoice(total="4321.11"), invoice(total="4321.10", date="2026-07-12")):
        alone(shop.verify(shop.certify(different)), Code.LIEN, Verdict.VALID)
    alone(shop.verify(shop.certify(invoice(total="4321.10")), as_org="L1"), Code.LIEN, Verdict.VALID)
    assert matches(shop.verify(shop.certify(invoice(total="4321.10")), as_org="L2")) == {LOOSE[0]}
    shop.close(offer, Status.CANCELLED)
    alone(shop.verify(shop.certify(invoice(total="4321.10"))), Code.LIEN, Verdict.VALID)


def test_a_burned_pledge_still_matches(shop: Workshop) -> None:
    earlier = shop.certify(invoice(total="4321.20"))
    shop.close(shop.pledge(earlier, loose=earlier.loose()), Status.SATISFIED)
    for org in (None, "L1", "L2"):
        assert matches(shop.verify(shop.certify(invoice(total="4321.20")), as_org=org)) == {LOOSE[0]}


def test_the_same_number_for_the_same_buyer_by_another_issuer(shop: Workshop) -> None:
    """The buyer knows one invoice of that number: two sister firms cannot both collect it."""
    name = shop.member(Role.ENTERPRISE)
    earlier = shop.certify(invoice(number="RC-SAME-1"))
    shop.pledge(earlier, loose=earlier.loose())
    later = shop.certify(invoice(number="rc same 1", seller=name), name, numbers=[name])
    assert later.values["fingerprint.exact"] != earlier.values["fingerprint.exact"]
    assert matches(shop.verify(later)) == {LOOSE[2]}


def test_a_pledge_never_matches_its_own_invoice_loosely(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shop.pledge(paper, share=1, loose=paper.loose())
    alone(shop.verify(paper), Code.LIEN, Verdict.VALID)
    edited = shop.certify(paper.data.replace(b"Invented", b"Edited"))
    report = shop.verify(edited)
    alone(report, Code.LIEN, Verdict.VALID)
    assert lien(report).evidence["free"] == 9_999


def test_an_order_against_its_invoice_both_ways(shop: Workshop) -> None:
    bought = shop.certify(order("PO-WAYS-1"))
    shop.pledge(bought, share=1)
    assert matches(shop.verify(shop.certify(invoice(order="po ways 1")))) == {LOOSE[1]}
    sold = shop.certify(invoice(order="PO-WAYS-2"))
    shop.pledge(sold, share=1, loose=sold.loose())
    assert matches(shop.verify(shop.certify(order("PO-WAYS-2")))) == {"fingerprint.exact"}


def test_never_two_invoices_of_one_order(shop: Workshop) -> None:
    first, second = (shop.certify(invoice(order="PO-TWICE")) for _ in range(2))
    assert first.values[LOOSE[1]] == second.values[LOOSE[1]]
    shop.pledge(first, loose=first.loose())
    alone(shop.verify(second), Code.LIEN, Verdict.VALID)


def test_the_same_invoice_in_another_file(shop: Workshop) -> None:
    """Whitespace, then another amount: the lock is the business fact, not the file."""
    original = invoice(number="RC-LOCK-1")
    shop.pledge(shop.certify(original))
    for again in (original + b"\n", invoice(number="RC LOCK 1", total="1.00"), invoice(number="rc-lock-1")):
        alone(shop.verify(shop.certify(again)), Code.LIEN, Verdict.INVALID)


def papers_of(shop: Workshop) -> tuple[Paper, Paper]:
    return shop.certify(invoice()), shop.certify(invoice())


def test_the_proofs_of_another_asset(shop: Workshop) -> None:
    paper, foreign = papers_of(shop)
    swapped = replace(paper.receipt, prf=foreign.receipt.prf)
    alone(shop.verify(swapped, paper.data), Code.FINGERPRINT, Verdict.INVALID)
