"""Fuzzing of the document readers, a target per format: `python -m scripts.fuzz FORMAT --minutes 10`.

Whatever is read, only DocumentError may come out, in bounded time and memory, and the same facts every time. Seeds are
our own samples; the mutators know bytes, XML, JSON, CBOR, archives and lines. Not coverage-guided.
"""

from __future__ import annotations

__all__: list[str] = []
