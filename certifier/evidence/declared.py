"""Plain JSON of ours among certified files of kind `other`: a routing, an announced stop, a register extract.

Recognised by the member `schema` of the certified bytes and nothing else; any other file declares nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from certifier.errors import MalformedDocumentError
from certifier.evidence.attributes import EXTRACT, Extract, extract
from certifier.evidence.routing import PLANNED_STOP, ROUTING, PlannedStop, Routing, planned_stop, routing

__all__ = ["MAX_BYTES", "Declaration", "declaration"]

MAX_BYTES = 1 << 20
Declaration = Routing | PlannedStop | Extract
_READERS: Mapping[str, Callable[[Mapping[str, Any]], Declaration]] = {
    ROUTING: routing,
    PLANNED_STOP: planned_stop,
    EXTRACT: extract,
}


def declaration(data: bytes) -> Declaration | None:
    """What the bytes declare; None where they name none of our schemas.

    Raises MalformedDocumentError where they name one and are not as it says, a member given twice included.
    """
    if len(data) > MAX_BYTES or not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        body = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    read = _READERS.get(body["schema"]) if isinstance(body.get("schema"), str) else None
    if read is None:
        return None
    if (twice := _twice(body)) is not None:
        raise MalformedDocumentError("DECLARATION_MALFORMED", f"the member {twice} is given twice")
    return read(body)


class _Twice(dict[str, Any]):
    """An object whose text gave a member twice."""

    member = ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    twice = _Twice(made)
    names = [name for name, _ in pairs]
    twice.member = next(name for name in names if names.count(name) > 1)
    return twice


def _twice(body: Any) -> str | None:
    """The name of a member given twice anywhere below."""
    if isinstance(body, _Twice):
        return body.member
    below = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return next((found for one in below if (found := _twice(one)) is not None), None)
