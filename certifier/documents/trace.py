"""What evidence needs of a document beyond its facts: a machine's states over time, measured values, payment terms.

Not facts: never shown by `inspect`, never committed, read again from the document whenever a check asks (PRODUCT 3.1).
Produced in the readers' one pass and bounded: beyond `MAX_ENTRIES` of a sort, `truncated` says that the rest is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ACTIVE", "EMPTY", "IDLE", "MAX_ENTRIES", "STATES", "STOPPED", "UNAVAILABLE", "Interval", "Measured", "Trace", "pack", "unpack"]  # fmt: skip

MAX_ENTRIES = 200_000
ACTIVE, IDLE, STOPPED, UNAVAILABLE = "ACTIVE", "IDLE", "STOPPED", "UNAVAILABLE"
STATES = (ACTIVE, IDLE, STOPPED, UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Interval:
    """A device in one state from `start` to `end`: milliseconds since 1970, UTC. Where nothing is known, there is none."""

    device: str
    state: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value, a canonical decimal; `part` is the piece's serial number, else its place in the document."""

    characteristic: str
    part: str
    value: str


@dataclass(frozen=True)
class Trace:
    """What one document states beyond its facts.

    `intervals` by device, then start. `parts`: device → parts made. `previous`: SHA-256, in hexadecimal, of the log
    before this one, where a log names it. `terms_days`: days from delivery or invoice to payment. `orders` and
    `despatches`: every number of a buyer's order and of a despatch that a paper names, where it may name several.
    `account`: the seller's own bank account, as its invoice
    states it. `local`: times without offset were read as China's (+08:00).
    """

    intervals: tuple[Interval, ...] = ()
    measured: tuple[Measured, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)
    previous: str | None = None
    terms_days: int | None = None
    orders: tuple[str, ...] = ()
    despatches: tuple[str, ...] = ()
    account: str | None = None
    local: bool = False
    truncated: bool = False


EMPTY = Trace()


def pack(trace: Trace) -> dict[str, Any] | None:
    """A trace as JSON values for another process; None for an empty one, which most documents have."""
    if trace == EMPTY:
        return None
    devices = {i.device: i.device for i in trace.intervals}
    places = {name: at for at, name in enumerate(devices)}
    intervals = [(places[i.device], STATES.index(i.state), i.start, i.end) for i in trace.intervals]
    rest = {
        "parts": dict(trace.parts),
        "previous": trace.previous,
        "orders": trace.orders,
        "despatches": trace.despatches,
        "account": trace.account,
        "local": trace.local,
        "truncated": trace.truncated,
    }
    values = [(m.characteristic, m.part, m.value) for m in trace.measured]
    sized = {"devices": list(devices), "intervals": intervals, "measured": values}
    found = {name: value for name, value in (sized | rest).items() if value}
    return found if trace.terms_days is None else found | {"terms_days": trace.terms_days}


def unpack(packed: Mapping[str, Any] | None) -> Trace:
    """The inverse of `pack`."""
    if packed is None:
        return EMPTY
    rest = dict(packed)
    devices = rest.pop("devices", [])
    rest["intervals"] = tuple(
        Interval(devices[d], STATES[s], a, b) for d, s, a, b in rest.get("intervals", ())
    )
    rest["measured"] = tuple(Measured(*values) for values in rest.get("measured", ()))
    for name in ("orders", "despatches"):
        rest[name] = tuple(rest.get(name, ()))
    return Trace(**rest)
