"""MTConnect Streams as JSON, in both of the reference agent's versions, one document or one a line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from certifier.documents import read_bytes

from .helpers import read_sample, sample


def one(page: Any) -> dict[str, Any]:
    """Version 1: lists of objects with one member."""
    children = [{_local(child): one(child)} for child in page]
    found: dict[str, Any] = {str(k): int(v) if k == "sequence" else v for k, v in page.attrib.items()}
    for child in page:
        if _local(child) == "DeviceStream":
            found[_local(child)] = children
        elif _local(child) == "ComponentStream":
            found.setdefault("ComponentStreams", []).append({"ComponentStream": one(child)})
        elif _local(child) in ("Samples", "Events", "Condition"):
            found[_local(child)] = [{_local(o): one(o)} for o in child]
    return found | ({"value": page.text} if not len(page) and page.text else {})


def two(page: Any) -> dict[str, Any]:
    """Version 2: objects of lists."""
    found: dict[str, Any] = {str(k): v for k, v in page.attrib.items()}
    for child in page:
        if _local(child) in ("Samples", "Events", "Condition"):
            found[_local(child)] = two(child)
        else:
            found.setdefault(_local(child), []).append(two(child))
    return found | ({"value": page.text} if not len(page) and page.text else {})


def _local(node: Any) -> str:
    return str(etree.QName(node).localname)


def document(version: int) -> dict[str, Any]:
    root = etree.fromstring(sample("machine.xml"), etree.XMLParser(remove_comments=True))
    header, streams = root
    inner = one(streams)["DeviceStream"] if version == 1 else two(streams)
    head = {**header.attrib, "instanceId": 1783300000, "testIndicator": False}
    return {
        "MTConnectStreams": {
            "jsonVersion": version,
            "schemaVersion": "2.0",
            "Header": head,
            "Streams": inner,
        }
    }


@pytest.mark.parametrize("version", [1, 2])
def test_json_says_what_xml_says(version: int) -> None:
    found, plain = read_bytes(json.dumps(document(version)).encode()), read_sample("machine.xml")
    assert (found.kind, found.format, found.schema) == (
        "machine-data",
        "mtconnect-streams",
        "MTConnect JSON 2.0",
    )
    assert (found.facts, found.trace, found.warnings) == (plain.facts, plain.trace, ())
    assert found.media_type == "application/json"


def test_pages_one_a_line_are_one_log() -> None:
    line = json.dumps(document(2))
    found = read_bytes(f"{line}\n{line}\n".encode())
    assert found.facts == read_sample("machine.xml").facts
    assert [w.code for w in found.warnings] == ["REPEATED_SEQUENCE"]


@pytest.mark.parametrize("body", [
    {"Streams": None},
    {"Streams": {"DeviceStream": [7, {"uuid": "u\x00", "ComponentStream": [{"Events": {"x:y": [{"value": {"a": 1}, "dataItemId": "d", "timestamp": []}]}}]}]}},
    {"Header": [{"instanceId": {}}], "Streams": [[{"DeviceStream": 1}]]},
])  # fmt: skip
def test_members_of_another_sort_state_nothing(body: dict[str, Any]) -> None:
    found = read_bytes(json.dumps({"MTConnectStreams": body}).encode())
    assert (found.kind, found.facts["observations"]) == ("machine-data", "0")
