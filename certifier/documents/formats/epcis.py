"""EPCIS 2.0 (GS1; ISO/IEC 19987) in JSON-LD and XML: shipping events as despatch advice, receiving as receipt advice.

Each event's standard hash (CBV 2.0, 8.9) is told (`EVENT_HASH`), and compared where the event states one as its id. A
document without shipping or receiving events moves nothing: kind `other`. Events declared to be in error state no facts.
Numbers come from the event's business transactions (desadv, recadv, po); parties are the GLNs of owning, else possessing
parties.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from certifier.documents.epcis import Event, event_hash, json_events, xml_events
from certifier.documents.facts import Facts
from certifier.documents.gs1 import class_of, gln_of
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import parse

_SHIPPING = frozenset({"shipping", "departing", "loading", "staging_outbound"})
_RECEIVING = frozenset({"receiving", "arriving", "accepting", "unloading"})
_DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")
_EVENTS = frozenset(
    {"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"}
)
MAX_HASHES = 50


def read_json(source: Source) -> Document:
    """EPCIS as JSON-LD."""
    assert isinstance(source.json, dict)
    events, ignored = json_events(source.json)
    return _document(events, ignored, str(source.json.get("schemaVersion") or "2.0"), "application/ld+json")


def read_xml(source: Source) -> Document:
    """EPCIS as XML."""
    root = parse(source.data, "EPCIS", source.limits)
    events, ignored = xml_events(root)
    return _document(events, ignored, root.get("schemaVersion") or "2.0", "application/xml")


def _document(events: Sequence[Event], ignored: frozenset[str], version: str, media_type: str) -> Document:
    shipped = [event for event in events if _word(event.get("bizStep")) in _SHIPPING]
    received = [event for event in events if _word(event.get("bizStep")) in _RECEIVING]
    kind = "despatch-advice" if shipped else "receipt-advice" if received else "other"
    facts = Facts(kind, "epcis", f"EPCIS {version}", media_type)
    _tell_hashes(facts, events, ignored)
    if kind == "other":
        facts.warn("NO_FACTS", "EPCIS events that neither ship nor receive: certified by their bytes")
    else:
        _state(facts, _valid(facts, shipped or received))
    return facts.document()


def _valid(facts: Facts, events: Sequence[Event]) -> list[Event]:
    """The events that are not declared to be in error: what such a one states was withdrawn."""
    found = [event for event in events if not event.get("errorDeclaration")]
    if len(found) < len(events):
        facts.warn(
            "EVENT_IN_ERROR",
            f"{len(events) - len(found)} of {len(events)} events are declared to be in error: they state no fact",
        )
    return found


def _word(value: object) -> str:
    """The bare word of a vocabulary element, whatever its spelling."""
    return str(value or "").rpartition(":")[2].rpartition("/")[2].rpartition("-")[2]


def _tell_hashes(facts: Facts, events: Iterable[Event], ignored: frozenset[str]) -> None:
    for index, event in enumerate(events):
        found = event_hash(event, ignored)
        stated = str(event.get("eventID") or "")
        if index < MAX_HASHES:
            facts.warn("EVENT_HASH", f"{event['type']} {index + 1}: {found}")
        if stated.startswith("ni:///sha-256;") and stated != found:
            facts.warn(
                "EVENT_HASH_DIFFERS",
                f"{event['type']} {index + 1} states the id {stated[:60]}…, which is not its hash",
            )


def _state(facts: Facts, events: Sequence[Event]) -> None:
    first = "desadv" if facts.kind == "despatch-advice" else "recadv"
    facts.only("number", [t for e in events for t in _transactions(e, first)])
    facts.references([t for e in events for t in _transactions(e, "po")])
    facts.only("issue_date", [str(e["eventTime"])[:10] for e in events if e.get("eventTime")])
    for role, name in (("seller", "source"), ("buyer", "destination")):
        facts.only(f"{role}_id", [party for e in events if (party := _party(e, name))])
    rows = [row for event in events for row in _lines(event)]
    if events:
        facts.put("lines", len(rows))
    facts.rows("line", rows, [f"{row['item']} {row['quantity']}" for row in rows])


def _entries(event: Event, name: str) -> list[dict[str, Any]]:
    value = event.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _transactions(event: Event, kind: str) -> list[str]:
    """Numbers of business transactions of a type; of a CBV URN (8.5.2) the number that the party gave it."""
    found = [
        str(e.get("bizTransaction") or "")
        for e in _entries(event, "bizTransactionList")
        if _word(e.get("type")) == kind
    ]
    return [text.rpartition(":")[2] if text.startswith("urn:epcglobal:cbv:bt:") else text for text in found]


def _party(event: Event, name: str) -> str | None:
    for kind in ("owning_party", "possessing_party"):
        for entry in _entries(event, f"{name}List"):
            if _word(entry.get("type")) == kind and entry.get(name):
                return gln_of(str(entry[name]))
    return None


def _lines(event: Event) -> list[dict[str, str | None]]:
    """Classes with their quantities; instances are counted by class."""
    rows: list[dict[str, str | None]] = []
    for name in ("quantityList", "childQuantityList"):
        for entry in _entries(event, name):
            if entry.get("quantity") is not None:
                rows.append(
                    {
                        "item": class_of(str(entry.get("epcClass"))),
                        "quantity": f"{entry['quantity']} {entry.get('uom') or '-'}",
                    }
                )
    counts: dict[str, int] = {}
    for name in ("epcList", "childEPCs"):
        for epc in event.get(name) or []:
            counts[class_of(str(epc))] = counts.get(class_of(str(epc)), 0) + 1
    return rows + [{"item": item, "quantity": f"{count} -"} for item, count in sorted(counts.items())]


def _claims_json(source: Source) -> bool:
    value = source.json
    if not isinstance(value, dict) or not isinstance(kind := value.get("type"), str):
        return False
    return kind in _DOCUMENTS or (kind in _EVENTS and "eventTime" in value)


def _claims_xml(source: Source) -> bool:
    root = source.root
    return (
        root is not None
        and root.name in _DOCUMENTS
        and root.namespace.startswith(("urn:epcglobal:epcis:xsd:", "urn:epcglobal:epcis-query:xsd:"))
    )


register(
    Format("epcis", "GS1 EPCIS 2.0 JSON-LD (ISO/IEC 19987), CBV 2.0 event hash", _claims_json, read_json),
    Format("epcis", "GS1 EPCIS 2.0 XML, 1.x", _claims_xml, read_xml),
)
