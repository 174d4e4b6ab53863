"""MTConnect Streams as JSON (the reference agent's versions 1 and 2; one document, or one a line): the same in XML.

Version 1 writes lists of objects with one member, `[{"Execution": {…}}]`, version 2 objects of lists,
`{"Execution": [{…}]}`. Neither is a standard of its own; names and values are those of ANSI/MTC1.4, part 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from certifier.documents.registry import Format, Inner, register
from certifier.documents.source import Source
from certifier.documents.tree import Node

_ROOT = "MTConnectStreams"
_HEADER = ("instanceId", "testIndicator")
_DEVICE = ("uuid", "name")
_OBSERVATION = ("dataItemId", "timestamp", "sequence", "subType", "resetTriggered")
_CONTAINERS = ("Samples", "Events", "Condition")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(source: Source) -> Inner:
    """The pages in XML, one after the other."""
    pages = _pages(source)
    version = next((text for page in pages if (text := _text(page.get("schemaVersion")))), "")
    return Inner(
        b"\n".join(map(_page, pages)), "application/json", schema=f"MTConnect JSON {version}".strip()
    )


def _pages(source: Source) -> list[dict[str, object]]:
    """The documents of a file; none where one of them is something else."""
    value = source.json
    entries = value if isinstance(value, list) else [value]
    found = [entry.get(_ROOT) for entry in entries if isinstance(entry, dict)]
    pages = [page for page in found if isinstance(page, dict)]
    return pages if len(pages) == len(entries) else []


def _page(page: dict[str, object]) -> bytes:
    root = etree.Element(_ROOT)
    for _, header in _members({"Header": page.get("Header")}):
        _child(root, "Header", header, _HEADER)
    streams = etree.SubElement(root, "Streams")
    for name, device in _members(page.get("Streams")):
        if name == "DeviceStream":
            _device(_child(streams, name, device, _DEVICE), device)
    return etree.tostring(root)


def _device(stream: Node, device: dict[str, object]) -> None:
    wrapped = device.get("ComponentStreams", {"ComponentStream": device.get("ComponentStream")})
    for _, component in _members(wrapped):
        inner = etree.SubElement(stream, "ComponentStream")
        for container in _CONTAINERS:
            node = etree.SubElement(inner, container)
            for name, observation in _members(component.get(container)):
                safe = name if _NAME.match(name) else "Observation"
                _child(node, safe, observation, _OBSERVATION).text = _text(observation.get("value"))


def _members(value: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Name and object of what either version lists."""
    for entry in value if isinstance(value, list) else [value]:
        for name, found in entry.items() if isinstance(entry, dict) else ():
            for one in found if isinstance(found, list) else [found]:
                if isinstance(one, dict):
                    yield name, one


def _child(parent: Node, name: str, value: dict[str, object], attributes: tuple[str, ...]) -> Node:
    stated = {key: text for key in attributes if (text := _text(value.get(key))) is not None}
    return etree.SubElement(parent, name, stated)


def _text(value: object) -> str | None:
    """A string, number or truth value as XML writes it; None for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return _NOT_XML.sub("\ufffd", value) if isinstance(value, str) else None


register(
    Format(
        "mtconnect-streams",
        "MTConnect Streams as JSON (reference agent, versions 1 and 2)",
        lambda source: bool(_pages(source)),
        read,
    )
)
