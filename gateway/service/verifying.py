"""Verify a receipt or a dossier: find the nodes, the store and the file, hand them to the verifier, say what it said.

Nothing is decided here; `certifier.verify` decides. A node that cannot be reached becomes UNKNOWN there, never an error here. Without a
home, a descriptor and `--rpc` are enough: that is how a stranger verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from certifier.documents import Reader, Reading
from certifier.documents.profile import Profile
from certifier.errors import InvalidReceiptError
from certifier.receipt import Dossier, Receipt
from certifier.store import ContentStore
from certifier.verify import (
    Cause,
    Check,
    Given,
    Missing,
    Node,
    Report,
    Verdict,
    Verifier,
    dossier_verdict,
    malformed,
)
from certifier.verify.observe import missing
from gateway.errors import UnreadableError, UsageError
from gateway.home import Home
from gateway.installation import Installation, open_store
from gateway.service.evidence import load_evidence
from gateway.service.profiles import trusted
from ledger import host
from ledger.connection import Ledger
from ledger.descriptor import Descriptor
from ledger.errors import LedgerError

__all__ = ["Session", "Verification", "connected", "of_installation", "opened", "verifier_at"]


@dataclass(frozen=True)
class Verification:
    """Reports of one receipt, or of each receipt of a dossier."""

    verdict: Verdict
    reports: tuple[Report, ...]
    dossier: str | None = None

    def to_json(self) -> dict[str, Any]:
        """One report's document, or {verdict, reports} for a dossier."""
        if self.dossier is None:
            return self.reports[0].to_json()
        return {
            "verdict": self.verdict.value,
            "dossier": self.dossier,
            "reports": [report.to_json() for report in self.reports],
        }


class Session:
    """A verifier with what it needs, open for several receipts."""

    def __init__(self, verifier: Verifier, home: Home) -> None:
        self._verifier = verifier
        self._home = home

    def run(
        self,
        path: Path,
        file: Path | None,
        org: str | None,
        shown: Callable[[Check], None] | None = None,
        profiles: Sequence[Path] = (),
    ) -> Verification:
        """Verify the receipt or dossier at `path`; `shown` gets each check of a single receipt as it is made.

        A firm's own table is read by `profiles` and by those of the home.
        """
        as_org = self._as_org(org)
        try:
            found = load_evidence(path)
        except InvalidReceiptError as error:
            cause = Cause(error.cause) if error.cause is not None else None
            return _shown(malformed(f"the receipt is malformed: {error}", cause=cause), shown)
        if isinstance(found, Dossier):
            if file is not None:
                raise UsageError(
                    "DOSSIER_FILE",
                    "a dossier holds several papers: give no FILE with it, or verify one receipt",
                )
            return self._dossier(found, as_org)
        reading = reading_of(file, trusted(self._home, profiles)) if file is not None else None
        return self._receipt(found, reading, as_org, shown)

    def _receipt(
        self,
        receipt: Receipt,
        reading: Reading | None,
        as_org: bytes | None,
        shown: Callable[[Check], None] | None,
    ) -> Verification:
        for item in self._verifier.stream(receipt, reading, as_org=as_org):
            if isinstance(item, Report):
                return Verification(item.verdict, (item,))
            if shown is not None:
                shown(item)
        raise AssertionError("the verifier ended without a report")

    def _dossier(self, dossier: Dossier, as_org: bytes | None) -> Verification:
        reports = self._verifier.verify_dossier(
            [Given(receipt) for receipt in dossier.receipts], as_org=as_org
        )
        return Verification(dossier_verdict(reports), tuple(reports), dossier.name)

    def _as_org(self, org: str | None) -> bytes | None:
        from gateway.installation import Book

        return Book(self._home.keys).id_of(org) if org is not None else None


def _shown(report: Report, shown: Callable[[Check], None] | None) -> Verification:
    if shown is not None:
        for check in report.checks:
            shown(check)
    return Verification(report.verdict, (report,))


def reading_of(file: Path, profiles: Sequence[Profile] = ()) -> Reading:
    """The document as it reads today. One that is empty, too large or no longer parses is for checks 1 and 9 to judge."""
    with Reader(profiles=profiles) as reader:
        (reading,) = reader.read([file])
    if reading.sha256 is not None:
        return reading
    if not file.is_file():
        raise UnreadableError(
            "FILE", f"{file} is no file that can be read: name the document that the receipt is of"
        )
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return replace(reading, sha256=digest, size=file.stat().st_size)


@contextmanager
def opened(home: Home, descriptor: Path | None, rpc: Sequence[str]) -> Iterator[Session]:
    """A session on the home's ledger, or on the nodes given."""
    trusted = _trusted(home, descriptor)
    store: ContentStore | None = open_store(home) if home.exists else None
    with _nodes(home, descriptor, rpc) as nodes:
        yield Session(Verifier(trusted, nodes, store), home)


@contextmanager
def connected(home: Home, descriptor: Path | None, rpc: Sequence[str]) -> Iterator[list[Node]]:
    """Nodes that answer, given or the home's own. Raises what stands in the way."""
    trusted = _trusted(home, descriptor)
    with ExitStack() as stack:
        urls = list(rpc) or [stack.enter_context(host.open(home.require().root)).url]
        yield [Node(stack.enter_context(closing(Ledger.connect(trusted, url)))) for url in urls]


@contextmanager
def _nodes(home: Home, descriptor: Path | None, rpc: Sequence[str]) -> Iterator[list[Node] | Missing]:
    """The same, or why there are none."""
    with ExitStack() as stack:
        nodes: list[Node] | Missing
        try:
            nodes = stack.enter_context(connected(home, descriptor, rpc))
        except LedgerError as error:
            nodes = missing(error)
        yield nodes


def of_installation(installation: Installation) -> Verifier:
    """The verifier of an open home."""
    ledger = installation.ledger
    return Verifier(ledger.descriptor, [Node(ledger)], installation.store)


def verifier_at(home: Home, url: str) -> Verifier:
    """The verifier of a home whose node runs there. LedgerError where that does not answer as it should."""
    trusted = Descriptor.load(home.descriptor)
    return Verifier(trusted, [Node(Ledger.connect(trusted, url))], open_store(home))


def _trusted(home: Home, descriptor: Path | None) -> Descriptor:
    path = descriptor or home.descriptor
    if descriptor is None and not path.is_file():
        raise UsageError(
            "NO_DESCRIPTOR",
            f"no ledger descriptor to trust: give --ledger FILE, or --home with one ({path} is not there)",
        )
    return Descriptor.load(path)
