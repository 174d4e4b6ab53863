"""Salts, leaves, trees, batches: equal to OpenZeppelin's tree in JavaScript and to textbook encodings."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.commitment import BatchTree, Commitment, Secret, asset_id_of, digest, field_leaf
from certifier.errors import TreeError
from certifier.merkle import StandardTree, leaf_hash, process_proof
from ledger.types import hex32, keccak, organisation_id, parse_hex32

SECRET = Secret(bytes(range(32)))
EDGES = [*range(1, 131), *range(255, 258), *range(1023, 1026)]
PATHS = st.from_regex(r"[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){1,3}", fullmatch=True)
IDS = st.binary(min_size=32, max_size=32)


def test_the_first_vectors_of_the_specification() -> None:
    assert organisation_id("CN-USCC:91500000MA5U0ABC12").hex().startswith("43d31014e109dcd8")
    salt = SECRET.salt("fingerprint.exact").hex()
    assert salt == "dedda98ab30846695c83f354b073c9b2b41ef24d061799f372ec16ae68d57a86"
    assert SECRET.content_key().hex() == "3621f663362dd94c6eee1132e392cc307751413344c3dc4ee9fc908233802ee7"


@given(IDS, PATHS)
def test_salts_are_hkdf(secret: bytes, path: str) -> None:
    expected = HKDF(SHA256(), 32, salt=None, info=b"assetcert/1/salt/" + path.encode()).derive(secret)
    assert Secret(secret).salt(path) == expected


@given(PATHS, IDS)
def test_leaves_are_abi_encoded(path: str, value: bytes) -> None:
    assert field_leaf(path, value) == keccak(keccak(encode(["string", "bytes32"], [path, value])))


@given(st.dictionaries(PATHS, st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), min_size=1))
@settings(max_examples=40)
def test_asset_ids_and_proofs_are_openzeppelins(peer: Any, values: dict[str, str]) -> None:
    made = Commitment(values, SECRET)
    assert [field.path for field in made.fields] == sorted(values)
    answer = peer.ask("asset", pairs=[[field.path, hex32(field.digest)] for field in made.fields])
    assert answer["root"] == hex32(made.asset_id)
    for field, proof in zip(made.fields, answer["proofs"], strict=True):
        assert field.digest == digest(field.salt, values[field.path])
        assert [hex32(node) for node in made.proof(field.path)] == proof
        assert process_proof(field_leaf(field.path, field.digest), made.proof(field.path)) == made.asset_id
    assert asset_id_of({field.path: field.digest for field in reversed(made.fields)}) == made.asset_id


@pytest.mark.parametrize("count", EDGES)
def test_batches_at_the_edges_are_openzeppelins(count: int, peer: Any) -> None:
    ids = [keccak(b"edge%d" % number) for number in range(count)]
    asked = ids[:: max(1, count // 3)]
    answer = peer.ask("batch", ids=list(map(hex32, ids)), proofs=list(map(hex32, asked)))
    if count > 1024:
        with pytest.raises(TreeError, match="1 to 1024"):
            BatchTree(ids)
        assert StandardTree(list(map(leaf_hash, ids))).root == parse_hex32(answer["root"])
        return
    tree = BatchTree(ids)
    assert [hex32(one) for one in tree.ids] == answer["ordered"]
    assert hex32(tree.root) == answer["root"]
    assert [[hex32(node) for node in tree.proof(one)] for one in asked] == answer["proofs"]


@given(st.lists(IDS, min_size=1, max_size=40, unique=True))
@settings(max_examples=40)
def test_any_batch_is_openzeppelins(peer: Any, ids: list[bytes]) -> None:
    tree = BatchTree(ids)
    answer = peer.ask("batch", ids=list(map(hex32, ids)), proofs=[hex32(ids[0])])
    assert answer["root"] == hex32(tree.root)
    assert answer["ordered"] == [hex32(one) for one in tree.ids]
    leaves = [leaf_hash(one) for one in tree.ids]
    assert all(one < other for one, other in pairwise(leaves))
    for one in ids:
        assert process_proof(leaf_hash(one), tree.proof(one)) == tree.root


def test_published_trees(vectors: Any) -> None:
    for expected in vectors("trees")["trees"]:
        values = {field["path"]: field["value"] for field in expected["fields"]}
        made = Commitment(values, SECRET)
        assert hex32(made.asset_id) == expected["asset_id"]
        assert [hex32(field.salt) for field in made.fields] == [field["salt"] for field in expected["fields"]]


def test_one_field_is_its_own_root() -> None:
    made = Commitment({"asset.version": "1"}, SECRET)
    assert made.asset_id == field_leaf("asset.version", made.fields[0].digest)
    assert made.proof("asset.version") == ()


def test_what_has_no_tree() -> None:
    for values in ({}, {f"fact.x{number}": "1" for number in range(1025)}, {"fact.empty": ""}):
        with pytest.raises(TreeError):
            Commitment(values, SECRET)
    for ids in ([], [bytes(32)] * 2, [bytes(31)]):
        with pytest.raises(TreeError):
            BatchTree(ids)
    with pytest.raises(TreeError):
        asset_id_of({})
    with pytest.raises(ValueError, match="32 bytes"):
        Secret(bytes(31))


def test_a_tree_has_leaves_and_each_once() -> None:
    for leaves in ([], [bytes(32)] * 2):
        with pytest.raises(TreeError):
            StandardTree(leaves)


def test_proofs_only_of_what_is_there() -> None:
    with pytest.raises(KeyError):
        Commitment({"asset.version": "1"}, SECRET).proof("asset.kind")
    with pytest.raises(KeyError):
        BatchTree([bytes(32)]).proof(keccak(b"another"))


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret.generate()
    shown = repr(secret) + str(secret) + repr(Commitment({"fact.number": "4711"}, secret).fields)
    assert secret.reveal().hex() not in shown
    assert "4711" not in shown
    assert secret.reveal() != Secret.generate().reveal()
