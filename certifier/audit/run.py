"""Runs an audit: streams the events in order, each with its block's time, and compares at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from certifier.audit.assets import Assets
from certifier.audit.members import Members
from certifier.audit.pledges import Grants, Pledges
from certifier.audit.report import AuditReport, Findings
from ledger.chain import Block, Chain
from ledger.connection import Ledger
from ledger.errors import ContradictedError, NodeUnreachableError, RpcError
from ledger.events import (
    AnyEvent,
    Claimed,
    Closed,
    Ended,
    Forwarded,
    Granted,
    Pledged,
    Read,
    Registered,
    Shredded,
    StandingChanged,
)
from ledger.replay import events

__all__ = ["audit"]

Progress = Callable[[int, int], None]
"""Called with the block reached and the last one."""

_BLOCKS = 32  # whose times are asked in one round trip


def audit(ledger: Ledger, at: Block | None = None, progress: Progress | None = None) -> AuditReport:
    """Audits from block 0 to `at` (the newest final block unless told). Trouble with the node is a finding, not an error."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        audit = _Audit(ledger, findings, Path(folder), progress)
        try:
            audit.run(at or ledger.pin())
        except NodeUnreachableError as e:
            findings.add("UNREACHABLE", str(e))
        except (ContradictedError, RpcError) as e:
            findings.add("CONTRADICTED", str(e))
    return audit.report()


class _Audit:
    def __init__(self, ledger: Ledger, findings: Findings, folder: Path, progress: Progress | None) -> None:
        self._ledger, self._findings, self._folder, self._progress = ledger, findings, folder, progress
        self._assets: Assets | None = None
        self._pledges: Pledges | None = None
        self._reached = 0

    def run(self, at: Block) -> None:
        members = Members(self._ledger, self._findings)
        self._assets = Assets(self._ledger, at, members, self._findings, self._folder)
        self._pledges = Pledges(self._ledger, at, members, self._assets, self._findings)
        grants = Grants(self._ledger, members, self._findings)
        for event, time in self._timed(at):
            match event:
                case Registered():
                    self._assets.register(event, time)
                case StandingChanged():
                    self._assets.change(event)
                case Pledged() | Claimed() | Closed():
                    self._pledges.apply(event, time)
                case Granted() | Ended() | Read() | Shredded():
                    grants.apply(event)
                case Forwarded():
                    pass  # what was forwarded left its own events
                case _:
                    members.apply(event, time)
        self._reached = at.number
        members.compare(self._ledger, at)
        self._assets.compare()
        self._pledges.compare(self._ledger, at)

    def _timed(self, at: Block) -> Iterator[tuple[AnyEvent, int]]:
        waiting: list[AnyEvent] = []
        blocks: set[int] = set()
        for event in events(self._ledger, 0, at):
            if event.at.block not in blocks and len(blocks) >= _BLOCKS:
                yield from self._with_times(waiting, blocks, at)
                waiting, blocks = [], set()
            waiting.append(event)
            blocks.add(event.at.block)
        yield from self._with_times(waiting, blocks, at)

    def _with_times(
        self, waiting: list[AnyEvent], blocks: set[int], at: Block
    ) -> Iterator[tuple[AnyEvent, int]]:
        asked = sorted(blocks)
        requests = [Chain.block_request(number) for number in asked]
        answers = self._ledger.chain.rpc.batch([(method, params) for method, *params in requests])
        times: dict[int, int] = {}
        for number, answer in zip(asked, answers, strict=True):
            if isinstance(answer, RpcError):
                raise answer
            times[number] = Chain.parse_block(answer, number).timestamp
        for event in waiting:
            yield event, times[event.at.block]
        if asked:
            self._reached = asked[-1]
        if self._progress is not None:
            self._progress(self._reached, at.number)

    def report(self) -> AuditReport:
        findings, assets, pledges = self._findings, self._assets, self._pledges
        return AuditReport(
            findings.verdict,
            0,
            self._reached,
            assets.batches if assets else 0,
            assets.count if assets else 0,
            pledges.count if pledges else 0,
            tuple(findings.found),
        )
