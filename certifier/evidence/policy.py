"""Every threshold of evidence, with PRODUCT's figures as defaults: one versioned document, `assetcert/evidence-policy/1`.

Its digest names it in a decision record. Ratios are Decimals, never floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

__all__ = ["DEFAULT", "POLICY_SCHEMA", "Policy"]

POLICY_SCHEMA = "assetcert/evidence-policy/1"


@dataclass(frozen=True)
class Policy:
    """Amber and red limits by rule; where PRODUCT states none, the default is ours and docs/evidence.md says so."""

    window_days: int = 90
    # E02, F08: blind machines
    blind_share: Decimal = Decimal("0.30")
    blind_amber_hours: int = 24
    blind_red_hours: int = 72
    # E03: replay, clock
    replay_lengths: int = 200
    replay_pairs: int = 100
    clock_seconds: int = 300
    # E04, F09
    capacity_amber: Decimal = Decimal("1.00")
    capacity_red: Decimal = Decimal("1.15")
    capacity_lead_days: int = 1
    capacity_span_days: int = 42
    # E05, F10
    energy_low: Decimal = Decimal("0.75")
    energy_high: Decimal = Decimal("1.35")
    energy_red: Decimal = Decimal("0.50")
    energy_statements: int = 6
    energy_least: int = 3
    energy_days: Decimal = Decimal("0.90")
    # E06, F11
    material_amber: Decimal = Decimal("1.10")
    material_red: Decimal = Decimal("1.30")
    material_days: int = 28
    material_red_days: int = 60
    # E07, F04
    yield_fall: Decimal = Decimal("0.04")
    yield_days: int = 14
    yield_between: Decimal = Decimal("0.05")
    yield_chance: Decimal = Decimal("0.01")
    # E08, F03
    delivery_days: int = 30
    delivery_amber: Decimal = Decimal("0.85")
    delivery_red: Decimal = Decimal("0.70")
    delivery_least: int = 5
    # E09, E10, F16
    slow_days: int = 30
    slow_amber: Decimal = Decimal("15")
    slow_red: Decimal = Decimal("30")
    statutory_days: int = 60
    statutory_red_days: int = 90
    # E11, F17
    dilution_days: int = 180
    dilution_amber: Decimal = Decimal("0.05")
    dilution_red: Decimal = Decimal("0.10")
    # copied measurements
    copied_values: int = 30
    copied_pairs: int = 15
    # F12: three-way match
    match_quantity: Decimal = Decimal("0.005")
    # E15: trade
    trade_days: int = 30
    trade_amounts: Decimal = Decimal("0.15")
    trade_close: Decimal = Decimal("0.05")
    trade_return_days: int = 5
    trade_hops: int = 5
    trade_expansions: int = 10_000
    trade_floor: Decimal = Decimal("100000")
    trade_red: int = 4
    trade_amber: int = 2
    hub: int = 5
    # F20
    weight_ordered: Decimal = Decimal("0.15")
    weight_made: Decimal = Decimal("0.15")
    weight_conforms: Decimal = Decimal("0.15")
    weight_moved: Decimal = Decimal("0.20")
    weight_owed: Decimal = Decimal("0.20")
    weight_paid: Decimal = Decimal("0.15")
    independence_amber: Decimal = Decimal("0.40")
    moved_amber: Decimal = Decimal("0.50")

    def to_json(self) -> dict[str, Any]:
        """The versioned document: whole numbers, and decimals as texts."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"schema": POLICY_SCHEMA} | {
            name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Policy:
        """The inverse; every member is due. Raises ValueError for any other member or type."""
        kinds = {name: type(value) for name, value in vars(cls()).items()}
        if body.get("schema") != POLICY_SCHEMA or body.keys() != kinds.keys() | {"schema"}:
            wrong = ", ".join(sorted(body.keys() ^ (kinds.keys() | {"schema"}))) or "schema"
            raise ValueError(f"not a policy of {POLICY_SCHEMA}: {wrong} is missing or not known")
        values: dict[str, Any] = {}
        for name, kind in kinds.items():
            given = body[name]
            if type(given) is not (str if kind is Decimal else int):
                raise ValueError(
                    f"{name}: {'a decimal as text' if kind is Decimal else 'a whole number'} is due"
                )
            values[name] = Decimal(given) if kind is Decimal else given
        return cls(**values)


DEFAULT = Policy()
