"""The job board: each dossier as seven stations from order to payment, what is missing in it, and what that holds back.

What is done, missing or open is decided by `gateway.service.dossiers`; here it gets a face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
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
    amount = _amount(facts, "invoice", "payable") or _amount(facts, "purchase-order", "total")
    incomplete = any(one.state == "missing" for one in stations)
    billed = any(one.kind == "invoice" and one.state == "done" for one in stations)
    return JobView(
        name,
        stations,
        _fact(facts, "buyer_name"),
        _fact(facts, "order.0001.product", "product", "line.0001.item"),
        amount,
        _fact(facts, "currency") or "CNY",
        amount if incomplete and billed else None,
    )


def _fact(papers: Sequence[tuple[str, Mapping[str, Any]]], *names: str) -> str | None:
    found = (
        str(fields[f"fact.{name}"]) for name in names for _, fields in papers if f"fact.{name}" in fields
    )
    return next(found, None)


def _amount(papers: Sequence[tuple[str, Mapping[str, Any]]], kind: str, name: str) -> Decimal | None:
    for found, fields in papers:
        if found == kind:
            value = fields.get(f"fact.{name}") or fields.get("fact.total") or fields.get("fact.net")
            try:
                return Decimal(value) if value is not None else None
            except InvalidOperation:
                return None
    return None
