"""The audit: the ledger re-derived from its first block by its events alone, then held against the contracts' own state.

What is rebuilt and checked stands in CONTRACTS, "What the auditor rebuilds": batches and their roots, ids registered
twice, standings, keys and organisations, the quorum behind every change, pledges, shares and their ends, grants. Not
from the ledger, hence not here: fields, contents, kinds. It trusts the node to give all logs; what a node withholds shows
where the contract keeps a count or a state of its own.
"""

from __future__ import annotations

from certifier.audit.report import AuditReport, Finding
from certifier.audit.run import audit

__all__ = ["AuditReport", "Finding", "audit"]
