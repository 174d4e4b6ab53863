"""Evidence: certified papers → findings and measures (checks 10 to 12; PRODUCT 2.4, 3.1, 3.2). Pure: no database, no network.

`assess(papers, firm=…, as_of=…, names=…)` is the whole of it; docs/evidence.md says what each finding means and does not prove.
"""

from __future__ import annotations

from certifier.evidence.assessment import Assessment, assess
from certifier.evidence.attributes import Attribute, Extract, tokens
from certifier.evidence.declared import Declaration, declaration
from certifier.evidence.finding import Code, Finding, Severity
from certifier.evidence.paper import Paper, Signer, of_receipt
from certifier.evidence.policy import DEFAULT, Policy

__all__ = [
    "DEFAULT",
    "Assessment",
    "Attribute",
    "Code",
    "Declaration",
    "Extract",
    "Finding",
    "Paper",
    "Policy",
    "Severity",
    "Signer",
    "assess",
    "declaration",
    "of_receipt",
    "tokens",
]
