"""Numbers as people write them in tables: currencies, groups of thousands, parentheses, decimal points and commas.

`12,5` and `1.234,50` can be read in one way only; `1,234` can be read in two. Which mark a table means is found from
those that can be read in one way; where they disagree, or none is there and the table is one of Europe's (semicolons),
what could be either is left out. Nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["POINT", "UNCLEAR", "decimal_mark", "number"]

POINT, COMMA, UNCLEAR = ".", ",", "?"
_MONEY = re.compile(
    r"(\()?\s*([+-]?)(?:CNY|RMB|EUR|USD|[¥$€])?\s*([+-]?)([0-9.,]+)(-?)\s*(?:元|CNY|RMB|EUR|USD|€)?\s*(\))?"
)
_SPACED = re.compile(r"(?<=[0-9])[ '’](?=[0-9]{3}(?![0-9]))")
_MARKS = re.compile("[.,]")
_SWAPPED = str.maketrans(".,", ",.")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_PLAIN = re.compile(r"[0-9]*(?:\.[0-9]*)?")


def number(text: str, mark: str = POINT) -> str:
    """What the types read: `¥1,234.50` is 1234.50, `(5.00)` and `5.00-` are -5.00. Blank where it could be either of two
    numbers; what is none stays, to be told."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if (match := _matched(plain)) is None:
        return plain
    opening, *signs, digits, after, closing = match.groups()
    sign = "".join((*signs, after))
    if len(sign) + bool(opening) > 1 or bool(opening) != bool(closing):
        return plain
    if mark == UNCLEAR and not (mark := _shown(digits)):
        return ""
    swapped = digits.translate(_SWAPPED) if mark == COMMA else digits
    if _GROUPED.fullmatch(swapped):
        swapped = swapped.replace(",", "")
    return f"{'-' if opening else sign}{swapped}" if mark == POINT or _PLAIN.fullmatch(swapped) else plain


def decimal_mark(texts: Iterable[str], unknown: str = POINT) -> str:
    """The decimal mark of numbers that stand together; `unknown` where none of them shows one, unclear where they disagree."""
    found = {mark for text in texts if (mark := _shown_in(text))}
    return found.pop() if len(found) == 1 else UNCLEAR if found else unknown


def _shown_in(text: str) -> str:
    match = _matched(text)
    return _shown(match[4]) if match is not None and _MARKS.search(match[4]) else ""


def _matched(text: str) -> re.Match[str] | None:
    return _MONEY.fullmatch(_SPACED.sub("", unicodedata.normalize("NFKC", text).strip().upper()))


def _shown(digits: str) -> str:
    """The mark with which digits are a number and with the other one are none; blank for `1,234`, which is one with both."""
    if _EITHER.fullmatch(digits):
        return ""
    for mark, read in ((POINT, digits), (COMMA, digits.translate(_SWAPPED))):
        if _PLAIN.fullmatch(read) or _GROUPED.fullmatch(read):
            return mark
    return ""
