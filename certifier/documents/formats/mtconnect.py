"""MTConnect Streams (ANSI/MTC1.4, parts 1 and 3; any 1.x or 2.x namespace, or none), also inside multipart.

Streamed: memory does not grow with the file. `sample` pages that continue each other are one log; a sequence number
that is missing and an `instanceId` that changes are breaks in the evidence, counted in `gaps`. What an agent in test mode
says happened nowhere: kind `other`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

from certifier.documents.facts import Facts
from certifier.documents.machine import UNAVAILABLE, At, Device, MachineLog, Sequences, previous_log
from certifier.documents.model import Document
from certifier.documents.multipart import is_multipart, parts
from certifier.documents.observations import Plain, plain_run
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.errors import MalformedDocumentError, RefusedDocumentError

CHUNK = 1 << 18
_EXPAT = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1"})
_NEVER = 1 << 30
_ANOTHER = (
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT],
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI],
)
_CONTAINERS = frozenset({"Samples", "Events", "Condition"})
_CONTAINER_TAG = re.compile(rb"<(?:Samples|Events|Condition)(?:\s[^<>]*+)?>")


class _Log(MachineLog):
    """A log in pages: which agent instance speaks, and in which namespace."""

    run = 0
    test = False
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
    """One MTConnectStreams document, parsed by expat into the log; runs of plain observations are taken past it.

    Most elements of a log are observations of which only time, number and presence count: `_handlers` keeps to what
    these need, everything else is a method. Between two observations, and only where expat has nothing pending there,
    `plain_run` says what can be read at once; expat never sees that.
    """

    def __init__(self, log: _Log, max_depth: int) -> None:
        self.log = log
        self._max_depth = max_depth
        self._observations_at = _NEVER
        self._device = ""
        self._state: Device | None = None
        self._times: list[str] = []
        self._numbers: list[str] = []
        self._special: set[str] = set()
        self._ended = False
        self._fed = 0
        self._held = b""
        self._rest = b""
        self._plain = False
        self._runs = True
        self.skipped_lines = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self._handlers()
        self.parser.CommentHandler = self._comment
        self.parser.EntityDeclHandler = _refuse_entity

    def _handlers(self) -> None:
        """What expat calls at every start, text and end: local names, since there are millions of them."""
        text: list[str] = []
        clear_text, add_time, add_number = text.clear, self._times.append, self._numbers.append
        depth, observations_at = 0, _NEVER
        observed: dict[str, str] | None = None

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth, observations_at, observed
            depth += 1
            clear_text()
            if depth != observations_at:
                self._structure(name, attributes, depth)
                observations_at = self._observations_at
            elif "timestamp" in attributes and "dataItemId" in attributes:
                observed = attributes
                add_time(attributes["timestamp"])
                add_number(attributes.get("sequence", "-"))

        def end(name: str) -> None:
            nonlocal depth, observations_at, observed
            depth -= 1
            if observed is not None and depth == observations_at - 1:
                if name in self._special or (text and (len(text) > 1 or UNAVAILABLE in text[0])):
                    self._close(name, observed, "".join(text).strip())
                observed = None
            elif depth < observations_at - 1:
                self._leave(name, depth)
                observations_at = self._observations_at

        def between() -> bool:
            return depth == observations_at - 1

        self._between: Callable[[], bool] = between
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end
        self.parser.CharacterDataHandler = text.append

    def parse(self, chunk: bytes | str) -> bytes | None:
        """Some more of the document. Where another one begins after its end, that one's beginning."""
        if isinstance(chunk, str) or not self._runs:
            further = self._give(chunk)
        else:
            further = self._run(self._rest + chunk)
        self.flush()
        return further

    def finish(self) -> None:
        """The document ends. Raises ExpatError where it is not whole."""
        self._give(self._rest)
        self.parser.Parse(b"", True)

    def _run(self, data: bytes) -> bytes | None:
        """Plain observations at once, everything else through expat, up to a tag that is not complete."""
        at, self._rest = 0, b""
        while at < len(data):
            run = plain_run(data, at) if self._plain and self._between() and self._idle() else None
            if run is not None and run.sound:
                self._take(run)
                at = run.end
                continue
            self._runs &= run is None
            inside = self._observations_at != _NEVER
            stop = _tag_end(data, at) if inside else _container_end(data, at)
            if stop <= at or not self._runs:
                break
            if (further := self._give(data[at:stop])) is not None:
                return further + data[stop:]
            begun = not inside and self._between()
            self._plain = self._observations_at != _NEVER and (self._plain or (begun and self._idle()))
            at = stop
        if self._runs and len(data) - at < CHUNK:
            self._rest = data[at:]
            return None
        self._runs = False
        return self._give(data[at:])

    def _idle(self) -> bool:
        """Whether expat has read all that it was given."""
        return self.parser.CurrentByteIndex == self._fed

    def _take(self, run: Plain) -> None:
        self.skipped_lines += run.text.count("\n")
        self._times += run.times
        self._numbers += run.numbers
        for name, attributes, value in run.special():
            self._close(f"{self.log.namespace} {name}".lstrip(), attributes, value)

    def _give(self, chunk: bytes | str) -> bytes | None:
        """Let expat read some more."""
        try:
            self.parser.Parse(chunk, False)
        except expat.ExpatError as e:
            if not self._ended or e.code not in _ANOTHER or isinstance(chunk, str):
                raise
            self.flush()
            return (self._held + chunk)[self.parser.ErrorByteIndex - self._fed + len(self._held) :]
        self._fed += len(chunk)
        self._held = (self._held + chunk)[-16:] if isinstance(chunk, bytes) else b""
        return None

    def _comment(self, text: str) -> None:
        self.log.previous = self.log.previous or previous_log(text)

    def _structure(self, name: str, attributes: dict[str, str], depth: int) -> None:
        if depth > self._max_depth:
            raise RefusedDocumentError(
                "TOO_DEEP",
                f"MTConnect, line {self.parser.CurrentLineNumber + self.skipped_lines}: elements are nested too deep",
            )
        space, _, local = name.rpartition(" ")
        if depth == 1:
            self.log.namespace = space
        elif space != self.log.namespace:
            return
        elif local in _CONTAINERS and self._state is not None:
            self._special = {f"{space} {name}".lstrip() for name in ("Execution", "PartCount", "Unavailable")}
            self._observations_at = depth + 1
        elif local == "DeviceStream":
            self._device = attributes.get("uuid") or attributes.get("name") or ""
            self._state = self.log.device(self._device)
        elif local == "Header":
            self.log.header(attributes.get("instanceId"))
            self.log.test |= attributes.get("testIndicator") in ("true", "1")

    def _leave(self, name: str, depth: int) -> None:
        """An element around observations ends."""
        if depth == self._observations_at - 2:
            self._observations_at = _NEVER
            self.flush()
        elif self._state is not None and name.endswith("DeviceStream"):
            self._state = None
        self._ended |= depth == 0

    def flush(self) -> None:
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
            low, high = min(numbers), max(numbers)
            device.first_sequence = low if device.first_sequence is None else min(low, device.first_sequence)
            device.last_sequence = high if device.last_sequence is None else max(high, device.last_sequence)
        self._times.clear()
        self._numbers.clear()

    def _close(self, name: str, attributes: dict[str, str], value: str) -> None:
        """An observation that is more than a value to count."""
        if value == UNAVAILABLE or name.endswith("Unavailable"):
            number = _number(attributes)
            seen = self.log.unavailable_numbers.setdefault(self.log.run, Sequences())
            self.log.unavailable += 1 if number == 0 else 1 - seen.update([number])
        if name in self._special:
            self._event(name.rpartition(" ")[2], attributes, value)

    def _event(self, local: str, attributes: dict[str, str], value: str) -> None:
        log, item = self.log, attributes["dataItemId"]
        at = At(log.run, _number(attributes), attributes["timestamp"])
        if local == "Execution":
            log.state(self._device, item, at, value)
        elif local == "PartCount":
            sub_type = attributes.get("subType", "").rpartition(":")[2].upper()
            log.counter(
                self._device, item, at, value, sub_type=sub_type, reset="resetTriggered" in attributes
            )


def _tag_end(data: bytes, at: int) -> int:
    """Behind the next tag; 0 where it is not complete."""
    return data.find(b">", at) + 1


def _container_end(data: bytes, at: int) -> int:
    """Behind the start tag of the next container, else as far as tags are complete."""
    if (match := _CONTAINER_TAG.search(data, at)) is not None:
        return match.end()
    last = data.rfind(b"<")
    return last if last > data.rfind(b">") else len(data)


def _number(attributes: dict[str, str]) -> int:
    """The sequence number; 0 where none is stated."""
    text = attributes.get("sequence", "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


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
    for chunks in parts(source.open()) if multipart else [_chunks(source)]:
        _feed(log, source.limits.max_depth, chunks)
    media_type = "multipart/x-mixed-replace" if multipart else "application/xml"
    facts = Facts(
        "other" if log.test else "machine-data", "mtconnect-streams", log.namespace or None, media_type
    )
    if log.test:
        facts.warn("NO_FACTS", "the agent says that it runs in test mode: certified by its bytes")
    else:
        log.state_facts(facts)
    return facts.document()


def _feed(log: _Log, max_depth: int, chunks: Iterator[bytes] | Iterator[bytes | str]) -> None:
    """Parse pages that follow each other; answers of an agent are often just written one after the other."""
    page = _Page(log, max_depth)
    try:
        for chunk in chunks:
            rest: bytes | str | None = chunk
            while rest is not None:
                if (rest := page.parse(rest)) is not None:
                    page = _Page(log, max_depth)
        page.finish()
    except expat.ExpatError as e:
        raise MalformedDocumentError(
            "XML_SYNTAX",
            f"MTConnect, line {e.lineno + page.skipped_lines}: {expat.ErrorString(e.code)}; the file is damaged or cut off: export it again",
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


def _claims(source: Source) -> bool:
    if source.root is not None:
        return source.root.name == "MTConnectStreams"
    return b"MTConnectStreams" in source.head and is_multipart(source.head)


register(Format("mtconnect-streams", "MTConnect Part 1 (Streams), Part 3; any version", _claims, read))
