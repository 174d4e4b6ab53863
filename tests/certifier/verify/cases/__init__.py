"""Cases of the twelve checks: in each, one check fails alone, or cannot be established, and the report says so.

`test_checks` runs every case as it stands, and once more with the check's function made to answer VALID: then at least one
must fail.
"""

from __future__ import annotations

from tests.certifier.verify.cases import certified, collateral, job, registered, signed  # noqa: F401 - their cases
from tests.certifier.verify.cases.case import CASES, ON_LEDGER, Case

__all__ = ["CASES", "ON_LEDGER", "Case"]
