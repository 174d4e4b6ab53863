"""The published files are what the generator writes today, and what the specification fixes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from certifier.canonical import FieldType, is_canonical

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = [
    "canonical",
    "schemas",
    "keys",
    "trees",
    "batches",
    "fingerprints",
    "signers",
    "contents",
    "receipts",
]


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """scripts/vectors.py, which imports its neighbour."""
    sys.path.insert(0, str(ROOT / "scripts"))
    yield importlib.import_module("vectors")
    sys.path.remove(str(ROOT / "scripts"))


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_file_is_the_generated_one(name: str, generator: ModuleType) -> None:
    committed = (ROOT / "docs" / "vectors" / f"{name}.json").read_text()
    assert generator.text(name) == committed, "run: python scripts/vectors.py"


def test_every_published_file_is_generated_or_the_sealed_one(generator: ModuleType) -> None:
    published = {path.stem for path in (ROOT / "docs" / "vectors").glob("*.json")}
    assert published == set(generator.FILES) | {"hpke"} == {*NAMES, "hpke"}


def test_the_first_vectors_of_the_specification(vectors: Any) -> None:
    keys = vectors("keys")
    org = keys["organisations"]["CN-USCC:91500000MA5U0ABC12"]
    assert org == "0x43d31014e109dcd8cad0ede1b212af25df6bebbe523c07f7830d39cbe69569cd"
    salt = keys["salts"]["fingerprint.exact"]
    assert salt == "0xdedda98ab30846695c83f354b073c9b2b41ef24d061799f372ec16ae68d57a86"
    assert keys["content_key"] == "0x3621f663362dd94c6eee1132e392cc307751413344c3dc4ee9fc908233802ee7"


def test_coverage_that_the_specification_asks_for(vectors: Any) -> None:
    cases = vectors("canonical")["canonicalise"]
    assert set(cases) == {kind.value for kind in FieldType}
    assert all(len(listed) >= 10 for listed in cases.values())
    assert [len(tree["fields"]) for tree in vectors("trees")["trees"]] == [1, 2, 3, 5, 64]
    counts = [batch["count"] for batch in vectors("batches")["batches"]]
    assert counts == [*range(1, 131), 255, 256, 257, 1023, 1024, 1025]
    assert [one["size"] for one in vectors("contents")["contents"]] == [0, 2**20 - 1, 2**20, 2**20 + 1]


def test_spellings(vectors: Any) -> None:
    for case in vectors("canonical")["is_canonical"]:
        assert is_canonical(FieldType(case["type"]), case["text"]) is case["is_canonical"]
