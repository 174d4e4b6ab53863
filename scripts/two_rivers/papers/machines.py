"""A firm's machine log of one working day, both shifts, in the format of its machines; each names the one before by hash.

MTConnect Streams 1.3 (M1), SHDR (M2), SenML JSON (M3), NC-Link style JSON (M4). All say the same three things of every
machine: whether it is there, whether it cuts, what its part counter reads (a lifetime counter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter

from scripts.two_rivers import calendar as days
from scripts.two_rivers.production import HOUR, Blind, Shiftlog

__all__ = ["WRITERS", "Day", "device_ids", "events"]

Event = tuple[int, str, str]
"""Milliseconds since 1970, item (`avail`, `exec`, `parts`), value."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVERY = 10
_URN = "urn:dev:ops:32473-"


@dataclass(frozen=True)
class Day:
    """What a writer needs: the firm's short name, the day, events by machine, where the numbers begin, the file before."""

    firm: str
    day: date
    machines: Mapping[str, Sequence[Event]]
    sequence: int
    instance: int
    previous: str


def device_ids(firm: str, log: str, machine: str) -> list[str]:
    """The names under which a machine stands in the firm's logs and, before these, in its own sheets."""
    named = f"{firm}-{machine}"
    return [*{"senml": [f"{_URN}{named}"], "shdr": [machine]}.get(log, []), named]


def events(log: Shiftlog, count: int, blinds: Iterable[Blind]) -> list[Event]:
    """A machine's day from 08:00 to 24:00: its counter stood at `count`; what happens in a blind time is not seen."""
    start, end = days.midnight(log.day) + 8 * HOUR, days.midnight(log.day) + 24 * HOUR
    found: list[Event] = [
        (start, "avail", "AVAILABLE"),
        (start, "exec", "READY"),
        (start, "parts", str(count)),
    ]
    found.extend((begin, "exec", "STOPPED") for begin, _ in log.setups)
    for at, (begin, until) in enumerate(log.cuts, 1):
        found.append((begin, "exec", "ACTIVE"))
        found.append((until, "exec", "READY"))
        if at % _EVERY == 0:
            found.append((until, "parts", str(count + at)))
    found.append((end, "parts", str(count + len(log.cuts))))
    found.append((end, "avail", "AVAILABLE"))
    for blind in blinds:
        if log.machine in blind.machines and blind.start < end and blind.end > start:
            found = _hidden(found, log, count, blind, (start, end))
    return sorted(found, key=itemgetter(0))


def _hidden(found: list[Event], log: Shiftlog, count: int, blind: Blind, day: tuple[int, int]) -> list[Event]:
    """The same without what nobody saw: gone at its start, back at its end with what is then true."""
    seen = [event for event in found if not blind.start <= event[0] < blind.end]
    if blind.end >= day[1]:
        seen = [event for event in seen if event[0] != day[1]]
    begin = max(blind.start, day[0])
    if blind.start >= day[0]:
        seen += [(begin, "avail", "UNAVAILABLE"), (begin, "exec", "UNAVAILABLE")]
    if blind.end < day[1]:
        cutting = any(a <= blind.end < b for a, b in log.cuts)
        made = count + sum(b <= blind.end for _, b in log.cuts)
        seen += [
            (blind.end, "avail", "AVAILABLE"),
            (blind.end, "exec", "ACTIVE" if cutting else "READY"),
            (blind.end, "parts", str(made)),
        ]
    return seen


def _stamp(milliseconds: int, known: dict[int, str]) -> str:
    """UTC, to the millisecond; the minute's text is kept, since many events share it."""
    minute, rest = divmod(milliseconds, 60_000)
    text = known.get(minute)
    if text is None:
        text = known[minute] = f"{_EPOCH + timedelta(minutes=minute):%Y-%m-%dT%H:%M:}"
    return f"{text}{rest // 1000:02}.{rest % 1000:03}Z"


def _mtconnect(day: Day) -> bytes:
    known: dict[int, str] = {}
    elements = {"avail": "Availability", "exec": "Execution", "parts": "PartCount"}
    order = sorted(
        ((event[0], name, at) for name, found in day.machines.items() for at, event in enumerate(found)),
        key=itemgetter(0),
    )
    numbers = {(name, at): day.sequence + n for n, (_, name, at) in enumerate(order)}
    streams = []
    for name, found in day.machines.items():
        body = "\n".join(
            f'<{elements[item]} dataItemId="{name}{item}" timestamp="{_stamp(ms, known)}" sequence="{numbers[name, at]}">'
            f"{value}</{elements[item]}>"
            for at, (ms, item, value) in enumerate(found)
        )
        streams.append(
            f'<DeviceStream name="{name}" uuid="{day.firm}-{name}"><ComponentStream component="Path" name="path" componentId="{name}p">'
            f"<Events>\n{body}\n</Events></ComponentStream></DeviceStream>"
        )
    last = day.sequence + len(order) - 1
    header = (
        f'<Header creationTime="{_stamp(days.midnight(day.day) + 24 * HOUR, known)}" sender="{day.firm}" instanceId="{day.instance}" '
        f'version="1.3.0" bufferSize="131072" firstSequence="{day.sequence}" nextSequence="{last + 1}" lastSequence="{last}"/>'
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- previous sha256:{day.previous} -->\n'
        f'<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3">{header}<Streams>\n{"".join(streams)}</Streams></MTConnectStreams>\n'
    )
    return text.encode()


def _shdr(day: Day) -> bytes:
    known: dict[int, str] = {}
    merged = sorted(
        ((ms, name, item, value) for name, found in day.machines.items() for ms, item, value in found),
        key=itemgetter(0),
    )
    keys = {"avail": "avail", "exec": "execution", "parts": "partcount"}
    first = merged[0][0]
    lines = [f"* previous sha256:{day.previous}", f"{_stamp(first, known)}|adapter:instance|{day.instance}"]
    lines += [f"{_stamp(first, known)}|adapter:sequence|{day.sequence}"]
    lines += [f"{_stamp(ms, known)}|{name}:{keys[item]}|{value}" for ms, name, item, value in merged]
    return ("\n".join(lines) + "\n").encode()


def _senml(day: Day) -> bytes:
    start = days.midnight(day.day) // 1000
    name = f"{_URN}{day.firm}-"
    first = next(iter(day.machines))
    records = [
        f'{{"bn":"{name}{first}_","bt":{start},"n":"previous","t":28800,"vs":"{day.previous}"}}',
        f'{{"n":"sequence","t":28800,"v":{day.sequence}}}',
    ]
    for machine, found in day.machines.items():
        for item, key in (("exec", "execution"), ("parts", "partcount")):
            base = f'"bn":"{name}{machine}_{key}","bt":{start},'
            for ms, kind, value in found:
                if kind == item:
                    said = f'"v":{value}' if item == "parts" else f'"vs":"{value}"'
                    records.append(f'{{{base}"t":{_seconds(ms - start * 1000)},{said}}}')
                    base = ""
    return ("[" + ",\n".join(records) + "]\n").encode()


def _seconds(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03}" if rest else f"{whole}"


def _nc_link(day: Day) -> bytes:
    keys = {"avail": "avail", "exec": "execution", "parts": "partcount"}
    words = {"ACTIVE": "加工", "READY": "待机", "STOPPED": "停机"}
    messages = []
    for name, found in day.machines.items():
        values = ",".join(
            f'{{"name":"{key}","values":['
            + ",\n".join(
                f'{{"time":{ms},"value":"{words.get(value, value)}"}}'
                for ms, kind, value in found
                if kind == item
            )
            + "]}"
            for item, key in keys.items()
        )
        messages.append(
            f'{{"guid":"{day.firm}-{name}","beginTime":{found[0][0]},"sequence":{day.sequence},"previous":"{day.previous}","values":[{values}]}}'
        )
    return ("[" + ",\n".join(messages) + "]\n").encode()


WRITERS: Mapping[str, tuple[Callable[[Day], bytes], str]] = {
    "mtconnect": (_mtconnect, "xml"),
    "shdr": (_shdr, "shdr"),
    "senml": (_senml, "senml.json"),
    "nc-link": (_nc_link, "json"),
}
"""Format of a firm's machines → writer, ending of the file's name."""
