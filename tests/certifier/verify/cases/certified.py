"""Cases of checks 1, 2 and 9: the bytes, the fields and the facts are those that were certified."""

from __future__ import annotations

from dataclasses import replace

from certifier.cid import DAG_CBOR, RAW, Block, cid_of
from certifier.errors import StoreUnreachableError
from certifier.receipt import Receipt
from certifier.store.local import LocalStore
from certifier.verify import Cause, Code, Verdict, Verifier
from tests.certifier.verify.cases.case import INVALID, UNKNOWN, case
from tests.certifier.verify.workshop import (
    LyingStore,
    Paper,
    Workshop,
    alone,
    invoice,
    other,
    sample,
)

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
    report = shop.elsewhere(chain_id=shop.descriptor.chain_id + 1)
    assert report.check(Code.COMMITMENT).verdict is UNKNOWN


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


def _altered(paper: Paper, path: str, **changes: object) -> Receipt:
    """The receipt with one field's value or salt replaced, its digest kept."""
    fields = [
        field._replace(**changes) if field.path == path else field  # type: ignore[arg-type]
        for field in paper.receipt.fields
    ]
    return replace(paper.receipt, fields=tuple(fields))
