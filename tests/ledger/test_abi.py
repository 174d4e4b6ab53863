"""The ABI codec is held to eth_abi both ways, and takes no unsound data."""

from __future__ import annotations

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.abi import Event, Type, decode, encode
from ledger.errors import AbiError

_COMPONENTS = {
    "(bytes32,uint16)": [{"name": "a", "type": "bytes32"}, {"name": "b", "type": "uint16"}],
    "(uint64,bytes,bytes32[])": [
        {"name": "a", "type": "uint64"},
        {"name": "b", "type": "bytes"},
        {"name": "c", "type": "bytes32[]"},
    ],
}


def _type(text: str) -> Type:
    for spelt, components in _COMPONENTS.items():
        if text.startswith(spelt):
            return Type.parse("tuple" + text.removeprefix(spelt), components)
    return Type.parse(text)


def _values(text: str) -> st.SearchStrategy[object]:
    if text.endswith("[]"):
        return st.lists(_values(text[:-2]), max_size=4).map(tuple)
    if text in _COMPONENTS:
        return st.tuples(*(_values(c["type"]) for c in _COMPONENTS[text]))
    if text.startswith("uint"):
        return st.integers(0, 2 ** int(text[4:]) - 1)
    simple = {
        "bool": st.booleans(),
        "bytes": st.binary(max_size=70),
        "string": st.text(max_size=40),
        "bytes32": st.binary(min_size=32, max_size=32),
        "bytes4": st.binary(min_size=4, max_size=4),
        "address": st.binary(min_size=20, max_size=20).map(lambda b: "0x" + b.hex()),
    }
    return simple[text]


_NAMES = ["uint8", "uint64", "uint256", "bool", "bytes", "string", "bytes32", "bytes4", "address"]
_NAMES += ["bytes32[]", "string[]", "bytes[]", *_COMPONENTS, *(c + "[]" for c in _COMPONENTS)]


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[str], list[object]]:
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4))
    return names, [draw(_values(name)) for name in names]


@given(_cases())
def test_encoding_equals_eth_abi_and_comes_back(case: tuple[list[str], list[object]]) -> None:
    names, values = case
    types = [_type(name) for name in names]
    encoded = encode(types, values)
    assert encoded == eth_abi.encode(names, values)
    assert decode(types, encoded) == tuple(values)
    assert "".join(t.canonical for t in types) == "".join(names)


@given(_cases(), st.data())
def test_data_cut_short_or_longer_is_refused(
    case: tuple[list[str], list[object]], data: st.DataObject
) -> None:
    types = [_type(name) for name in case[0]]
    encoded = encode(types, case[1])
    with pytest.raises(AbiError):
        decode(types, encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    with pytest.raises(AbiError):
        decode(types, encoded + b"\0")


@given(st.sampled_from(_NAMES), st.binary(max_size=200))
def test_noise_is_refused_or_read_and_never_breaks(name: str, noise: bytes) -> None:
    types = [_type(name)]
    try:
        values = decode(types, noise)
    except AbiError:
        return
    assert decode(types, encode(types, values)) == values


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("uint8", bytes(30) + b"\x01\x00"),
        ("bool", bytes(31) + b"\x02"),
        ("address", b"\x01" + bytes(31)),
        ("bytes4", bytes(4) + b"\x01" + bytes(27)),
        ("bytes", bytes(31) + b"\x20" + bytes(31) + b"\x01" + b"aa" + bytes(30)),
        ("string", bytes(31) + b"\x20" + bytes(31) + b"\x01" + b"\xff" + bytes(31)),
        ("bytes", bytes(32) + bytes(32)),
        ("bytes32[]", bytes(31) + b"\x20" + b"\xff" * 32),
        ("string[]", bytes(31) + b"\x20" + bytes(31) + b"\x03" + bytes(32)),
        ("bytes", bytes(30) + b"\x01\x00" + bytes(32)),
    ],
)
def test_unsound_words_are_refused(name: str, data: bytes) -> None:
    with pytest.raises(AbiError):
        decode([_type(name)], data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("bytes32", b"short"),
        ("bytes32[]", [b"short"]),
        ("address", "0xABCDEF" + "0" * 34),
        ("address", b"\0" * 20),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, value: object) -> None:
    with pytest.raises(AbiError):
        encode([_type(name)], [value])


def test_what_the_contracts_do_not_use_is_refused() -> None:
    for name in ("int8", "bytes32[4]", "function"):
        with pytest.raises(AbiError):
            Type.parse(name)
    with pytest.raises(AbiError):
        encode([Type.parse("bool")], [])


def test_events_take_their_own_topics_only() -> None:
    inputs = [
        {"name": "a", "type": "bytes32", "indexed": True},
        {"name": "b", "type": "uint8", "indexed": False},
        {"name": "c", "type": "address", "indexed": True},
    ]
    event = Event.parse({"name": "E", "inputs": inputs})
    topics = [event.topic, b"\x01" * 32, bytes(12) + b"\x02" * 20]
    assert event.decode(topics, bytes(31) + b"\x07") == (b"\x01" * 32, 7, "0x" + "02" * 20)
    for wrong in (
        [],
        topics[:2],
        [b"\0" * 32, *topics[1:]],
        [*topics, b"\0" * 32],
        [*topics[:2], b"\x01" * 32],
    ):
        with pytest.raises(AbiError):
            event.decode(wrong, bytes(31) + b"\x07")
