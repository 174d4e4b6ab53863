"""Canonical JSON of policies and records (RFC 8785) and its digest.

Only what decisions hold: objects, arrays, texts, whole numbers, booleans, null. A float is refused: a decimal travels as text, so
that the number forms of RFC 8785 never matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from gateway.errors import UnreadableError

__all__ = ["canonical", "differences", "digest", "parse"]

_SAFE = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes. TypeError for what a document here never holds: floats, large numbers, other types."""
    names = _Names()
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        json.loads(text, parse_float=_no_float, parse_int=_safe, object_pairs_hook=names)
    except ValueError as error:
        raise TypeError(str(error)) from error
    # names sort by UTF-16 code units there and by code points here: the same for ASCII
    return (text if names.ascii else _text(value)).encode("utf-8")


class _Names:
    """Sees the names of every object of a text."""

    ascii = True

    def __call__(self, pairs: list[tuple[str, Any]]) -> None:
        if not "".join([name for name, _ in pairs]).isascii():
            self.ascii = False


def digest(value: Any) -> str:
    """0x and the SHA-256 of the canonical bytes."""
    return "0x" + sha256(canonical(value)).hexdigest()


def parse(data: bytes, schema: str, where: str) -> dict[str, Any]:
    """A JSON object of that schema. UnreadableError names `where` it came from and what it is instead."""
    try:
        body = json.loads(data.decode("utf-8-sig"), parse_float=_no_float)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("POLICY", f"{where} is no JSON that can be read: {error}") from error
    if not isinstance(body, dict) or body.get("schema") != schema:
        raise UnreadableError("POLICY", f'{where} must be a JSON object with "schema": "{schema}"')
    return body


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where two documents differ: (path, before, after), each at the deepest member that tells."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found = []
        for name in sorted({*before, *after}):
            found += differences(before.get(name), after.get(name), f"{path}.{name}" if path else name)
        return found
    if _list(before) and _list(after) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [one for at, (a, b) in pairs for one in differences(a, b, f"{path}[{at}]")]
    return [] if before == after else [(path, before, after)]


def _list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _safe(text: str) -> int:
    number = int(text)
    if abs(number) > _SAFE:
        raise ValueError(f"{text} is beyond the whole numbers of RFC 8785: give it as text")
    return number


def _no_float(text: str) -> Any:
    raise ValueError(f"{text}: a decimal is given as text, in quotes")


def _text(value: Any) -> str:
    """The same, names sorted by their UTF-16 code units."""
    if not isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    return "[" + ",".join(map(_text, value)) + "]"
