"""Check 10: the papers of one job, each link judged by the earlier paper and by what was found of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest

from certifier.verify import Cause, Code, Verdict, dossier_verdict
from ledger.assets import Standing
from tests.certifier.verify.workshop import Paper, Workshop, alone, despatch, invoice, order, sample
from tests.ledger.world import account


def job(shop: Workshop) -> dict[str, Paper]:
    """Every kind of our samples in one job, linked as DESIGN says."""
    po, dn, inv = (f"{word}-{os.urandom(4).hex()}" for word in ("PO", "DN", "INV"))
    papers = {"order": shop.certify(order(po))}

    def add(name: str, data: bytes, *links: tuple[str, str]) -> None:
        papers[name] = shop.certify(data, links=[(relation, papers[to].asset_id) for relation, to in links])

    add("work", sample("work-order.xml", (">JL-PO-2026-0703<", f">{po}<")), ("orders", "order"))
    add("machine", sample("machine.xml"), ("measures", "work"))
    add("inspection", sample("inspection.qif"), ("inspects", "work"))
    add("despatch", despatch(dn, po), ("ships", "order"))
    add("invoice", invoice(number=inv, order=po, despatch=dn), ("bills", "order"), ("fulfils", "despatch"))
    add("payment", sample("bank-receipt.xml", ("RC-2026-0713", inv)), ("settles", "invoice"))
    add("credit", sample("credit-note.xml", (">RC-2026-0713<", f">{inv}<")), ("corrects", "invoice"))
    return papers


def verdicts(shop: Workshop, papers: Sequence[Paper]) -> list[Verdict]:
    return [report.check(Code.LINKS).verdict for report in shop.dossier(*papers)]


@pytest.fixture(scope="module")
def papers(shop: Workshop) -> dict[str, Paper]:
    return job(shop)


def test_a_whole_job(shop: Workshop, papers: dict[str, Paper]) -> None:
    whole = list(papers.values())
    assert [report.verdict for report in shop.dossier(*whole)] == [Verdict.VALID] * len(whole)
    assert verdicts(shop, whole) == [Verdict.SKIPPED] + [Verdict.VALID] * (len(whole) - 1)
    assert verdicts(shop, whole[::-1]) == verdicts(shop, whole)[::-1]


def test_a_paper_missing_anywhere(shop: Workshop, papers: dict[str, Paper]) -> None:
    """What points to it is INVALID, and so is what points to that."""
    fallen = {
        "order": set(papers) - {"order"},
        "work": {"machine", "inspection"},
        "despatch": {"invoice", "payment", "credit"},
        "invoice": {"payment", "credit"},
        "payment": set(),
    }
    for missing, expected in fallen.items():
        rest = {name: paper for name, paper in papers.items() if name != missing}
        found = dict(zip(rest, verdicts(shop, list(rest.values())), strict=True))
        assert {name for name, verdict in found.items() if verdict is Verdict.INVALID} == expected, missing


@pytest.mark.parametrize(
    ("name", "field"),
    [("invoice", "order_number"), ("despatch", "order_number"), ("credit", "corrects_number")],
)
def test_a_number_that_is_another_papers(
    shop: Workshop, papers: dict[str, Paper], name: str, field: str
) -> None:
    paper = papers[name]
    links = {path: value for path, value in paper.values.items() if path.startswith("link.")}
    changed = shop.certify(paper.data, facts={field: "ANOTHER-1"}, change=links)
    report = shop.dossier(*(p for n, p in papers.items() if n != name), changed)[-1]
    assert report.check(Code.LINKS).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("invoice", {"buyer_id": "91500000000000115B"}),
        ("despatch", {"seller_id": "91500000000000115B"}),
        ("credit", {"issue_date": "2026-07-12"}),
        ("credit", {"total": "99999999.6"}),
    ],
)
def test_a_paper_that_its_predecessor_contradicts(
    shop: Workshop, papers: dict[str, Paper], name: str, facts: dict[str, str]
) -> None:
    """Another party than the order's; a correction before its invoice, or of more than it."""
    paper = papers[name]
    links = {path: value for path, value in paper.values.items() if path.startswith("link.")}
    changed = shop.certify(paper.data, facts=facts, change=links)
    report = shop.dossier(*(p for n, p in papers.items() if n != name), changed)[-1]
    assert report.check(Code.LINKS).verdict is Verdict.INVALID


def test_parties_under_another_scheme_are_not_compared(shop: Workshop, papers: dict[str, Paper]) -> None:
    advice = papers["despatch"]
    gln = shop.certify(
        advice.data, facts={"seller_id": "6901234000139"}, links=[("ships", papers["order"].asset_id)]
    )
    assert verdicts(shop, [papers["order"], gln])[1] is Verdict.VALID


def test_the_order_that_a_work_order_states(shop: Workshop, papers: dict[str, Paper]) -> None:
    work, bought = papers["work"], papers["order"]
    for stated, verdict in (("PO-OTHER", Verdict.INVALID), (None, Verdict.VALID)):
        facts = {"order.0001.buyer_order_number": stated}
        again = shop.certify(work.data, facts=facts, links=[("orders", bought.asset_id)])
        assert verdicts(shop, [bought, again])[1] is verdict
    two = {
        "order.0002.buyer_order_number": bought.values["fact.number"],
        "order.0001.buyer_order_number": "PO-X",
    }
    again = shop.certify(work.data, facts=two, links=[("orders", bought.asset_id)])
    assert verdicts(shop, [bought, again])[1] is Verdict.VALID
    for hidden, verdict in (("0001", Verdict.VALID), ("0002", Verdict.INVALID)):
        rest = set(again.values) - {f"fact.order.{hidden}.buyer_order_number"}
        redacted = replace(again, receipt=again.receipt.redact(rest))
        assert verdicts(shop, [bought, redacted])[1] is verdict


def test_numbers_that_are_not_shown(shop: Workshop, papers: dict[str, Paper]) -> None:
    sold, bought, advice = papers["invoice"], papers["order"], papers["despatch"]
    hidden = replace(sold, receipt=sold.receipt.redact(set(sold.values) - {"fact.order_number"}))
    assert verdicts(shop, [bought, advice, hidden])[2] is Verdict.INVALID
    numberless = replace(bought, receipt=bought.receipt.redact(set(bought.values) - {"fact.number"}))
    assert verdicts(shop, [numberless, advice, sold])[2] is Verdict.INVALID


def test_a_link_that_is_not_shown(shop: Workshop, papers: dict[str, Paper]) -> None:
    sold, bought, advice = papers["invoice"], papers["order"], papers["despatch"]
    hidden = sold.receipt.redact(set(sold.values) - {"link.bills.0001"})
    report = shop.dossier(bought, advice, replace(sold, receipt=hidden))[2]
    alone(report, Code.LINKS, Verdict.INVALID, Cause.NOT_SUPPLIED)
    assert shop.verify(hidden, sold.data).check(Code.LINKS).cause is Cause.NOT_GRANTED


def test_a_predecessor_that_was_revoked(shop: Workshop) -> None:
    number = f"PO-{os.urandom(4).hex()}"
    bought = shop.certify(order(number))
    sold = shop.certify(invoice(order=number), links=[("bills", bought.asset_id)])
    proof = bought.tree.proof(bought.asset_id)
    act = shop.ledger.assets.set_standing(bought.tree.root, bought.asset_id, proof, Standing.REVOKED)
    shop.world.writer.send(account("M1"), act)
    alone(shop.dossier(bought, sold)[1], Code.LINKS, Verdict.INVALID)


def test_a_predecessor_that_is_pledged_is_certified_all_the_same(shop: Workshop) -> None:
    number = f"PO-{os.urandom(4).hex()}"
    bought = shop.certify(order(number))
    sold = shop.certify(invoice(order=number), links=[("bills", bought.asset_id)])
    shop.pledge(bought)
    earlier, later = shop.dossier(bought, sold)
    alone(earlier, Code.LIEN, Verdict.INVALID)
    assert later.check(Code.LINKS).verdict is Verdict.VALID
    assert later.check(Code.LIEN).cause is Cause.LOOSE_MATCH


def test_without_documents_facts_are_unknown_and_links_are_not(
    shop: Workshop, papers: dict[str, Paper]
) -> None:
    reports = shop.dossier(*papers.values(), files=False)
    assert {report.verdict for report in reports} == {Verdict.UNKNOWN}
    assert {report.check(Code.FACTS).cause for report in reports} == {Cause.NOT_GRANTED}
    assert all(report.check(Code.LINKS).verdict is Verdict.VALID for report in reports[1:])


def test_a_refused_predecessor(shop: Workshop, papers: dict[str, Paper]) -> None:
    """A receipt of another ledger in the dossier says nothing of its own, and carries no link."""
    bought, advice, sold = papers["order"], papers["despatch"], papers["invoice"]
    elsewhere = replace(bought.receipt, ledger=replace(bought.receipt.ledger, genesis=bytes(32)))
    reports = shop.dossier(replace(bought, receipt=elsewhere), advice, sold)
    assert reports[0].verdict is Verdict.INVALID
    alone(reports[2], Code.LINKS, Verdict.INVALID)


def test_a_dossier_is_as_good_as_its_worst_paper_and_needs_one_that_can_be_collateral(
    shop: Workshop, papers: dict[str, Paper]
) -> None:
    reports = dict(zip(papers, shop.dossier(*papers.values()), strict=True))
    assert dossier_verdict(list(reports.values())) is Verdict.VALID
    evidence = [reports[name] for name in ("machine", "inspection", "payment")]
    assert [report.verdict for report in evidence] == [Verdict.VALID] * 3
    assert dossier_verdict(evidence) is Verdict.INVALID
    unknown = [*evidence, replace(reports["order"], verdict=Verdict.UNKNOWN)]
    assert dossier_verdict(unknown) is Verdict.UNKNOWN
