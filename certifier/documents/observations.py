"""Observations of an MTConnect log that are written plainly, found by regular expressions instead of a parser's events.

Nearly all of a log are flat elements with attributes in double quotes and a word or number between their tags. For a run
of those, in ASCII and without references, comments or CDATA, one expression says how far it goes and others take out
what counts. Whatever is written in another way stays for the parser: nothing here is a parser of XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Plain", "plain_run"]

_RUN = re.compile(
    rb"""(?:\s*+<([A-Za-z][A-Za-z0-9_]*+)(?:[ ][A-Za-z][A-Za-z0-9_]*+="[^"<>&\x00-\x1f\x7f-\xff]*+")*+"""
    rb"""(?:/>|>[^"<>&\x00-\x08\x0b-\x1f\x7f-\xff]*+</\1>))++"""
)
_TIME = re.compile(r' timestamp="([^"]*)"')
_NUMBER = re.compile(r' sequence="([^"]*)"')
_SPECIAL = ("<Execution ", "<PartCount ", "<Unavailable ", "UNAVAILABLE")
_ELEMENT = re.compile(r"<([A-Za-z0-9_]+)([^>]*?)(?:/>|>([^<]*)<)")
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9_]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Plain:
    """One run: where it ends, times and sequence numbers as texts (`-` where none is stated), and the run itself.

    `sound` is False where an element lacks its time or its item, so that they cannot be told apart this way.
    """

    end: int
    sound: bool
    times: list[str]
    numbers: list[str]
    text: str

    def special(self) -> Iterator[tuple[str, dict[str, str], str]]:
        """Name, attributes and value of the observations that are more than a value to count."""
        for start in sorted(
            {self.text.rindex("<", 0, at + 1) for word in _SPECIAL for at in self._places(word)}
        ):
            if (found := _ELEMENT.match(self.text, start)) is not None:
                yield found[1], dict(_ATTRIBUTE.findall(found[2])), (found[3] or "").strip()

    def _places(self, word: str) -> Iterator[int]:
        at = self.text.find(word)
        while at >= 0:
            yield at
            at = self.text.find(word, at + 1)


def plain_run(data: bytes, start: int) -> Plain | None:
    """The observations that stand plainly at `start`; None where the first of them does not."""
    match = _RUN.match(data, start)
    if match is None:
        return None
    text = match[0].decode("ascii")
    count = text.count("<") - text.count("</")
    times, numbers = _TIME.findall(text), _NUMBER.findall(text)
    sound = len(times) == text.count(' dataItemId="') == count and len(numbers) in (0, count)
    return Plain(match.end(), sound, times, numbers or ["-"] * count, text)
