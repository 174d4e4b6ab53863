"""MTConnect Streams as JSON, in both of the reference agent's versions, one document or one a line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from certifier.documents import read_bytes

from .helpers import read_sample, sample


@pytest.mark.parametrize("version", [1, 2])
def test_json_says_what_xml_says(version: int) -> None:
    found, plain = read_sample(f"machine.mtconnect-{version}.json"), read_sample("machine.xml")
    assert (found.kind, found.format, found.schema) == (
        "machine-data",
        "mtconnect-streams",
        "MTConnect JSON 2.0",
    )
    assert (found.facts, found.trace, found.warnings) == (plain.facts, plain.trace, ())
    assert found.media_type == "application/json"


def test_pages_one_a_line_are_one_log() -> None:
    line = json.dumps(json.loads(sample("machine.mtconnect-2.json")))
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
