"""EPCIS 2.0 events in one form, whether they came as JSON-LD or XML, and their standard hash (CBV 2.0, clause 8.9).

The form is JSON-LD's with names of extensions spelled `{namespace}name`. Not a validator, not a capture interface. The
hash ignores recordTime, eventID, errorDeclaration, and what a document's header says is to be ignored; where the clause
is silent (order of transaction lists beside sensor data, unknown attributes), it follows the reference vectors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from certifier.documents.gs1 import canonical
from certifier.documents.machine import seconds_of
from certifier.errors import MalformedDocumentError

__all__ = ["Event", "event_hash", "json_events", "pre_hash", "xml_events"]

Event = dict[str, Any]
"""Fields of one event; `type` is its type. Values are texts, lists, or mappings of the same kind."""

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_VOCABULARY = {
    "cbv": "https://ref.gs1.org/cbv/",
    "gs1": "https://gs1.org/voc/",
    "cbvmda": "urn:epcglobal:cbv:mda",
}
_CBV = "https://ref.gs1.org/cbv/"
_WORDS = {
    "bizStep": "BizStep-",
    "disposition": "Disp-",
    "set": "Disp-",
    "unset": "Disp-",
    "component": "Comp-",
}
_TYPES = {"bizTransactionList": "BTT-", "sourceList": "SDT-", "destinationList": "SDT-"}
_URNS = {"urn:epcglobal:cbv:bizstep:": "BizStep-", "urn:epcglobal:cbv:disp:": "Disp-", "urn:epcglobal:cbv:btt:": "BTT-",
         "urn:epcglobal:cbv:sdt:": "SDT-", "urn:epcglobal:cbv:er:": "ER-"}  # fmt: skip
_IGNORED = frozenset(
    {
        "type",
        "recordTime",
        "eventID",
        "errorDeclaration",
        "@context",
        "{http://www.w3.org/2000/01/rdf-schema#}comment",
    }
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?\Z")

_QUANTITY = ("epcClass", "quantity", "uom")
_METADATA = (
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
_REPORT = ("type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "microorganism", "chemicalSubstance",
           "value", "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev",
           "percRank", "percValue", "uom", "coordinateReferenceSystem")  # fmt: skip
_EVENTS = frozenset(
    {
        "ObjectEvent",
        "AggregationEvent",
        "TransactionEvent",
        "TransformationEvent",
        "AssociationEvent",
        "QuantityEvent",
    }
)
_EPCS = ("epcList", "inputEPCList", "childEPCs", "outputEPCList")
_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_ORDER = ("eventTime", "eventTimeZoneOffset", "certificationInfo", "epcList", "parentID", "inputEPCList", "childEPCs", "quantityList",
          "childQuantityList", "inputQuantityList", "outputEPCList", "outputQuantityList", "action", "transformationID", "bizStep",
          "disposition", "persistentDisposition", "readPoint", "bizLocation", "sensorElementList")  # fmt: skip


def event_hash(event: Event, ignored: frozenset[str] = frozenset()) -> str:
    """The event's hash as a Named Information URI with the version of the vocabulary."""
    return f"ni:///sha-256;{hashlib.sha256(pre_hash(event, ignored).encode()).hexdigest()}?ver=CBV2.0"


def pre_hash(event: Event, ignored: frozenset[str] = frozenset()) -> str:
    """The string that is hashed: fields in the standard's order, lists sorted, values canonical."""
    rest: list[str] = []
    ordered = [
        _field(name, event[name], rest) for name in _ORDER if event.get(name) not in (None, "", [], {})
    ]
    lists = [_typed_list(name, event[name]) for name in _TYPES if event.get(name)]
    for name, value in event.items():
        if name not in _ORDER and name not in _TYPES and name not in _IGNORED and name not in ignored:
            rest.append(_extension(name, value))
    return f"eventType={event['type']}" + "".join(ordered + lists + sorted(rest))


def _field(name: str, value: Any, rest: list[str]) -> str:
    if name in _EPCS:
        return _list(name, [f"epc={_value(epc)}" for epc in _many(value)])
    if name in _QUANTITIES:
        return _list(
            name, [_element(("quantityElement",), e, _QUANTITY, rest, name) for e in _mappings(name, value)]
        )
    if name == "sensorElementList":
        return _list(name, [_sensor(e, rest) for e in _mappings(name, value)])
    if name == "persistentDisposition":
        body = "".join(
            "".join(sorted(f"{key}={_value(v, key)}" for v in _many(_mapping(name, value).get(key))))
            for key in ("set", "unset")
        )
        return name + body if body else ""
    if isinstance(value, Mapping):
        return _element((name,), value, ("id",), rest, "")
    return f"{name}={_value(value, name)}"


def _list(name: str, items: Sequence[str]) -> str:
    items = sorted(item for item in items if item)
    return name + "".join(items) if items else ""


def _element(
    path: tuple[str, ...], fields: Mapping[str, Any], order: Sequence[str], rest: list[str], above: str
) -> str:
    """A mapping in its own order, then its extensions; what the order does not know goes to the end of the event."""
    stated = [f"{key}={_value(fields[key], key)}" for key in order if fields.get(key) not in (None, "")]
    more = sorted(_extension(key, value) for key, value in fields.items() if key.startswith("{"))
    for key, value in fields.items():
        if key not in order and not key.startswith(("{", "sensor", "@")):
            rest.append(above + "".join(path) + f"{key}={_value(value, key)}")
    body = "".join(stated + more)
    return path[-1] + body if body else ""


def _sensor(element: Mapping[str, Any], rest: list[str]) -> str:
    above = "sensorElementListsensorElement"
    metadata = _mapping("sensorMetadata", element.get("sensorMetadata") or {})
    head = _element(("sensorMetadata",), metadata, _METADATA, rest, above)
    reports = sorted(
        _element(("sensorReport",), r, _REPORT, rest, above)
        for r in _mappings("sensorReport", element.get("sensorReport"))
    )
    more = sorted(_extension(key, value) for key, value in element.items() if key.startswith("{"))
    body = "".join([head, *reports, *more])
    return "sensorElement" + body if body else ""


def _typed_list(name: str, value: Any) -> str:
    """A list of typed references: `type=… bizTransaction=…`, sorted."""
    item = name.removesuffix("List")
    entries = []
    for entry in _mappings(name, value):
        kind = _value(_word(str(entry.get("type") or ""), _TYPES[name]))
        entries.append((f"type={kind}" if kind else "") + f"{item}={_value(entry.get(item, ''))}")
    return _list(name, entries)


def _extension(name: str, value: Any) -> str:
    """An extension (or ilmd) with everything below it, sorted."""
    if isinstance(value, list):
        return "".join(sorted(_extension(name, v) for v in value))
    if isinstance(value, Mapping):
        inner = sorted(_extension(key, v) for key, v in value.items() if key and key != "@context")
        text = _value(value.get("", ""))
        return name + (f"={text}" if text else "") + "".join(inner)
    text = _value(value)
    return f"{name}={text}" if text else name


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedDocumentError(
            "EPCIS", f"EPCIS: {name[:40]} holds {str(value)[:20]!r} where an object is due"
        )
    return value


def _mappings(name: str, value: Any) -> list[Mapping[str, Any]]:
    return [_mapping(name, entry) for entry in _many(value)]


def _value(value: Any, name: str = "") -> str:
    """A value in canonical form: times in UTC with milliseconds, numbers without zeros, vocabulary and keys as web URIs."""
    text = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else str(value).strip()
    if "time" in name.lower() and "offset" not in name.lower():
        return _time(text)
    text = _word(text, _WORDS.get(name, "")) if name in _WORDS else text
    text = _term(text, name)
    for urn, prefix in _URNS.items():
        if text.startswith(urn):
            return f"{_CBV}{prefix}{text.removeprefix(urn)}"
    return _number(text) if _NUMBER.match(text) else canonical(text)


def _word(text: str, prefix: str) -> str:
    """A bare word of the vocabulary as its web URI; anything with a colon is one already."""
    return f"{_CBV}{prefix}{text}" if text and ":" not in text else text


def _term(text: str, name: str) -> str:
    for prefix, uri in _VOCABULARY.items():
        if text.startswith(f"{prefix}:"):
            return uri + text.removeprefix(f"{prefix}:")
    if name in ("type", "exception") and text and ":" not in text:
        return _VOCABULARY["gs1"] + text
    return text


def _number(text: str) -> str:
    number = Decimal(text)
    return format(number.normalize(), "f") if number else "0"


def _time(text: str) -> str:
    seconds = seconds_of(text)
    if seconds is None:
        return text
    milliseconds = int((seconds * 1000 + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return text
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def json_events(document: Any) -> tuple[list[Event], frozenset[str]]:
    """The events of a JSON-LD document, query result or single event, and the names that its header says to ignore."""
    body = _mapping("epcisBody", document.get("epcisBody", document))
    results = _mapping("queryResults", body.get("queryResults", {}))
    found = (
        _mapping("resultsBody", results.get("resultsBody", {})).get("eventList")
        or body.get("eventList")
        or ([body["event"]] if "event" in body else [])
    )
    if not found and str(document.get("type", "")).endswith("Event"):
        found = [document]
    context = _context(document.get("@context"))
    ignored = {_expand(str(name), context) for part in (document, results) for key, value in part.items()
               if key.endswith(":ignoreFields") for name in _many(value)}  # fmt: skip
    return [
        _expanded(event, context | _context(event.get("@context")))
        for event in _many(found)
        if isinstance(event, dict) and isinstance(event.get("type"), str)
    ], frozenset(ignored)


def _context(value: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            found.update({k: v for k, v in part.items() if isinstance(v, str) and not k.startswith("@")})
    return found


def _expand(name: str, context: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    namespace = context.get(prefix) or ({"cbvmda": "urn:epcglobal:cbv:mda"}.get(prefix) if colon else None)
    return f"{{{namespace}}}{local}" if colon and namespace else name


def _expanded(value: Any, context: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {_expand(key, context): _expanded(v, context) for key, v in value.items()}
    return [_expanded(v, context) for v in value] if isinstance(value, list) else value


def xml_events(root: Any) -> tuple[list[Event], frozenset[str]]:
    """The events of an XML document or query result, and the names that its header says to ignore."""
    nodes = (node for events in root.iter("EventList") for node in _flat(events))
    found = [_xml_event(node) for node in nodes if node.tag in _EVENTS]
    ignored = {child.tag for node in root.iter() if node.tag.endswith("}ignoreFields") for child in node}
    return found, frozenset(ignored)


def _flat(node: Any) -> list[Any]:
    """Children, with EPCIS 1.x's `extension` and `baseExtension` wrappers taken off."""
    found = []
    for child in node:
        found.extend(_flat(child) if child.tag in ("extension", "baseExtension") else [child])
    return found


def _xml_event(node: Any) -> Event:
    event: Event = {"type": node.tag.rpartition("}")[2]}
    for child in _flat(node):
        if child.tag in event and isinstance(event[child.tag], list):
            event[child.tag].extend(_many(_xml_field(child)))
        else:
            event[child.tag] = _xml_field(child)
    return event


def _xml_field(node: Any) -> Any:
    name = node.tag
    if name in _EPCS:
        return [(child.text or "").strip() for child in node.iterchildren("epc")]
    if name in _QUANTITIES:
        return [
            {field.tag: (field.text or "").strip() for field in child}
            for child in node.iterchildren("quantityElement")
        ]
    if name in _TYPES:
        return [
            {"type": child.get("type"), name.removesuffix("List"): (child.text or "").strip()}
            for child in node.iterchildren(name.removesuffix("List"))
        ]
    if name == "persistentDisposition":
        return {key: [(c.text or "").strip() for c in node.iterchildren(key)] for key in ("set", "unset")}
    if name == "sensorElementList":
        return [_xml_sensor(child) for child in node]
    return _xml_value(node)


def _xml_sensor(node: Any) -> dict[str, Any]:
    element: dict[str, Any] = {
        "sensorReport": [dict(report.attrib) for report in node.iterchildren("sensorReport")]
    }
    for child in node:
        if child.tag == "sensorMetadata":
            element["sensorMetadata"] = dict(child.attrib)
        elif child.tag != "sensorReport":
            element[child.tag] = _xml_value(child)
    return element


def _xml_value(node: Any) -> Any:
    """Text; or attributes and children by name, several of one name as a list, text of its own under the empty name."""
    found: dict[str, Any] = {n: v for n, v in node.attrib.items() if not n.startswith(_XSI)}
    children, text = _flat(node), (node.text or "").strip()
    if not children and not found:
        return text
    if text:
        found[""] = text
    for child in children:
        value = _xml_value(child)
        found[child.tag] = [*_many(found[child.tag]), value] if child.tag in found else value
    return found
