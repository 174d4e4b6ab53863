"""Block times as the instants that documents and reports carry, and as business days."""

from __future__ import annotations

from datetime import UTC, date, datetime

from certifier.evidence.paper import SHANGHAI

__all__ = ["DAY", "business_day", "instant"]

DAY = 86_400
"""Its seconds."""


def instant(seconds: int) -> str:
    """Seconds since 1970 as a canonical instant (COMMITMENT 1)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def business_day(seconds: int) -> date:
    """The business day of that moment, in Shanghai (PRODUCT 2)."""
    return datetime.fromtimestamp(seconds, SHANGHAI).date()
