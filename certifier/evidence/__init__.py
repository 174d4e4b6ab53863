"""Evidence: certified papers → findings and measures (checks 10 to 12; PRODUCT 2.4, 3.1, 3.2). Pure: no database, no network."""

from __future__ import annotations

from certifier.evidence.attributes import Attribute, Extract, tokens
from certifier.evidence.declared import declaration
from certifier.evidence.finding import Code, Finding, Severity
from certifier.evidence.paper import Paper, Signer, of_receipt

__all__ = ["Attribute", "Code", "Extract", "Finding", "Paper", "Severity", "Signer", "declaration", "of_receipt", "tokens"]  # fmt: skip
