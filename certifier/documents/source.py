"""One file as the readers see it: its bytes, and cheap, cached looks at them that detection asks for.

Opening a `Source` runs the guard (`certifier.documents.guard`); nothing here parses a whole document, and nothing
looks at the file's name.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zipfile import ZipFile

from certifier.documents import guard
from certifier.documents.model import Limits
from certifier.documents.prolog import Root, read_root
from certifier.errors import MalformedDocumentError

if TYPE_CHECKING:
    from certifier.documents.profile import Profile

__all__ = ["Source", "Text", "decode", "need_text", "text_encoding"]

HEAD = 64 * 1024
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0e\x10-\x13\x15-\x1f]"
)  # in binary files; 0F and 14 separate in AQDEF
_HIGH = re.compile(rb"[\x80-\xff]+")
_JSON_START = re.compile(rb"\A(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")


@dataclass(frozen=True)
class Text:
    """A file as text, and the name of the encoding that it was found to be in."""

    value: str
    encoding: str


class Source:
    """Bytes in memory, or a file that is read piece by piece. Raises DocumentError where the guard refuses."""

    profiles: Sequence[Profile] = ()
    """Declared profiles that the caller trusts to read tables by."""

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self._stream = stream
        self.size = size
        self.limits = limits
        guard.check_size(size, limits)
        self.head = self._stream.read(HEAD)
        guard.check_magic(self.head)
        self.root: Root | None = self._root()
        self.archive: ZipFile | None = guard.open_archive(self.open, self.head, limits)

    @classmethod
    def of_bytes(cls, data: bytes, limits: Limits) -> Source:
        """A source over bytes that are already here."""
        source = cls(io.BytesIO(data), len(data), limits)
        source.__dict__["data"] = data
        return source

    @classmethod
    def of_file(cls, path: Path, limits: Limits) -> Source:
        """A source over a file, which is closed by `close`."""
        size = guard.file_size(path)
        return cls(path.open("rb"), size, limits)

    def close(self) -> None:
        """Release the file. The cached looks stay."""
        self._stream.close()

    def open(self) -> BinaryIO:
        """The bytes from the start, for a reader that streams."""
        self._stream.seek(0)
        return self._stream

    @cached_property
    def tag(self) -> str:
        """The root element's name as parsers write it, `{namespace}name`; empty where this is no XML."""
        return "" if self.root is None else f"{{{self.root.namespace}}}{self.root.name}"

    @cached_property
    def data(self) -> bytes:
        """All bytes; for formats whose documents are small."""
        return self.open().read()

    def _root(self) -> Root | None:
        root = read_root(self.head)
        if (
            root is None
            and len(self.head) == HEAD
            and self.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        ):
            root = read_root(self.open().read(1 << 20))
        return root

    @cached_property
    def json(self) -> object:
        """The parsed JSON value, of JSON Lines their list; None where it is neither. Too deep nesting is refused."""
        if not _JSON_START.match(self.head) or text_encoding(self.head) is None:
            return None
        guard.check_nesting(self.data, self.limits)
        try:
            value = _parsed(self.data)
        except ValueError:
            return None
        guard.check_depth(value, self.limits)
        return value

    @cached_property
    def text(self) -> Text | None:
        """The file as text (UTF-8, UTF-16, GB18030 or Windows-1252), or None where it is not text."""
        return decode(self.data)

    @cached_property
    def head_text(self) -> str:
        """The first characters as text, for detection; empty where the file is binary."""
        encoding = text_encoding(self.head)
        return self.head.decode(encoding, "replace").lstrip("\ufeff") if encoding else ""


def _parsed(data: bytes) -> object:
    """A JSON document, or several objects, one a line (what a broker's subscriber writes down)."""
    read = partial(json.loads, parse_float=str, parse_int=str, parse_constant=_no_constant)
    first, _, rest = data.strip().partition(b"\n")
    if not (first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")):
        value: object = read(data)
        return value
    return [read(line) for line in data.splitlines() if line.strip()]


def _no_constant(name: str) -> object:
    raise ValueError(name)


def text_encoding(head: bytes) -> str | None:
    """The encoding of text that begins with `head`: by its mark, by UTF-16's zero bytes, else UTF-8, else eight bits."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = head[:2048]
    if len(sample) >= 4:
        for encoding, zeros, letters in (
            ("utf-16-le", sample[1::2], sample[::2]),
            ("utf-16-be", sample[::2], sample[1::2]),
        ):
            if zeros.count(0) > len(zeros) * 0.6 and letters.count(0) == 0:
                return encoding
    if 0 in sample:
        return None
    for encoding in _of_bytes(head):
        try:
            head[:-4].decode(encoding) if len(head) == HEAD else head.decode(encoding)
        except UnicodeDecodeError as e:
            if e.start > len(head) - 16 and len(head) == HEAD:
                return encoding
            continue
        return encoding
    return None


def _of_bytes(head: bytes) -> Iterator[str]:
    yield "utf-8"
    yield _eight_bits(head)


def _eight_bits(head: bytes) -> str:
    """GB18030 or Windows-1252, for text that is not UTF-8: Chinese comes in pairs of high bytes, umlauts stand alone."""
    runs = _HIGH.findall(head)
    if _CONTROL.search(head):
        return "gb18030"
    return "cp1252" if sum(len(run) % 2 for run in runs) * 2 > len(runs) else "gb18030"


def decode(data: bytes) -> Text | None:
    """`data` as text in the encoding that it is found to be in; None for binary data."""
    encoding = text_encoding(data[:HEAD])
    if encoding is None:
        return None
    for name in dict.fromkeys((encoding, _eight_bits(data))):
        try:
            return Text(data.decode(name).lstrip("\ufeff"), name)
        except UnicodeDecodeError:
            continue
    return None


def need_text(source: Source, format_: str) -> str:
    """The text of a source that a text format claimed. Raises MalformedDocumentError where it is not text."""
    text = source.text
    if text is None:
        raise MalformedDocumentError(
            "ENCODING",
            f"{format_}: the file is not UTF-8, UTF-16, GB18030 or Windows-1252 text throughout; save it as UTF-8",
        )
    return text.value
