"""Cases of checks 7 and 8: the receivable's identity, and what is pledged of it."""

from __future__ import annotations

import os
from dataclasses import replace

from certifier.verify import Cause, Code, Node, Verifier
from certifier.voprf import LocalEvaluation
from ledger.connection import Ledger
from ledger.pledges import Status
from ledger.types import hex32, keccak
from tests.certifier.verify.cases.case import INVALID, ON_LEDGER, UNKNOWN, case
from tests.certifier.verify.workshop import (
    Workshop,
    alone,
    drop,
    invoice,
    reading,
    unknown,
)
from tests.ledger.world import account

# 7 FINGERPRINT


@case(Code.FINGERPRINT)
def fingerprints_under_another_key(shop: Workshop) -> None:
    paper = shop.certify(invoice(), service=LocalEvaluation(os.urandom(32)))
    alone(shop.verify(paper), Code.FINGERPRINT, INVALID)


@case(Code.FINGERPRINT)
def a_fingerprint_of_another_identity(shop: Workshop) -> None:
    """A fresh lock for a receivable that is pledged already: the one value that matters, altered by the issuer."""
    paper = shop.certify(invoice(), change={"fingerprint.exact": hex32(os.urandom(32))})
    alone(shop.verify(paper), Code.FINGERPRINT, INVALID)


@case(Code.FINGERPRINT)
def a_loose_fingerprint_left_out(shop: Workshop) -> None:
    for path in ("fingerprint.loose.number", "fingerprint.loose.order", "fingerprint.loose.seller"):
        paper = shop.certify(invoice(), without=[path])
        alone(shop.verify(paper), Code.FINGERPRINT, INVALID, Cause.NOT_SUPPLIED)


@case(Code.FINGERPRINT)
def a_receipt_without_its_proofs(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    alone(
        shop.verify(replace(paper.receipt, prf={}), paper.data), Code.FINGERPRINT, INVALID, Cause.NOT_SUPPLIED
    )


@case(Code.FINGERPRINT)
def the_invoice_of_another_seller(shop: Workshop) -> None:
    paper = shop.certify(invoice(seller="DE 811 569 869"), numbers=["DE811569869"])
    alone(shop.verify(paper), Code.FINGERPRINT, INVALID)


@case(Code.FINGERPRINT)
def a_type_that_cannot_be_pledged(shop: Workshop) -> None:
    """Self-billed, or for nothing; the fingerprints are those of the invoice that it would have to be."""
    for changes in ({"type_code": "389"}, {"total": "0.00"}, {"total": "-7.00"}):
        data = invoice(number="RC-X", order="PO-X", **changes)
        paper = shop.certify(data, identity=invoice(number="RC-X", order="PO-X"))
        alone(shop.verify(paper), Code.FINGERPRINT, INVALID)


@case(Code.FINGERPRINT)
def a_ledger_without_the_descriptors_key(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for key in (None, keccak(b"no key"), account("M1").key_id):
        descriptor = replace(shop.descriptor, fingerprint_key=key)
        ledger = Ledger.connect(descriptor, shop.url)
        report = Verifier(descriptor, [Node(ledger)], shop.store).verify(paper.receipt, reading(paper.data))
        alone(report, Code.FINGERPRINT, UNKNOWN, Cause.CONTRADICTED)
        ledger.close()


# 8 LIEN


@case(Code.LIEN)
def pledged_in_full(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shop.pledge(paper)
    alone(shop.verify(paper), Code.LIEN, INVALID)


@case(Code.LIEN)
def something_alike_is_pledged(shop: Workshop) -> None:
    data = invoice(total="777.70")
    earlier = shop.certify(data)
    shop.pledge(earlier, loose=earlier.loose())
    alike = shop.certify(invoice(total="777.70"))
    alone(shop.verify(alike), Code.LIEN, UNKNOWN, Cause.LOOSE_MATCH)


@case(Code.LIEN)
def a_node_that_hides_pledges(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    shop.pledge(paper, share=4_000)
    with shop.hostile() as (liar, node):
        drop(liar, "Claimed")
        alone(shop.verify(paper, nodes=[node]), Code.LIEN, UNKNOWN, Cause.CONTRADICTED)
    with shop.hostile() as (liar, node):
        drop(liar, "Pledged")
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@case(Code.LIEN)
def a_node_that_hides_how_a_pledge_ended(shop: Workshop) -> None:
    """Burned, it counts for its own lender too; live, it would not."""
    paper = shop.certify(invoice())
    shop.close(shop.pledge(paper), Status.SATISFIED)
    alone(shop.verify(paper, as_org="L1"), Code.LIEN, INVALID)
    with shop.hostile() as (liar, node):
        drop(liar, "Closed")
        unknown(shop.verify(paper, as_org="L1", nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)
