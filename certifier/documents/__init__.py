"""Documents to facts: one guard, detection by content, one small module per format, worker processes.

Reads what a document states and never infers, corrects or validates against a schema (DESIGN, Documents and facts).
`docs/formats.md` lists the formats with the clauses they follow and shows how one is added.
"""

from __future__ import annotations

from certifier.documents.model import Document, Limits, Notice, Reading
from certifier.documents.reader import Reader, read_bytes, read_file
from certifier.documents.trace import Interval, Measured, Trace

__all__ = [
    "Document",
    "Interval",
    "Limits",
    "Measured",
    "Notice",
    "Reader",
    "Reading",
    "Trace",
    "read_bytes",
    "read_file",
]
