"""Cases of checks 10 to 12: what the papers of one job say together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from certifier.verify import Cause, Code, Verdict
from ledger.membership import Purpose, Role
from ledger.types import hex32
from scripts.two_rivers.papers import qif
from tests.certifier.verify.cases.case import INVALID, ON_LEDGER, UNKNOWN, case
from tests.certifier.verify.workshop import (
    Paper,
    Workshop,
    alone,
    despatch,
    invoice,
    order,
    sample,
    unknown,
)

# 10 LINKS


@case(Code.LINKS)
def a_paper_that_is_not_in_the_dossier(shop: Workshop) -> None:
    bought, sold = _job(shop)
    alone(shop.dossier(sold)[0], Code.LINKS, INVALID)
    assert all(report.verdict is Verdict.VALID for report in shop.dossier(sold, bought))


@case(Code.LINKS)
def a_paper_of_the_wrong_kind(shop: Workshop) -> None:
    advice = shop.certify(despatch("DN-9", "PO-9"))
    sold = shop.certify(invoice(order="DN-9"), links=[("bills", advice.asset_id)])
    alone(shop.dossier(advice, sold)[1], Code.LINKS, INVALID)


@case(Code.LINKS)
def a_paper_of_another_number(shop: Workshop) -> None:
    bought = shop.certify(order("PO-8"))
    sold = shop.certify(invoice(order="PO-88"), links=[("bills", bought.asset_id)])
    alone(shop.dossier(bought, sold)[1], Code.LINKS, INVALID)


@case(Code.LINKS)
def a_predecessor_that_was_never_registered(shop: Workshop) -> None:
    bought = shop.certify(order("PO-7"), register=False)
    sold = shop.certify(invoice(order="PO-7"), links=[("bills", bought.asset_id)])
    alone(shop.dossier(sold, bought)[0], Code.LINKS, INVALID)


@case(Code.LINKS)
def a_receipt_alone(shop: Workshop) -> None:
    """Not required then: the whole is VALID."""
    _, sold = _job(shop)
    report = shop.verify(sold)
    assert (report.check(Code.LINKS).verdict, report.check(Code.LINKS).cause) == (UNKNOWN, Cause.NOT_GRANTED)
    assert report.verdict is Verdict.VALID


@case(Code.LINKS)
def a_dossier_without_a_node(shop: Workshop) -> None:
    """What is not known of the predecessor is not known of the link."""
    bought, sold = _job(shop)
    unknown(shop.dossier(bought, sold, nodes=[])[1], Cause.UNREACHABLE, Code.LINKS, *ON_LEDGER)


# 11 PLAUSIBILITY, 12 INDEPENDENCE


@case(Code.PLAUSIBILITY)
def two_lots_with_the_same_measured_values(shop: Workshop) -> None:
    values = [Decimal(f"32.{(n * 7919) % 10007:04}") for n in range(60)]
    reports = [shop.certify(_measured(lot, values)) for lot in ("A", "B")]
    for report in shop.dossier(*reports):
        alone(report, Code.PLAUSIBILITY, INVALID)
        (finding,) = report.check(Code.PLAUSIBILITY).evidence["findings"]
        assert finding["code"] == "COPIED_MEASUREMENTS"
        assert set(finding["assets"]) == {hex32(paper.asset_id) for paper in reports}


@case(Code.PLAUSIBILITY)
def more_billed_than_moved(shop: Workshop) -> None:
    """Amber: UNKNOWN, and the whole stands, since nothing asks for this check."""
    po, dn = (f"{word}-{os.urandom(4).hex()}" for word in ("PO", "DN"))
    bought, moved = shop.certify(order(po)), shop.certify(despatch(dn, po))
    data = invoice(order=po, despatch=dn).replace(b'="H87">40<', b'="H87">41<')
    sold = shop.certify(data, links=[("bills", bought.asset_id), ("fulfils", moved.asset_id)])
    report = shop.dossier(bought, moved, sold)[2]
    assert report.verdict is Verdict.VALID
    check = report.check(Code.PLAUSIBILITY)
    assert (check.verdict, check.cause) == (UNKNOWN, Cause.CONTRADICTED), check
    assert [one["code"] for one in check.evidence["findings"]] == ["QUANTITIES"]


@case(Code.PLAUSIBILITY)
def a_log_whose_document_is_not_given(shop: Workshop) -> None:
    """Alone, or in its job without the document: nobody says that it holds."""
    log = shop.certify(sample("machine.xml"))
    for report in (shop.verify(log), *shop.dossier(log, files=False)):
        check = report.check(Code.PLAUSIBILITY)
        assert (check.verdict, check.cause) == (UNKNOWN, Cause.NOT_GRANTED), check


@case(Code.INDEPENDENCE)
def nobody_but_its_issuer(shop: Workshop) -> None:
    check = shop.dossier(*_job(shop))[1].check(Code.INDEPENDENCE)
    assert (check.verdict, check.cause) == (UNKNOWN, Cause.NOT_GRANTED), check
    assert (check.evidence["index"], check.evidence["groups"]) == ("0.000000", 0)


@case(Code.INDEPENDENCE)
def a_delivery_that_no_carrier_signed(shop: Workshop) -> None:
    po, dn = (f"{word}-{os.urandom(4).hex()}" for word in ("PO", "DN"))
    bought, moved = shop.certify(order(po)), shop.certify(despatch(dn, po))
    sold = shop.certify(
        invoice(order=po, despatch=dn), links=[("bills", bought.asset_id), ("fulfils", moved.asset_id)]
    )
    check = shop.dossier(bought, moved, sold)[1].check(Code.INDEPENDENCE)
    assert (check.verdict, check.cause) == (UNKNOWN, Cause.CONTRADICTED), check
    assert [one["code"] for one in check.evidence["findings"]] == ["INDEPENDENCE"]
    carrier = shop.member(Role.WITNESS)
    data = despatch(dn, po).replace(b"?>", b"?>\n", 1)
    signed = shop.certify(data, signers=[shop.statement(data, carrier, "witness", purpose=Purpose.WITNESS)], links=[("ships", bought.asset_id)])  # fmt: skip
    check = shop.dossier(bought, signed)[1].check(Code.INDEPENDENCE)
    assert check.verdict is Verdict.VALID, check
    assert check.evidence["signed_by"] == [hex32(shop.world.org(carrier))]


@case(Code.INDEPENDENCE)
def judged_alone(shop: Workshop) -> None:
    check = shop.verify(shop.certify(invoice())).check(Code.INDEPENDENCE)
    assert (check.verdict, check.cause) == (UNKNOWN, Cause.NOT_GRANTED), check


def _measured(lot: str, values: Sequence[Decimal]) -> bytes:
    fresh = os.urandom(4).hex()
    return qif.report(
        f"IR-{fresh}", "P101", f"{lot}-{fresh}", date(2026, 7, 4), "CMM-01", values, [False] * len(values)
    )


def _job(shop: Workshop) -> tuple[Paper, Paper]:
    """An order, and the invoice that bills it."""
    number = f"PO-{os.urandom(4).hex()}"
    bought = shop.certify(order(number))
    return bought, shop.certify(invoice(order=number), links=[("bills", bought.asset_id)])
