"""Mutators: a document in, a document near it out. Each knows one structure; all of them end in bytes."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import cbor2
from lxml import etree

__all__ = ["Mutator", "archive", "cbor", "lines", "plain", "structured", "tree", "value"]

Mutator = Callable[[bytes, random.Random], bytes]

_TEXTS = ["", " ", "0", "-0", "-1", "1e9", "NaN", "Infinity", "9" * 30, "0." + "1" * 20, "1,234.50", "１２３", "2026-02-30", "2026-07-06T24:00:00Z",
          "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-07-06T08:00:00", "\u200b", "\u0000"[:0], "订单号：", "é" * 600, "%", "true",
          "UNAVAILABLE", "ACTIVE", "]]>", "../../etc/passwd", "/", "urn:", "PASS", "FAIL", "H87", "381", "-5.00 CNY", "x" * 2000]  # fmt: skip
_BYTES = [b"<", b">", b"&", b"\x00", b"]]>", b"<!--", b"<!DOCTYPE x [", b"\xff\xfe", b"'", b"|", b"+", b":", b"{", b"[", b"-1", b"9" * 40, b"\r\n", b"\xef\xbb\xbf"]  # fmt: skip


def plain(data: bytes, chance: random.Random) -> bytes:
    """Flips, cuts, repeats, odd bytes."""
    raw = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(raw) + 1), chance.randint(1, 1 << chance.randrange(10))
        choice = chance.randrange(7)
        if choice == 0 and at < len(raw):
            raw[at] = chance.randrange(256)
        elif choice == 1:
            del raw[at : at + length]
        elif choice == 2:
            raw[at:at] = raw[at : at + length] * chance.choice((1, 1, 3))
        elif choice == 3:
            raw[at:at] = chance.choice(_BYTES)
        elif choice == 4 and chance.random() < 0.3:
            raw = raw[: max(1, at)]
        elif choice == 5:
            raw[at : at + length] = chance.choice(_TEXTS).encode()
        else:
            other = chance.randrange(len(raw) + 1)
            raw[at : at + length] = raw[other : other + length]
    return bytes(raw) or b"x"


def tree(data: bytes, chance: random.Random) -> bytes:
    """Elements deleted, repeated, moved, renamed, wrapped; texts and attributes replaced."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        return plain(data, chance)
    for _ in range(chance.randint(1, 6)):
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        _change(chance.choice(nodes), chance.choice(nodes), chance)
    return etree.tostring(root, xml_declaration=chance.random() < 0.8, encoding="UTF-8")


def _change(node: Any, other: Any, chance: random.Random) -> None:
    parent, choice = node.getparent(), chance.randrange(8)
    if choice == 0 and parent is not None:
        parent.remove(node)
    elif choice == 1 and parent is not None:
        for _ in range(chance.choice((1, 2, 40))):
            parent.append(_copied(node))
    elif choice == 2:
        other.append(_copied(node))
    elif choice == 3:
        node.tag = other.tag
    elif choice == 4 and node.attrib:
        name = chance.choice(list(node.attrib))
        node.set(name, _text(chance)) if chance.random() < 0.7 else node.attrib.pop(name)
    elif choice == 5:
        for name, text in other.attrib.items():
            node.set(name, text)
    elif choice == 6:
        node.text = other.text
    else:
        node.text = _text(chance)


def _copied(node: Any) -> Any:
    copied = copy.deepcopy(node)
    copied.tail = None
    return copied


def _text(chance: random.Random) -> str:
    return chance.choice(_TEXTS)


def value(found: Any, chance: random.Random) -> Any:
    """A JSON-like value with some of its parts replaced, dropped or repeated."""
    if chance.random() < 0.06:
        return _odd(chance)
    if isinstance(found, dict):
        changed = {k: value(v, chance) for k, v in found.items() if chance.random() > 0.03}
        if found and chance.random() < 0.05:
            changed[chance.choice(list(found))] = _odd(chance)
        return changed
    if isinstance(found, list):
        kept = [value(v, chance) for v in found if chance.random() > 0.04]
        return kept * chance.choice((1, 1, 1, 1, 2)) if len(kept) < 200 else kept
    return found


def _odd(chance: random.Random) -> Any:
    return chance.choice([None, True, [], {}, 0, -1, 10**30, 1.5e300, -0.0, float("inf"), [[]], [None], {"a": []}, {"": ""}, [{}], *_TEXTS])  # fmt: skip


def structured(data: bytes, chance: random.Random) -> bytes:
    """JSON by its values."""
    try:
        return json.dumps(value(json.loads(data), chance), ensure_ascii=chance.random() < 0.5).encode(
            "utf-8", "replace"
        )
    except (ValueError, RecursionError):
        return plain(data, chance)


def cbor(data: bytes, chance: random.Random) -> bytes:
    """CBOR by its values."""
    try:
        return bytes(cbor2.dumps(value(cbor2.loads(data), chance)))
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        return plain(data, chance)


def archive(data: bytes, chance: random.Random) -> bytes:
    """A ZIP archive with one of its entries changed, dropped, renamed or doubled."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            entries = {name: old.read(name) for name in old.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        return plain(data, chance)
    if not entries:
        return plain(data, chance)
    name = chance.choice(sorted(entries))
    choice = chance.randrange(6)
    if choice == 0:
        del entries[name]
    elif choice == 1:
        entries[chance.choice(["../x", "/", "a" * 300, name.upper(), f"{name}/", "OFD.xml"])] = entries.pop(
            name
        )
    elif choice == 2:
        entries[name] = entries[chance.choice(sorted(entries))]
    else:
        entries[name] = (tree if choice > 3 else plain)(entries[name], chance)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as new:
        for entry, content in entries.items():
            new.writestr(entry or "x", content)
    return out.getvalue()


def lines(separators: bytes) -> Mutator:
    """A mutator of texts in records: `separators` are those of records and of fields, the record's first."""

    def changed(data: bytes, chance: random.Random) -> bytes:
        record = bytes([separators[0]])
        rows = data.split(record)
        for _ in range(chance.randint(1, 5)):
            at, other, choice = chance.randrange(len(rows)), chance.randrange(len(rows)), chance.randrange(5)
            if choice == 0 and len(rows) > 1:
                del rows[at]
            elif choice == 1:
                rows.insert(at, rows[other])
            elif choice == 2:
                rows[at], rows[other] = rows[other], rows[at]
            else:
                rows[at] = _fields(rows[at], bytes([chance.choice(separators)]), chance)
        return record.join(rows) or b"x"

    return changed


def _fields(row: bytes, separator: bytes, chance: random.Random) -> bytes:
    fields = row.split(separator)
    at = chance.randrange(len(fields))
    if chance.random() < 0.6:
        fields[at] = _text(chance).encode("utf-8", "replace")
    elif chance.random() < 0.5:
        fields[at : at + 1] = [fields[at]] * chance.choice((0, 2, 30))
    else:
        fields.insert(at, chance.choice(fields))
    return separator.join(fields)
