"""One look at an applicant at one block: what its papers are worth, what they say together, and who is whose affiliate (PRODUCT 2.4, 2.10).

Made once for all lenders that are asked. What this process has read and compared stays warm; nothing is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from certifier import fingerprint
from certifier.evidence import Attribute, Paper, tokens
from certifier.evidence.assessment import Assessment, assess
from certifier.evidence.attributes import Extract
from certifier.verify import Node
from certifier.verify.observe import Pinned
from certifier.verify.subject import Missing
from gateway.credit.products import Product
from gateway.db import credit
from gateway.installation import Installation, Organisation
from gateway.service import products
from gateway.service.times import business_day
from gateway.service.vetting import Shelf, Vetted, pin_newest
from ledger.types import parse_hex32

__all__ = ["Examined", "Examiner"]


@dataclass(frozen=True)
class Examined:
    """What a look gave. `stages`: when each part was done."""

    pinned: Pinned | Missing
    day: date
    vetted: Vetted
    found: Assessment
    others: tuple[Paper, ...]
    attributes: tuple[Attribute, ...]
    stages: Mapping[str, float]

    @property
    def as_of(self) -> dict[str, Any]:
        """The block, or why there is none."""
        if isinstance(self.pinned, Pinned):
            return self.pinned.as_of.to_json()
        return {"number": None, "hash": None, "time": str(self.day), "cause": self.pinned.cause.value}


class Examiner:
    """Looks at applicants; one per process, which keeps it warm."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._shelf = Shelf(installation)
        self._node: Node | None = None
        self._assessed: dict[tuple[Any, ...], Assessment] = {}
        self._tokens: dict[bytes, tuple[Attribute, ...]] = {}

    @property
    def contracts(self) -> dict[str, str]:
        """Addresses of the ledger's contracts, as the descriptor names them."""
        return {name: str(address) for name, address in sorted(self._shelf.descriptor.contracts.items())}

    def examine(
        self,
        applicant: Organisation,
        asked: Sequence[Product],
        pinned: Pinned | Missing | None = None,
        among: frozenset[str] | None = None,
    ) -> Examined:
        """Everything about the applicant at the block, by default the newest final one; of `among` only, where an earlier look had just these."""
        home = self._installation
        seen = pin_newest(self._nodes) if pinned is None else pinned
        stages = {"pin": time.perf_counter()}
        assets = self._shelf.anchored(applicant)
        if among is not None:
            assets = [one for one in assets if one.asset_id in among]
        required = {code for one in asked for code in one.body["required_checks"]}
        vetted = self._shelf.vet(applicant, assets, seen, required)
        stages["verify"] = time.perf_counter()
        block = seen.block if isinstance(seen, Pinned) else None
        moment = block.timestamp if block is not None else home.now()
        day = business_day(moment)
        until = block.number if block is not None else 0
        others, attributes = self._shelf.context(applicant, until), self._attributes(until)
        found = self._assess(applicant, vetted, day, others, attributes)
        stages["evidence"] = time.perf_counter()
        return Examined(seen, day, vetted, found, others, attributes, stages)

    def _assess(
        self,
        applicant: Organisation,
        vetted: Vetted,
        day: date,
        others: tuple[Paper, ...],
        attributes: tuple[Attribute, ...],
    ) -> Assessment:
        """The papers together; the same papers on the same day are compared once in a process."""
        key = (
            applicant.id, day, frozenset(one.asset_id for one in vetted.papers), frozenset(one.asset_id for one in others),
            frozenset(attributes), vetted.standing.liened,
        )  # fmt: skip
        if key not in self._assessed:
            names = {one.id: one.numbers for one in self._installation.book.all()}
            self._assessed[key] = assess(
                [*vetted.papers, *others], firm=applicant.id, as_of=day, names=names, attributes=attributes, pledged=vetted.standing.liened
            )  # fmt: skip
        return self._assessed[key]

    def _attributes(self, until: int) -> tuple[Attribute, ...]:
        """What lenders' extracts of the companies register tell of affiliates, as keyed tokens; values stay with their holder."""
        home, lenders = self._installation, {one.lender for one in products.published(self._installation)}
        found: list[Attribute] = []
        for other in home.book.all():
            if other.id not in lenders:
                continue
            with home.database.session() as session:
                rows = credit.extracts(session, other.hex, until)
            kept = self._shelf.kept([row.asset_id for row in rows])
            for row in rows:
                one = kept.get(row.asset_id)
                if one is not None and isinstance(one.declared, Extract):
                    found += self._tokens_of(other, parse_hex32(row.asset_id), one.declared)
        return tuple(found)

    def _tokens_of(self, holder: Organisation, asset: bytes, extract: Extract) -> tuple[Attribute, ...]:
        if asset not in self._tokens:
            service = self._installation.evaluation()

            def keyed(message: bytes) -> bytes:
                return fingerprint.evaluate(service, holder.id, {"attribute": (message.decode(),)})[
                    "attribute"
                ].value

            self._tokens[asset] = tokens(extract, keyed, asset)
        return self._tokens[asset]

    def _nodes(self) -> Node:
        ledger = self._installation.ledger
        if self._node is None or self._node.ledger is not ledger:
            self._node = Node(ledger)
        return self._node
