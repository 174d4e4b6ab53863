"""Sparkplug B payloads (Eclipse Sparkplug 3.0, 6.4; ISO/IEC 20237): one protobuf message, read without generated code.

The wire format is read directly (Protocol Buffers encoding): every length is checked against what is there. The topic,
which names the device, is not part of the payload, so the device has no id. A compressed payload (zlib or gzip, inside
one that says `SPBV1.0_COMPRESSED`) is what it holds. Claimed where the file starts with a time of this century and metrics,
a sequence number or that word.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from certifier.documents.facts import Facts
from certifier.documents.machine import At, MachineLog
from certifier.documents.model import Document, Limits
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.errors import MalformedDocumentError, RefusedDocumentError

_EARLIEST, _LATEST = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2100, in milliseconds
_VALUES = {10: "int", 11: "int", 12: "float", 13: "double", 14: "bool", 15: "string"}

_COMPRESSED = b"SPBV1.0_COMPRESSED"

Value = int | bytes


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Field numbers and values of one message. Raises MalformedDocumentError where lengths do not fit."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(data, at)
        if size is None or at + size > len(data) or number == 0:
            raise MalformedDocumentError(
                "PROTOBUF", f"Sparkplug B, byte {at}: a length that does not fit; the payload is cut off"
            )
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70 and at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise MalformedDocumentError(
        "PROTOBUF", f"Sparkplug B, byte {at}: a number that does not end; the payload is cut off"
    )


def read(source: Source) -> Document:
    """The facts of one payload."""
    log, facts = MachineLog(), Facts("machine-data", "sparkplug-b", "spBv1.0", "application/x-protobuf")
    fields = _payload(source.data, source.limits)
    time = next((v for n, v in fields if n == 1 and isinstance(v, int)), None)
    log.device("")
    for number, value in fields:
        if number == 2 and isinstance(value, bytes):
            name, stamp, text = _metric(value)
            at = At(0, 0, _instant(stamp if stamp is not None else time))
            log.sample("", name, at, text)
    log.state_facts(facts)
    return facts.document()


def _payload(data: bytes, limits: Limits) -> list[tuple[int, Value]]:
    """The fields of a payload, or of the one that it holds compressed."""
    fields = list(_fields(data))
    if (4, _COMPRESSED) not in fields:
        return fields
    body = next((value for number, value in fields if number == 5 and isinstance(value, bytes)), b"")
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        plain = inflater.decompress(body, limits.max_expanded_bytes)
    except zlib.error as e:
        raise MalformedDocumentError(
            "PROTOBUF", f"Sparkplug B: the compressed payload cannot be unpacked ({e})"
        ) from e
    if inflater.unconsumed_tail:
        raise RefusedDocumentError(
            "ARCHIVE_SIZE", "Sparkplug B: the compressed payload is larger than the cap on unpacked files"
        )
    if not inflater.eof:
        raise MalformedDocumentError("PROTOBUF", "Sparkplug B: the compressed payload is cut off")
    return list(_fields(plain))


def _metric(data: bytes) -> tuple[str, int | None, str]:
    """Name, milliseconds and value of one metric; a null value is unavailable."""
    name, stamp, text = "", None, ""
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            name = value.decode("utf-8", "replace")
        elif number == 3 and isinstance(value, int):
            stamp = value
        elif number == 7 and value:
            text = "UNAVAILABLE"
        elif number in _VALUES:
            text = _scalar(_VALUES[number], value)
    return name.rpartition("/")[2], stamp, text


def _scalar(kind: str, value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    if kind in ("float", "double"):
        size = 4 if kind == "float" else 8
        return repr(struct.unpack("<f" if size == 4 else "<d", value)[0]) if len(value) == size else ""
    return value.decode("utf-8", "replace")


def _instant(milliseconds: int | None) -> str:
    if milliseconds is None or not _EARLIEST <= milliseconds < _LATEST:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def _claims(source: Source) -> bool:
    """Field 1 first, a time of this century, then metrics or the sequence number."""
    if source.head[:1] != b"\x08" or source.head_text:
        return False
    head = source.head[:64]
    try:
        time, at = _varint(head, 1)
    except MalformedDocumentError:
        return False
    begins = head[at : at + 1] in (b"\x12", b"\x18") or head[at + 2 :].startswith(_COMPRESSED)
    return _EARLIEST <= time < _LATEST and begins


register(Format("sparkplug-b", "Eclipse Sparkplug 3.0 payload B (ISO/IEC 20237)", _claims, read))
