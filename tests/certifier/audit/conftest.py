"""The ledger's consortium, once for the audits."""

from __future__ import annotations

from tests.ledger.conftest import shared_ledger, world

__all__ = ["shared_ledger", "world"]
