"""Block times as the instants that documents and reports carry."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["instant"]


def instant(seconds: int) -> str:
    """Seconds since 1970 as a canonical instant (COMMITMENT 1)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
