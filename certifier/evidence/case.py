"""One firm's papers put in order once: what every measure reads. Nothing here judges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType

from certifier.evidence import books
from certifier.evidence.affiliates import Groups
from certifier.evidence.attributes import Attribute, account
from certifier.evidence.books import Directory
from certifier.evidence.finding import Finding
from certifier.evidence.paper import Paper
from certifier.evidence.policy import Policy
from certifier.evidence.records import Delivery, Inspection, Invoice, Lot, Order, Payment
from certifier.evidence.routing import PlannedStop, Routing

__all__ = ["Case", "Measure"]

_NOTICE_MS = 24 * 3600 * 1000


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a measure found, and the assets that it compared with something: a paper in none of them was not judged."""

    findings: tuple[Finding, ...] = ()
    judged: frozenset[bytes] = frozenset()


class Case:
    """`firm`'s papers before `as_of`, as records. Papers of others only tell who trades with whom.

    `names`: organisation of the ledger → its identifier and aliases. `pledged`: assets under a live pledge. `terms`: a buyer's number
    → days of payment agreed, where no paper of its own says so.
    """

    def __init__(
        self,
        papers: Iterable[Paper],
        *,
        firm: bytes,
        as_of: date,
        policy: Policy,
        names: Mapping[bytes, Iterable[str]],
        attributes: Iterable[Attribute] = (),
        pledged: Collection[bytes] = (),
        terms: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        unique = {paper.asset_id: paper for paper in papers if paper.day < as_of}
        self.papers: Sequence[Paper] = sorted(unique.values(), key=lambda p: (p.registered_at, p.asset_id))
        self.own = [paper for paper in self.papers if paper.issuer == firm]
        self.as_of, self.policy = as_of, policy
        self.directory = Directory(names)
        self.issuer, self.firm = firm, self.directory.organisation(firm)
        self.groups = Groups([*attributes, *self._accounts()], policy)
        self.pledged = frozenset(pledged)
        self.terms = {self.directory.party(number) or number: days for number, days in sorted(terms.items())}

    def _accounts(self) -> Iterator[Attribute]:
        """Accounts that sellers state in the firm's own papers: those that are paid into one are under one control."""
        for paper in self.own:
            seller = self.directory.party(paper.facts.get("seller_id"))
            stated = paper.trace.account if paper.trace is not None else None
            if seller is not None and stated is not None:
                yield account(seller, stated, paper.asset_id)

    @property
    def window(self) -> tuple[date, date]:
        """W of PRODUCT 2.4: from its first day, to `as_of` excluded."""
        return self.as_of - timedelta(days=self.policy.window_days), self.as_of

    def inside(self, day: date | None, days: int | None = None) -> bool:
        """Whether a day lies in W, or in the last `days` before `as_of`."""
        first = self.as_of - timedelta(days=self.policy.window_days if days is None else days)
        return day is not None and first <= day < self.as_of

    @cached_property
    def witnesses(self) -> Mapping[bytes, frozenset[bytes]]:
        """Asset → the organisations outside its issuer's control group that signed it; assets without any are left out."""
        found = {}
        for paper in self.papers:
            issuer = self.directory.organisation(paper.issuer)
            outside = frozenset(
                signer.organisation
                for signer in paper.signers
                if signer.organisation is not None
                and not self.groups.same(self.directory.organisation(signer.organisation), issuer)
            )
            if outside:
                found[paper.asset_id] = outside
        return found

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        """Buyers' orders by number."""
        return books.orders(self.own, self.directory)

    @cached_property
    def lots(self) -> Mapping[str, Lot]:
        """Work orders by number."""
        return books.lots(self.own)

    @cached_property
    def lots_of(self) -> Mapping[str, Sequence[Lot]]:
        """Product → its work orders."""
        found: dict[str, list[Lot]] = {}
        for _, lot in sorted(self.lots.items()):
            found.setdefault(lot.product, []).append(lot)
        return found

    @cached_property
    def inspected(self) -> Mapping[bytes, Sequence[Inspection]]:
        """Work order's asset → the reports that point to it."""
        found: dict[bytes, list[Inspection]] = {}
        for one in self.inspections:
            for asset in one.work:
                found.setdefault(asset, []).append(one)
        return found

    def reports(self, lot: Lot) -> Sequence[Inspection]:
        """The reports on a lot, in order of day."""
        found = {one.assets: one for asset in lot.assets for one in self.inspected.get(asset, ())}
        return [one for one in sorted(found.values(), key=lambda one: (one.day, one.number, one.lot)) if one.product == lot.product]  # fmt: skip

    @cached_property
    def inspections(self) -> Sequence[Inspection]:
        """Reports on lots, in order of day."""
        outside = [
            paper.asset_id for paper in self.own
            if paper.asset_id in self.witnesses and any(signer.role == "inspector" for signer in paper.signers)
        ]  # fmt: skip
        return books.inspections(self.own, outside)

    @cached_property
    def deliveries(self) -> Mapping[str, Delivery]:
        """Deliveries by number."""
        return books.deliveries(self.own, self.directory, self.witnesses)

    @cached_property
    def _invoices(self) -> Sequence[Invoice]:
        return books.invoices(self.own, self.directory)

    @cached_property
    def sales(self) -> Sequence[Invoice]:
        """What the firm bills, in order of day; self-billed ones of its buyers included."""
        return [invoice for invoice in self._invoices if invoice.seller == self.firm]

    @cached_property
    def purchases(self) -> Sequence[Invoice]:
        """What is billed to the firm."""
        return [invoice for invoice in self._invoices if invoice.buyer == self.firm]

    @cached_property
    def notes(self) -> Sequence[Invoice]:
        """The firm's credit notes; totals as stated, mostly negative."""
        return [n for n in books.invoices(self.own, self.directory, "credit-note") if n.seller == self.firm]

    @cached_property
    def payments(self) -> Sequence[Payment]:
        """Money in and out, each once."""
        return books.payments(self.own, self.directory, self.witnesses)

    @cached_property
    def routing_paper(self) -> Paper | None:
        """The firm's newest routing."""
        found = [paper for paper in self.own if paper.routing is not None]
        return max(found, key=lambda paper: (paper.registered_at, paper.asset_id), default=None)

    @property
    def routing(self) -> Routing | None:
        """What the firm declares of its workshop; None where it declared nothing, or that was not given."""
        return self.routing_paper.routing if self.routing_paper is not None else None

    @cached_property
    def stops(self) -> Sequence[PlannedStop]:
        """Stops that were announced a day ahead, and certified before they began."""
        return [
            stop for paper in self.own
            if (stop := paper.planned_stop) is not None
            and stop.given_at + _NOTICE_MS <= stop.start and paper.registered_at * 1000 <= stop.start
        ]  # fmt: skip
