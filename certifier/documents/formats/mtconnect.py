"""MTConnect Streams (ANSI/MTC1.4, parts 1 and 3; any 1.x or 2.x namespace, or none), also inside multipart.

Streamed: memory does not grow with the file. `sample` pages that continue each other are one log; a sequence number
that is missing and an `instanceId` that changes are breaks in the evidence, counted in `gaps`. MTConnect Devices and
Assets documents are recognised and state no production: kind `other`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from certifier.documents.facts import Facts
from certifier.documents.machine import UNAVAILABLE, At, Device, MachineLog, Sequences, previous_log
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import parse
from certifier.errors import MalformedDocumentError, RefusedDocumentError

CHUNK = 1 << 18
BATCH = 4096
_MULTIPART = re.compile(rb"\A\s*--([^\r\n]{1,200})\r?\n(?:[A-Za-z-]+:[^\r\n]*\r?\n)+\r?\n")
_LENGTH = re.compile(rb"content-length:\s*([0-9]{1,12})\s*\Z", re.IGNORECASE)
_EXPAT = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1"})
_NEVER = 1 << 30
_CONTAINERS = frozenset({"Samples", "Events", "Condition"})


class _Log(MachineLog):
    """A log in pages: which agent instance speaks, and in which namespace."""

    run = 0
    instance: str | None = None
    namespace = ""

    def __init__(self) -> None:
        super().__init__()
        self.unavailable_numbers: dict[int, Sequences] = {}

    def header(self, instance: str | None) -> None:
        """A page begins. Another instance means that the agent restarted: its numbers start anew."""
        if instance is not None and self.instance not in (None, instance):
            self.breaks += 1
            self.run += 1
        self.instance = instance or self.instance


class _Page:
    """One MTConnectStreams document, parsed by expat into the log."""

    def __init__(self, log: _Log, max_depth: int) -> None:
        self.log = log
        self._depth = 0
        self._max_depth = max_depth
        self._observation_depth = _NEVER
        self._device = ""
        self._state: Device | None = None
        self._times: list[str] = []
        self._numbers: list[str] = []
        self._open = False
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append
        self.parser.CommentHandler = self._comment
        self.parser.EntityDeclHandler = _refuse_entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        self._text.clear()
        if depth != self._observation_depth:
            self._structure(name, attributes, depth)
        elif "dataItemId" in attributes and "timestamp" in attributes:
            self._times.append(attributes["timestamp"])
            self._numbers.append(attributes.get("sequence", "-"))
            self._attributes = attributes
            self._open = True

    def _comment(self, text: str) -> None:
        self.log.previous = self.log.previous or previous_log(text)

    def _structure(self, name: str, attributes: dict[str, str], depth: int) -> None:
        if depth > self._max_depth:
            raise RefusedDocumentError(
                "TOO_DEEP", f"MTConnect, line {self.parser.CurrentLineNumber}: elements are nested too deep"
            )
        space, _, local = name.rpartition(" ")
        if depth == 1:
            self.log.namespace = space
        elif space != self.log.namespace:
            return
        elif local in _CONTAINERS and self._state is not None:
            self._observation_depth = depth + 1
        elif local == "DeviceStream":
            self._device = attributes.get("uuid") or attributes.get("name") or ""
            self._state = self.log.device(self._device)
        elif local == "Header":
            self.log.header(attributes.get("instanceId"))

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth == self._observation_depth:
            if self._open:
                self._open = False
                if (
                    self._of_interest(name)
                    or (self._text and UNAVAILABLE in self._text[0])
                    or len(self._text) > 1
                ):
                    self._close(name)
        elif depth == self._observation_depth - 1:
            self._observation_depth = _NEVER
            self._flush()
        elif self._state is not None and name.endswith("DeviceStream"):
            self._state = None

    def _of_interest(self, name: str) -> bool:
        """Whether an observation is more than a value to count; full batches are added up on the way."""
        if len(self._times) >= BATCH:
            self._flush()
        return name.endswith(("Execution", "PartCount", "Unavailable"))

    def _flush(self) -> None:
        """Add up the observations since the last flush: times, sequence numbers, counts."""
        log, device = self.log, self._state
        if not self._times or device is None:
            return
        log.alive(self._device, log.run, log.times(self._times))
        numbers = _whole(self._numbers)
        repeats = log.sequences.setdefault(log.run, Sequences()).update(numbers)
        log.repeats += repeats
        log.observations += len(self._times) - repeats
        if numbers:
            device.first_sequence = (
                min(numbers) if device.first_sequence is None else min(*numbers, device.first_sequence)
            )
            device.last_sequence = (
                max(numbers) if device.last_sequence is None else max(*numbers, device.last_sequence)
            )
        self._times.clear()
        self._numbers.clear()

    def _close(self, name: str) -> None:
        value = "".join(self._text).strip()
        if value == UNAVAILABLE or name.endswith("Unavailable"):
            self._unavailable()
        if name.endswith(("Execution", "PartCount")):
            self._event(name, value)

    def _unavailable(self) -> None:
        number = self._number()
        seen = self.log.unavailable_numbers.setdefault(self.log.run, Sequences())
        self.log.unavailable += 1 if number == 0 else 1 - seen.update([number])

    def _number(self) -> int:
        text = self._attributes.get("sequence", "")
        return int(text) if text.isdecimal() and len(text) < 20 else 0

    def _event(self, name: str, value: str) -> None:
        log, attributes = self.log, self._attributes
        space, _, local = name.rpartition(" ")
        if space != log.namespace:
            return
        item, at = attributes["dataItemId"], At(log.run, self._number(), attributes["timestamp"])
        if local == "Execution":
            log.state(self._device, item, at, value)
        elif local == "PartCount":
            sub_type = attributes.get("subType", "").rpartition(":")[2].upper()
            log.counter(
                self._device, item, at, value, sub_type=sub_type, reset="resetTriggered" in attributes
            )


def _whole(texts: list[str]) -> list[int]:
    """The whole numbers among texts; in the usual case, all of them, at once."""
    if max(map(len, texts)) < 20 and "".join(texts).isdecimal():
        return list(map(int, texts))
    return [int(text) for text in texts if text.isdecimal() and len(text) < 20]


def _refuse_entity(*_: object) -> None:
    raise RefusedDocumentError(
        "ENTITY_DECLARED", "MTConnect: the document type declares entities: remove them"
    )


def read(source: Source) -> Document:
    """The facts of one log: a document, or the pages of a multipart answer."""
    log = _Log()
    multipart = source.root is None
    for chunks in _parts(source.open()) if multipart else [_chunks(source)]:
        _feed(_Page(log, source.limits.max_depth), chunks)
    media_type = "multipart/x-mixed-replace" if multipart else "application/xml"
    facts = Facts("machine-data", "mtconnect-streams", log.namespace or None, media_type)
    log.state_facts(facts)
    return facts.document()


def _feed(page: _Page, chunks: Iterator[bytes] | Iterator[bytes | str]) -> None:
    try:
        for chunk in chunks:
            page.parser.Parse(chunk, False)
        page.parser.Parse(b"", True)
    except expat.ExpatError as e:
        raise MalformedDocumentError(
            "XML_SYNTAX",
            f"MTConnect, line {e.lineno}: {expat.ErrorString(e.code)}; the file is damaged or cut off: export it again",
        ) from e
    except (ValueError, LookupError) as e:  # an encoding that expat cannot read
        raise MalformedDocumentError("ENCODING", f"MTConnect: {e}; save it as UTF-8") from e


def _chunks(source: Source) -> Iterator[bytes | str]:
    """The document piece by piece; as text where expat does not know its encoding (GBK, Big5 …)."""
    encoding = source.root.encoding if source.root is not None else "utf-8"
    decoder = None if encoding in _EXPAT else codecs.getincrementaldecoder(encoding)()
    stream = source.open()
    while chunk := stream.read(CHUNK):
        yield chunk if decoder is None else decoder.decode(chunk)


def _parts(stream: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The bodies of a multipart/x-mixed-replace answer (RFC 2046, 5.1; MTConnect part 1, streaming)."""
    boundary = b""
    while line := stream.readline(CHUNK):
        text = line.strip()
        if not text or (boundary and text == boundary + b"--"):
            continue
        if not boundary and text.startswith(b"--"):
            boundary = text
        if text == boundary:
            yield _body(stream, boundary)
        else:
            raise MalformedDocumentError(
                "MULTIPART", "MTConnect: text between the parts of a multipart answer; save it again"
            )


def _body(stream: BinaryIO, boundary: bytes) -> Iterator[bytes]:
    left: int | None = None
    while header := stream.readline(CHUNK).strip():
        if match := _LENGTH.match(header):
            left = int(match[1])
    while left is None or left > 0:
        before = stream.tell()
        chunk = stream.readline(CHUNK) if left is None else stream.read(min(CHUNK, left))
        if not chunk:
            return
        if left is None and chunk.rstrip() in (boundary, boundary + b"--"):
            stream.seek(before)
            return
        left = None if left is None else left - len(chunk)
        yield chunk


def _claims(source: Source) -> bool:
    if source.root is not None:
        return source.root.name == "MTConnectStreams"
    return b"MTConnectStreams" in source.head and _MULTIPART.match(source.head) is not None


def _is_model(source: Source) -> bool:
    return source.root is not None and source.root.name in ("MTConnectDevices", "MTConnectAssets")


def read_model(source: Source) -> Document:
    """A Devices or Assets document: what a machine is, not what it did."""
    parse(source.data, "MTConnect", source.limits)
    assert source.root is not None
    what = source.root.name.removeprefix("MTConnect").lower()
    notice = Notice(
        "NO_FACTS",
        f"an MTConnect {what} document describes equipment and states no production: certified by its bytes",
    )
    namespace = source.root.namespace or None
    return Document("other", f"mtconnect-{what}", namespace, "application/xml", {}, (notice,))


register(
    Format("mtconnect-streams", "MTConnect Part 1 (Streams), Part 3; any version", _claims, read),
    Format(
        "mtconnect-devices",
        "MTConnect Part 2 (Devices), Part 4 (Assets): recognised, no facts",
        _is_model,
        read_model,
    ),
)
