"""One fact, one form: the same facts under other prefixes, another order of siblings and unknown extensions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from certifier.documents import read_bytes
from certifier.errors import DocumentError

from .helpers import UNNUMBERED, XML_SAMPLES, read_sample, rewritten, sample, stated


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
