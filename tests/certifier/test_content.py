"""Encrypted content: its shape, and what a lying store gets it to refuse."""

from __future__ import annotations

import base64
import io
from typing import Any

import dag_cbor
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multiformats import CID

from certifier import content
from certifier.cid import DAG_CBOR, RAW, Block, cid_bytes, cid_of, codec_of
from certifier.commitment import Secret
from certifier.content import CHUNK, Root
from certifier.errors import BlockCorruptError, ContentRefusedError

SECRET = Secret(bytes(range(32)))
KEY = SECRET.content_key()
SIZES = [0, 1, 5_000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7]


def plain(size: int) -> bytes:
    return (b"assetcert " * (size // 10 + 1))[:size]


def kept(made: content.Encrypted) -> dict[str, bytes]:
    return {block.cid: block.data for block in made.blocks}


def opened(blocks: dict[str, bytes], cid: str, key: bytes = KEY) -> bytes:
    return b"".join(content.decrypt(blocks.__getitem__, cid, key))


@pytest.mark.parametrize("size", SIZES)
def test_round_trip(size: int) -> None:
    made = content.encrypt(plain(size), SECRET)
    blocks = kept(made)
    assert opened(blocks, made.cid) == plain(size)
    assert content.check(blocks.__getitem__, made.cid) == made.size == size
    assert content.encrypt(io.BytesIO(plain(size)), SECRET) == made
    assert len(made.blocks) == 1 + max(1, -(-size // CHUNK))
    assert made.blocks[-1].cid == made.cid
    assert plain(size)[:16] not in b"".join(blocks.values()) or size < 16


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_what_a_dag_cbor_library_writes(size: int) -> None:
    made = content.encrypt(plain(size), SECRET)
    root = dag_cbor.decode(made.blocks[-1].data)
    assert (
        isinstance(root, dict)
        and root["v"] == 1
        and root["size"] == size
        and set(root) == {"v", "size", "chunks"}
    )
    assert [cid.encode("base32") for cid in root["chunks"]] == [block.cid for block in made.blocks[:-1]]
    assert dag_cbor.encode(root) == made.blocks[-1].data
    assert CID.decode(made.cid).codec.name == "dag-cbor"


@given(st.integers(0, 2**40), st.integers(0, 300))
@settings(max_examples=30)
def test_roots_of_any_size_are_deterministic_dag_cbor(size: int, count: int) -> None:
    cids = [cid_of(b"%d" % number, RAW) for number in range(count)]
    links = [CID.decode(cid) for cid in cids]
    assert Root(size, tuple(cids)).encode() == dag_cbor.encode({"v": 1, "size": size, "chunks": links})


@given(st.binary(max_size=5000))
@settings(max_examples=20)
def test_javascript_encrypts_the_same(peer: Any, data: bytes) -> None:
    made = content.encrypt(data, SECRET)
    theirs = peer.ask("content", plain=base64.b64encode(data).decode(), key=KEY.hex())
    assert theirs["cid"] == made.cid
    assert theirs["chunks"] == [block.cid for block in made.blocks[:-1]]


def test_published_vectors(vectors: Any) -> None:
    words = b"".join(number.to_bytes(4, "big") for number in range(CHUNK // 4 + 1))
    for expected in vectors("contents")["contents"]:
        made = content.encrypt(words[: expected["size"]], SECRET)
        assert made.cid == expected["cid"]
        assert made.blocks[-1].data.hex() == expected["root"]
        assert [block.cid for block in made.blocks[:-1]] == expected["chunks"]


def test_two_assets_of_one_file_share_no_block() -> None:
    one, other = (content.encrypt(plain(100), secret) for secret in (SECRET, Secret.generate()))
    assert not {block.cid for block in one.blocks} & {block.cid for block in other.blocks}


def test_another_key_opens_nothing() -> None:
    made = content.encrypt(plain(10), SECRET)
    with pytest.raises(ContentRefusedError, match="does not open"):
        opened(kept(made), made.cid, bytes(32))


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_every_block_is_held_to_its_cid(number: int) -> None:
    made = content.encrypt(plain(2 * CHUNK + 7), SECRET)
    victim = made.blocks[number]
    for bad in (victim.data[:-1], victim.data + b"\0", victim.data[:-1] + bytes([victim.data[-1] ^ 1]), b""):
        with pytest.raises(BlockCorruptError):
            opened(kept(made) | {victim.cid: bad}, made.cid)
        with pytest.raises(BlockCorruptError):
            content.check((kept(made) | {victim.cid: bad}).__getitem__, made.cid)


def rooted(made: content.Encrypted, size: int, chunks: list[str]) -> tuple[dict[str, bytes], str]:
    root = Root(size, tuple(chunks)).encode()
    return kept(made) | {cid_of(root, DAG_CBOR): root}, cid_of(root, DAG_CBOR)


def test_chunks_may_not_be_moved_dropped_or_cut() -> None:
    size = 2 * CHUNK
    made = content.encrypt(plain(size), SECRET)
    one, two = (block.cid for block in made.blocks[:-1])
    for chunks, told in (([two, one], size), ([one], CHUNK), ([two], CHUNK), ([one, one], size)):
        with pytest.raises(ContentRefusedError, match="does not open"):
            opened(*rooted(made, told, chunks))
    for chunks, told in (
        ([one, two], size - 1),
        ([one, two], CHUNK),
        ([], 0),
        ([one], size),
        ([made.cid], 44),
    ):
        with pytest.raises(ContentRefusedError):
            opened(*rooted(made, told, chunks))


@pytest.mark.parametrize(
    "root",
    [
        {"v": 2, "size": 0, "chunks": []},
        {"v": 1, "size": -1, "chunks": []},
        {"v": 1, "chunks": []},
        {"v": 1, "size": 0, "chunks": [], "more": 1},
        {"v": 1, "size": 0, "chunks": ["text"]},
        [],
        "x",
        None,
    ],
)
def test_a_root_of_another_shape_is_refused(root: Any) -> None:
    data = dag_cbor.encode(root)
    with pytest.raises(ContentRefusedError):
        content.read_root({cid_of(data, DAG_CBOR): data}.__getitem__, cid_of(data, DAG_CBOR))


@given(st.binary(max_size=120))
def test_any_bytes_are_no_root(data: bytes) -> None:
    with pytest.raises(ContentRefusedError):
        content.read_root({cid_of(data, DAG_CBOR): data}.__getitem__, cid_of(data, DAG_CBOR))


def test_a_longer_cbor_spelling_of_the_root_is_refused() -> None:
    made = content.encrypt(plain(10), SECRET)
    data = made.blocks[-1].data.replace(b"\x64size\x0a", b"\x64size\x18\x0a")
    with pytest.raises(ContentRefusedError):
        content.read_root({cid_of(data, DAG_CBOR): data}.__getitem__, cid_of(data, DAG_CBOR))


def test_a_raw_block_is_no_root() -> None:
    with pytest.raises(ContentRefusedError):
        content.read_root({}.__getitem__, cid_of(b"", RAW))


@pytest.mark.parametrize("codec", [RAW, DAG_CBOR])
def test_cids_are_those_of_the_multiformats_library(codec: int) -> None:
    block = Block(cid_of(b"assetcert", codec), b"assetcert")
    theirs = CID("base32", 1, codec, ("sha2-256", CID.decode(block.cid).raw_digest))
    assert str(theirs) == block.cid
    assert bytes(theirs) == cid_bytes(block.cid)
    assert codec_of(block.cid) == codec


@pytest.mark.parametrize(
    "text",
    [
        "",
        "QmTkzDwWqPbnAh5YiV5VwcTLnGdwSNsNTn2aDxdXBFca7D",
        cid_of(b"", RAW).upper(),
        cid_of(b"", RAW) + "a",
        cid_of(b"", RAW)[:-1] + "z",
        "../../../etc/passwd",
        "b" + "a" * 58,
        CID("base32", 1, "dag-pb", ("sha2-256", bytes(32))).encode("base32"),
    ],
)
def test_other_cids_are_refused(text: str) -> None:
    with pytest.raises(BlockCorruptError):
        cid_bytes(text)
