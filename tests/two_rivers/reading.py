"""What the tests know of the world: the manifest, the documents as the readers see them, and sums over their facts.

Truth comes from world.json alone. Everything else is reckoned from parsed documents; where a fact is not among those
that readers state (interval lengths, measured values), from the document itself.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from certifier.documents import Document, Reader

CENT = Decimal("0.01")
AS_OF = date(2026, 9, 28)
WINDOW = (AS_OF - timedelta(days=90), AS_OF)
SEGMENTS = ((480, 720), (765, 960), (960, 1200), (1245, 1440))
"""Planned minutes of a day, local time."""


def quantity(text: str) -> Decimal:
    """The number of a quantity."""
    return Decimal(text.partition(" ")[0])


def rows(facts: dict[str, str], group: str) -> list[dict[str, str]]:
    """The rows of a repeated group."""
    found: dict[str, dict[str, str]] = {}
    for name, value in facts.items():
        head, _, rest = name.partition(".")
        if head == group:
            at, _, field = rest.partition(".")
            found.setdefault(at, {})[field] = value
    return [found[at] for at in sorted(found)]


def local(instant: str) -> datetime:
    """A canonical instant as Shanghai's wall clock."""
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).replace(tzinfo=None) + timedelta(hours=8)


@dataclass
class World:
    """A written world: its manifest and its documents by path."""

    out: Path
    manifest: dict[str, Any] = field(repr=False)
    documents: dict[str, Document] = field(repr=False)

    @classmethod
    def read(cls, out: Path) -> World:
        """Read every file of the manifest; one that cannot be read fails here."""
        manifest = json.loads((out / "world.json").read_text("utf-8"))
        paths = [entry["path"] for entry in manifest["files"]]
        documents = {}
        with Reader() as reader:
            for path, reading in zip(paths, reader.read(out / path for path in paths), strict=True):
                assert reading.document is not None, f"{path}: {reading.error}"
                documents[path] = reading.document
        return cls(out, manifest, documents)

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The manifest's entry of each path."""
        return {entry["path"]: entry for entry in self.manifest["files"]}

    @cached_property
    def uscc(self) -> dict[str, str]:
        """Tax number of each short name."""
        return {o["short"]: o["identifier"].removeprefix("CN-USCC:") for o in self.manifest["organisations"]}

    def data(self, path: str) -> bytes:
        """The bytes of a file."""
        return (self.out / path).read_bytes()

    def facts(self, path: str) -> dict[str, str]:
        """The facts of a file."""
        return dict(self.documents[path].facts)

    def of(self, firm: str, kind: str, folder: str = "") -> Iterator[tuple[str, dict[str, str]]]:
        """Path and facts of a firm's documents of a kind."""
        for path, document in self.documents.items():
            if path.startswith(f"{firm}/{folder}") and document.kind == kind:
                yield path, dict(document.facts)

    def finding(self, label: str, code: str) -> dict[str, Any]:
        """The manifest's finding of a label and code."""
        return next(f for f in self.manifest["findings"] if (f["label"], f["code"]) == (label, code))

    def routing(self, firm: str) -> Any:
        """What the firm declares of its machines and parts."""
        return json.loads(next((self.out / firm / "routing").iterdir()).read_text("utf-8"))

    # trade

    def billed(self, firm: str) -> dict[str, dict[str, str]]:
        """A firm's 数电票 by number; the same invoice in another wrapper is the same invoice."""
        found: dict[str, dict[str, str]] = {}
        for path, facts in self.of(firm, "invoice", "invoices/"):
            if facts["seller_id"] == self.uscc[firm] and self.documents[path].format == "e-fapiao":
                assert found.setdefault(facts["number"], facts) == facts, f"{path} says something else"
        return found

    def received(self, firm: str) -> list[dict[str, str]]:
        """What the bank says came in."""
        return [row for _, facts in self.of(firm, "payment") for row in rows(facts, "payment")
                if row["payee_id"] == self.uscc[firm]]  # fmt: skip

    def settled(self, firm: str) -> dict[str, Decimal]:
        """Number of an invoice → what was paid on it."""
        paid: dict[str, Decimal] = {}
        for row in self.received(firm):
            paid[row["reference"]] = paid.get(row["reference"], Decimal(0)) + Decimal(row["amount"])
        return paid

    def open(self, firm: str) -> dict[str, Decimal]:
        """Number of an invoice → what is still due on it, less what was corrected in red."""
        less = {f["corrects_number"]: Decimal(f["total"]) for _, f in self.of(firm, "credit-note")}
        paid = self.settled(firm)
        due = {n: Decimal(f["total"]) + less.get(n, 0) - paid.get(n, 0) for n, f in self.billed(firm).items()}
        return {number: amount for number, amount in due.items() if amount}

    # workshop

    def lots(self, firm: str) -> dict[tuple[str, str], dict[str, Any]]:
        """(week of the lot's number, part) → produced, started, first and last day, from the performance papers."""
        found = {}
        for path, facts in self.of(firm, "work-order"):
            for row in rows(facts, "order"):
                if "produced" not in row:
                    continue
                match = re.search(r"26W(\d+)(-STK)?", row["number"])
                assert match is not None
                produced, scrapped = quantity(row["produced"]), quantity(row["scrapped"])
                found[match[0], row["product"]] = {
                    "path": path, "produced": produced, "started": produced + scrapped,
                    "first": local(row["start"]).date(), "last": local(row["end"]).date(),
                }  # fmt: skip
        return found

    def first_pass(self, firm: str, *, outside: bool = True) -> dict[tuple[str, str], Decimal]:
        """(week, part) → share good at first sight; the inspection body's word replaces the firm's own."""
        found: dict[tuple[str, str], Decimal] = {}
        for path, facts in sorted(self.of(firm, "inspection-report"), key=lambda item: "XN-IR" in item[0]):
            if "XN-IR" in path and not outside:
                continue
            week = facts["lot"].partition("-")[2]
            found[week, facts["product"]] = 1 - Decimal(facts["parts_failed"]) / Decimal(facts["parts"])
        return found

    @cached_property
    def days(self) -> dict[str, dict[date, dict[str, Any]]]:
        """Firm → day → what its machine log says: cutting seconds by machine, minutes seen, breaks."""
        found: dict[str, dict[date, dict[str, Any]]] = {}
        for firm in ("M1", "M2", "M3", "M4"):
            found[firm] = {}
            for path, facts in self.of(firm, "machine-data", "machines/2026"):
                day = date.fromisoformat(path.rpartition("/")[2][:10])
                active = {r["id"][-3:]: Decimal(r.get("active_seconds", "0")) for r in rows(facts, "device")}
                parts = {r["id"][-3:]: int(r.get("parts", "0")) for r in rows(facts, "device")}
                found[firm][day] = {"path": path, "active": active, "parts": parts, "start": local(facts["start"]),
                                    "end": local(facts["end"]), "unavailable": int(facts["unavailable"])}  # fmt: skip
        return found

    def active_seconds(self, firm: str, machines: list[str], first: date, last: date) -> Decimal:
        """Cutting seconds of machines over some days."""
        return sum(
            (found["active"].get(machine, Decimal(0)) for day, found in self.days[firm].items() if first <= day <= last
             for machine in machines),
            Decimal(0),
        )  # fmt: skip

    def unseen_seconds(self, firm: str, machines: list[str], first: date, last: date) -> Decimal:
        """Planned seconds of machines in days of which the log sees a part only."""
        minutes = 0
        for day, found in self.days[firm].items():
            if first <= day <= last:
                midnight = datetime.combine(day, datetime.min.time())
                seen = [int((found[name] - midnight).total_seconds()) // 60 for name in ("start", "end")]
                minutes += sum(b - a - max(0, min(b, seen[1]) - max(a, seen[0])) for a, b in SEGMENTS)
        return Decimal(minutes * 60 * len(machines))

    def capacity_ratio(self, firm: str, group: str, week: str) -> Decimal:
        """ρ of §2.4 F09: machine time that a week's claimed pieces need over the time that the machines show."""
        routing, lots, yields = self.routing(firm), self.lots(firm), self.first_pass(firm)
        machines = routing["machines"][group]
        needed, first, last = Decimal(0), AS_OF, date.min
        for part, says in routing["parts"].items():
            lot = lots[week, part]
            seconds = sum(step["seconds"] for step in says["steps"] if step["machines"] == group)
            needed += lot["produced"] / yields[week, part] * seconds
            first, last = min(first, lot["first"]), max(last, lot["last"])
        shown = self.active_seconds(firm, machines, first, last) + self.unseen_seconds(
            firm, machines, first, last
        )
        return needed / shown

    def power_per_hour(self, firm: str) -> dict[str, Decimal]:
        """Month → kilowatt hours by the meter for each hour that the logs (before July: the firm's own sheet) show."""
        found = {}
        summaries = {f["start"][:7]: f for _, f in self.of(firm, "machine-data", "machines/summary")}
        for _, facts in self.of(firm, "utility-statement"):
            first, last = (date.fromisoformat(facts[f"{n}_date"]) for n in ("start", "end"))
            sheet = next((f for f in summaries.values() if local(f["start"]).date() == first), None)
            if sheet is not None:
                seconds = sum((Decimal(row["active_seconds"]) for row in rows(sheet, "device")), Decimal(0))
            else:
                machines = [m for names in self.routing(firm)["machines"].values() for m in names]
                seconds = self.active_seconds(firm, machines, first, last)
            found[f"{first:%Y-%m}"] = quantity(facts["energy"]) * 3600 / seconds
        return found

    def material_ratio(self, firm: str) -> Decimal:
        """F11: bar that the claimed pieces hold over bar bought, both over the whole window."""
        parts = self.routing(firm)["parts"]
        held = sum(
            (lot["produced"] * Decimal(parts[part]["bar_kg"]) for (week, part), lot in self.lots(firm).items() if "STK" not in week),
            Decimal(0),
        )  # fmt: skip
        bought = sum(
            (
                quantity(row["quantity"])
                for _, facts in self.of(firm, "invoice", "material/")
                for row in rows(facts, "line")
            ),
            Decimal(0),
        )
        return held / bought

    def replayed_days(self, firm: str) -> dict[tuple[str, timedelta], int]:
        """(machine, distance) → how many days show exactly what an earlier day shows."""
        seen: dict[tuple[str, Decimal, int], list[date]] = {}
        for day, found in sorted(self.days[firm].items()):
            for machine, seconds in found["active"].items():
                if seconds:
                    seen.setdefault((machine, seconds, found["parts"][machine]), []).append(day)
        counts: dict[tuple[str, timedelta], int] = {}
        for (machine, _, _), when in seen.items():
            for earlier, later in itertools.pairwise(when):
                counts[machine, later - earlier] = counts.get((machine, later - earlier), 0) + 1
        return counts

    def intervals(self, path: str, machine: str) -> list[int]:
        """Milliseconds of each cut in a SenML log, from the document itself."""
        found, base, start = [], "", None
        for record in json.loads(self.data(path)):
            base = record.get("bn", base)
            if base.endswith(f"-{machine}_execution"):
                if record["vs"] == "ACTIVE":
                    start = record["t"]
                elif start is not None:
                    found.append(round((record["t"] - start) * 1000))
                    start = None
        return found

    def diameters(self, path: str) -> tuple[str, ...]:
        """Measured values of an inspection, from the document itself: the second sheet, or QIF's values."""
        data = self.data(path)
        if path.endswith(".qif"):
            return tuple(re.findall(r"<Value>([0-9.]+)</Value>", data.decode()))
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[1]
        return tuple(str(row[1]) for row in sheet.iter_rows(min_row=2, values_only=True))
