"""One fact, one form: the same facts under other prefixes, another order of siblings and unknown extensions."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from certifier.documents import read_bytes
from certifier.errors import DocumentError

from .helpers import SAMPLES, UNNUMBERED, XML_SAMPLES, read_sample, rewritten, sample, stated


@pytest.mark.parametrize("name", XML_SAMPLES)
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=12)
def test_spelling_does_not_matter(name: str, seed: int) -> None:
    before = read_sample(name)
    again = rewritten(sample(name), seed, repeats=before.format not in UNNUMBERED)
    assert stated(read_bytes(again)) == stated(before)


def test_spelling_does_not_matter_in_real_files(data_dir: Path) -> None:
    checked = 0
    for path in sorted(data_dir.rglob("*")):
        if not path.is_file() or path.stat().st_size > 500_000 or "epcis" in path.parts:
            continue
        data = path.read_bytes()
        try:
            before = read_bytes(data)
            again = (
                rewritten(data, checked, repeats=before.format not in UNNUMBERED) if before.facts else None
            )
        except (DocumentError, etree.XMLSyntaxError):
            continue
        if again is not None:
            assert stated(read_bytes(again)) == stated(before), path.name
            checked += 1
    assert checked > 25


@pytest.mark.parametrize("name", XML_SAMPLES)
def test_bom_and_line_ends_do_not_matter(name: str) -> None:
    data = sample(name).replace(b"\n", b"\r\n")
    assert stated(read_bytes(b"\xef\xbb\xbf" + data)) == stated(read_sample(name))


JSON_SAMPLES = sorted(p.name for p in SAMPLES.iterdir() if p.suffix in (".json", ".jsonld"))


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the members of its objects in another order, and members that nobody knows."""
    if isinstance(value, list):
        return [shuffled(entry, chance) for entry in value]
    if not isinstance(value, dict):
        return value
    members = [(key, shuffled(member, chance)) for key, member in value.items()] + [
        ("x-nobody", {"ID": "999"})
    ]
    return dict(chance.sample(members, len(members)))


@pytest.mark.parametrize("name", JSON_SAMPLES)
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=12)
def test_order_and_unknown_members_do_not_matter_in_json(name: str, seed: int) -> None:
    before = read_sample(name)
    again = read_bytes(json.dumps(shuffled(json.loads(sample(name)), random.Random(seed))).encode())
    assert (again.kind, again.format, again.facts) == (before.kind, before.format, before.facts)
