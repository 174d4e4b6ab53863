"""The verifier: numbered checks over a receipt, its document, the store and the ledger, and the report they make."""

from __future__ import annotations

from certifier.verify.observe import Node
from certifier.verify.report import (
    AsOf,
    Cause,
    Check,
    Code,
    NotVerified,
    Report,
    Verdict,
    dossier_verdict,
    worst,
)
from certifier.verify.subject import Missing
from certifier.verify.verifier import Given, Verifier, malformed

__all__ = [
    "AsOf",
    "Cause",
    "Check",
    "Code",
    "Given",
    "Missing",
    "Node",
    "NotVerified",
    "Report",
    "Verdict",
    "Verifier",
    "dossier_verdict",
    "malformed",
    "worst",
]
