"""Verify receipts and dossiers against nodes, a store and the document: gather, check, sum up.

A receipt that is malformed, or names another ledger, is INVALID before any node is asked. Business time is the pinned block's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from certifier.documents import Document, Reading
from certifier.errors import DocumentError
from certifier.receipt import Receipt
from certifier.store import ContentStore
from certifier.verify import observe
from certifier.verify.checks import run
from certifier.verify.profiles import Profile, profile_of
from certifier.verify.report import NOBODY_VERIFIED, Cause, Check, Code, NotVerified, Report, Verdict, worst
from certifier.verify.subject import ContentState, Ledgered, Missing, Subject
from ledger.descriptor import Descriptor
from ledger.types import hex32

__all__ = ["Given", "Verifier", "malformed"]

BULK = 200
NO_FILE = Missing(Cause.NOT_GRANTED, "the plain document was not given: nothing could be read again")


@dataclass(frozen=True)
class Given:
    """One receipt to verify, with the reading of its plain document where FILE was given."""

    receipt: Receipt
    reading: Reading | None = None


class Verifier:
    """Verifies against one descriptor. `nodes` may be empty (or a `Missing`): what needs the ledger is UNKNOWN then."""

    def __init__(
        self, descriptor: Descriptor, nodes: Sequence[observe.Node] | Missing, store: ContentStore | None
    ) -> None:
        self._descriptor = descriptor
        self._nodes = nodes
        self._store = store

    def verify(
        self, receipt: Receipt, reading: Reading | None = None, *, as_org: bytes | None = None
    ) -> Report:
        """The report on one receipt."""
        return next(self.verify_many([Given(receipt, reading)], as_org=as_org))

    def stream(
        self, receipt: Receipt, reading: Reading | None = None, *, as_org: bytes | None = None
    ) -> Iterator[Check | Report]:
        """Each check as soon as it is made, then the report."""
        pinned = self._pin()
        (ledgered,) = self._ledgered(pinned, [receipt])
        yield from self._checked(Given(receipt, reading), pinned, ledgered, as_org, None, frozenset())

    def verify_many(self, given: Sequence[Given], *, as_org: bytes | None = None) -> Iterator[Report]:
        """Reports in order, all at one block, the ledger read in bulk."""
        pinned = self._pin()
        for start in range(0, len(given), BULK):
            part = given[start : start + BULK]
            for one, ledgered in zip(
                part, self._ledgered(pinned, [one.receipt for one in part]), strict=True
            ):
                yield self._report(one, pinned, ledgered, as_org)

    def verify_dossier(self, given: Sequence[Given], *, as_org: bytes | None = None) -> list[Report]:
        """Reports on the papers of one job. A link is judged by the papers here, and by what was found of them."""
        pinned = self._pin()
        papers = {one.receipt.asset_id: one.receipt.values for one in given}
        ledgered = self._ledgered(pinned, [one.receipt for one in given])
        alone = [self._report(one, pinned, found, as_org) for one, found in zip(given, ledgered, strict=True)]
        faults = frozenset(
            one.receipt.asset_id
            for one, report in zip(given, alone, strict=True)
            if report.verdict is Verdict.INVALID
        )
        return [
            self._report(one, pinned, found, as_org, papers, faults)
            for one, found in zip(given, ledgered, strict=True)
        ]

    def _pin(self) -> observe.Pinned | Missing:
        return self._nodes if isinstance(self._nodes, Missing) else observe.pin(self._nodes)

    def _ledgered(
        self, pinned: observe.Pinned | Missing, receipts: Sequence[Receipt]
    ) -> list[Ledgered | Missing]:
        if isinstance(pinned, Missing):
            return [pinned] * len(receipts)
        return observe.read_ledger(pinned, receipts)

    def _report(
        self,
        given: Given,
        pinned: observe.Pinned | Missing,
        ledgered: Ledgered | Missing,
        as_org: bytes | None,
        papers: Mapping[bytes, Mapping[str, str]] | None = None,
        faults: frozenset[bytes] = frozenset(),
    ) -> Report:
        *_, report = self._checked(given, pinned, ledgered, as_org, papers, faults)
        assert isinstance(report, Report)
        return report

    def _checked(
        self,
        given: Given,
        pinned: observe.Pinned | Missing,
        ledgered: Ledgered | Missing,
        as_org: bytes | None,
        papers: Mapping[bytes, Mapping[str, str]] | None,
        faults: frozenset[bytes],
    ) -> Iterator[Check | Report]:
        if (fault := self._other_ledger(given.receipt)) is not None:
            report = malformed(fault, Code.REGISTRATION, given.receipt)
            yield from report.checks
            yield report
            return
        subject = self._subject(given, ledgered, as_org, papers, faults)
        checks: list[Check] = []
        for check in run(subject):
            checks.append(check)
            yield check
        as_of = None if isinstance(pinned, Missing) else pinned.as_of
        verdict = _overall(subject.profile, checks, in_dossier=papers is not None)
        yield Report(verdict, tuple(checks), as_of, _not_verified(checks), hex32(subject.asset_id))

    def _subject(
        self,
        given: Given,
        ledgered: Ledgered | Missing,
        as_org: bytes | None,
        papers: Mapping[bytes, Mapping[str, str]] | None,
        faults: frozenset[bytes],
    ) -> Subject:
        receipt = given.receipt
        return Subject(
            receipt=receipt,
            profile=profile_of(receipt.values["asset.kind"]),
            asset_id=receipt.asset_id,
            values=receipt.values,
            content=_content(given, self._store),
            document=_document(given),
            ledgered=ledgered,
            fingerprint_key=self._descriptor.fingerprint_key,
            as_org=as_org,
            dossier=papers,
            dossier_faults=faults,
        )

    def _other_ledger(self, receipt: Receipt) -> str | None:
        named, ours = receipt.ledger, self._descriptor
        if (named.chain_id, named.genesis, named.asset_registry) == (
            ours.chain_id,
            ours.genesis,
            ours.contracts["asset_registry"],
        ):
            return None
        return f"the receipt is of another ledger (chain {named.chain_id}, registry {named.asset_registry}) than the one you trust"


def malformed(
    fault: str, code: Code = Code.COMMITMENT, receipt: Receipt | None = None, *, cause: Cause | None = None
) -> Report:
    """The report on a receipt that is INVALID before any node is asked; every other check says that it was not made."""
    skipped = "not checked: the receipt is refused before"
    checks = tuple(
        Check(at, Verdict.INVALID, fault, cause)
        if at is code
        else Check(at, Verdict.UNKNOWN, skipped, Cause.UNSUPPORTED)
        for at in Code
    )
    asset_id = hex32(receipt.asset_id) if receipt is not None else None
    return Report(Verdict.INVALID, checks, None, _not_verified(checks), asset_id)


def _content(given: Given, store: ContentStore | None) -> ContentState | Missing:
    reading = given.reading
    if reading is None:
        return observe.content_of(store, given.receipt.values["content.cid"])
    assert reading.sha256 is not None and reading.size is not None
    return ContentState(plain=True, sha256=reading.sha256, size=reading.size)


def _document(given: Given) -> Document | DocumentError | Missing:
    if given.reading is None:
        return NO_FILE
    found = given.reading.document or given.reading.error
    assert found is not None
    return found


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
