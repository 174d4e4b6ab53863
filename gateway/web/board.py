"""The job board: each dossier as seven stations from order to payment, what is missing in it, and what that holds back.

What is done, missing or open is decided by `gateway.service.dossiers`; here it gets a face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.db.models import Asset
from gateway.service.dossiers import steps
from gateway.web.words import STATIONS

__all__ = ["JobView", "Station", "job_view"]


@dataclass(frozen=True)
class Station:
    """One dot: `state` is done, missing or open."""

    kind: str
    label: str
    state: str
    asset_id: str | None = None


@dataclass(frozen=True)
class JobView:
    """A job on the board. `held_back` is what its missing papers keep from being financed, None where nothing is missing."""

    name: str
    stations: tuple[Station, ...]
    buyer: str | None
    product: str | None
    amount: Decimal | None
    currency: str
    held_back: Decimal | None

    @property
    def missing(self) -> tuple[Station, ...]:
        """Stations that should be there."""
        return tuple(one for one in self.stations if one.state == "missing")


def job_view(name: str, assets: Sequence[Asset]) -> JobView:
    """A job from its certified papers."""
    labels = dict(STATIONS)
    stations = tuple(
        Station(one.kind, labels[one.kind], one.state, one.assets[0] if one.assets else None)
        for one in steps(assets)
    )
    facts = [(one.kind, one.fields or {}) for one in assets]
    bills = [(kind, fields) for kind, fields in facts if "fingerprint.exact" in fields and kind == "invoice"]
    amount = _sum(bills, "payable") or _sum([one for one in facts if one[0] == "purchase-order"], "total")
    incomplete = any(one.state == "missing" for one in stations)
    billed = any(one.kind == "invoice" and one.state == "done" for one in stations)
    return JobView(
        name,
        stations,
        _facts(bills or facts, "buyer_name"),
        _facts(facts, "order.0001.product", "product", "line.0001.item"),
        amount,
        next((fields["fact.currency"] for _, fields in bills if "fact.currency" in fields), "CNY"),
        amount if incomplete and billed else None,
    )


def _facts(papers: Sequence[tuple[str, Mapping[str, Any]]], *names: str) -> str | None:
    """What papers state under the first of the names that any of them has, each once."""
    for name in names:
        if found := sorted({str(fields[f"fact.{name}"]) for _, fields in papers if f"fact.{name}" in fields}):
            return ", ".join(found)
    return None


def _sum(papers: Sequence[tuple[str, Mapping[str, Any]]], name: str) -> Decimal | None:
    """What papers come to, those in the currency of the first."""
    currencies = [fields.get("fact.currency", "CNY") for _, fields in papers]
    stated = [
        Decimal(value)
        for (_, fields), currency in zip(papers, currencies, strict=True)
        if currency == currencies[0]
        and (value := fields.get(f"fact.{name}") or fields.get("fact.total") or fields.get("fact.net"))
    ]
    return sum(stated, Decimal(0)) if stated else None
