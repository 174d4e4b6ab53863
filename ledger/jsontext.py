"""JSON that was written by somebody else: parsed, or a ValueError, however deep it is nested.

The standard parser recurses in C up to Python's recursion limit, and some libraries (py_ecc, which comes
with eth-account and eth-keyfile) raise that limit so far that nested brackets end the process. So depth
is bounded here.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["loads"]

_NO_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_LEVELS = 20
_LEFT_OVER = 500  # brackets inside of strings


def loads(text: bytes | str, **hooks: Any) -> Any:
    """The value; `hooks` are `json.loads`'s own. Raises ValueError for anything that is not JSON, not UTF-8, or
    nested beyond some hundred levels.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    brackets = raw.translate(None, _NO_BRACKETS)
    for _ in range(_LEVELS):  # takes the innermost level away
        if len(brackets) <= _LEFT_OVER:
            break
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if len(brackets) > _LEFT_OVER:
        raise ValueError("nested too deep, or brackets without their partners")
    try:
        return json.loads(raw, **hooks)
    except RecursionError as e:
        raise ValueError("nested too deep") from e
