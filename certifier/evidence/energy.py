"""Energy a machine hour (F10, E05): the utility's kilowatt hours of a statement over the hours that machines worked by their logs.

Compared to the firm's own median of its statements. Needs facts only: a log's active seconds and its time. A statement counts where
logs speak of at least nine in ten of its planned days. What it does not prove: which machine drew the power.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.numbers import ratio, ratio_text
from certifier.evidence.paper import SHANGHAI, Paper, amount, instant, quantity, stated_day

__all__ = ["Energy", "Statement", "energy"]

_KWH = {"KWH": Decimal(1), "MWH": Decimal(1000)}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: kilowatt hours, the hours worked in its time, their quotient, and that over the median of all."""

    first: date
    last: date
    kilowatt_hours: Decimal
    hours: Decimal
    intensity: Decimal
    of_norm: Decimal
    assets: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Energy(Measure):
    """`norm`: kilowatt hours an hour, the median of `statements`."""

    statements: tuple[Statement, ...]
    norm: Decimal


@dataclass(frozen=True, slots=True)
class _Log:
    start: int
    end: int
    days: frozenset[date]
    seconds: Decimal
    devices: frozenset[str]
    asset: bytes


def energy(case: Case) -> Energy | None:
    """Every statement against the median; None with fewer than three that can be compared."""
    logs = sorted(_logs(case), key=lambda log: (log.end - log.start, log.start, log.asset))
    found = [one for paper in case.own if (one := _statement(case, paper, logs)) is not None]
    found = sorted(found, key=lambda one: (one[0], one[1], one[5]))[-case.policy.energy_statements :]
    if len(found) < case.policy.energy_least:
        return None
    norm = median(kwh / hours for _, _, kwh, hours, _, _ in found)
    statements = tuple(
        Statement(first, last, kwh, hours, ratio(kwh / hours), ratio(kwh / hours / norm), assets)
        for first, last, kwh, hours, assets, _ in found
    )
    judged = frozenset(asset for one in statements for asset in one.assets)
    findings = tuple(_contradictions(case, statements, norm))
    return Energy(findings=findings, judged=judged, statements=statements, norm=ratio(norm))


_Found = tuple[date, date, Decimal, Decimal, tuple[bytes, ...], bytes]


def _statement(case: Case, paper: Paper, logs: Sequence[_Log]) -> _Found | None:
    facts, routing = paper.facts, case.routing
    if paper.kind != "utility-statement" or routing is None:
        return None
    factor = _KWH.get((facts.get("energy") or "").partition(" ")[2])
    drawn = quantity(facts.get("energy"))
    if factor is None or drawn is None or case.directory.party(facts.get("customer_id")) != case.firm:
        return None
    first, last = stated_day(facts.get("start_date")), stated_day(facts.get("end_date"))
    if first is None or last is None or last < first:
        return None
    used = list(
        _apart([log for log in logs if log.days and min(log.days) >= first and max(log.days) <= last])
    )
    seen = frozenset[date]().union(*(log.days for log in used))
    span = [first + timedelta(days=i) for i in range(min((last - first).days, 400) + 1)]
    planned = [day for day in span if routing.works(day)]
    hours = sum((log.seconds for log in used), Decimal(0)) / 3600
    if not planned or not hours or len(seen.intersection(planned)) < case.policy.energy_days * len(planned):
        return None
    assets = tuple(sorted({paper.asset_id, *(log.asset for log in used)}))
    return first, last, drawn * factor, hours, assets, paper.asset_id


def _logs(case: Case) -> Iterator[_Log]:
    """What each machine log states of its time and of the seconds worked, by its facts."""
    machine_of = case.routing.machine_of() if case.routing is not None else {}
    for paper in case.own:
        start, end = (paper.facts.get(n) or paper.facts.get(f"{n}_local") for n in ("start", "end"))
        days_ = stated_day(start), stated_day(end)
        if paper.kind != "machine-data" or start is None or end is None or None in days_:
            continue
        rows = [row for row in paper.rows("device") if row.get("id") in machine_of]
        seconds = sum((amount(row.get("active_seconds")) or Decimal(0) for row in rows), Decimal(0))
        low, high = instant(start), max(instant(start), instant(end) - 1)
        first, last = (datetime.fromtimestamp(at / 1000, SHANGHAI).date() for at in (low, high))
        days = (first + timedelta(days=i) for i in range(min((last - first).days, 400) + 1))
        devices = frozenset(machine_of[row["id"]] for row in rows)
        yield _Log(low, high, frozenset(days), seconds, devices, paper.asset_id)


def _apart(logs: Sequence[_Log]) -> Iterator[_Log]:
    """Logs that speak of one machine's time once, the shorter ones first."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for log in logs:
        held = [span for device in log.devices for span in taken.get(device, ())]
        if all(end < log.start or start > log.end for start, end in held):
            for device in log.devices:
                taken.setdefault(device, []).append((log.start, log.end))
            yield log


def _contradictions(case: Case, statements: Sequence[Statement], norm: Decimal) -> Iterator[Finding]:
    policy = case.policy
    for one in statements:
        if policy.energy_low <= one.of_norm <= policy.energy_high or not case.inside(one.last):
            continue
        told = (
            f"from {one.first} to {one.last} the meter shows {ratio_text(one.intensity, 1)} kWh for each hour that the logs show; "
            f"{ratio_text(norm, 1)} is usual"
        )
        numbers = {
            "kwh": str(one.kilowatt_hours), "hours": ratio_text(one.hours, 1), "intensity": ratio_text(one.intensity),
            "norm": ratio_text(norm), "of_norm": ratio_text(one.of_norm),
        }  # fmt: skip
        severity = RED if one.of_norm < policy.energy_red else AMBER
        yield Finding(Code.E05, severity, told, numbers, one.assets)
