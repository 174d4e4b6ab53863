"""A certified paper as evidence sees it: its facts, links and signers, and what its document says beyond facts.

Whoever has verified an asset makes one: `of_receipt` from the values a receipt shows. `trace` is None where the plain
document was not given: what needs it is unknown then, never zero. Not a judge of any of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from certifier.documents.model import Document
from certifier.documents.trace import Trace
from certifier.evidence.attributes import Extract
from certifier.evidence.declared import Declaration
from certifier.evidence.routing import PlannedStop, Routing
from ledger.types import parse_hex32

__all__ = ["FIRST_MS", "LAST_MS", "SHANGHAI", "Paper", "Row", "Signer", "amount", "day_of", "instant", "of_receipt", "quantity", "sealed", "stated_day", "unit"]  # fmt: skip

SHANGHAI = timezone(timedelta(hours=8))
"""The zone of every business day here (PRODUCT 2)."""

Row = Mapping[str, str]
_E_FAPIAO_NUMBER = re.compile(r"[0-9]{20}")


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed beside the issuer: `organisation` as the ledger's Membership knows the key, None where it does not."""

    role: str
    organisation: bytes | None


@dataclass(frozen=True)
class Paper:
    """One certified asset. `facts` are without `fact.`; `day` is the day it speaks of; `registered_at` in seconds.

    `sealed`: the tax authority's word, as far as it was checked: a seal that holds, or an e-fapiao number of due form
    and no seal that fails. `declared` is what a plain JSON of ours states (routing, planned stop, register extract).
    """

    asset_id: bytes
    issuer: bytes
    kind: str
    format: str
    facts: Mapping[str, str]
    links: tuple[tuple[str, bytes], ...]
    signers: tuple[Signer, ...]
    sha256: bytes
    registered_at: int
    day: date
    trace: Trace | None = None
    sealed: bool = False
    declared: Declaration | None = None

    @property
    def routing(self) -> Routing | None:
        """Machines, shifts and steps, where it is a declaration of these."""
        return self.declared if isinstance(self.declared, Routing) else None

    @property
    def planned_stop(self) -> PlannedStop | None:
        """An announced stop of a machine, where it is a notice of one."""
        return self.declared if isinstance(self.declared, PlannedStop) else None

    @property
    def extract(self) -> Extract | None:
        """An extract of the companies register, where it is one."""
        return self.declared if isinstance(self.declared, Extract) else None

    def rows(self, group: str) -> list[Row]:
        """The rows of a repeated group of facts, in order: `line`, `order`, `payment`, `device`."""
        found: dict[str, dict[str, str]] = {}
        for name, value in self.facts.items():
            head, _, rest = name.partition(".")
            if head == group and rest:
                index, _, field = rest.partition(".")
                found.setdefault(index, {})[field] = value
        return [found[index] for index in sorted(found)]

    def linked(self, relation: str) -> Iterator[bytes]:
        """Asset ids of the earlier papers it points to with `relation`."""
        return (target for name, target in self.links if name == relation)


def of_receipt(
    asset_id: bytes,
    values: Mapping[str, str],
    *,
    registered_at: int,
    signers: Mapping[bytes, bytes],
    document: Document | None = None,
    declared: Declaration | None = None,
) -> Paper:
    """The paper behind a receipt. `values` are those it shows; `signers` maps a published signer's key to its organisation.

    `document`: as read from the certified bytes, None where they were not given.
    """
    facts = {path.removeprefix("fact."): value for path, value in values.items() if path.startswith("fact.")}
    links = tuple(
        (path.split(".")[1], parse_hex32(value))
        for path, value in sorted(values.items())
        if path.startswith("link.")
    )
    kind, registered = values["asset.kind"], datetime.fromtimestamp(registered_at, SHANGHAI).date()
    return Paper(
        asset_id=asset_id,
        issuer=parse_hex32(values["asset.issuer"]),
        kind=kind,
        format=values["asset.format"],
        facts=facts,
        links=links,
        signers=_signers(values, signers),
        sha256=parse_hex32(values["content.sha256"]),
        registered_at=registered_at,
        day=day_of(kind, facts) or registered,
        trace=document.trace if document is not None else None,
        sealed=sealed(values["asset.format"], facts, document),
        declared=declared,
    )


def _signers(values: Mapping[str, str], known: Mapping[bytes, bytes]) -> tuple[Signer, ...]:
    paths = sorted(path for path in values if path.startswith("signer.") and path.endswith(".key"))
    return tuple(
        Signer(values[f"{path[:-4]}.role"], known.get(parse_hex32(values[path])))
        for path in paths
        if f"{path[:-4]}.role" in values
    )


def sealed(format_: str, facts: Mapping[str, str], document: Document | None) -> bool:
    """Whether the tax authority's word stands on an e-fapiao: a seal that holds, else a number of due form and no bad seal."""
    codes = {notice.code for notice in document.warnings} if document is not None else set()
    if format_ != "e-fapiao" or "SEAL_INVALID" in codes:
        return False
    return "SEAL_VALID" in codes or _E_FAPIAO_NUMBER.fullmatch(facts.get("number", "")) is not None


_DAYS: Mapping[str, tuple[str, ...]] = {
    "machine-data": ("end", "start"),
    "inspection-report": ("inspected_at",),
    "utility-statement": ("end_date", "issue_date"),
    "calibration": ("calibrated_date",),
    "statutory-search": ("searched_at",),
}


def day_of(kind: str, facts: Mapping[str, str]) -> date | None:
    """The day a paper of that kind speaks of, in Shanghai; None where it states none."""
    if kind == "work-order":
        done = any(name.endswith(".produced") for name in facts)
        ends = ("end", "end_local") if done else ("start", "start_local")
        found = [
            day for name in facts if name.endswith(ends) and (day := stated_day(facts[name])) is not None
        ]
        return max(found, default=None) if done else min(found, default=None)
    if kind == "payment":
        dates = [
            day for name in facts if name.endswith(".date") and (day := stated_day(facts[name])) is not None
        ]
        return max(dates, default=None)
    names = _DAYS.get(kind, ("issue_date",))
    stated = (facts.get(name) or facts.get(f"{name}_local") for name in names)
    return next((day for text in stated if text and (day := stated_day(text)) is not None), None)


_YEARS = range(1980, 2200)
"""Years that a business paper may speak of; any other is an error of writing, and states no day."""
FIRST_MS, LAST_MS = 315_532_800_000, 7_258_118_400_000
"""The same as milliseconds since 1970."""


def stated_day(text: str | None) -> date | None:
    """The day in Shanghai of a canonical date or instant; None where none is stated, or none of this age."""
    try:
        if not text:
            return None
        if len(text) == 10:
            found = date.fromisoformat(text)
        else:
            found = datetime.fromtimestamp(instant(text) / 1000, SHANGHAI).date()
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year in _YEARS else None


def instant(text: str) -> int:
    """Milliseconds since 1970 of a canonical instant; one without offset is China's. Raises ValueError for other text."""
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
    return round((aware - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def amount(text: str | None) -> Decimal | None:
    """A canonical decimal's value; None where nothing is stated."""
    return Decimal(text) if text is not None else None


def quantity(text: str | None) -> Decimal | None:
    """The number of a quantity (`1320 H87`); None where nothing is stated."""
    return Decimal(text.partition(" ")[0]) if text is not None else None


def unit(text: str | None) -> str:
    """The unit of a quantity; empty where none is stated."""
    return (text or "").partition(" ")[2]
