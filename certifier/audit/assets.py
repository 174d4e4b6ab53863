"""Batches and standings as the auditor rebuilds them: every root from its ids, every id once, every change allowed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from certifier.audit.members import PARTICIPANT, Members
from certifier.audit.report import Findings
from certifier.audit.spool import Spool
from certifier.commitment import MAX_BATCH
from certifier.merkle import leaf_hash, root_of
from ledger.assets import Batch, Standing
from ledger.chain import Block, Call, Position
from ledger.connection import Ledger
from ledger.events import Registered, StandingChanged

__all__ = ["Assets"]

_COMPARED = 200  # batches held against the contract in one round trip


@dataclass(frozen=True)
class _Known:
    org: bytes
    root: bytes


class Assets:
    """State after the events so far. Ids lie in the spool on disk; memory holds batches and changed standings."""

    def __init__(self, ledger: Ledger, at: Block, members: Members, findings: Findings, folder: Path) -> None:
        self._ledger, self._at = ledger, at
        self._members, self._findings = members, findings
        self._spool = Spool(folder)
        self._batches: list[_Known] = []
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._standings: dict[tuple[bytes, bytes], Standing] = {}
        self._changed: dict[tuple[bytes, bytes], Position] = {}
        self._waiting: list[tuple[Call[Batch], Batch, Position]] = []
        self.count = 0

    @property
    def batches(self) -> int:
        """Batches registered so far."""
        return len(self._batches)

    def register(self, event: Registered, time: int) -> None:
        """One batch, in a block of that time."""
        self._check_ids(event)
        may = self._members.fault(event.org, PARTICIPANT, self._ledger.assets.address)
        if fault := may or self._members.account_fault(event.account, event.org, time):
            self._findings.add(
                "REGISTRAR", f"registered by somebody who may not: {fault}", event.at, org=event.org
            )
        number = len(self._batches)
        if self._numbers.setdefault((event.org, event.root), number) != number:
            self._findings.add(
                "BATCH_TWICE", "a batch was registered twice", event.at, org=event.org, root=event.root
            )
        self._batches.append(_Known(event.org, event.root))
        self._spool.register(event.asset_ids, number)
        self.count += len(event.asset_ids)
        expected = Batch(time, len(event.asset_ids), event.account)
        self._waiting.append((self._ledger.assets.batch(event.org, event.root), expected, event.at))
        if len(self._waiting) >= _COMPARED:
            self._compare_batches()

    def _check_ids(self, event: Registered) -> None:
        leaves = [leaf_hash(asset_id) for asset_id in event.asset_ids]
        if not 1 <= len(leaves) <= MAX_BATCH or any(a >= b for a, b in pairwise(leaves)):
            self._findings.add(
                "ORDER", "the ids do not ascend, or are none or too many", event.at, root=event.root
            )
        if not leaves or root_of(leaves) != event.root:
            self._findings.add(
                "ROOT", "the ids do not give the batch's root", event.at, org=event.org, root=event.root
            )

    def change(self, event: StandingChanged) -> None:
        """One change of standing; whether the issuer ever registered the id is judged at the end."""
        key = (event.org, event.asset_id)
        before = self._standings.get(key, Standing.GOOD)
        if before is event.standing or before is Standing.REVOKED:
            text = f"from {before.name.lower()} to {event.standing.name.lower()}"
            self._findings.add("STANDING", f"a change that cannot be: {text}", event.at, asset=event.asset_id)
        self._standings[key] = event.standing
        self._changed.setdefault(key, event.at)

    def good(self, org: bytes, asset_id: bytes) -> bool:
        """Whether the asset stands well now."""
        return self._standings.get((org, asset_id), Standing.GOOD) is Standing.GOOD

    def name(self, org: bytes, root: bytes, asset_id: bytes) -> bool:
        """Somebody relies on the id being in that batch. False where there is no such batch by now."""
        number = self._numbers.get((org, root))
        if number is not None:
            self._spool.name(asset_id, number)
        return number is not None

    def compare(self) -> None:
        """Judges the spool, and holds batches and standings against the contract."""
        self._compare_batches()
        self._judge()
        keys = list(self._standings)
        calls = [self._ledger.assets.standing(org, asset_id) for org, asset_id in keys]
        for (org, asset_id), told in zip(keys, self._ledger.read(calls, self._at), strict=True):
            if told is not self._standings[org, asset_id]:
                text = "a standing differs from the contract's"
                self._findings.add("STATE_DIFFERS", text, org=org, asset=asset_id)

    def _compare_batches(self) -> None:
        waiting, self._waiting = self._waiting, []
        answers = self._ledger.read([call for call, _, _ in waiting], self._at)
        for (_, expected, at), told in zip(waiting, answers, strict=True):
            if told != expected:
                self._findings.add("STATE_DIFFERS", "a batch stands otherwise in the contract", at)

    def _judge(self) -> None:
        for doubt in self._spool.doubts():
            if doubt.named is not None:
                root = self._batches[doubt.named].root
                text = "an asset was used that its batch does not hold"
                self._findings.add("NOT_IN_BATCH", text, asset=doubt.asset_id, root=root)
                continue
            orgs = [self._batches[number].org for number in doubt.batches]
            same = len(set(orgs)) < len(orgs)
            text = (
                "an asset was registered twice by its issuer"
                if same
                else "an asset stands in batches of several"
            )
            code = "ASSET_TWICE" if same else "ASSET_COPIED"
            self._findings.add(code, text, asset=doubt.asset_id, batches=len(orgs))
