"""Cases of the twelve checks: in each, one check fails alone, or cannot be established, and the report says so.

`test_checks` runs every case as it stands, and once more with the check's function made to answer VALID: then at least one
must fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from certifier.cid import DAG_CBOR, RAW, Block, cid_of
from certifier.errors import StoreUnreachableError
from certifier.receipt import Receipt
from certifier.store.local import LocalStore
from certifier.verify import Cause, Code, Node, Report, Verdict, Verifier
from certifier.voprf import LocalEvaluation
from ledger.assets import Standing
from ledger.connection import Ledger
from ledger.membership import Key, Purpose, Role
from ledger.pledges import Status
from ledger.types import ZERO32, hex32, keccak
from scripts.two_rivers.papers import qif
from tests.certifier.verify.workshop import (
    LyingStore,
    Paper,
    Workshop,
    alone,
    bend_call,
    despatch,
    drop,
    invoice,
    order,
    other,
    reading,
    sample,
    topic,
    unknown,
)
from tests.ledger.world import account

__all__ = ["CASES", "Case"]

Case = Callable[[Workshop], None]
CASES: dict[Code, list[Case]] = {}

INVALID, UNKNOWN = Verdict.INVALID, Verdict.UNKNOWN
ON_LEDGER = (Code.REGISTRATION, Code.ISSUER, Code.STANDING, Code.FINGERPRINT, Code.LIEN)


def case(code: Code) -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        CASES.setdefault(code, []).append(function)
        return function

    return add


# 1 CONTENT


@case(Code.CONTENT)
def a_flipped_byte(shop: Workshop) -> None:
    paper = shop.certify(sample("invoice.xml", ("Invented", "Invented")))
    alone(shop.verify(paper, paper.data.replace(b"Invented", b"invented")), Code.CONTENT, INVALID)


@case(Code.CONTENT)
def a_longer_file(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    alone(shop.verify(paper, paper.data + b"\n"), Code.CONTENT, INVALID)


@case(Code.CONTENT)
def certified_of_another_size(shop: Workshop) -> None:
    for size in ("1", "0", "12345678901234567"):
        paper = shop.certify(other(), change={"content.bytes": size})
        alone(shop.verify(paper, None), Code.CONTENT, INVALID)
        alone(shop.verify(paper), Code.CONTENT, INVALID)


@case(Code.CONTENT)
def certified_content_that_is_none(shop: Workshop) -> None:
    """The CID of a raw block, of a block of another shape, and no CID at all: the issuer's fault, whatever the store says."""
    data = other()
    shapeless = cid_of(data, DAG_CBOR)
    shop.store.put([Block(shapeless, data)], [shapeless])
    for cid in (cid_of(data, RAW), shapeless, "b" + "a" * 58):
        paper = shop.certify(data, change={"content.cid": cid})
        alone(shop.verify(paper, None), Code.CONTENT, INVALID)


@case(Code.CONTENT)
def a_store_that_lacks_a_block(shop: Workshop) -> None:
    empty = LocalStore(shop.scratch())
    paper = shop.certify(other())
    alone(shop.verify(paper, None, store=empty), Code.CONTENT, UNKNOWN, Cause.UNREACHABLE)
    root = shop.store.get(paper.cid)
    empty.put([Block(paper.cid, root)], [paper.cid])
    alone(shop.verify(paper, None, store=empty), Code.CONTENT, UNKNOWN, Cause.UNREACHABLE)


@case(Code.CONTENT)
def a_store_that_gives_other_bytes(shop: Workshop) -> None:
    paper = shop.certify(other())
    for bend in (
        lambda _, data: data + b"\0",
        lambda cid, data: data if cid == paper.cid else data[:-1],
        lambda _, data: b"",
    ):
        report = shop.verify(paper, None, store=LyingStore(shop.store, bend))
        alone(report, Code.CONTENT, UNKNOWN, Cause.CONTRADICTED)


@case(Code.CONTENT)
def a_store_that_is_down(shop: Workshop) -> None:
    def down(cid: str, data: bytes) -> bytes:
        raise StoreUnreachableError("nobody there")

    paper = shop.certify(other())
    alone(
        shop.verify(paper, None, store=LyingStore(shop.store, down)), Code.CONTENT, UNKNOWN, Cause.UNREACHABLE
    )
    report = Verifier(shop.descriptor, [shop.node], None).verify(paper.receipt)
    alone(report, Code.CONTENT, UNKNOWN, Cause.UNREACHABLE)


# 2 COMMITMENT


@case(Code.COMMITMENT)
def a_value_that_was_not_certified(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    altered = _altered(paper, "asset.issued_at", value="2026-07-15T00:00:00Z")
    alone(shop.verify(altered, paper.data), Code.COMMITMENT, INVALID)


@case(Code.COMMITMENT)
def a_salt_that_is_another_fields(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    salt = paper.receipt.field("fact.number").salt
    altered = _altered(paper, "content.media_type", salt=salt)
    alone(shop.verify(altered, paper.data), Code.COMMITMENT, INVALID)


@case(Code.COMMITMENT)
def an_organisation_that_is_not_the_issuer(shop: Workshop) -> None:
    """No receipt from a file gets so far: `parse` refuses it."""
    receipt = replace(shop.certify(other()).receipt, org=shop.world.org("M2"))
    report = shop.verifier().verify(receipt)
    assert report.check(Code.COMMITMENT).verdict is INVALID


@case(Code.COMMITMENT)
def not_made_where_the_receipt_is_refused(shop: Workshop) -> None:
    report = _elsewhere(shop, chain_id=shop.descriptor.chain_id + 1)
    assert report.check(Code.COMMITMENT).verdict is UNKNOWN


# 3 REGISTRATION


@case(Code.REGISTRATION)
def another_batch_of_the_issuer(shop: Workshop) -> None:
    """Both batches stand on the ledger; the proof leads from the asset to none of them, or to the other."""
    paper, foreign = shop.certify(invoice()), shop.certify(invoice())
    alone(shop.verify(replace(paper.receipt, root=foreign.tree.root), paper.data), Code.REGISTRATION, INVALID)
    proof = foreign.receipt.batch_proof
    alone(shop.verify(replace(paper.receipt, batch_proof=proof), paper.data), Code.REGISTRATION, INVALID)
    alone(shop.verify(replace(paper.receipt, batch_proof=()), paper.data), Code.REGISTRATION, INVALID)


@case(Code.REGISTRATION)
def never_registered(shop: Workshop) -> None:
    report = shop.verify(shop.certify(other(), register=False))
    assert report.check(Code.REGISTRATION).verdict is INVALID
    assert report.check(Code.ISSUER).verdict is INVALID


@case(Code.REGISTRATION)
def another_ledger(shop: Workshop) -> None:
    for member, value in (
        ("chain_id", shop.descriptor.chain_id + 1),
        ("genesis", ZERO32),
        ("asset_registry", "0x" + "11" * 20),
    ):
        report = _elsewhere(shop, **{member: value})
        assert report.verdict is report.check(Code.REGISTRATION).verdict is INVALID
        assert all(check.verdict is UNKNOWN for check in report.checks if check.code is not Code.REGISTRATION)


@case(Code.REGISTRATION)
def a_node_that_is_down(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        liar.hang_up = True
        unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)
    unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)
    unknown(shop.verify(paper, nodes=[]), Cause.UNREACHABLE, *ON_LEDGER)


@case(Code.REGISTRATION)
def a_node_that_takes_too_long(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile(timeout=0.2) as (liar, node):
        liar.delay = 0.5
        unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)


@case(Code.REGISTRATION)
def a_node_that_answers_nonsense(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    like = shop.ledger.assets.batch(ZERO32, ZERO32)
    for change in (lambda _: "0x", lambda data: data + "00", lambda data: "0x" + "ff" * 96, lambda _: None):
        with shop.hostile() as (liar, node):
            bend_call(liar, like, change)
            unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


# 4 ISSUER


@case(Code.ISSUER)
def an_account_found_to_have_been_lost_before(shop: Workshop) -> None:
    """The registrars learn later that the account was not the issuer's any more, and shorten its interval."""
    name = shop.member(Role.ENTERPRISE)
    paper = shop.certify(other(), name)
    assert shop.verify(paper).verdict is Verdict.VALID
    act = shop.ledger.membership.set_key(
        account(name).key_id, Key(shop.world.org(name), 1, 2, Purpose.ACCOUNT)
    )
    shop.world.vote(act)
    alone(shop.verify(paper), Code.ISSUER, INVALID)


@case(Code.ISSUER)
def an_account_of_somebody_else(shop: Workshop) -> None:
    """Only a lying node says so, and it contradicts nothing that it said before."""
    paper = shop.certify(invoice())
    ours, theirs = (account(name).address.lower()[2:] for name in ("M1", "M2"))
    with shop.hostile() as (liar, node):
        like = shop.ledger.assets.batch(shop.world.org("M1"), paper.tree.root)
        bend_call(liar, like, lambda data: data.replace(ours, theirs), exactly=True)
        alone(shop.verify(paper, nodes=[node]), Code.ISSUER, INVALID)


@case(Code.ISSUER)
def a_node_that_hides_keys_or_members(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for event in ("KeySet", "OrganisationSet"):
        with shop.hostile() as (liar, node):
            drop(liar, event)
            unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@case(Code.ISSUER)
def a_node_that_alters_the_key(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        like = shop.ledger.membership.key(account("M1").key_id)
        bend_call(liar, like, lambda data: data[:66] + f"{2:064x}" + data[130:], exactly=True)
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


# 5 SIGNERS


@case(Code.SIGNERS)
def a_signature_over_another_document(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner, about=b"another")])
    alone(shop.verify(paper), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def a_key_that_nobody_published(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner, publish=False)])
    alone(shop.verify(paper), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def the_account_key_of_somebody(shop: Workshop) -> None:
    """It has no public key; nor does the receipt that names it make the node a liar."""
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner)
    change = {"signer.0001.key": hex32(account(owner).key_id)}
    alone(shop.verify(shop.certify(data, signers=[statement], change=change)), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def a_node_that_alters_the_public_key(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner)
    paper = shop.certify(data, signers=[statement])
    mine, gone = statement.public_key.hex(), topic("KeySet")

    def swap(_: object, logs: list[dict[str, object]]) -> list[dict[str, object]]:
        return [
            log | {"data": str(log["data"]).replace(mine, mine[:-2] + "00")}
            if log["topics"][0] == gone
            else log  # type: ignore[index]
            for log in logs
        ]

    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", swap)
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, Code.SIGNERS, *ON_LEDGER)


@case(Code.SIGNERS)
def a_signer_who_is_not_shown(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner)])
    for part in ("key", "role", "signed_at", "signature"):
        shown = [path for path in paper.values if path != f"signer.0001.{part}"]
        report = shop.verify(paper.receipt.redact(shown), paper.data)
        alone(report, Code.SIGNERS, INVALID, Cause.NOT_SUPPLIED)


# 6 STANDING


@case(Code.STANDING)
def suspended_and_revoked(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for to in (Standing.SUSPENDED, Standing.REVOKED):
        proof = paper.tree.proof(paper.asset_id)
        act = shop.ledger.assets.set_standing(paper.tree.root, paper.asset_id, proof, to, reason=1)
        shop.world.writer.send(account("M1"), act)
        alone(shop.verify(paper), Code.STANDING, INVALID)


@case(Code.STANDING)
def a_standing_that_there_is_not(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        bend_call(liar, shop.ledger.assets.standing(ZERO32, ZERO32), lambda _: f"0x{3:064x}")
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@case(Code.STANDING)
def two_nodes_that_differ(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        assert shop.verify(paper, nodes=[shop.node, node]).verdict is Verdict.VALID
        bend_call(liar, shop.ledger.assets.standing(ZERO32, ZERO32), lambda _: f"0x{1:064x}")
        unknown(shop.verify(paper, nodes=[shop.node, node]), Cause.CONTRADICTED, *ON_LEDGER)
        alone(shop.verify(paper, nodes=[node]), Code.STANDING, INVALID)


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


# 9 FACTS


@case(Code.FACTS)
def a_fact_that_the_document_does_not_state(shop: Workshop) -> None:
    for facts in ({"due_date": "2027-01-01"}, {"due_date": None}, {"corrects_number": "X1"}):
        alone(shop.verify(shop.certify(invoice(), facts=facts)), Code.FACTS, INVALID)


@case(Code.FACTS)
def a_document_that_no_longer_reads(shop: Workshop) -> None:
    data = invoice()
    paper = shop.certify(data[:-20], read_as=data)
    alone(shop.verify(paper), Code.FACTS, INVALID)


@case(Code.FACTS)
def a_document_of_another_kind(shop: Workshop) -> None:
    paper = shop.certify(other(), read_as=invoice())
    alone(shop.verify(paper), Code.FACTS, INVALID)


@case(Code.FACTS)
def a_document_of_another_format(shop: Workshop) -> None:
    """Same facts. Passed for an e-fapiao, a self-billed invoice would look pledgeable: those carry no type code."""
    alone(shop.verify(shop.certify(invoice(), change={"asset.format": "cii"})), Code.FACTS, INVALID)
    data = invoice(number="RC-EF", order="PO-EF", type_code="389")
    change = {"asset.format": "e-fapiao"}
    paper = shop.certify(data, identity=invoice(number="RC-EF", order="PO-EF"), change=change)
    assert shop.verify(paper).check(Code.FACTS).verdict is INVALID


@case(Code.FACTS)
def a_document_that_was_not_given(shop: Workshop) -> None:
    alone(shop.verify(shop.certify(invoice()), None), Code.FACTS, UNKNOWN, Cause.NOT_GRANTED)


@case(Code.FACTS)
def facts_none_of_which_is_shown(shop: Workshop) -> None:
    paper = shop.certify(sample("machine.xml"))
    alone(shop.verify(paper), Code.FACTS, Verdict.VALID)
    alone(shop.verify(paper.receipt.redact([]), paper.data), Code.FACTS, UNKNOWN, Cause.NOT_GRANTED)


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


def _altered(paper: Paper, path: str, **changes: object) -> Receipt:
    """The receipt with one field's value or salt replaced, its digest kept."""
    fields = [
        field._replace(**changes) if field.path == path else field  # type: ignore[arg-type]
        for field in paper.receipt.fields
    ]
    return replace(paper.receipt, fields=tuple(fields))


def _elsewhere(shop: Workshop, **member: object) -> Report:
    paper = shop.certify(other())
    named = paper.receipt.ledger
    return shop.verify(replace(paper.receipt, ledger=replace(named, **member)), paper.data)  # type: ignore[arg-type]
