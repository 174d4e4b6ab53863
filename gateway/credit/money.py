"""Money, rates and ratios of a decision: Decimals with one rounding each, never a float (PRODUCT 2).

Money is rounded half up to the cent; ratios half even to six places; rates are whole basis points.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext

__all__ = ["CENT", "NOTHING", "ONE", "cents", "divided", "floor_to", "ratio", "shown", "total"]

CENT = Decimal("0.01")
NOTHING, ONE = Decimal(0), Decimal(1)
_SIX = Decimal("0.000001")
_DIGITS = 40


def cents(amount: Decimal) -> Decimal:
    """Money to the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def ratio(value: Decimal) -> Decimal:
    """A ratio to six places, half to even."""
    return value.quantize(_SIX, ROUND_HALF_EVEN)


def divided(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A quotient to forty digits, so that one rounding follows and no more."""
    with localcontext(prec=_DIGITS):
        return numerator / denominator


def floor_to(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `amount`; nothing for less than nothing."""
    return max(NOTHING, (amount / step).quantize(ONE, ROUND_FLOOR) * step)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """A sum."""
    return sum(amounts, NOTHING)


def shown(value: Decimal) -> str:
    """A decimal as text without an exponent."""
    return f"{value:f}"
