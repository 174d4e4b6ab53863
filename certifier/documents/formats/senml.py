"""SenML (RFC 8428) in JSON, CBOR and XML: sensor measurement lists with base values resolved (clause 4.6).

A record's name is its base name followed by its own; the device is what a DEV URN or UUID URN names, else what stands
before the last `/` or `:`. Times below 2^28 are relative to now (clause 4.5.3), which a stored file does not know.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from certifier.documents import guard
from certifier.documents.facts import Facts
from certifier.documents.machine import At, MachineLog, previous_log
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import parse
from certifier.errors import MalformedDocumentError, RefusedDocumentError

NAMESPACE = "urn:ietf:params:xml:ns:senml"
_LABELS: dict[object, str] = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs", 0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd"}  # fmt: skip
_VALUES = ("v", "vs", "vb", "vd", "s")
_SELF_DESCRIBED = b"\xd9\xd9\xf7"  # RFC 8949, 3.4.6
_CBOR_START = re.compile(
    rb"\A(?:\xd9\xd9\xf7)?(?:[\x81-\x97]|\x98.|\x99..|\x9a....|\x9f)(?=(?:[\xa1-\xb7]|\xbf)[\x00-\x08\x20-\x25])",
    re.DOTALL,
)
_DEVICE = re.compile(r"(urn:dev:[a-z]+:[^:/_]+|urn:uuid:[0-9a-fA-F-]{36})[:/_]?(.*)\Z")
_ABSOLUTE = Decimal(2**28)

Record = Mapping[str, object]


def read_json(source: Source) -> Document:
    """SenML as application/senml+json."""
    assert isinstance(source.json, list)
    return _document(source.json, "application/senml+json")


def read_xml(source: Source) -> Document:
    """SenML as application/senml+xml."""
    root = parse(source.data, "SenML", source.limits)
    records = (dict(node.attrib) for node in root.iterchildren(f"{{{NAMESPACE}}}senml"))
    return _document(records, "application/senml+xml")


def read_cbor(source: Source) -> Document:
    """SenML as application/senml+cbor."""
    import cbor2

    try:
        value = cbor2.loads(source.data.removeprefix(_SELF_DESCRIBED), max_depth=source.limits.max_depth)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as e:
        if isinstance(e, RecursionError) or "nesting" in str(e):
            raise RefusedDocumentError(
                "TOO_DEEP", "SenML CBOR: nested too deep: no measurement list is"
            ) from e
        raise MalformedDocumentError(
            "CBOR", f"SenML CBOR: {str(e)[:100]}; the file is damaged or cut off"
        ) from e
    guard.check_depth(value, source.limits)
    if not isinstance(value, list):
        raise MalformedDocumentError("CBOR", "SenML CBOR: not an array of records")
    records = (
        {_LABELS.get(k, str(k)): v for k, v in r.items() if isinstance(k, (int, str))}
        for r in value
        if isinstance(r, dict)
    )
    return _document(records, "application/senml+cbor")


def _document(records: Iterable[Record], media_type: str) -> Document:
    log = MachineLog()
    relative = False
    for name, time, value in _resolved(records):
        device, item = _device(name)
        stamp = _instant(time)
        relative |= stamp is None
        log.sample(device, item, At(0, 0, stamp or ""), value)
        if name.lower().endswith("previous"):
            log.previous = log.previous or previous_log(f"previous {value}")
        log.device(device)
    facts = Facts("machine-data", "senml", "RFC 8428", media_type)
    if relative:
        facts.warn(
            "RELATIVE_TIME",
            "records with times relative to when they were sent: when they happened is not stated",
        )
    log.state_facts(facts)
    return facts.document()


def _resolved(records: Iterable[Record]) -> Iterator[tuple[str, Decimal | None, str]]:
    """Name, time and value of each record with the base values in force (RFC 8428, 4.1 and 4.6)."""
    base_name, base_time, base_value = "", Decimal(0), Decimal(0)
    for record in records:
        if odd := next((label for label in record if label.endswith("_")), None):
            raise MalformedDocumentError(
                "SENML",
                f"SenML: the label {odd[:40]!r} must be understood (RFC 8428, 4.4), and is not known here",
            )
        base_name = str(record.get("bn", base_name))
        base_time = _number(record["bt"]) if "bt" in record else base_time
        base_value = _number(record["bv"]) if "bv" in record else base_value
        label = next((k for k in _VALUES if k in record), None)
        if label is None:
            continue
        value = format(_number(record["v"]) + base_value, "f") if label == "v" else str(record[label])
        yield base_name + str(record.get("n", "")), base_time + _number(record.get("t", 0)), value


def _number(value: object) -> Decimal:
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))
    except InvalidOperation:
        raise MalformedDocumentError(
            "SENML", f"SenML: {str(value)[:40]!r} stands where a number is due"
        ) from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise MalformedDocumentError("SENML", f"SenML: {str(value)[:40]!r} is out of range")
    return number


def _instant(time: Decimal | None) -> str | None:
    """Seconds since 1970 as an ISO time; None where they are relative."""
    if time is None or not _ABSOLUTE <= time < Decimal(253402300800):
        return None
    whole = int(time)
    fraction = format((time - whole).quantize(Decimal("1e-9")), "f")[1:].rstrip("0").rstrip(".")
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _device(name: str) -> tuple[str, str]:
    if match := _DEVICE.match(name):
        return match[1], match[2]
    for separator in "/:":
        device, found, item = name.rpartition(separator)
        if found and device and item[:1].isalpha() and "::" not in name:
            return device, item
    return name, ""


def _claims_json(source: Source) -> bool:
    value = source.json
    if not isinstance(value, list) or not value or not all(isinstance(record, dict) for record in value):
        return False
    named = any("n" in record or "bn" in record for record in value)
    known = len(
        value[0].keys() & _KNOWN
    )  # others are to be ignored (RFC 8428, 4.4), and yet this must look like SenML
    return (
        named
        and any(label in record for record in value for label in _VALUES)
        and known > len(value[0]) - known
    )


def _claims_cbor(source: Source) -> bool:
    """An array whose first record is a whole map of SenML's labels: CBOR has no mark of its own, and any bytes may begin like it."""
    start = _CBOR_START.match(source.head)
    if start is None:
        return False
    import cbor2

    rest = io.BytesIO(source.head[start.end() :])
    try:
        first = cbor2.CBORDecoder(rest, max_depth=source.limits.max_depth).decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError):
        return False
    labels = {_LABELS.get(key) for key in first} if isinstance(first, dict) else set()
    return bool(labels & {"n", "bn"} or (labels & {"bt", "bver"} and labels & set(_VALUES)))


_KNOWN = frozenset(_LABELS.values())

register(
    Format("senml", "SenML JSON (RFC 8428, 5)", _claims_json, read_json),
    Format(
        "senml",
        "SenML CBOR (RFC 8428, 6)",
        _claims_cbor,
        read_cbor,
    ),
    Format(
        "senml",
        "SenML XML (RFC 8428, 7)",
        lambda source: source.tag == f"{{{NAMESPACE}}}sensml",
        read_xml,
    ),
)
