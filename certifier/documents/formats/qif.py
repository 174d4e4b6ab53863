"""QIF results and statistics (ANSI/DMSC QIF 2.0, 2.1; QIF 3.0 = ISO 23952): what an inspection found.

A part's status stands in its results and again in its component: counted once, from the results (clause 8.2). 2.x says
`CharacteristicActuals`, 3.0 `CharacteristicMeasurements`. Where tolerance and value are both there, the status is
recomputed and a difference told (`STATUS_DEVIATION`). Plans and product models are recognised, kind `other`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from certifier.documents.amounts import decimal
from certifier.documents.facts import Facts
from certifier.documents.machine import seconds_of
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse

_Bounds = tuple[Decimal | None, Decimal | None]
_MEASURED = ("CharacteristicActuals", "CharacteristicMeasurements")
_NOISE = Decimal("0.000001")
_FORM = (
    "Flatness",
    "Straightness",
    "Circularity",
    "Cylindricity",
    "Perpendicularity",
    "Parallelism",
    "Angularity",
    "CircularRunout",
    "TotalRunout",
)


class _Report:
    """One QIF document, read by its own namespace."""

    def __init__(self, root: Node) -> None:
        namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
        self.root = root
        self.tree = Tree(d=namespace)
        version = root.get("versionQIF")
        self.facts = Facts(
            "inspection-report", "qif", f"{namespace} {version}".strip() if version else namespace or None
        )
        self.results = list(self.tree.below(root, "MeasurementResults"))

    def has_findings(self) -> bool:
        """Whether anything was measured or evaluated here."""
        return (
            bool(self.results)
            or next(self.tree.below(self.root, "StatisticalStudiesResults"), None) is not None
        )

    def only(self, values: Iterator[str | None]) -> str | None:
        """The value, where all that are stated agree."""
        found = {value for value in values if value}
        return found.pop() if len(found) == 1 else None

    def texts(self, name: str) -> Iterator[str]:
        return (own_text(node) for node in self.tree.below(self.root, name))

    def header(self) -> None:
        """Number, product, lot and time."""
        self.facts.put("number", self.only(self.texts("ReportNumber")))
        self.facts.put("product", self._product())
        self.facts.put("lot", self.only(self.texts("LotNumber")))
        for names in (("InspectionEnd",), ("InspectionStart",), ("ReportPreparationDate",)):
            times = [t for name in names for t in self.texts(name) if t]
            if times:
                self.facts.time("inspected_at", max(times, key=lambda t: (seconds_of(t) or Decimal(-1), t)))
                return

    def _product(self) -> str | None:
        parts = list(self.tree.all(self.root, "Product/PartSet/Part"))
        root_id = self.tree.text(self.root, "Product/RootPart/Id")
        chosen = [p for p in parts if p.get("id") == root_id] or parts
        return self.only(
            self.tree.text(p, "Header/Name")
            or self.tree.text(p, "Name")
            or self.tree.text(p, "ModelNumber")
            or p.get("label")
            for p in chosen
        )

    def parts(self) -> None:
        """Parts and how many failed: one set of results is one part, unless two name the same component."""
        status: dict[str, set[str]] = {}
        components = {
            c.get("id"): self._status(c, "Status") for c in self.tree.below(self.root, "ActualComponent")
        }
        for index, result in enumerate(self.results):
            ids = sorted(self.tree.texts(result, "ActualComponentIds/Id"))
            stated = self._status(result, "InspectionStatus")
            again = {s for i in ids if (s := components.get(i))}
            if stated and again and stated not in again:
                self.facts.warn(
                    "STATUS_CONFLICT",
                    f"component {', '.join(ids)}: results say {stated}, the component {', '.join(sorted(again))}",
                )
            key = " ".join(ids) or f"#{index}"
            status.setdefault(key, set()).update({stated} if stated else again if len(again) == 1 else set())
        self.facts.put("parts", len(status))
        if any(status.values()):
            self.facts.put("parts_failed", sum("FAIL" in s for s in status.values()))

    def _status(self, node: Node, name: str) -> str | None:
        return self.tree.text(node, f"{name}/InspectionStatusEnum")

    def characteristics(self) -> None:
        """Characteristics measured, how many failed, and whether their values agree with that."""
        failed = total = wrong = 0
        limits = _Limits(self.tree, self.root)
        for group in _MEASURED:
            for container in self.tree.below(self.root, group):
                for measured in self.tree.children(container):
                    stated = self.tree.text(measured, "Status/CharacteristicStatusEnum")
                    total += 1
                    failed += stated == "FAIL"
                    wrong += limits.disagrees(measured, stated)
        self.facts.put("characteristics", total)
        self.facts.put("characteristics_failed", failed)
        if wrong:
            self.facts.warn(
                "STATUS_DEVIATION",
                f"{wrong} of {total} characteristics: the stated status differs from value against tolerance",
            )

    def measured(self) -> Iterator[tuple[str, str, str]]:
        """Characteristic, part and value of everything measured; a part by its serial number, else its place."""
        items = (c for s in self.tree.below(self.root, "CharacteristicItems") for c in self.tree.children(s))
        names = self._by_id(items, "Name")
        serials = self._by_id(self.tree.below(self.root, "ActualComponent"), "SerialNumber")
        for place, result in enumerate(self.results, 1):
            ids = self.tree.texts(result, "ActualComponentIds/Id")
            part = serials.get(ids[0], ids[0]) if ids else str(place)
            for group in _MEASURED:
                for container in self.tree.below(result, group):
                    for entry in self.tree.children(container):
                        value = self.tree.text(entry, "Value")
                        item = self.tree.text(entry, "CharacteristicItemId") or entry.get("label") or ""
                        if value:
                            yield names.get(item, item), part, value

    def _by_id(self, nodes: Iterator[Node], name: str) -> dict[str, str]:
        """Id → the text that nodes state under `name`."""
        return {node.get("id") or "": text for node in nodes if (text := self.tree.text(node, name))}

    def statistics(self) -> None:
        """A study without the results that it sums up: parts, measurements and how many were out of tolerance.

        Stated only where every study, or every characteristic of it, says so (QIF 3.0, 8.6).
        """
        samples = [
            text
            for study in self.tree.below(self.root, "StatisticalStudiesResults")
            for entry in self.tree.children(study)
            for name in ("NumberOfSamples", "NumberOfParts")
            for text in self.tree.texts(entry, name)
        ]
        self.facts.only("parts", samples)
        stats = [
            entry
            for group in self.tree.below(self.root, "CharacteristicsStats")
            for entry in self.tree.children(group)
        ]
        self._sum("characteristics", [self._measurements(entry) for entry in stats])
        failed = [self.tree.text(entry, "ValueStats/NumberOutOfTolerance") for entry in stats]
        self._sum("characteristics_failed", failed)

    def _measurements(self, entry: Node) -> str | None:
        total = self.tree.text(entry, "ValueStats/TotalNumber")
        ids = [n for name in ("MeasuredIds", "ActualIds") for n in self.tree.all(entry, f"{name}/Ids/Id")]
        return total or (str(len(ids)) if ids else None)

    def _sum(self, name: str, texts: list[str | None]) -> None:
        """State a sum, where every part of it is stated."""
        if texts and all(text and text.isascii() and text.isdecimal() and len(text) < 10 for text in texts):
            self.facts.put(name, sum(int(text) for text in texts if text))

    def instruments(self) -> None:
        """Measuring equipment by serial number, else by name."""
        found = {
            self.tree.text(device, "SerialNumber", "Name") or ""
            for devices in self.tree.below(self.root, "MeasurementDevices")
            for device in self.tree.children(devices)
        }
        names = sorted(found - {""})
        self.facts.rows("instrument", [{"id": name} for name in names], names)


class _Limits:
    """Tolerances by characteristic item: item → nominal → definition (QIF 3.0, 7.3)."""

    def __init__(self, tree: Tree, root: Node) -> None:
        self.tree = tree
        self._bounds_of: dict[str, _Bounds | None] = {}
        self._by_id = {
            n.get("id"): n
            for g in ("Definitions", "Nominals", "Items")
            for s in tree.below(root, f"Characteristic{g}")
            for n in tree.children(s)
        }

    def disagrees(self, measured: Node, stated: str | None) -> bool:
        """Whether a PASS or FAIL contradicts value and tolerance, as far as both are plainly stated."""
        bounds = self._of_item(self.tree.text(measured, "CharacteristicItemId") or "")
        if bounds is None or stated not in ("PASS", "FAIL"):
            return False
        value = decimal(self.tree.text(measured, "Value"))
        if value is None:
            return False
        low, high = bounds
        inside = (low is None or value >= low - _NOISE) and (high is None or value <= high + _NOISE)
        outside = (low is not None and value < low + _NOISE) or (high is not None and value > high - _NOISE)
        return not inside if stated == "PASS" else not outside

    def _of_item(self, item_id: str) -> _Bounds | None:
        """The limits of a characteristic item, looked up once."""
        if item_id not in self._bounds_of:
            item = self._by_id.get(item_id)
            nominal = self._referred(item, "CharacteristicNominalId")
            definition = self._referred(nominal, "CharacteristicDefinitionId")
            self._bounds_of[item_id] = None if definition is None else self._bounds(nominal, definition)
        return self._bounds_of[item_id]

    def _referred(self, node: Node | None, name: str) -> Node | None:
        return None if node is None else self._by_id.get(self.tree.text(node, name) or "")

    def _bounds(self, nominal: Node, definition: Node) -> _Bounds | None:
        low, high = (decimal(self.tree.text(definition, f"Tolerance/{n}")) for n in ("MinValue", "MaxValue"))
        if low is not None or high is not None:
            if self.tree.text(definition, "Tolerance/DefinedAsLimit") == "true":
                return low, high
            target = decimal(self.tree.text(nominal, "TargetValue"))
            if target is None:
                return None
            return (None if low is None else target + low), (None if high is None else target + high)
        width = decimal(self.tree.text(definition, "ToleranceValue"))
        local = definition.tag.rpartition("}")[2]
        modified = self.tree.text(definition, "MaterialCondition") not in (None, "NONE", "REGARDLESS")
        if width is None or width <= 0 or modified or not local.startswith(_FORM):
            return None
        return None, width


def read(source: Source) -> Document:
    """The facts of one report; a plan or a product model has none."""
    report = _Report(parse(source.data, "QIF", source.limits))
    if not report.has_findings():
        notice = Notice(
            "NO_FACTS",
            "a QIF document without results or statistics (a plan or a product model): certified by its bytes",
        )
        return Document("other", "qif", report.facts.schema, "application/xml", {}, (notice,))
    report.header()
    if report.results:
        report.parts()
        report.characteristics()
        report.facts.measure(report.measured())
    else:
        report.statistics()
    report.instruments()
    return report.facts.document()


def _claims(source: Source) -> bool:
    return source.root is not None and source.root.name == "QIFDocument"


register(Format("qif", "ANSI QIF 2.0, 2.1; QIF 3.0 (ISO 23952): results, statistics", _claims, read))
