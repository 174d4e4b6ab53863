"""NC-Link (GB/T 41970-2022) style JSON: sample messages of numerical-control equipment, one or an array of them.

A message names its device (`guid`), the time of its first sample (`beginTime`) and the interval in milliseconds
(`sampleInterval`), and lists data items with their values in order. A value may be an object with a `time` of its own.
Model files (`NC_LINK_ROOT`) describe equipment: recognised, kind `other`. Items are understood by name, as elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from certifier.documents.amounts import decimal
from certifier.documents.facts import Facts
from certifier.documents.machine import At, MachineLog, previous_log, seconds_of
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source

_DEVICES = ("guid", "dev_uuid", "devUuid", "deviceGuid")
_VALUES = ("values", "data")
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{0,6})\Z")


def read(source: Source) -> Document:
    """The facts of the messages in one file."""
    log, facts = MachineLog(), Facts("machine-data", "nc-link", "GB/T 41970-2022", "application/json")
    for message in _messages(source.json):
        device = next(str(message[k]) for k in _DEVICES if k in message)
        log.device(device)
        log.previous = log.previous or previous_log(f"previous {message.get('previous', '')}")
        for name, time, value in _samples(message):
            log.sample(device, name, At(0, 0, time), value)
    log.state_facts(facts)
    return facts.document()


def _messages(value: object) -> list[dict[str, object]]:
    items = value if isinstance(value, list) else [value]
    return [
        m
        for m in items
        if isinstance(m, dict)
        and any(k in m for k in _DEVICES)
        and any(isinstance(m.get(k), list) for k in _VALUES)
    ]


def _samples(message: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    begin = _time(message.get("beginTime") or message.get("time"))
    interval = decimal(str(message.get("sampleInterval") or 0)) or Decimal(0)
    for item in next((message[k] for k in _VALUES if isinstance(message.get(k), list)), []):  # type: ignore[attr-defined]
        if not isinstance(item, dict):
            continue
        name = str(item.get("name") or item.get("type") or item.get("id") or "")
        values: object = next((item[k] for k in (*_VALUES, "value") if k in item), [])
        for index, value in enumerate(values if isinstance(values, list) else [values]):
            if isinstance(value, dict):
                yield name, _time(value.get("time")), str(value.get("value", ""))
            else:
                yield name, _later(begin, interval * index), str(value)


def _time(value: object) -> str:
    """ISO text, milliseconds since 1970, or YYYYMMDDhhmmss as ISO text; blank where it is none."""
    text = str(value or "").strip().replace(" ", "T")
    if seconds_of(text) is not None:
        return text
    if match := _STAMP.match(text):
        fraction = f".{match[7]}" if match[7] else ""
        return f"{match[1]}-{match[2]}-{match[3]}T{match[4]}:{match[5]}:{match[6]}{fraction}"
    if text.isdecimal() and len(text) == 13:
        moment = datetime.fromtimestamp(int(text) // 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{text[-3:]}Z"
    return ""


def _later(begin: str, milliseconds: Decimal) -> str:
    """`begin` and some milliseconds, in the notation of `begin`; blank where that is no time any more."""
    if not begin or not milliseconds:
        return begin
    try:
        moment = datetime.fromisoformat(begin) + timedelta(microseconds=int(milliseconds * 1000))
    except OverflowError:
        return ""
    return moment.isoformat().replace("+00:00", "Z")


def _is_model(source: Source) -> bool:
    return isinstance(source.json, dict) and source.json.get("type") == "NC_LINK_ROOT"


def read_model(_: Source) -> Document:
    """A model file: what the equipment is."""
    notice = Notice(
        "NO_FACTS", "an NC-Link model describes equipment and states no production: certified by its bytes"
    )
    return Document("other", "nc-link", "GB/T 41970-2022", "application/json", {}, (notice,))


register(
    Format(
        "nc-link",
        "NC-Link sample messages (GB/T 41970-2022)",
        lambda source: bool(_messages(source.json)),
        read,
    ),
    Format("nc-link", "NC-Link model (GB/T 41970-2022): recognised, no facts", _is_model, read_model),
)
