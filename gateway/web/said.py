"""What a paper says, as a row of a list shows it: number, date, who it is with, amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.db.listing import DATES, NUMBERS
from gateway.installation import Organisation
from gateway.web import formats

__all__ = ["Said"]

_SIDES = (
    ("buyer", "seller"),
    ("payment.0001.payer", "payment.0001.payee"),
    ("supplier", "customer"),
    ("laboratory", "customer"),
)
_AMOUNTS = ("payable", "total", "net", "payment.0001.amount")


@dataclass(frozen=True)
class Said:
    """The facts of a paper by their names, read for the organisation that holds it."""

    facts: Mapping[str, str]
    owner: Organisation

    def _first(self, names: tuple[str, ...]) -> str:
        return next((self.facts[name] for name in names if name in self.facts), "")

    @property
    def number(self) -> str:
        """What people call it by."""
        return self._first(NUMBERS)

    @property
    def date(self) -> str:
        """Its day in Shanghai."""
        found = self._first(DATES)
        return formats.day(found) if found else ""

    @property
    def counterparty(self) -> str:
        """The party that is not the owner itself."""
        names = (self.facts.get(f"{side}_name", "") for sides in _SIDES for side in self._others(sides))
        return next(filter(None, names), "")

    def _others(self, sides: tuple[str, str]) -> list[str]:
        return [side for side in sides if self.facts.get(f"{side}_id") not in self.owner.numbers]

    @property
    def amount(self) -> str:
        """What it comes to."""
        return self._first(_AMOUNTS)

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.facts.get("currency") or self.facts.get("payment.0001.currency") or "CNY"
