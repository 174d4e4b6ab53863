"""OPC UA PubSub messages in JSON (OPC 10000-14, 7.2.5; values as OPC 10000-6, 5.4.2), one, an array of them or one a line.

A network message names its publisher and holds messages of data sets: a device is a writer, by its name, else by publisher
and number. A value is plain, a variant (`UaType` and `Value`, or `Type` and `Body`) or a data value with a status and a
source timestamp, else the message's; a bad status is unavailable. Fields are understood by name, as elsewhere. Metadata and
other messages are recognised, kind `other`. Sequence numbers are a writer's own and restart: gaps are not stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from certifier.documents.facts import Facts
from certifier.documents.machine import UNAVAILABLE, At, MachineLog
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source

STANDARD = "OPC 10000-14"
_BAD = 1 << 31  # the severity bits of a status code (OPC 10000-4, 7.39)


def read(source: Source) -> Document:
    """The facts of the data messages in one file."""
    log, facts = MachineLog(), Facts("machine-data", "opc-ua", STANDARD, "application/json")
    for network in _networks(source.json):
        for message in _messages(network):
            device = _device(network, message)
            log.device(device)
            for name, stamp, value in _values(message):
                log.sample(device, name, At(0, 0, stamp), value)
    log.state_facts(facts)
    return facts.document()


def _networks(value: object) -> list[dict[str, Any]]:
    """The network messages in a file, of whatever sort."""
    items = value if isinstance(value, list) else [value]
    return [
        item for item in items if isinstance(item, dict) and str(item.get("MessageType")).startswith("ua-")
    ]


def _messages(network: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A network message's data; one of a single writer may stand without its list."""
    found = network.get("Messages")
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("Payload"), dict)]


def _device(network: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    if name := message.get("DataSetWriterName"):
        return str(name)
    parts = (network.get("PublisherId") or message.get("PublisherId"), message.get("DataSetWriterId"))
    return "/".join(str(part) for part in parts if part is not None)


def _values(message: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, time and value of each field; a structure is one value, of which only presence counts."""
    at, bad = str(message.get("Timestamp") or ""), _is_bad(message.get("Status"))
    for path, field in message["Payload"].items():
        name = path.rpartition("/")[2].rpartition(".")[2]
        if isinstance(field, dict) and field.keys() & {"Value", "Status", "SourceTimestamp", "Body"}:
            stamp = str(field.get("SourceTimestamp") or at)
            yield name, stamp, _text(_plain(field), lost=bad or _is_bad(field.get("Status")))
        else:
            yield name, at, _text(field, lost=bad)


def _text(value: Any, *, lost: bool) -> str:
    if lost or value is None:
        return UNAVAILABLE
    return "" if isinstance(value, (dict, list)) else str(value)


def _plain(field: Mapping[str, Any]) -> Any:
    """The value in a data value or a variant."""
    value = field.get("Value", field.get("Body"))
    return value["Body"] if isinstance(value, dict) and value.keys() == {"Type", "Body"} else value


def _is_bad(status: Any) -> bool:
    code = str(status.get("Code") if isinstance(status, dict) else status)
    return code.isdecimal() and len(code) < 20 and int(code) >= _BAD


def read_other(_: Source) -> Document:
    """Metadata, status or configuration of a publisher: no data."""
    notice = Notice("NO_FACTS", "an OPC UA message that holds no data sets: certified by its bytes")
    return Document("other", "opc-ua", STANDARD, "application/json", {}, (notice,))


register(
    Format(
        "opc-ua",
        "OPC UA PubSub JSON data messages (OPC 10000-14, 7.2.5)",
        lambda source: any(_messages(network) for network in _networks(source.json)),
        read,
    ),
    Format(
        "opc-ua",
        "OPC UA PubSub JSON, other messages: recognised, no facts",
        lambda source: bool(_networks(source.json)),
        read_other,
    ),
)
