"""A multipart form (RFC 7578) read as it comes: files straight into the spool, texts bounded, nothing held in memory.

For addresses that take many or large files. What had come of a request that breaks off is removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gateway.errors import UnreadableError, UsageError
from gateway.jobs.spool import Spool, SpooledFile, Writing

__all__ = ["Form", "read_form"]

_MAX_TEXT = 64 * 1024
_MAX_TEXTS = 200
_MAX_NAME = 255


@dataclass
class Form:
    """What a form said: texts by name, files in order."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: list[SpooledFile] = field(default_factory=list)


async def read_form(request: Request, spool: Spool, max_files: int) -> Form:
    """The form of a request, its files in the spool, not yet settled. HTTPException 415 for anything else; UnreadableError, TooLargeError."""
    media, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if media != b"multipart/form-data" or not boundary:
        raise HTTPException(
            415, "send the files as multipart/form-data, or a JSON document that names uploads"
        )
    reading = _Reading(spool, max_files)
    try:
        parser = MultipartParser(boundary, reading.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
        if not reading.ended:
            raise UnreadableError("BROKEN_FORM", "the form ends in the middle: send it again")
    except ClientDisconnect as error:
        reading.give_up()
        raise UnreadableError("GONE", "the sender went away before its form had come whole") from error
    except MultipartParseError as error:
        reading.give_up()
        raise UnreadableError("BROKEN_FORM", f"the form cannot be read: {error}") from error
    except BaseException:
        reading.give_up()
        raise
    return reading.form


class _Reading:
    """The parser's events, in order: for each part its headers, then its data."""

    def __init__(self, spool: Spool, max_files: int) -> None:
        self.form = Form()
        self.ended = False
        self._spool = spool
        self._max_files = max_files
        self._header = [bytearray(), bytearray()]
        self._options: dict[bytes, bytes] = {}
        self._writing: Writing | None = None
        self._text = bytearray()
        self._texts = 0

    def callbacks(self) -> Any:
        """What the parser calls."""
        simple: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_end": self._finish,
        }
        return simple

    def give_up(self) -> None:
        """Nothing that has come stays."""
        if self._writing is not None:
            self._writing.give_up()
        self._spool.drop(file.id for file in self.form.files)

    def _begin(self) -> None:
        self._options = {}
        self._text.clear()

    def _header_end(self) -> None:
        if bytes(self._header[0]).lower() == b"content-disposition":
            _, self._options = parse_options_header(bytes(self._header[1]))
        for part in self._header:
            part.clear()

    def _headers_finished(self) -> None:
        if b"name" not in self._options:
            raise UnreadableError("BROKEN_FORM", "a part of the form has no name")
        if b"filename" in self._options:
            if len(self.form.files) == self._max_files:
                raise UsageError(
                    "TOO_MANY_FILES", f"at most {self._max_files:,} files at once: send the rest after them"
                )
            self._writing = self._spool.begin(_file_name(self._options[b"filename"]))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._writing is not None:
            self._writing.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_TEXT:
            raise UsageError("TOO_LONG", f"a text of the form is longer than {_MAX_TEXT:,} bytes")

    def _end(self) -> None:
        if self._writing is not None:
            file, self._writing = self._writing.done(), None
            self.form.files.append(file)
            return
        self._texts += 1
        if self._texts > _MAX_TEXTS:
            raise UsageError("TOO_MANY_FIELDS", f"the form has more than {_MAX_TEXTS} texts")
        try:
            name, text = self._options[b"name"].decode(), self._text.decode()
        except UnicodeDecodeError as error:
            raise UnreadableError("BROKEN_FORM", "a text of the form is not UTF-8") from error
        self.form.texts.setdefault(name, []).append(text)

    def _finish(self) -> None:
        self.ended = True


def _file_name(raw: bytes) -> str:
    """What people call the file: its last component, printable, bounded."""
    name = raw.decode("utf-8", "replace").replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return shown[:_MAX_NAME] or "unnamed"
