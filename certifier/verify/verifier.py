"""Verify receipts and dossiers against nodes, a store and the document: gather, check, sum up.

A receipt that names another ledger, or shows a value that is not as its schema says, is INVALID before any node is asked. Business
time is the pinned block's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certifier import schema
from certifier.certify import certification_rank
from certifier.documents import Document, Reading
from certifier.errors import ContentRefusedError, DocumentError
from certifier.receipt import Receipt
from certifier.store import ContentStore
from certifier.verify import observe
from certifier.verify.checks import run
from certifier.verify.corroborate import job_of
from certifier.verify.profiles import Profile, profile_of
from certifier.verify.report import NOBODY_VERIFIED, Cause, Check, Code, NotVerified, Report, Verdict, worst
from certifier.verify.subject import ContentState, Ledgered, Missing, Paper, Subject
from ledger.chain import Block
from ledger.descriptor import Descriptor
from ledger.types import hex32

if TYPE_CHECKING:
    from certifier.evidence import Attribute

__all__ = ["Given", "Verifier", "malformed"]

_TOGETHER = (Code.PLAUSIBILITY, Code.INDEPENDENCE)
_BY_ITSELF = tuple(code for code in Code if code not in _TOGETHER)

BULK = 200


@dataclass(frozen=True)
class Given:
    """One receipt to verify, with the reading of its plain document where FILE was given."""

    receipt: Receipt
    reading: Reading | None = None
    data: bytes | None = None
    """The document's bytes, where the reading's path no longer leads to them."""


@dataclass(frozen=True)
class _Sitting:
    """What all receipts verified together share. `pinned` is None as long as no node was asked."""

    pinned: observe.Pinned | Missing | None
    as_org: bytes | None
    papers: Mapping[bytes, Paper] | None = None


_Found = Ledgered | Missing | Report
"""What the ledger says about a receipt, or the report on one that was refused before the ledger was asked."""


class Verifier:
    """Verifies against one descriptor. `nodes` may be empty (or a `Missing`): what needs the ledger is UNKNOWN then.

    `at`: an earlier block to read everything at, so that a decision can be replayed; else the newest final one, each time.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        nodes: Sequence[observe.Node] | Missing,
        store: ContentStore | None,
        *,
        at: Block | None = None,
    ) -> None:
        if not isinstance(nodes, Missing) and any(node.ledger.descriptor != descriptor for node in nodes):
            raise ValueError("a node was connected under another descriptor than the verifier's")
        self._descriptor = descriptor
        self._nodes = nodes
        self._store = store
        self._at = at

    def verify(
        self, receipt: Receipt, reading: Reading | None = None, *, as_org: bytes | None = None
    ) -> Report:
        """The report on one receipt."""
        return next(self.verify_many([Given(receipt, reading)], as_org=as_org))

    def stream(
        self, receipt: Receipt, reading: Reading | None = None, *, as_org: bytes | None = None
    ) -> Iterator[Check | Report]:
        """Each check as soon as it is made, then the report."""
        pinned, (found,) = self._gather([receipt], None)
        yield from self._checked(Given(receipt, reading), found, _Sitting(pinned, as_org))

    def verify_many(self, given: Sequence[Given], *, as_org: bytes | None = None) -> Iterator[Report]:
        """Reports in order, all at one block, the ledger read in bulk: for the next ones while these are checked."""
        parts = [given[start : start + BULK] for start in range(0, len(given), BULK)]
        for part, (pinned, found) in zip(parts, self._gathered(parts), strict=True):
            for one, what in zip(part, found, strict=True):
                yield self._report(one, what, _Sitting(pinned, as_org))

    def _gathered(
        self, parts: Sequence[Sequence[Given]]
    ) -> Iterator[tuple[observe.Pinned | Missing | None, list[_Found]]]:
        """`_gather` for each part, all at the block of the first: always one part ahead."""
        named = [[one.receipt for one in part] for part in parts]
        if len(named) < 2:
            yield from (self._gather(receipts, None) for receipts in named)
            return
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._gather, named[0], None)
            for receipts in named[1:]:
                pinned, found = coming.result()
                coming = thread.submit(self._gather, receipts, pinned)
                yield pinned, found
            yield coming.result()

    def verify_dossier(
        self,
        given: Sequence[Given],
        *,
        as_org: bytes | None = None,
        attributes: Sequence[Attribute] = (),
    ) -> list[Report]:
        """Reports on the papers of one job, in order. A link is judged by the papers here, and by what was found of them.

        Checks 11 and 12 compare the papers that hold by themselves; `attributes` tell who is under one control.
        """
        pinned, found = self._gather([one.receipt for one in given], None)
        papers = {one.receipt.asset_id: Paper(one.receipt) for one in given}
        sitting = _Sitting(pinned, as_org, papers)
        subjects: dict[int, Subject] = {}
        reports: dict[int, Report] = {}
        for at in sorted(range(len(given)), key=lambda at: certification_rank(_kind(given[at].receipt))):
            what = found[at]
            if isinstance(what, Report):
                reports[at] = what
            else:
                subject = subjects[at] = self._subject(given[at], what, sitting)
                reports[at] = _summed(subject, list(run(subject, _BY_ITSELF)), pinned)
            papers[given[at].receipt.asset_id] = Paper(given[at].receipt, reports[at])
        whole = [(given[at], subject.ledgered, reports[at].checks) for at, subject in subjects.items()]
        job = job_of(whole, attributes)
        for at, subject in subjects.items():
            together = run(replace(subject, job=job), _TOGETHER)
            reports[at] = _summed(subject, [*reports[at].checks, *together], pinned)
        return [reports[at] for at in range(len(given))]

    def _gather(
        self, receipts: Sequence[Receipt], pinned: observe.Pinned | Missing | None
    ) -> tuple[observe.Pinned | Missing | None, list[_Found]]:
        """The block (pinned now if not before) and what it says, unless every receipt is refused without it."""
        refused = [self._refused(receipt) for receipt in receipts]
        sound = [receipt for receipt, report in zip(receipts, refused, strict=True) if report is None]
        if sound and pinned is None:
            pinned = self._nodes if isinstance(self._nodes, Missing) else observe.pin(self._nodes, self._at)
        ledgered = iter(self._ledgered(pinned, sound))
        return pinned, [report or next(ledgered) for report in refused]

    def _ledgered(
        self, pinned: observe.Pinned | Missing | None, receipts: Sequence[Receipt]
    ) -> Sequence[Ledgered | Missing]:
        if isinstance(pinned, observe.Pinned):
            return observe.read_ledger(pinned, receipts)
        return [] if pinned is None else [pinned] * len(receipts)

    def _refused(self, receipt: Receipt) -> Report | None:
        """The report on a receipt that is INVALID whatever ledger, store and document say."""
        named, ours = receipt.ledger, self._descriptor
        if (named.chain_id, named.genesis, named.asset_registry) != (
            *(ours.chain_id, ours.genesis),
            ours.contracts["asset_registry"],
        ):
            other = f"chain {named.chain_id}, registry {named.asset_registry}"
            fault = f"the receipt is of another ledger ({other}) than the one you trust"
            return malformed(fault, Code.REGISTRATION, receipt)
        kind = _kind(receipt)
        for path, value in receipt.values.items():
            if (problem := schema.problem(kind, path, value)) is not None:
                return malformed(f"the field {path} is not as its schema says: {problem}", receipt=receipt)
        return None

    def _report(self, given: Given, found: _Found, sitting: _Sitting) -> Report:
        *_, report = self._checked(given, found, sitting)
        assert isinstance(report, Report)
        return report

    def _checked(self, given: Given, found: _Found, sitting: _Sitting) -> Iterator[Check | Report]:
        if isinstance(found, Report):
            yield from found.checks
            yield found
            return
        subject = self._subject(given, found, sitting)
        checks: list[Check] = []
        for check in run(subject):
            checks.append(check)
            yield check
        yield _summed(subject, checks, sitting.pinned)

    def _subject(self, given: Given, ledgered: Ledgered | Missing, sitting: _Sitting) -> Subject:
        return Subject(
            receipt=given.receipt,
            profile=profile_of(_kind(given.receipt)),
            content=_content(given, self._store),
            document=_document(given.reading),
            ledgered=ledgered,
            fingerprint_key=self._descriptor.fingerprint_key,
            as_org=sitting.as_org,
            dossier=sitting.papers,
        )


def _summed(subject: Subject, checks: Sequence[Check], pinned: observe.Pinned | Missing | None) -> Report:
    """The report on one receipt, of the checks that were made of it."""
    verdict = _overall(subject.profile, checks, in_dossier=subject.dossier is not None)
    as_of = pinned.as_of if isinstance(pinned, observe.Pinned) else None
    return Report(verdict, tuple(checks), as_of, _not_verified(checks), hex32(subject.asset_id))


def _kind(receipt: Receipt) -> str:
    """Every receipt shows it (COMMITMENT 10)."""
    return receipt.values["asset.kind"]


def malformed(
    fault: str, code: Code = Code.COMMITMENT, receipt: Receipt | None = None, *, cause: Cause | None = None
) -> Report:
    """The report on a receipt that is INVALID before any node is asked; every other check says that it was not made."""
    skipped = "not checked: the receipt is refused already"
    checks = tuple(
        Check(at, Verdict.INVALID, fault, cause)
        if at is code
        else Check(at, Verdict.UNKNOWN, skipped, Cause.UNSUPPORTED)
        for at in Code
    )
    asset_id = hex32(receipt.asset_id) if receipt is not None else None
    return Report(Verdict.INVALID, checks, None, _not_verified(checks), asset_id)


def _content(given: Given, store: ContentStore | None) -> ContentState | ContentRefusedError | Missing:
    reading = given.reading
    if reading is None:
        return observe.content_of(store, given.receipt.values["content.cid"])
    if reading.sha256 is None or reading.size is None:
        return Missing(Cause.UNREACHABLE, f"the document cannot be had: {reading.error}")
    return ContentState(plain=True, sha256=reading.sha256, size=reading.size)


def _document(reading: Reading | None) -> Document | DocumentError | Missing:
    if reading is None:
        return Missing(Cause.NOT_GRANTED, "the plain document was not given: nothing could be read again")
    return (
        reading.document
        or reading.error
        or Missing(Cause.UNREACHABLE, f"{reading.path} was not read as a document")
    )


def _overall(profile: Profile, checks: Sequence[Check], *, in_dossier: bool) -> Verdict:
    """INVALID if any check is; else UNKNOWN if a required one is neither VALID nor SKIPPED; else VALID."""
    if any(check.verdict is Verdict.INVALID for check in checks):
        return Verdict.INVALID
    required = [check for check in checks if profile.requires(check.code, in_dossier=in_dossier)]
    if any(check.verdict is Verdict.UNKNOWN for check in required):
        return Verdict.UNKNOWN
    return worst([check.verdict for check in required])


def _not_verified(checks: Sequence[Check]) -> tuple[NotVerified, ...]:
    unknown = [
        NotVerified(check.code.name, check.message) for check in checks if check.verdict is Verdict.UNKNOWN
    ]
    return (*NOBODY_VERIFIED, *unknown)
