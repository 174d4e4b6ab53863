"""Receipts and dossiers: strict reading, redaction, and every refusal of COMMITMENT 10."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier import receipt
from certifier.commitment import BatchTree, Commitment, Secret, digest, field_leaf
from certifier.errors import CertifierError, InvalidReceiptError, UnreadableReceiptError
from certifier.fingerprint import Prf
from certifier.merkle import leaf_hash, process_proof
from certifier.receipt import Dossier, Receipt, parse, parse_document
from ledger.types import hex32, keccak


@pytest.fixture(scope="module")
def document(vectors: Any) -> dict[str, Any]:
    made: dict[str, Any] = vectors("receipts")["receipt"]
    return made


@pytest.fixture(scope="module")
def whole(document: dict[str, Any]) -> Receipt:
    return parse_document(document)


def read(document: Any) -> Receipt | Dossier:
    return parse(json.dumps(document).encode())


def test_the_published_receipt(whole: Receipt, document: dict[str, Any], vectors: Any) -> None:
    assert hex32(whole.asset_id) == whole.asset_id_hex == vectors("receipts")["asset_id"]
    assert json.loads(whole.to_json()) == document
    assert parse(whole.to_json().encode()) == whole
    assert process_proof(leaf_hash(whole.asset_id), whole.batch_proof) == whole.root
    for item in whole.fields:
        assert item.salt and item.value and digest(item.salt, item.value) == item.digest
        assert process_proof(field_leaf(item.path, item.digest), whole.proof(item.path)) == whole.asset_id
    assert whole.field("fact.number").value == "INV-2026/0042"
    with pytest.raises(KeyError):
        whole.field("fact.nothing")


def test_presets(whole: Receipt, vectors: Any) -> None:
    for name, shown in vectors("receipts")["shown"].items():
        redacted = whole.redact(name)
        assert sorted(redacted.values) == shown
        assert redacted.prf == whole.prf
        assert redacted.asset_id == whole.asset_id
        assert parse(redacted.to_json().encode()) == redacted
    assert whole.redact("all") == whole
    identity = set(whole.redact("identity").values)
    assert {"fact.seller_id", "fact.number", "fact.total", "fingerprint.loose.order"} <= identity
    assert "fact.type_code" in set(whole.redact("must-disclose").values) - identity


def test_redaction_by_paths(whole: Receipt) -> None:
    none = whole.redact([])
    assert none.values.keys() == {p for p in whole.values if p.startswith(("asset.", "content."))}
    assert none.prf == {}
    one = whole.redact(["fact.number"])
    assert one.values.keys() == none.values.keys() | {"fact.number"}
    assert "104208.6" not in one.to_json() and "PO 4711" not in one.to_json()
    salt = whole.field("fact.total").salt
    assert salt is not None and hex32(salt) not in one.to_json()
    assert parse(one.to_json().encode()) == one


def test_prf_stays_only_with_the_whole_identity(whole: Receipt) -> None:
    identity = whole.redact("identity").values.keys()
    assert whole.redact(identity).prf
    for path in identity:
        if path.startswith(("fact.", "fingerprint.")) and path != "fact.seller_id":
            assert not whole.redact(identity - {path}).prf, path
    assert whole.redact(identity - {"fact.seller_id"}).prf


def test_what_is_hidden_stays_hidden(whole: Receipt) -> None:
    with pytest.raises(ValueError, match=r"fact\.total"):
        whole.redact(["fact.number"]).redact(["fact.total"])
    with pytest.raises(ValueError, match=r"fact\.nothing"):
        whole.redact(["fact.nothing"])
    with pytest.raises(ValueError, match="preset"):
        whole.redact("everything")


def edited(document: dict[str, Any], at: str, to: Any) -> dict[str, Any]:
    """The document with one member set by JSON Pointer, removed where `to` is None."""
    made = copy.deepcopy(document)
    *steps, last = at.split("/")[1:]
    place: Any = made
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if to is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = to
    return made


def test_published_refusals(document: dict[str, Any], vectors: Any) -> None:
    refused = vectors("receipts")["refused"]
    assert len(refused) >= 15
    for case in refused:
        with pytest.raises(InvalidReceiptError):
            read(edited(document, case["at"], case["to"]))


ZERO = "0x" + "00" * 32


@pytest.mark.parametrize(
    ("at", "to", "told"),
    [
        ("/ledger/extra", 1, "unknown member"),
        ("/hint/extra", 1, "unknown member"),
        ("/prf/fingerprint.exact/extra", "AA", "no others"),
        ("/prf/fingerprint.loose.other", {}, "due"),
        ("/prf", {}, "left out"),
        ("/ledger", None, "lacks ledger"),
        ("/ledger", [], "object"),
        ("/ledger/chain_id", "1", "whole number"),
        ("/ledger/chain_id", True, "whole number"),
        ("/ledger/chain_id", 1.0, "whole number"),
        ("/ledger/chain_id", -1, "whole number"),
        ("/ledger/genesis", "0x00", "genesis"),
        ("/ledger/asset_registry", "0xab", "40 lower-case"),
        ("/org", None, "lacks org"),
        ("/org", 5, "org is a string"),
        ("/org", ZERO, "issuer"),
        ("/root", ZERO.upper(), "root"),
        ("/batch_proof", "0x", "list"),
        ("/batch_proof/0", "0x", "batch_proof"),
        ("/fields", [], "1 to 1024"),
        ("/fields", {}, "1 to 1024"),
        ("/fields/0", [], "path, digest"),
        ("/fields/0/path", 5, "string"),
        ("/fields/0/digest", None, "path, digest"),
        ("/fields/12/value", "", "empty"),
        ("/fields/12/value", 5, "no text"),
        ("/fields/12/value", "\ud800", "no text"),
        ("/fields/12/salt", "0x00", "hex32"),
        ("/hint/block", -1, "whole number"),
        ("/hint/tx", "x", "tx"),
        ("/prf/fingerprint.exact/key", ZERO[:-1], "hexadecimal"),
        ("/prf/fingerprint.exact/proof", "AA", "64 bytes"),
        ("/prf/fingerprint.exact/blind", 7, "strings"),
    ],
)
def test_each_defect_has_its_words(document: dict[str, Any], at: str, to: Any, told: str) -> None:
    with pytest.raises(InvalidReceiptError, match=told):
        read(edited(document, at, to))


@pytest.mark.parametrize("member", ["prf", "hint"])
def test_prf_and_hint_may_be_left_out(document: dict[str, Any], whole: Receipt, member: str) -> None:
    found = read(edited(document, f"/{member}", None))
    assert isinstance(found, Receipt) and found.asset_id == whole.asset_id


@pytest.mark.parametrize("number", range(10))
def test_the_assets_own_fields_are_always_shown(document: dict[str, Any], number: int) -> None:
    made = copy.deepcopy(document)
    field = made["fields"][number]
    assert field["path"].startswith(("asset.", "content."))
    del field["value"], field["salt"]
    with pytest.raises(InvalidReceiptError, match="does not show") as refusal:
        read(made)
    assert refusal.value.cause == "NOT_SUPPLIED"
    del made["fields"][number]
    with pytest.raises(InvalidReceiptError, match="does not show"):
        read(made)


def test_an_identity_component_hidden_beside_prf_is_refused(whole: Receipt) -> None:
    made = whole.redact("identity").to_document()
    for field in made["fields"]:
        if field["path"] in ("fact.total", "fingerprint.loose.seller"):
            cut = copy.deepcopy(made)
            item = next(one for one in cut["fields"] if one["path"] == field["path"])
            del item["value"], item["salt"]
            with pytest.raises(InvalidReceiptError, match="identity component"):
                read(cut)


def test_a_kind_without_fingerprints_has_no_prf(document: dict[str, Any]) -> None:
    made = copy.deepcopy(document)
    made["fields"] = [field for field in made["fields"] if not field["path"].startswith("fingerprint.")]
    with pytest.raises(InvalidReceiptError, match="cover every fingerprint"):
        read(made)
    del made["prf"]
    assert isinstance(read(made), Receipt)


def test_an_unknown_kind_is_refused(document: dict[str, Any]) -> None:
    made = copy.deepcopy(document)
    field = next(one for one in made["fields"] if one["path"] == "asset.kind")
    field["value"] = "poem"
    with pytest.raises(InvalidReceiptError, match="poem"):
        read(made)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"schema": "assetcert/receipt/2"}',
        b'{"schema": NaN}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"<xml/>",
    ],
)
def test_what_is_no_receipt_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableReceiptError):
        parse(data)


def test_a_schema_that_is_no_string_is_unreadable() -> None:
    with pytest.raises(UnreadableReceiptError):
        parse(b'{"schema": []}')


def test_a_member_given_twice_is_refused(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for member in ('"org": ', '"path": ', '"block": '):
        assert member in text
        doubled = text.replace(member, f"{member}0, {member}", 1)
        with pytest.raises(InvalidReceiptError, match="twice"):
            parse(doubled.encode())


def test_the_schema_alone_is_a_receipt_and_invalid() -> None:
    with pytest.raises(InvalidReceiptError, match="lacks ledger"):
        parse(b'{"schema": "assetcert/receipt/1"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(ZERO),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), JSON)
@settings(max_examples=200)
def test_any_member_replaced_by_anything_is_refused_or_another_receipt(
    vectors: Any, data: Any, value: Any
) -> None:
    """Whatever stands in a member's place, reading ends in a receipt or in one of the two errors."""
    made = copy.deepcopy(vectors("receipts")["receipt"])
    place: Any = made
    while True:
        keys = list(range(len(place))) if isinstance(place, list) else sorted(place)
        key = data.draw(st.sampled_from(keys))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    try:
        found = read(made)
    except CertifierError as error:
        assert isinstance(error, InvalidReceiptError | UnreadableReceiptError)
        return
    assert isinstance(found, Receipt)
    assert parse(found.to_json().encode()) == found


class Descriptor:
    chain_id = 7
    genesis = bytes(32)
    contracts = {"asset_registry": "0x" + "ab" * 20}  # noqa: RUF012


def built(number: int, org: bytes = bytes(32)) -> Receipt:
    values = {
        "asset.version": "1",
        "asset.kind": "other",
        "asset.schema": "assetcert/other/1",
        "asset.format": "other",
        "asset.issuer": hex32(org),
        "asset.issued_at": "2026-07-12T10:00:00Z",
        "content.sha256": hex32(keccak(b"%d" % number)),
        "content.bytes": "1",
        "content.media_type": "text/plain",
        "content.cid": "b" + "a" * 58,
    }
    made = Commitment(values, Secret.generate())
    return receipt.build(Descriptor(), org, made, BatchTree([made.asset_id]), {})


def test_a_receipt_of_one_asset_alone() -> None:
    made = built(1)
    again = parse(made.to_json().encode())
    assert again == made and again.asset_id == made.asset_id
    assert made.batch_proof == () and "prf" not in made.to_document() and "hint" not in made.to_document()


def test_a_dossier() -> None:
    made = Dossier("Job 4711", bytes(32), (built(1), built(2)))
    assert parse(made.to_json().encode()) == made
    assert parse(Dossier("empty", bytes(32), ()).to_json().encode()) == Dossier("empty", bytes(32), ())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda d: d | {"more": 1}, "unknown member"),
        (lambda d: {k: v for k, v in d.items() if k != "issuer"}, "lacks issuer"),
        (lambda d: d | {"issuer": hex32(b"\1" * 32)}, "another issuer"),
        (lambda d: d | {"issuer": 5}, "issuer"),
        (lambda d: d | {"name": ""}, "name"),
        (lambda d: d | {"receipts": {}}, "list"),
        (lambda d: d | {"receipts": [*d["receipts"], d["receipts"][0]]}, "twice"),
        (lambda d: d | {"receipts": [{}]}, "receipt 1"),
        (lambda d: d | {"receipts": [d["receipts"][0] | {"more": 1}]}, "receipt 1: .*unknown"),
    ],
)
def test_dossiers_that_are_refused(spoil: Callable[[dict[str, Any]], dict[str, Any]], told: str) -> None:
    document = json.loads(Dossier("Job", bytes(32), (built(1), built(2))).to_json())
    with pytest.raises(InvalidReceiptError, match=told):
        read(spoil(document))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NODE = st.binary(min_size=32, max_size=32)
PRF = st.builds(Prf, NODE, NODE, NODE, st.binary(min_size=64, max_size=64))
FIELDS = st.one_of(
    st.builds(receipt.DisclosedField, TEXT, NODE, TEXT, NODE),
    st.builds(receipt.DisclosedField, TEXT, NODE, st.none(), st.none()),
)
RECEIPTS = st.builds(
    Receipt,
    st.builds(receipt.LedgerName, st.integers(0, 2**62), NODE, TEXT),
    NODE,
    NODE,
    st.lists(NODE, max_size=10).map(tuple),
    st.lists(FIELDS, max_size=5).map(tuple),
    st.dictionaries(TEXT, PRF, max_size=4),
    st.none() | st.builds(receipt.Hint, st.integers(0, 2**62), NODE),
)


@given(st.lists(RECEIPTS, max_size=3), TEXT, NODE)
def test_what_is_written_by_hand_is_json(made: list[Receipt], name: str, issuer: bytes) -> None:
    for one in made:
        plain = json.dumps(one.to_document(), ensure_ascii=False, separators=(",", ":"))
        assert one.to_json() == plain + "\n"
    dossier = {"schema": receipt.DOSSIER_SCHEMA, "name": name, "issuer": "0x" + issuer.hex()}
    whole = dossier | {"receipts": [one.to_document() for one in made]}
    plain = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    assert receipt.Dossier(name, issuer, tuple(made)).to_json() == plain + "\n"
