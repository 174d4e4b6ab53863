"""A firm's certified papers judged at one block: what holds is evidence for a decision, and what does not is said (PRODUCT 2.4, 2.10).

Checks 1 to 9 of `certifier.verify`, from receipts and kept readings, over one batched read of the ledger. Nothing is decided here, and nothing
becomes VALID because it could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certifier.documents import Reading
from certifier.evidence import Paper, of_receipt
from certifier.receipt import Receipt
from certifier.verify import Cause, Check, Code, Node, Verdict
from certifier.verify.checks import run
from certifier.verify.observe import Pinned, missing, pin, read_ledger
from certifier.verify.profiles import profile_of
from certifier.verify.report import AsOf
from certifier.verify.subject import ContentState, Ledgered, Missing, Subject
from gateway.credit.documents import digest
from gateway.credit.obligations import Standing
from gateway.db import credit
from gateway.db.listing import number_of
from gateway.db.models import Asset
from gateway.errors import UnavailableError
from gateway.installation import Installation, Organisation
from gateway.service import readings
from gateway.service.receipts import rebuild
from gateway.service.times import instant
from ledger.descriptor import Descriptor
from ledger.errors import LedgerError
from ledger.pledges import Status
from ledger.types import hex32, parse_hex32

__all__ = ["Shelf", "Vetted", "pin_at", "pin_newest"]

_BY_ITSELF = (Code.CONTENT, Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.SIGNERS, Code.FINGERPRINT, Code.FACTS)  # fmt: skip
_SAID_ONCE = 5
_MOST = 20_000
"""Assets that stay warm in one process: some four hundred megabytes."""


@dataclass(frozen=True)
class Vetted:
    """Papers that hold, each input with its verdicts, and what stands in the way, in words."""

    papers: tuple[Paper, ...]
    inputs: tuple[Mapping[str, Any], ...]
    standing: Standing
    suspended: bool
    invalid: tuple[str, ...]
    invalid_assets: tuple[bytes, ...]
    withdrawn: tuple[bytes, ...]
    unknown: tuple[str, ...]


class Shelf:
    """Receipts and readings of the assets that this process has seen: what makes it warm. One per process; threads may share it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.descriptor = Descriptor.load(installation.home.descriptor)
        self._clear()

    def _clear(self) -> None:
        """Begin anew. Who is at work goes on with what it had."""
        self._rows: dict[str, Asset] = {}
        self._receipts: dict[str, Receipt] = {}
        self._kept: dict[str, readings.Kept] = {}
        self._judged: dict[str, _Judged] = {}
        self._foreign: dict[str, Paper] = {}
        self._times: dict[int, int] = {}

    def anchored(self, organisation: Organisation) -> list[Asset]:
        """Its assets that stand on the ledger, in order of id; each is loaded once: what it states never changes."""
        if len(self._rows) > _MOST or len(self._foreign) > _MOST:
            self._clear()
        rows = self._rows
        with self._installation.database.session() as session:
            ids = credit.anchored_ids(session, organisation.hex)
            new = credit.assets(session, [one for one in ids if one not in rows])
        rows |= {row.asset_id: row for row in new}
        return [rows[one] for one in ids]

    def receipts(self, organisation: Organisation, rows: Sequence[Asset]) -> list[Receipt]:
        """Whole receipts, in order."""
        held = self._receipts
        new = [row for row in rows if row.asset_id not in held]
        for row, made in zip(new, rebuild(self._installation, organisation, new), strict=True):
            held[row.asset_id] = made
        return [held[row.asset_id] for row in rows]

    def kept(self, ids: Collection[str]) -> Mapping[str, readings.Kept]:
        """Readings that were kept, by asset id."""
        held = self._kept
        held |= readings.load(self._installation, [one for one in ids if one not in held])
        return held

    def vet(
        self,
        organisation: Organisation,
        rows: Sequence[Asset],
        pinned: Pinned | Missing,
        required: Collection[str],
    ) -> Vetted:
        """All checks of these assets at a block. `required`: codes that products ask to be VALID."""
        receipts = self.receipts(organisation, rows)
        kept = self.kept([row.asset_id for row in rows])
        ledgered = [pinned] * len(receipts) if isinstance(pinned, Missing) else read_ledger(pinned, receipts)
        judge = _Judge({Code[name] for name in required})
        for row, one, state in zip(rows, receipts, ledgered, strict=True):
            judge.take(row, self._judge(row, one, kept.get(row.asset_id), state))
        return judge.done()

    def _judge(
        self, row: Asset, receipt: Receipt, kept: readings.Kept | None, state: Ledgered | Missing
    ) -> _Judged:
        """The checks of one asset. They follow from receipt, reading and what the ledger says: where that is the same, so are they."""
        known = self._judged.get(row.asset_id)
        if (
            known is not None
            and known.kept is kept
            and known.state == state
            and known.at_head == _at_head(state)
        ):
            return known
        key = self.descriptor.fingerprint_key
        checks = {check.code: check for check in run(_subject(receipt, kept, state, key))}
        paper = _paper(receipt, kept, state) if isinstance(state, Ledgered) else None
        made = _Judged(kept, state, _at_head(state), checks, _input(row, checks), paper)
        self._judged[row.asset_id] = made
        return made

    def context(self, organisation: Organisation, until: int) -> tuple[Paper, ...]:
        """Others' invoices and payments up to a block, by their certified facts: they only tell who trades with whom."""
        held = self._foreign
        with self._installation.database.session() as session:
            there = credit.context(session, organisation.hex, until)
            new = {asset: block for asset, block in there if asset not in held}
            facts = credit.facts_of(session, list(new))
        for asset, fields in facts.items():
            held[asset] = of_receipt(
                parse_hex32(asset), fields, registered_at=self._time(new[asset]), signers={}
            )
        return tuple(held[asset] for asset, _ in there if asset in held)

    def _time(self, block: int) -> int:
        held = self._times
        if block not in held:
            held[block] = self._installation.ledger.chain.block(block).timestamp
        return held[block]


@dataclass(frozen=True)
class _Judged:
    """What the checks said of one asset, and what they said it of."""

    kept: readings.Kept | None
    state: Ledgered | Missing
    at_head: bool
    checks: Mapping[Code, Check]
    input: Mapping[str, Any]
    paper: Paper | None


def _at_head(state: Ledgered | Missing) -> bool:
    return isinstance(state, Ledgered) and state.batch_at_head


class _Judge:
    """Gathers what becomes of each asset."""

    def __init__(self, required: set[Code]) -> None:
        self._required = required
        self._papers: list[Paper] = []
        self._inputs: list[Mapping[str, Any]] = []
        self._invalid: list[str] = []
        self._unknown: dict[str, int] = {}
        self._sets: dict[str, set[bytes]] = {
            name: set() for name in ("unfit", "liened", "alike", "invalid", "withdrawn")
        }
        self._suspended = False

    def take(self, row: Asset, one: _Judged) -> None:
        """One asset."""
        checks, state, asset = one.checks, one.state, parse_hex32(row.asset_id)
        self._inputs.append(one.input)
        if isinstance(state, Ledgered):
            self._suspended |= state.record is not None and state.record.suspended
            if any(claim.status is Status.LIVE for claim in state.claims):
                self._sets["liened"].add(asset)
        if checks[Code.LIEN].cause is Cause.LOOSE_MATCH:
            self._sets["alike"].add(asset)
        elif checks[Code.LIEN].verdict is Verdict.INVALID:
            self._sets["liened"].add(asset)
        if checks[Code.STANDING].verdict is Verdict.INVALID:
            self._sets["withdrawn"].add(asset)
            return
        if self._stands(row, asset, checks) and one.paper is not None:
            self._papers.append(one.paper)

    def _stands(self, row: Asset, asset: bytes, checks: Mapping[Code, Check]) -> bool:
        """Whether it is evidence; what stands in the way is noted."""
        for code in _BY_ITSELF:
            if checks[code].verdict is Verdict.INVALID:
                self._invalid.append(
                    f"{row.kind} {number_of(row) or row.asset_id}: {code.name}: {checks[code].message}"
                )
                self._sets["invalid"].add(asset)
                self._sets["unfit"].add(asset)
                return False
        profile = profile_of(row.kind).required
        due = (self._required & profile) | {Code.STANDING}
        for code in sorted(due):
            if checks[code].verdict is Verdict.UNKNOWN and code is not Code.LIEN:
                cause = checks[code].cause
                told = f"{code.name} {cause.value if cause is not None else ''}: {checks[code].message}"
                self._unknown[told] = self._unknown.get(told, 0) + 1
                self._sets["unfit"].add(asset)
                return False
        return True

    def done(self) -> Vetted:
        """All of it."""
        unknown = [f"{told} ({count} documents)" for told, count in sorted(self._unknown.items())]
        sets = {name: frozenset(ids) for name, ids in self._sets.items()}
        return Vetted(
            tuple(self._papers),
            tuple(self._inputs),
            Standing(sets["unfit"] | sets["withdrawn"], sets["liened"], sets["alike"]),
            self._suspended,
            tuple(sorted(self._invalid)),
            tuple(sorted(sets["invalid"])),
            tuple(sorted(sets["withdrawn"])),
            tuple(unknown[:_SAID_ONCE]),
        )


def _subject(
    receipt: Receipt, kept: readings.Kept | None, state: Ledgered | Missing, fingerprint_key: bytes | None
) -> Subject:
    unread = Missing(Cause.NOT_GRANTED, "its document has not been read for this decision")
    return Subject(
        receipt=receipt,
        profile=profile_of(receipt.values["asset.kind"]),
        content=unread if kept is None else _content(kept.reading),
        document=unread if kept is None or kept.reading.document is None else kept.reading.document,
        ledgered=state,
        fingerprint_key=fingerprint_key,
    )


def _content(reading: Reading) -> ContentState:
    assert reading.size is not None
    return ContentState(plain=True, sha256=reading.sha256, size=reading.size)


def _input(row: Asset, checks: Mapping[Code, Check]) -> Mapping[str, Any]:
    said = {
        check.code.name: check.verdict.value + (f" {check.cause.value}" if check.cause is not None else "")
        for check in checks.values()
        if check.code <= Code.FACTS
    }
    evidence = [[check.code.name, check.verdict.value, check.message] for check in checks.values() if check.code <= Code.FACTS]  # fmt: skip
    return {
        "asset_id": row.asset_id,
        "kind": row.kind,
        "root": row.root,
        "checks": said,
        "report": digest(evidence),
    }


def _paper(receipt: Receipt, kept: readings.Kept | None, state: Ledgered) -> Paper:
    return of_receipt(
        receipt.asset_id,
        receipt.values,
        registered_at=state.batch.registered_at,
        signers={key: found.key.org for key, found in state.keys.items()},
        document=kept.reading.document if kept is not None else None,
        declared=kept.declared if kept is not None else None,
    )


def pin_newest(node: Callable[[], Node]) -> Pinned | Missing:
    """The newest final block, or why there is none."""
    try:
        return pin([node()])
    except LedgerError as error:
        return missing(error)


def pin_at(node: Node, number: int, block_hash: str) -> Pinned:
    """The block of a record. UnavailableError where the node has not that one."""
    ledger = node.ledger
    try:
        block = ledger.chain.block(number)
    except LedgerError as error:
        raise UnavailableError("REPLAY", f"the ledger cannot be read at block {number:,}: {missing(error).message}") from error  # fmt: skip
    if hex32(block.hash) != block_hash:
        raise UnavailableError("REPLAY", f"block {number:,} of this ledger is another one than the record names: wrong ledger?")  # fmt: skip
    descriptor = ledger.descriptor
    finality = f"{descriptor.confirmations} confirmations" if descriptor.confirmations else "immediate"
    said = AsOf(
        descriptor.chain_id, hex32(descriptor.genesis), number, block_hash, instant(block.timestamp), finality
    )
    return Pinned((node,), block, said)
