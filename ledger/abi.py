"""Contract ABI: encode and decode values by the types of a compiled interface, strictly.

Not eth_abi: that costs 0.3 s at import (docs/adr/0301) and ten times the time on `bytes32[]`. What is decoded
here comes from a node nobody trusts, so padding, ranges, offsets and the very length are checked; tests hold
it to eth_abi. Specification: Solidity's "Contract ABI Specification". Values: int, bool, bytes, str (text and
addresses), tuples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ledger.errors import AbiError
from ledger.types import keccak

__all__ = ["Entry", "Event", "Type", "decode", "encode"]

_ARRAY = re.compile(r"(.+)\[(\d*)\]")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True)
class Type:
    """One ABI type. `size` is bits for integers, bytes for `bytesN`; `parts` are a tuple's members or an
    array's item.
    """

    kind: str
    size: int = 0
    parts: tuple[Type, ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, name: str, components: Sequence[Mapping[str, Any]] = ()) -> Type:
        """The type that an ABI's JSON calls `name`. Only what our contracts use: no fixed arrays, no signed
        integers.
        """
        if array := _ARRAY.fullmatch(name):
            if array[2]:
                raise AbiError(f"fixed arrays are not supported: {name}")
            return cls("array", parts=(cls.parse(array[1], components),))
        if name == "tuple":
            parts = tuple(cls.parse(c["type"], c.get("components", ())) for c in components)
            return cls("tuple", parts=parts, names=tuple(c["name"] for c in components))
        if name in ("bytes", "string", "address", "bool"):
            return cls(name)
        if found := re.fullmatch(r"(uint|bytes)(\d+)", name):
            return cls(found[1] if found[1] == "uint" else "fixed", int(found[2]))
        raise AbiError(f"unknown ABI type {name}")

    @cached_property
    def canonical(self) -> str:
        """The spelling that selectors hash."""
        if self.kind == "tuple":
            return "(" + ",".join(p.canonical for p in self.parts) + ")"
        if self.kind == "array":
            return self.parts[0].canonical + "[]"
        return {"uint": f"uint{self.size}", "fixed": f"bytes{self.size}"}.get(self.kind, self.kind)

    @cached_property
    def dynamic(self) -> bool:
        """Whether the value stands behind an offset."""
        return self.kind in ("bytes", "string", "array") or any(p.dynamic for p in self.parts)

    @cached_property
    def head(self) -> int:
        """Bytes that the value takes in its parent's head."""
        if self.dynamic or self.kind != "tuple":
            return 32
        return sum(p.head for p in self.parts)


def encode(types: Sequence[Type], values: Sequence[Any]) -> bytes:
    """The ABI encoding of `values`. Raises AbiError where one does not fit its type."""
    if len(types) != len(values):
        raise AbiError(f"{len(types)} values expected, got {len(values)}")
    heads: list[bytes] = []
    tails: list[bytes] = []
    offset = sum(t.head for t in types)
    for kind, value in zip(types, values, strict=True):
        body = _encode_one(kind, value)
        if kind.dynamic:
            heads.append(offset.to_bytes(32, "big"))
            tails.append(body)
            offset += len(body)
        else:
            heads.append(body)
    return b"".join(heads) + b"".join(tails)


def _encode_one(kind: Type, value: Any) -> bytes:
    if kind.kind == "array":
        return len(value).to_bytes(32, "big") + _encode_items(kind.parts[0], value)
    if kind.kind == "tuple":
        return encode(kind.parts, value)
    if kind.kind in ("bytes", "string"):
        data = value.encode() if isinstance(value, str) else bytes(value)
        return len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)
    return _encode_word(kind, value)


def _encode_items(item: Type, values: Sequence[Any]) -> bytes:
    if item == Type("fixed", 32):
        if any(len(v) != 32 for v in values):
            raise AbiError("bytes32[] needs items of 32 bytes")
        return b"".join(values)
    return encode([item] * len(values), values)


def _encode_word(kind: Type, value: Any) -> bytes:
    if kind.kind == "address":
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            raise AbiError(f"not an address (0x and 40 lower-case digits): {value!r}")
        return bytes(12) + bytes.fromhex(value[2:])
    if kind.kind == "fixed":
        if not isinstance(value, bytes) or len(value) != kind.size:
            raise AbiError(f"{kind.size} bytes expected")
        return value + bytes(32 - kind.size)
    limit = 2 if kind.kind == "bool" else 1 << kind.size
    if not 0 <= int(value) < limit:
        raise AbiError(f"{value} does not fit {kind.canonical}")
    return int(value).to_bytes(32, "big")


def decode(types: Sequence[Type], data: bytes) -> tuple[Any, ...]:
    """The values in `data`. Raises AbiError unless `data` is exactly one sound encoding, nothing missing,
    nothing after.
    """
    values, end = _decode_many(types, data, 0)
    if end != len(data):
        raise AbiError(f"{len(data) - end} bytes more than the types {_spell(types)} take")
    return values


def _spell(types: Sequence[Type]) -> str:
    return "(" + ",".join(t.canonical for t in types) + ")"


def _word(data: bytes, at: int) -> bytes:
    word = data[at : at + 32]
    if len(word) != 32:
        raise AbiError(f"ABI data ends at byte {len(data)}, inside a word")
    return word


def _decode_many(types: Sequence[Type], data: bytes, base: int) -> tuple[tuple[Any, ...], int]:
    """Values whose heads start at `base`, and the end of everything they use."""
    values: list[Any] = []
    at = base
    end = base + sum(t.head for t in types)
    for kind in types:
        start = at
        if kind.dynamic:
            start = base + int.from_bytes(_word(data, at), "big")
            if start < end or start > len(data):
                raise AbiError("ABI offset points outside its place")
        value, stop = _decode_one(kind, data, start)
        values.append(value)
        at += kind.head
        end = max(end, stop)
    return tuple(values), end


def _decode_one(kind: Type, data: bytes, at: int) -> tuple[Any, int]:
    if kind.kind == "tuple":
        return _decode_many(kind.parts, data, at)
    if kind.kind not in ("array", "bytes", "string"):
        return _decode_word(kind, _word(data, at)), at + 32
    length = int.from_bytes(_word(data, at), "big")
    if length > len(data) - at:
        raise AbiError(f"ABI length {length} exceeds the data")
    if kind.kind == "array":
        return _decode_items(kind.parts[0], data, at + 32, length)
    return _decode_text(kind, data, at + 32, length)


def _decode_items(item: Type, data: bytes, at: int, length: int) -> tuple[Any, int]:
    if item == Type("fixed", 32):
        end = at + 32 * length
        if end > len(data):
            raise AbiError("ABI data ends inside an array")
        return tuple([data[i : i + 32] for i in range(at, end, 32)]), end
    if length * item.head > len(data) - at:
        raise AbiError("ABI data ends inside an array")
    return _decode_many([item] * length, data, at)


def _decode_text(kind: Type, data: bytes, at: int, length: int) -> tuple[Any, int]:
    end = at + length + (-length % 32)
    if end > len(data) or any(data[at + length : end]):
        raise AbiError("ABI bytes end early or are padded with something else than zero")
    raw = data[at : at + length]
    if kind.kind == "bytes":
        return raw, end
    try:
        return raw.decode(), end
    except UnicodeDecodeError as e:
        raise AbiError("ABI string is not UTF-8") from e


def _decode_word(kind: Type, word: bytes) -> Any:
    if kind.kind == "fixed":
        if any(word[kind.size :]):
            raise AbiError(f"{kind.canonical} is padded with something else than zero")
        return word[: kind.size]
    number = int.from_bytes(word, "big")
    limit = {"bool": 1, "address": 160}.get(kind.kind, kind.size)
    if number >> limit:
        raise AbiError(f"value out of range for {kind.canonical}")
    if kind.kind == "address":
        return "0x" + word[12:].hex()
    return bool(number) if kind.kind == "bool" else number


@dataclass(frozen=True)
class Entry:
    """A function, a custom error or a constructor of an interface."""

    name: str
    inputs: tuple[Type, ...]
    outputs: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Entry:
        """From one object of an ABI's JSON."""
        inputs = entry.get("inputs", ())
        return cls(
            entry.get("name", ""),
            tuple(Type.parse(i["type"], i.get("components", ())) for i in inputs),
            tuple(Type.parse(o["type"], o.get("components", ())) for o in entry.get("outputs", ())),
            tuple(i["name"] for i in inputs),
        )

    @cached_property
    def signature_hash(self) -> bytes:
        """keccak-256 of name and types; its first four bytes select a function or an error."""
        return keccak((self.name + _spell(self.inputs)).encode())

    @property
    def selector(self) -> bytes:
        """Four bytes."""
        return self.signature_hash[:4]

    def encode(self, *values: Any) -> bytes:
        """Call data: selector and arguments."""
        return self.selector + encode(self.inputs, values)


@dataclass(frozen=True)
class Event:
    """An event of an interface; `indexed` says which of its inputs are topics (all ours are words, never
    hashes).
    """

    entry: Entry
    indexed: tuple[bool, ...]

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Event:
        """From one object of an ABI's JSON."""
        return cls(Entry.parse(entry), tuple(i["indexed"] for i in entry["inputs"]))

    @property
    def topic(self) -> bytes:
        """The first topic of its logs."""
        return self.entry.signature_hash

    @cached_property
    def _split(self) -> tuple[list[Type], list[Type]]:
        pairs = list(zip(self.entry.inputs, self.indexed, strict=True))
        return [t for t, i in pairs if i], [t for t, i in pairs if not i]

    def decode(self, topics: Sequence[bytes], data: bytes) -> tuple[Any, ...]:
        """Arguments in declared order. Raises AbiError unless topics and data are exactly this event's."""
        in_topics, in_data = self._split
        if not topics or topics[0] != self.topic or len(topics) != len(in_topics) + 1:
            raise AbiError(f"log topics are not those of {self.entry.name}")
        words = iter([_decode_word(t, w) for t, w in zip(in_topics, topics[1:], strict=True)])
        rest = iter(decode(in_data, data))
        return tuple(next(words) if i else next(rest) for i in self.indexed)
