"""A document becomes an asset: its fields, its links, and the same asset from the same draft and secret."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from certifier import content, fingerprint, signer
from certifier.certify import (
    Draft,
    Earlier,
    Prepared,
    certification_rank,
    fields_of,
    infer_links,
    own_numbers,
    own_numbers_of,
    prepare,
)
from certifier.commitment import Secret
from certifier.documents import Document, read_bytes
from certifier.schema import KINDS, RELATIONS, REQUIRED, problem
from certifier.voprf import LocalEvaluation
from ledger.types import hex32, keccak

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ORG = keccak(b"TEST:M1")
SECRET = Secret(bytes(range(32)))


def read(name: str) -> tuple[bytes, Document]:
    data = (SAMPLES / name).read_bytes()
    return data, read_bytes(data)


def draft(name: str, **changes: object) -> tuple[bytes, Draft]:
    data, document = read(name)
    made = Draft(ORG, "2026-07-14T00:00:00Z", document, keccak(data), len(data))
    return data, replace(made, **changes)  # type: ignore[arg-type]


def values(prepared: Prepared) -> dict[str, str]:
    return {field.path: field.value for field in prepared.commitment.fields}


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".md"))
def test_every_field_is_as_its_schema_says(name: str) -> None:
    data, made = draft(name)
    found = values(prepare(fields_of(made), data, SECRET, {}))
    assert set(REQUIRED) <= found.keys()
    assert {path: problem(made.document.kind, path, value) for path, value in found.items()} == dict.fromkeys(
        found
    )
    facts = {path.removeprefix("fact."): value for path, value in found.items() if path.startswith("fact.")}
    assert facts == made.document.facts


def test_the_same_draft_and_secret_make_the_same_asset() -> None:
    data, made = draft("invoice.xml")
    one, again = (prepare(fields_of(made), data, SECRET, {}) for _ in range(2))
    assert one.commitment.asset_id == again.commitment.asset_id
    assert one.encrypted == again.encrypted
    assert (
        prepare(fields_of(made), data, Secret(bytes(32)), {}).commitment.asset_id != one.commitment.asset_id
    )
    assert prepare(fields_of(made), data + b" ", SECRET, {}).commitment.asset_id != one.commitment.asset_id


def test_the_tree_binds_the_content_that_was_encrypted_before() -> None:
    data, made = draft("invoice.xml")
    encrypted = content.encrypt(data, SECRET)
    assert "content.cid" not in fields_of(made)
    assert values(prepare(fields_of(made), data, SECRET, {}))["content.cid"] == encrypted.cid


def test_the_fields_of_an_asset_make_the_same_asset_again() -> None:
    data, made = draft("invoice.xml")
    once = prepare(fields_of(made), data, SECRET, {})
    assert prepare(values(once), data, SECRET, {}).commitment.asset_id == once.commitment.asset_id


def test_fingerprints_and_signers_and_links_are_fields() -> None:
    data, made = draft("invoice.xml")
    service = LocalEvaluation(bytes(32))
    inputs = fingerprint.assess("invoice", ORG, ["9150000000000022XC"], made.document.facts).inputs
    prints = fingerprint.evaluate(service, ORG, inputs)
    key = signer.multikey(bytes(31) + b"\x01", "ed25519")
    statements = tuple(
        signer.Statement(key, role, ORG, keccak(data), "2026-07-14T00:00:00Z", bytes(64))
        for role in ("inspector", "witness")
    )
    links = (
        ("fulfils", b"\x03" * 32),
        ("bills", b"\x02" * 32),
        ("bills", b"\x01" * 32),
        ("bills", b"\x02" * 32),
    )
    found = values(prepare(fields_of(replace(made, signers=statements, links=links)), data, SECRET, prints))
    assert {path: found[path] for path in prints} == {path: hex32(one.value) for path, one in prints.items()}
    assert [found[f"signer.{number}.role"] for number in ("0001", "0002")] == ["inspector", "witness"]
    assert found["signer.0002.key"] == hex32(signer.key_id(key))
    assert {path: value for path, value in found.items() if path.startswith("link.")} == {
        "link.bills.0001": hex32(b"\x01" * 32),
        "link.bills.0002": hex32(b"\x02" * 32),
        "link.fulfils.0001": hex32(b"\x03" * 32),
    }


def test_a_paper_is_made_after_those_it_points_to() -> None:
    for (kind, _), target in RELATIONS.items():
        assert certification_rank(kind) > certification_rank(target)
    assert all(
        certification_rank(kind) == 0 for kind in KINDS if kind not in {source for source, _ in RELATIONS}
    )


def earlier(*names: str) -> list[Earlier]:
    """Papers as a dossier knows them; ids follow from their names."""
    papers = [(name, read(name)[1]) for name in names]
    return [Earlier(keccak(name.encode()), document.kind, own_numbers(document)) for name, document in papers]


JOB = ("order.xml", "work-order.xml", "machine.xml", "inspection.qif", "despatch-advice.xml", "invoice.xml")
LINKS = {
    "order.xml": set(),
    "work-order.xml": {("orders", "order.xml")},
    "performance.xml": set(),
    "machine.xml": set(),
    "inspection.qif": set(),
    "despatch-advice.xml": {("ships", "order.xml")},
    "invoice.xml": {("bills", "order.xml"), ("fulfils", "despatch-advice.xml")},
    "invoice-cii.xml": {("bills", "order.xml"), ("fulfils", "despatch-advice.xml")},
    "bank-receipt.xml": {("settles", "invoice.xml")},
    "credit-note.xml": {("corrects", "invoice.xml")},
}


@pytest.mark.parametrize("name", list(LINKS))
def test_links_follow_from_the_numbers_a_document_states(name: str) -> None:
    dossier = earlier(*JOB)
    expected = sorted((relation, keccak(target.encode())) for relation, target in LINKS[name])
    document = read(name)[1]
    assert infer_links(document, dossier) == expected
    random.Random(1).shuffle(dossier)
    assert infer_links(document, dossier) == expected
    assert infer_links(document, []) == []


def test_no_link_where_two_papers_bear_the_number() -> None:
    document = read("invoice.xml")[1]
    twice = [*earlier(*JOB), replace(earlier("order.xml")[0], asset_id=bytes(32))]
    assert [relation for relation, _ in infer_links(document, twice)] == ["fulfils"]


def test_no_link_to_a_paper_of_another_kind_or_number() -> None:
    document = read("invoice.xml")[1]
    (order,) = earlier("order.xml")
    assert infer_links(document, [replace(order, kind="work-order")]) == []
    assert infer_links(document, [replace(order, numbers=frozenset({"JLPO20260704"}))]) == []
    assert infer_links(document, [replace(order, numbers=frozenset())]) == []


def test_numbers_are_compared_as_identifiers() -> None:
    """Spelling of a number is not its identity; a number that is no identifier still equals itself."""
    document = read("invoice.xml")[1]
    (order,) = earlier("order.xml")
    for spelling in ("jl po 2026/0703", "JL-PO-2026-0703"):
        facts = dict(document.facts) | {"order_number": spelling}
        assert [r for r, _ in infer_links(replace(document, facts=facts), [order])] == ["bills"]
    facts = dict(document.facts) | {"order_number": "№ 7"}
    odd = replace(order, numbers=own_numbers_of({"fact.number": "№ 7"}))
    assert [r for r, _ in infer_links(replace(document, facts=facts), [odd])] == ["bills"]


def test_a_payment_settles_every_invoice_it_names() -> None:
    document = read("bank-receipt.xml")[1]
    facts = dict(document.facts) | {"payment.0002.reference": "RC-2026-0714"}
    (first,) = earlier("invoice.xml")
    second = Earlier(bytes(32), "invoice", frozenset({"RC20260714"}))
    found = infer_links(replace(document, facts=facts), [first, second])
    assert found == [("settles", bytes(32)), ("settles", first.asset_id)]


def test_the_numbers_a_document_goes_by() -> None:
    assert own_numbers(read("invoice.xml")[1]) == {"RC20260713"}
    assert own_numbers(read("work-order.xml")[1]) == {"RCWO2607061"}
    assert own_numbers(read("machine.xml")[1]) == set()
    fields = {"fact.order.0001.number": "A", "fact.order.0002.number": "b", "fact.order_number": "C"}
    assert own_numbers_of(fields) == {"A", "B"}
