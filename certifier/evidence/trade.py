"""Trade among organisations: affiliates as counterparts, reciprocal trade, cycles and their score (E15; PRODUCT 3.2).

The search is incremental: on each new invoice, ways of at most five invoices back to its seller, of one size and one month,
with a cap on steps that is reported when it is reached. Whether a set of invoices is a cycle does not depend on their order.
What clears a cycle is evidence that the goods moved. What it does not prove: intent; toll work and returns go round as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from certifier.evidence import books
from certifier.evidence.affiliates import Shared
from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, RED, Code, Finding, Severity
from certifier.evidence.numbers import money_text
from certifier.evidence.policy import Policy
from certifier.evidence.records import Payment

__all__ = ["Cycle", "Edge", "Graph", "Trade", "trade"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One invoice from seller to buyer. `moved`: an outside carrier signed; `made`: machine time is linked to its order.

    `paid`: the days on which money for it moved.
    """

    seller: str
    buyer: str
    day: date
    total: Decimal
    number: str
    sorts: frozenset[str]
    moved: bool
    made: bool
    paid: tuple[date, ...]
    assets: tuple[bytes, ...]
    money: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Invoices that lead back to where they began. `parts`: points by reason; `cleared`: the goods moved on every edge."""

    edges: tuple[Edge, ...]
    shared: tuple[Shared, ...]
    parts: Mapping[str, int]
    cleared: bool

    @property
    def score(self) -> int:
        """Points in all; none where it is cleared."""
        return 0 if self.cleared else sum(self.parts.values())

    @property
    def assets(self) -> tuple[bytes, ...]:
        """Invoices, payments and extracts that it rests on."""
        found = {asset for edge in self.edges for asset in (*edge.assets, *edge.money)}
        return tuple(sorted(found.union(*(one.assets for one in self.shared))))

    @property
    def invoices(self) -> frozenset[bytes]:
        """The invoices' assets alone."""
        return frozenset(asset for edge in self.edges for asset in edge.assets)


@dataclass(frozen=True, kw_only=True)
class Trade(Measure):
    """Cycles and reciprocal trade that the firm is in; its affiliates among those it trades with; whether a search was cut."""

    edges: tuple[Edge, ...]
    cycles: tuple[Cycle, ...]
    affiliates: tuple[str, ...]
    truncated: bool

    @property
    def circular(self) -> frozenset[bytes]:
        """Assets of invoices in a cycle that was not cleared (B06, K06)."""
        return frozenset().union(*(cycle.invoices for cycle in self.cycles if cycle.score))


class Graph:
    """Invoices by seller, searched as each is added. `node` collapses parties; `add` gives the cycles it closes."""

    def __init__(self, policy: Policy, node: Callable[[str], str]) -> None:
        self._policy, self._node = policy, node
        self._out: dict[str, list[Edge]] = {}
        self.truncated = False

    def add(self, edge: Edge) -> list[tuple[Edge, ...]]:
        """Every cycle of three to five invoices that this one closes: each way from its buyer back to its seller."""
        start, goal = self._node(edge.buyer), self._node(edge.seller)
        found: list[tuple[Edge, ...]] = []
        if start != goal:
            self._left = self._policy.trade_expansions
            self._walk((edge,), start, goal, {start}, found)
        self._out.setdefault(goal, []).append(edge)
        return found

    def _walk(
        self, way: tuple[Edge, ...], at: str, goal: str, been: set[str], found: list[tuple[Edge, ...]]
    ) -> None:
        for edge in self._out.get(at, ()):
            if self._left <= 0:
                self.truncated = True
                return
            self._left -= 1
            to, longer = self._node(edge.buyer), (*way, edge)
            if to in been or not alike(longer, self._policy):
                continue
            if to == goal:
                if len(longer) > 2:
                    found.append(longer)
            elif len(longer) < self._policy.trade_hops:
                self._walk(longer, to, goal, been | {to}, found)


def alike(edges: Sequence[Edge], policy: Policy) -> bool:
    """Whether invoices are of one size (within 15 per cent) and one month."""
    totals, days = [edge.total for edge in edges], [edge.day for edge in edges]
    near = max(totals) - min(totals) <= policy.trade_amounts * max(totals)
    return near and max(days) - min(days) <= timedelta(days=policy.trade_days)


def trade(case: Case) -> Trade:
    """Everything that goes round and touches the firm's group."""
    edges = _edges(case)
    ways: set[tuple[Edge, ...]] = set()
    truncated = False
    for node in (str, case.groups.of):
        graph = Graph(case.policy, node)
        for edge in edges:
            ways |= {tuple(sorted(way, key=_place)) for way in graph.add(edge) if _touches(case, way)}
        truncated = truncated or graph.truncated
    rounds = [*ways, *(pair for pair in _reciprocal(case, edges) if _touches(case, pair))]
    largest = [one for one in rounds if not any(set(one) < set(other) for other in rounds)]
    cycles = tuple(_scored(case, one) for one in sorted(set(largest), key=lambda way: list(map(_place, way))))
    mine = [edge for edge in edges if case.firm in (edge.seller, edge.buyer)]
    affiliates = _affiliates(case, mine)
    findings = (*_findings(case, cycles), *_affiliated(case, mine, affiliates))
    judged = frozenset(asset for edge in mine for asset in edge.assets)
    return Trade(findings=findings, judged=judged, edges=edges, cycles=cycles, affiliates=affiliates, truncated=truncated)  # fmt: skip


def _place(edge: Edge) -> tuple[date, str, str, str]:
    return edge.day, edge.seller, edge.buyer, edge.number


def _edges(case: Case) -> tuple[Edge, ...]:
    """Every invoice that its seller or its buyer certified, once, in order of day."""
    parties = {paper.asset_id: case.directory.organisation(paper.issuer) for paper in case.papers}
    invoices = books.invoices(case.papers, case.directory)
    signed = [paper for paper in case.papers if paper.asset_id in case.witnesses]
    moved = books.deliveries(signed, case.directory, case.witnesses)
    made = _made(case)
    money: dict[str, list[Payment]] = {}
    for payment in books.payments(case.papers, case.directory, case.witnesses):
        if payment.reference is not None:
            money.setdefault(payment.reference, []).append(payment)
    found = []
    for one in invoices:
        if {one.seller, one.buyer}.isdisjoint(parties[asset] for asset in one.assets) or one.total <= 0:
            continue
        paid = [p for p in money.get(one.number, ()) if (p.payer, p.payee) == (one.buyer, one.seller)]
        edge = Edge(
            one.seller, one.buyer, one.day, one.total, one.number,
            frozenset(line.sort for line in one.lines if line.sort is not None),
            any(number in moved for number in one.despatches),
            not made.isdisjoint(one.orders),
            tuple(p.day for p in paid), one.assets,
            tuple(sorted({asset for p in paid for asset in p.assets})),
        )  # fmt: skip
        found.append(edge)
    return tuple(sorted(found, key=_place))


def _made(case: Case) -> frozenset[str]:
    """Buyers' orders whose work orders a machine log points to."""
    measured = {target for paper in case.papers if paper.kind == "machine-data" for target in paper.linked("measures")}  # fmt: skip
    lots = books.lots(case.papers).values()
    return frozenset().union(*(lot.orders for lot in lots if not measured.isdisjoint(lot.assets)))


def _touches(case: Case, way: Iterable[Edge]) -> bool:
    return any(case.groups.same(case.firm, party) for edge in way for party in (edge.seller, edge.buyer))


def _reciprocal(case: Case, edges: Sequence[Edge]) -> Iterator[tuple[Edge, ...]]:
    """a → b and b → a, each at least 100,000 in 30 days, and of one size; the first such month of each pair of groups."""
    policy = case.policy
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        a, b = case.groups.of(edge.seller), case.groups.of(edge.buyer)
        if a != b:
            pairs.setdefault((min(a, b), max(a, b)), []).append(edge)
    for (a, _), found in sorted(pairs.items()):
        for at, first in enumerate(found):
            month = [e for e in found[at:] if e.day < first.day + timedelta(days=policy.trade_days)]
            sums = [
                sum((e.total for e in month if (case.groups.of(e.seller) == a) is out), Decimal(0))
                for out in (True, False)
            ]
            if min(sums) >= policy.trade_floor and abs(sums[0] - sums[1]) <= policy.trade_amounts * max(sums):
                yield tuple(month)
                break


def _scored(case: Case, edges: tuple[Edge, ...]) -> Cycle:
    policy = case.policy
    parties = {party for edge in edges for party in (edge.seller, edge.buyer)}
    shared = tuple(one for one in case.groups.between(parties) if one.strong)
    totals = [edge.total for edge in edges]
    paid = [day for edge in edges for day in edge.paid]
    sorts = [edge.sorts for edge in edges]
    parts = {
        "amounts": 2 if max(totals) - min(totals) <= policy.trade_close * max(totals) else 0,
        "returns": 2 if all(edge.paid for edge in edges) and _working_days(min(paid), max(paid)) <= policy.trade_return_days else 0,
        "nothing_moved": 0 if any(edge.moved or edge.made for edge in edges) else 2,
        "shared": len({(one.name, one.parties) for one in shared}),
        "same_goods": 1 if sorts[0] and all(one == sorts[0] for one in sorts) else 0,
    }  # fmt: skip
    return Cycle(edges, shared, parts, all(edge.moved for edge in edges))


def _working_days(first: date, last: date) -> int:
    """Days from Monday to Friday after `first`, up to `last`; public holidays are not known here, and count."""
    return sum((first + timedelta(days=i)).weekday() < 5 for i in range(1, (last - first).days + 1))


def _findings(case: Case, cycles: Iterable[Cycle]) -> Iterator[Finding]:
    policy = case.policy
    for cycle in cycles:
        if cycle.score < policy.trade_amber or not any(case.inside(edge.day) for edge in cycle.edges):
            continue
        large = max(edge.total for edge in cycle.edges) >= policy.trade_floor
        severity: Severity = RED if cycle.score >= policy.trade_red and large else AMBER
        way = " → ".join([*(edge.seller for edge in cycle.edges), cycle.edges[-1].buyer])
        totals = ", ".join(money_text(edge.total) for edge in cycle.edges)
        ring = len({edge.seller for edge in cycle.edges}) > 2
        code = Code.E15 if ring else Code.RECIPROCAL
        told = f"{len(cycle.edges)} invoices lead back to where they began: {way}, over {totals}"
        numbers = {"score": str(cycle.score), "edges": str(len(cycle.edges)), "totals": totals}
        numbers |= {name: str(points) for name, points in cycle.parts.items()}
        yield Finding(code, severity, told, numbers, cycle.assets)


def _affiliates(case: Case, mine: Iterable[Edge]) -> tuple[str, ...]:
    """Counterparts that share a strong attribute with the firm, or its group."""
    others = {party for edge in mine for party in (edge.seller, edge.buyer)} - {case.firm}
    linked = {party for one in case.groups.shared if one.strong and case.firm in one.parties for party in one.parties}  # fmt: skip
    return tuple(sorted(one for one in others if one in linked or case.groups.same(one, case.firm)))


def _affiliated(case: Case, mine: Sequence[Edge], affiliates: Iterable[str]) -> Iterator[Finding]:
    for party in affiliates:
        shared = case.groups.between({case.firm, party})
        edges = [edge for edge in mine if party in (edge.seller, edge.buyer) and case.inside(edge.day)]
        if not edges:
            continue
        names = ", ".join(sorted({one.name for one in shared})) or "another member of its group"
        told = f"it trades with {party}, which it is linked to by {names.replace('_', ' ')}"
        total = sum((edge.total for edge in edges), Decimal(0))
        numbers = {"party": party, "shared": names, "total": money_text(total), "invoices": str(len(edges)),
                   "group": str(case.groups.same(party, case.firm)).lower()}  # fmt: skip
        assets = {asset for edge in edges for asset in edge.assets}.union(*(one.assets for one in shared))
        yield Finding(Code.AFFILIATE, AMBER, told, numbers, tuple(sorted(assets)))
