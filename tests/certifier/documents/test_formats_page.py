"""docs/formats.md: its table names every format, and its example of a new format works as printed."""

from __future__ import annotations

import re
from pathlib import Path

from certifier.documents.model import DEFAULT_LIMITS, Document
from certifier.documents.registry import registered
from certifier.documents.source import Source

PAGE = (Path(__file__).resolve().parents[3] / "docs/formats.md").read_text(encoding="utf-8")


def test_every_format_stands_in_the_table() -> None:
    words = set(re.findall(r"`([a-z0-9-]+)`", PAGE.partition("## What a reader promises")[0]))
    missing = {f.name for f in registered()} - words - {"mtconnect-devices", "ofd", "pdf"}
    assert not missing
    assert all(f.standard for f in registered())


def test_the_example_works() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    module: dict[str, object] = {}
    exec(code[1].replace("register(Format(", "claimed = (Format("), module)
    ticket = b'<tickets xmlns="urn:example:weighbridge:1"><ticket><no>7</no><day>2026-07-11</day></ticket><load><no>1</no><good>bar</good><net>12</net></load></tickets>'
    document = module["read"](Source.of_bytes(ticket, DEFAULT_LIMITS))  # type: ignore[operator]
    assert isinstance(document, Document)
    assert document.facts == {
        "issue_date": "2026-07-11",
        "line.0001.item": "bar",
        "line.0001.quantity": "12 KGM",
        "lines": "1",
        "number": "7",
    }
