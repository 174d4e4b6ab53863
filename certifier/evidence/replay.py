"""Replayed machine logs and clocks that run ahead (E03).

At least 200 lengths of work in a row that occur twice, on one machine or two, at another time: nobody cuts metal twice to
the millisecond. Time itself is not compared, so that shifted and rewritten logs are found. What it does not prove: who copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from certifier.documents.trace import ACTIVE
from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding
from certifier.evidence.paper import FIRST_MS, LAST_MS, SHANGHAI, Paper
from certifier.evidence.repeats import Repeat, repeats

__all__ = ["Replay", "Run", "replay"]


@dataclass(frozen=True, slots=True)
class Run:
    """`count` lengths of `device` from `at` on are those of `source` from `source_at` on; milliseconds since 1970."""

    device: str
    at: int
    source: str
    source_at: int
    count: int
    assets: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Replay(Measure):
    """Every stretch found twice."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class _Stream:
    """One device's work in order: lengths, when each began, and the log that says so."""

    issuer: bytes
    device: str
    lengths: list[int]
    starts: list[int]
    papers: list[Paper]


def replay(case: Case) -> Replay | None:
    """None where no log of the firm was given with what it says of time."""
    logs = [paper for paper in case.papers if paper.trace is not None and paper.trace.intervals]
    own = [paper for paper in logs if paper.issuer == case.issuer]
    if not own:
        return None
    streams = list(_streams(logs))
    runs = tuple(run for run, whose in _runs(case, streams) if whose == case.issuer)
    findings = [*_replayed(runs), *_ahead(case, own)]
    return Replay(findings=tuple(findings), judged=frozenset(p.asset_id for p in own), runs=runs)


def _streams(logs: Sequence[Paper]) -> Iterator[_Stream]:
    """Each issuer's devices; the same work told by two logs is one."""
    work: dict[tuple[bytes, str], dict[tuple[int, int], Paper]] = {}
    for paper in logs:
        assert paper.trace is not None
        for interval in paper.trace.intervals:
            if interval.state == ACTIVE and FIRST_MS <= interval.start <= interval.end <= LAST_MS:
                told = work.setdefault((paper.issuer, interval.device), {})
                told.setdefault((interval.start, interval.end), paper)
    for (issuer, device), told in sorted(work.items()):
        spans = sorted(told)
        starts = [start for start, _ in spans]
        lengths = [end - start for start, end in spans]
        yield _Stream(issuer, device, lengths, starts, [told[span] for span in spans])


def _runs(case: Case, streams: Sequence[_Stream]) -> Iterator[tuple[Run, bytes]]:
    """Stretches found twice, and whose they are to explain: the firm's that certified the later one."""

    def same_time(of: int, at: int, source: int, source_at: int) -> bool:
        """A device exported under two names, by one firm, is one device."""
        ours, theirs = streams[of], streams[source]
        return ours.starts[at] == theirs.starts[source_at] and ours.issuer == theirs.issuer

    policy = case.policy
    found = repeats([one.lengths for one in streams], policy.replay_lengths, policy.replay_pairs, same_time)
    for repeat in found:
        yield _run(streams, repeat)


def _run(streams: Sequence[_Stream], repeat: Repeat) -> tuple[Run, bytes]:
    one, other = (repeat.of, repeat.at), (repeat.source, repeat.source_at)
    if streams[other[0]].starts[other[1]] > streams[one[0]].starts[one[1]]:
        one, other = other, one
    later, earlier = streams[one[0]], streams[other[0]]
    papers = [
        *later.papers[one[1] : one[1] + repeat.count],
        *earlier.papers[other[1] : other[1] + repeat.count],
    ]
    run = Run(
        later.device, later.starts[one[1]], earlier.device, earlier.starts[other[1]], repeat.count,
        tuple(sorted({paper.asset_id for paper in papers})),
    )  # fmt: skip
    if later.issuer == earlier.issuer:
        return run, later.issuer
    return run, max(papers, key=lambda paper: (paper.registered_at, paper.asset_id)).issuer


def _replayed(runs: Sequence[Run]) -> Iterator[Finding]:
    """One finding for each pair of devices and distance in days."""
    grouped: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        days = round((run.at - run.source_at) / 86_400_000)
        grouped.setdefault((run.device, run.source, days), []).append(run)
    for (device, source, days), found in sorted(grouped.items()):
        count = sum(run.count for run in found)
        first, origin = min((run.at, run.source_at) for run in found)
        told = f"{count:,} lengths of work of {device} from {_clock(first)} on are those of {source} from {_clock(origin)} on"
        numbers = {"device": device, "source": source, "lengths": str(count), "days_apart": str(days), "from": _clock(first), "source_from": _clock(origin)}  # fmt: skip
        assets = tuple(sorted({asset for run in found for asset in run.assets}))
        yield Finding(Code.E03, RED, told, numbers, assets)


def _ahead(case: Case, logs: Sequence[Paper]) -> Iterator[Finding]:
    """Logs that speak of a time after they were certified: their clock is ahead."""
    for paper in logs:
        assert paper.trace is not None
        ahead = max(one.end for one in paper.trace.intervals) // 1000 - paper.registered_at
        if ahead > case.policy.clock_seconds:
            told = f"a machine log ends {ahead:,} seconds after it was certified: its clock is ahead"
            yield Finding(Code.E03, AMBER, told, {"seconds_ahead": str(ahead)}, (paper.asset_id,))


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, SHANGHAI).isoformat(timespec="minutes")
