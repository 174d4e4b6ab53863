"""B2MML (ISA-95, IEC 62264-2 as XML by MESA): V0401, V0600, V0700; schedules and performance, wrapped or not.

An order is a ProductionRequest, an OperationsRequest or a JobOrder; what was made of it a ProductionResponse,
OperationsResponse or JobResponse. Ids carry trailing blanks in practice. Codes outside the standard's lists are told
(`UNKNOWN_CODE`) and never corrected. Other B2MML and BatchML documents are recognised, kind `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from certifier.documents.amounts import decimal
from certifier.documents.facts import Facts
from certifier.documents.machine import seconds_of
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse
from certifier.documents.units import converted, with_unit

_NAMESPACE = re.compile(r"http://www\.(?:mesa|wbf)\.org/xml/b2mml(?:-v[0-9]+)?\Z", re.IGNORECASE)
_VERB = (
    r"(?:Show|Process|Acknowledge|Change|Sync|Respond|Notify)?"  # Get asks, Cancel withdraws, Confirm refers
)
_DOCUMENTS = re.compile(
    _VERB
    + r"(?:(?:Production|Operations|Work)(?:Schedule|Performance)|JobList|JobResponseList|WorkRequest|WorkResponse)\Z"
)
_REQUESTS = ("ProductionRequest", "OperationsRequest", "JobOrder")
_RESPONSES = ("ProductionResponse", "OperationsResponse", "JobResponse")
_SEGMENTS = ("SegmentRequirement", "SegmentResponse")
_MATERIALS = (
    "MaterialRequirement",
    "MaterialActual",
    "MaterialProducedRequirement",
    "MaterialProducedActual",
)
_USES = frozenset(
    ["Consumed", "Produced", "Consumable", "Sample", "Carrier", "Other", "Inventoried", "Scrap", "Final", "Intermediate", "By-product", "Co-product", "Yield-Produced", "Co-product-Produced", "By-product-Produced", "Recycled", "Retained", "Disposed"]
) | {"Replaced Asset", "Replacement Asset", "Returned Sample", "Returned Carrier", "Co-product Produced", "Yield Produced", "By-product Produced"}  # fmt: skip
_LEVELS = frozenset(
    ["Enterprise", "Site", "Area", "ProcessCell", "Unit", "ProductionLine", "WorkCell", "ProductionUnit", "StorageZone", "StorageUnit", "WorkCenter", "WorkUnit", "EquipmentModule", "ControlModule", "Other"]
)  # fmt: skip
_NUMERIC = frozenset(
    ["decimal", "double", "float", "int", "integer", "numeric", "number", "long", "short", "unsignedInt", "positiveInteger", "nonNegativeInteger"]
)  # fmt: skip
_BUYER_ORDER = frozenset(
    ["buyerordernumber", "customerordernumber", "customerorder", "purchaseordernumber", "purchaseorder", "customerpo", "ponumber"]
)  # fmt: skip
_PRODUCED = frozenset({"produced", "yieldproduced"})
_SCRAPPED = frozenset(
    ["scrap", "scrapped", "scrapquantity", "scrappedquantity", "rejected", "rejectedquantity"]
)


class _Order:
    """One request or response element, read by its document's namespace."""

    def __init__(self, tree: Tree, node: Node, facts: Facts) -> None:
        self.tree = tree
        self.node = node
        self.facts = facts

    def text(self, *paths: str) -> str | None:
        return self.tree.text(self.node, *paths)

    def nodes(self, names: Iterable[str], node: Node | None = None) -> list[Node]:
        """Elements of these names at any depth."""
        top = self.node if node is None else node
        return [found for name in names for found in self.tree.below(top, name)]

    def rows(self) -> list[dict[str, str | None]]:
        """The order's facts; where it serves several orders of buyers, a further row for each, with its number only."""
        row, buyers = self._row(), sorted(self._parameters(_BUYER_ORDER))
        row["buyer_order_number"] = buyers[0] if buyers else self.text("CustomerOrderID", "PurchaseOrderID")
        return [row, *({"number": row["number"], "buyer_order_number": buyer} for buyer in buyers[1:])]

    def _row(self) -> dict[str, str | None]:
        product = self._of_use(_PRODUCED)
        row: dict[str, str | None] = {
            "number": self.text("ProductionRequestID", "OperationsRequestID", "JobOrderID", "ID"),
            "product": self._product(product),
        }
        if self.is_response():
            row["produced"] = self._made(product)
            row["scrapped"] = self._sum(self._of_use(_SCRAPPED)) or self._property(_SCRAPPED)
        else:
            row["quantity"] = self._made(product)
        row.update(self._times())
        return row

    def is_response(self) -> bool:
        return str(self.node.tag).endswith(_RESPONSES)

    def _of_use(self, words: frozenset[str]) -> list[Node]:
        """Material entries that are the product, or scrap."""
        return [entry for entry in self.nodes(_MATERIALS) if self._use(entry) in words]

    def _use(self, entry: Node) -> str:
        use = self.tree.first(entry, "MaterialUse")
        if use is None:
            return "produced" if "Produced" in entry.tag else ""
        return _word(use.get("OtherValue") if own_text(use) == "Other" else own_text(use))

    def _product(self, entries: list[Node]) -> str | None:
        names = {text for e in entries if (text := self.tree.text(e, "MaterialDefinitionID"))}
        if len(names) == 1:
            return names.pop()
        if len(names) > 1:
            self.facts.warn(
                "SEVERAL_PRODUCTS",
                f"order {self.text('ID') or '?'}: several products, none of them is stated as the order's",
            )
            return None
        return self.text("ProductProductionRuleID", "FinalProductID", "ProductID")

    def _made(self, product: list[Node]) -> str | None:
        """The product's quantity; the same pieces go through one operation after the other, and are not added then."""
        if len({self._operation(entry) for entry in product}) > 1 and not self._several(product):
            self.facts.warn(
                "SEVERAL_SEGMENTS",
                f"order {self.text('ID') or '?'}: several operations produce, which of their quantities is the order's is not stated",
            )
            return None
        return self._sum(product)

    def _several(self, entries: list[Node]) -> bool:
        """Whether the entries are of several materials, which do not add up."""
        return len({self.tree.text(entry, "MaterialDefinitionID") for entry in entries}) > 1

    def _operation(self, entry: Node) -> str | None:
        """The process segment in which an entry stands."""
        segments = (s for s in entry.iterancestors() if str(s.tag).endswith(_SEGMENTS))
        return (
            self.tree.text(segment, "ProcessSegmentID")
            if (segment := next(segments, None)) is not None
            else None
        )

    def _sum(self, entries: list[Node]) -> str | None:
        """The quantity of the entries; lots of one material add up, in the first of their units by name."""
        if self._several(entries):
            return None
        stated = [q for entry in entries for q in self._quantities(entry)]
        if len(stated) < 2:
            return stated[0] if stated else None
        numbers = [decimal(q.partition(" ")[0]) for q in stated]
        unit = min(q.partition(" ")[2] for q in stated)
        same = [
            None if n is None else converted(n, q.partition(" ")[2], unit)
            for n, q in zip(numbers, stated, strict=True)
        ]
        if None in numbers:
            return None
        if None in same:
            self.facts.warn(
                "SEVERAL_UNITS",
                f"order {self.text('ID') or '?'}: quantities in units that do not convert are not added",
            )
            return None
        return f"{sum((n for n in same if n is not None), Decimal(0)):f} {unit}"

    def _quantities(self, entry: Node) -> list[str]:
        """What an entry amounts to; a rate (`t/h`) beside an amount is none."""
        found = [q for node in self.tree.all(entry, "Quantity") if (q := self._quantity(node))]
        amounts = [q for q in found if "/" not in q]
        return amounts or found

    def _quantity(self, node: Node) -> str | None:
        value = self.tree.text(node, "QuantityString")
        kind = (self.tree.text(node, "DataType") or "decimal").lower()
        return (
            None if kind in ("boolean", "string") else with_unit(value, self.tree.text(node, "UnitOfMeasure"))
        )

    def _parameters(self, names: frozenset[str]) -> set[str]:
        """The values of the parameters of these names."""
        kinds = ("Parameter", "ProductionParameter", "JobOrderParameter", "OperationsRequestParameter")
        return {
            value
            for parameter in self.nodes(kinds)
            if _word(self.tree.text(parameter, "ID")) in names
            for value in self.tree.texts(parameter, "Value/ValueString")
        }

    def _property(self, names: frozenset[str]) -> str | None:
        kinds = (
            "MaterialActualProperty",
            "ProductionData",
            "OperationsData",
            "SegmentData",
            "JobResponseData",
        )
        for entry in self.nodes(kinds):
            if _word(self.tree.text(entry, "ID")) in names:
                return with_unit(
                    self.tree.text(entry, "Value/ValueString"), self.tree.text(entry, "Value/UnitOfMeasure")
                )
        return None

    def _times(self) -> dict[str, str | None]:
        """The order's own times, else the earliest start and the latest end among its segments."""
        row: dict[str, str | None] = {}
        for name, own, of_segment, latest in (
            (
                "start",
                ("StartTime", "ActualStartTime"),
                ("EarliestStartTime", "StartTime", "ActualStartTime"),
                False,
            ),
            ("end", ("EndTime", "ActualEndTime"), ("LatestEndTime", "EndTime", "ActualEndTime"), True),
        ):
            stated = [t] if (t := self.text(*own)) else self._segment_times(of_segment)
            row |= _extremes(name, stated, latest)
        self._check_order(row)
        return row

    def _segment_times(self, names: tuple[str, ...]) -> list[str]:
        return [t for s in self.nodes(_SEGMENTS) if (t := self.tree.text(s, *names))]

    def _check_order(self, row: dict[str, str | None]) -> None:
        for suffix in ("", "_local"):
            start, end = row.get(f"start{suffix}"), row.get(f"end{suffix}")
            if (
                start
                and end
                and (a := seconds_of(start)) is not None
                and (b := seconds_of(end)) is not None
                and b < a
            ):
                self.facts.warn(
                    "END_BEFORE_START",
                    f"order {self.text('ID') or '?'}: ends {end}, before it starts {start}",
                )


def _word(text: str | None) -> str:
    return re.sub(r"[^a-z]", "", (text or "").lower())


def _extremes(name: str, stated: list[str], latest: bool) -> dict[str, str]:
    """The earliest or latest of the times, those with and without offset apart; one that is no time stays, to be told."""
    row: dict[str, str] = {}
    for time in stated:
        seconds = seconds_of(time)
        key = name if seconds is None or re.search(r"(Z|[+-][0-9]{2}:[0-9]{2})\Z", time) else f"{name}_local"
        before = seconds_of(row[key]) if key in row else None
        if before is None or (seconds is not None and (seconds > before) == latest):
            row[key] = time
    return row


def read(source: Source) -> Document:
    """The facts of one schedule or performance document."""
    root = parse(source.data, "B2MML", source.limits)
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    tree = Tree(d=namespace)
    if "Delete" in {node.get("actionCode") for node in tree.below(root, "ActionExpression")}:
        return _without_facts(source, "withdraws what an earlier message said")
    facts = Facts("work-order", "b2mml", namespace or None)
    _check_codes(tree, root, facts)
    nodes = [node for name in (*_REQUESTS, *_RESPONSES) for node in tree.below(root, name)]
    orders = [_Order(tree, node, facts) for node in nodes]
    rows = [row for order in orders for row in order.rows()]
    facts.put("orders", len(orders))
    facts.rows("order", rows, [row["number"] or "" for row in rows])
    return facts.document()


def _check_codes(tree: Tree, root: Node, facts: Facts) -> None:
    """Tell values that the standard's own lists and types do not know (V0600, B2MML-CoreComponents)."""
    for name, known in (
        ("MaterialUse", _USES),
        ("EquipmentElementLevel", _LEVELS),
        ("EquipmentLevel", _LEVELS),
    ):
        for node in tree.below(root, name):
            if own_text(node) and own_text(node) not in known:
                facts.warn("UNKNOWN_CODE", f"{name}: {own_text(node)[:40]!r} is none of the standard's")
    for node in tree.below(root, "CreationDateTime"):
        if seconds_of(own_text(node)) is None:
            facts.warn("NOT_CANONICAL", f"CreationDateTime: {own_text(node)[:40]!r} is not a time")
    for node in tree.below(root, "Quantity"):
        kind, value = (tree.text(node, "DataType") or "decimal"), tree.text(node, "QuantityString") or ""
        if kind.lower() in _NUMERIC and value and decimal(value) is None:
            facts.warn("NOT_CANONICAL", f"Quantity: {value[:40]!r} is not a number")
        if kind.lower() == "boolean" and value not in ("true", "false", "0", "1"):
            facts.warn("NOT_CANONICAL", f"Quantity: {value[:40]!r} is not true or false")
        if kind.lower() not in _NUMERIC | {"boolean", "string", "text", "datetime", "date", "time", "other"}:
            facts.warn("UNKNOWN_CODE", f"DataType: {kind[:40]!r} is none of the standard's")


def _claims(source: Source) -> bool:
    root = source.root
    return (
        root is not None
        and _DOCUMENTS.match(root.name) is not None
        and (not root.namespace or _NAMESPACE.match(root.namespace) is not None)
    )


def _claims_model(source: Source) -> bool:
    root = source.root
    return (
        root is not None and _NAMESPACE.match(root.namespace) is not None and not _DOCUMENTS.match(root.name)
    )


def read_model(source: Source) -> Document:
    """Another B2MML or BatchML document: materials, recipes, batch records."""
    parse(source.data, "B2MML", source.limits)
    return _without_facts(source, "is neither a schedule nor a performance")


def _without_facts(source: Source, what: str) -> Document:
    assert source.root is not None
    notice = Notice("NO_FACTS", f"B2MML {source.root.name} {what}: certified by its bytes")
    return Document("other", "b2mml", source.root.namespace or None, "application/xml", {}, (notice,))


register(
    Format("b2mml", "MESA B2MML V0401, V0600, V0700 (IEC 62264-2): schedules, performance", _claims, read),
    Format("b2mml", "MESA B2MML, BatchML: anything else is recognised, no facts", _claims_model, read_model),
)
