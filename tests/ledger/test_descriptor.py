"""The descriptor: strict both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.descriptor import CONTRACTS, Descriptor
from ledger.errors import DescriptorError

_SOUND = Descriptor(
    chain_id=5_000_000_000,
    genesis=b"\x01" * 32,
    contracts={name: "0x" + f"{i:02x}" * 20 for i, name in enumerate(CONTRACTS)},
    code_hashes={name: bytes([i]) * 32 for i, name in enumerate(CONTRACTS)},
    confirmations=3,
    fingerprint_key=b"\x02" * 32,
)


def test_a_descriptor_comes_back(tmp_path: Path) -> None:
    _SOUND.save(tmp_path / "ledger.json")
    assert Descriptor.load(tmp_path / "ledger.json") == _SOUND
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "assetcert/ledger/2"},
        {"extra": 1},
        {"chain_id": "5"},
        {"chain_id": True},
        {"chain_id": 1337},
        {"chain_id": 31337},
        {"confirmations": -1},
        {"genesis": "0x01"},
        {"genesis": None},
        {"contracts": {}},
        {"contracts": dict.fromkeys(CONTRACTS, "0x" + "AB" * 20)},
        {"contracts": dict.fromkeys(CONTRACTS, 7)},
        {"code_hashes": dict.fromkeys(CONTRACTS, "0x00")},
        {"fingerprint_key": "key"},
        {"contracts": []},
    ],
)
def test_unsound_descriptors_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DescriptorError):
        Descriptor.from_json(json.dumps(json.loads(_SOUND.to_json()) | change))


@pytest.mark.parametrize("text", ["", "[]", "null", "5", "{}", "[" * 100_000])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(DescriptorError):
        Descriptor.from_json(text)


def test_the_file_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match=r"ledger\.json: cannot be read"):
        Descriptor.load(tmp_path / "ledger.json")
    (tmp_path / "ledger.json").write_text("{}")
    with pytest.raises(DescriptorError, match=r"ledger\.json: not a ledger descriptor"):
        Descriptor.load(tmp_path / "ledger.json")
