"""One feature: a value with its unit, what it is a quotient of, and the assets that it came from (PRODUCT 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.credit.money import divided, ratio, shown
from ledger.types import hex32, parse_hex32

__all__ = ["Feature", "Window", "insufficient", "quotient", "stated"]

Window = tuple[date, date]
"""From its first day, to the day after its last."""


@dataclass(frozen=True)
class Feature:
    """`value` is None where evidence is insufficient, never nothing in place of it. `assets` is sorted, `n` counts what was summed."""

    id: str
    unit: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    assets: tuple[bytes, ...]
    n: int
    window: Window
    note: str = ""

    @classmethod
    def of(cls, id_: str, body: Mapping[str, Any]) -> Feature:
        """The feature that a decision record states."""
        value, numerator, denominator = (
            None if body[name] is None else Decimal(body[name])
            for name in ("value", "numerator", "denominator")
        )
        first, last = map(date.fromisoformat, body["window"])
        assets = tuple(map(parse_hex32, body["asset_ids"]))
        return cls(id_, body["unit"], value, numerator, denominator, assets, body["n"], (first, last), body.get("note", ""))  # fmt: skip

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        return {
            "value": _text(self.value),
            "unit": self.unit,
            "numerator": _text(self.numerator),
            "denominator": _text(self.denominator),
            "asset_ids": [hex32(asset) for asset in self.assets],
            "n": self.n,
            "window": [str(day) for day in self.window],
            "status": "known" if self.known else "insufficient",
            **({"note": self.note} if self.note else {}),
        }


def insufficient(id_: str, unit: str, window: Window, note: str) -> Feature:
    """A feature without a value, and why."""
    return Feature(id_, unit, None, None, None, (), 0, window, note)


def quotient(
    id_: str,
    unit: str,
    window: Window,
    numerator: Decimal,
    denominator: Decimal,
    assets: Iterable[bytes],
    n: int,
    *,
    note: str = "",
) -> Feature:
    """A quotient to six places (in per cent: to four); insufficient where there is nothing to divide by."""
    if denominator <= 0:
        return insufficient(id_, unit, window, note or "nothing to compare with")
    value = ratio(divided(numerator, denominator))
    return Feature(
        id_, unit, value * 100 if unit == "%" else value, numerator, denominator, tuple(sorted(set(assets))), n, window, note
    )  # fmt: skip


def stated(
    id_: str, unit: str, window: Window, value: Decimal, assets: Iterable[bytes], n: int, *, note: str = ""
) -> Feature:
    """A value that is no quotient."""
    return Feature(id_, unit, value, None, None, tuple(sorted(set(assets))), n, window, note)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else shown(value)
