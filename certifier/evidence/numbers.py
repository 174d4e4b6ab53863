"""Numbers as evidence writes them: ratios to six places half to even, hours, money; always Decimal, never float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["hours_text", "money_text", "ratio", "ratio_text"]

_SIX = Decimal("0.000001")


def ratio(value: Decimal) -> Decimal:
    """A ratio as it is compared and kept (PRODUCT 2)."""
    return value.quantize(_SIX, ROUND_HALF_EVEN)


def ratio_text(value: Decimal, places: int = 6) -> str:
    """A ratio for a person or a record."""
    return str(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))


def hours_text(milliseconds: int | Decimal) -> str:
    """Hours to one place."""
    return ratio_text(Decimal(milliseconds) / 3_600_000, 1)


def money_text(value: Decimal) -> str:
    """Money to the cent."""
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_EVEN))
