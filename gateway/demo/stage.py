"""What every step of the demo works with: the opened home, the world, what was certified of it, and a clock to set.

A step answers whether it saw what it set out to show, with its figures, each measured on the running system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from certifier.documents import Reader, Reading
from certifier.receipt import Receipt
from certifier.verify import Check, Code, Given, Report
from gateway.demo.world import World, seconds
from gateway.errors import ConflictError
from gateway.installation import Installation, Organisation
from gateway.service import certifying, evidence, pledging, verifying
from gateway.service.lending import Lending
from gateway.service.own import own_receipt
from ledger import embedded
from ledger.errors import LedgerError
from ledger.types import hex32

__all__ = ["Figures", "Progress", "Seen", "Stage", "Step"]

Figures = dict[str, Any]
Seen = tuple[bool, Figures]
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""A label and how many steps there are, if known; gives the function that advances it (the command line's bar)."""


@dataclass(frozen=True)
class Step:
    """One step: what was set out, whether it was seen, and the figures."""

    name: str
    ok: bool
    figures: Figures


@dataclass
class Stage:
    """See the module. `certified` knows what became of each of the world's files, by path."""

    installation: Installation
    node: embedded.Embedded
    world: World
    reader: Reader
    progress: Progress
    certified: dict[str, certifying.CertifiedFile] = field(default_factory=dict)
    batches: list[certifying.Anchored] = field(default_factory=list)
    gas: dict[str, float] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)

    @cached_property
    def lending(self) -> Lending:
        """Credit, warm from one application to the next."""
        return Lending(self.installation)

    @property
    def shorts(self) -> set[str]:
        """Organisations that this home knows."""
        return {one.short for one in self.installation.book.all()}

    def org(self, short: str) -> Organisation:
        """An organisation by its short name."""
        return self.installation.book.find(short)

    def set_clock(self, moment: datetime) -> None:
        """Make it that moment, or later where a block stands in the way."""
        self.node.clock.set(seconds(moment))

    def last(self, firm: str, kind: str) -> str:
        """The newest paper of a firm and kind that is one of a kind: the world's own, no second copy."""
        return next(
            path
            for path, paper in reversed(self.world.papers.items())
            if (paper.firm, paper.kind) == (firm, kind) and not self.certified[path].existing
        )

    def file(self, path: str) -> Path:
        """A file of the world."""
        return self.world.folder / path

    def own(self, path: str) -> Receipt:
        """The whole receipt of a file's asset, as its owner has it."""
        owner = self.org(self.world.papers[path].firm)
        return own_receipt(self.installation, owner, self.certified[path].asset_id)

    def given(self, path: str, file: Path | None = None) -> Given:
        """The receipt that was written for a file, with the file, or another one in its place."""
        return Given(evidence.load_receipt(self.certified[path].receipt), self.read(file or self.file(path)))

    def read(self, file: Path) -> Reading:
        """A document as it reads today."""
        (reading,) = self.reader.read([file])
        return reading

    def verify(self, path: str, lender: str | None = None, file: Path | None = None) -> Report:
        """The report on a file's asset, as `lender` sees it."""
        (report,) = self.verify_all([self.given(path, file)], lender)
        return report

    def verify_all(self, given: Sequence[Given], lender: str | None = None) -> list[Report]:
        """Reports on several, all at one block."""
        org = self.org(lender).id if lender is not None else None
        return list(verifying.of_installation(self.installation).verify_many(given, as_org=org))

    def offer(self, debtor: str, lender: str, paths: Sequence[str], **terms: Any) -> pledging.OfferFile:
        """An offer of certified files to a lender."""
        receipts = [self.own(path) for path in paths]
        return pledging.make_offer(
            self.installation, self.org(debtor), self.org(lender).id, receipts, **terms
        )

    def pledge(self, lender: str, made: pledging.OfferFile) -> pledging.Pledged:
        """What the lender does with it: verify, pledge, verify again."""
        verifier = verifying.of_installation(self.installation)
        return pledging.pledge(self.installation, self.org(lender), made, verifier)

    def refusals(self, lender: str, made: pledging.OfferFile) -> tuple[Check | None, str]:
        """How an offer is refused: the check in its lender's own verification, and the contract's error had it not looked.

        The transaction is sent only where the check is INVALID: a lender may take what looks alike, and here none does.
        """
        check = None
        try:
            self.pledge(lender, made)
        except pledging.VerificationRefusedError as error:
            check = error.report.check(Code[error.code])
        if check is None or check.verdict.value != "INVALID":
            return check, ""
        try:
            pledging.send(self.installation, self.org(lender), made)
        except LedgerError as error:
            return check, type(error).__name__
        return check, ""

    def is_shredded(self, path: str) -> bool:
        """Whether nothing of a file's asset can be disclosed any more."""
        try:
            self.own(path)
        except ConflictError as error:
            return error.code == "SHREDDED"
        return False

    def gas_of(self, transaction: bytes) -> int:
        """What a transaction used."""
        receipt = self.installation.ledger.chain.rpc.call("eth_getTransactionReceipt", hex32(transaction))
        return int(receipt["gasUsed"], 16)
