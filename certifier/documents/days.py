"""Days and times as people write them in tables: `2026/7/6`, `2026年7月6日 8:00`, `20260706`, and days before their year.

`13.07.2026` can be read in one way only, `03/04/2026` in two. Which comes first, day or month, is found from those that
can be read in one way; where they disagree, or none is there, the others are left out. Nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["UNKNOWN", "day_order", "moment"]

UNKNOWN = ""
"""Nothing says whether the day or the month comes first; else `dm` or `md`."""
_DAY = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<m>[0-9]{2})(?P<d>[0-9]{2})|[-/.](?P<m1>[0-9]{1,2})[-/.](?P<d1>[0-9]{1,2})"
    r"|\s*年\s*(?P<m2>[0-9]{1,2})\s*月\s*(?P<d2>[0-9]{1,2})\s*日?)(?P<rest>\Z|[\sT].*\Z)"
)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(\Z|[\sT].*\Z)")
_CLOCK = re.compile(
    r"\s*T?\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?\s*(Z|[+-][0-9]{2}:[0-9]{2})?\Z"
)


def day_order(texts: Iterable[str]) -> str:
    """Which of day and month comes first where the year comes last: `dm` or `md`."""
    found = set()
    for text in texts:
        if (match := _YEAR_LAST.match(_plain(text))) is not None:
            found |= {order for order, number in (("dm", match[1]), ("md", match[3])) if int(number) > 12}
    return found.pop() if len(found) == 1 else UNKNOWN


def moment(text: str, order: str = UNKNOWN) -> tuple[str, str] | None:
    """The date, and the clock behind it, blank where none is; None for anything else."""
    plain = _plain(text)
    if (match := _DAY.match(plain)) is not None:
        year, rest = match["y"], match["rest"]
        month, day = (match[n] or match[f"{n}1"] or match[f"{n}2"] for n in "md")
    elif order and (match := _YEAR_LAST.match(plain)) is not None:
        first, _, second, year, rest = match.groups()
        day, month = (first, second) if order == "dm" else (second, first)
    else:
        return None
    clock = _CLOCK.match(rest)
    if rest.strip() and clock is None:
        return None
    said = f"{clock[1]:0>2}:{clock[2]}:{clock[3] or '00'}{clock[4] or ''}{clock[5] or ''}" if clock else ""
    return f"{year}-{month:0>2}-{day:0>2}", said


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
