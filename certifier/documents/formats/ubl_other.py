"""Every other UBL 2.x document (freight invoice, transportation status, passport …): recognised, no facts, kind `other`."""

from __future__ import annotations

from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.ubl import is_other, opened


def read(source: Source) -> Document:
    """A document without facts; it must still be well-formed."""
    root, facts = opened(source, "other")
    name = root.tag.rpartition("}")[2]
    facts.warn("NO_FACTS", f"UBL {name} states none of our facts: certified by its bytes")
    return facts.document()


register(Format("ubl", "OASIS UBL 2.x, any other document: recognised, no facts", is_other, read))
