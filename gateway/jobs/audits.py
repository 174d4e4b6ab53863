"""Audit jobs: the ledger derived again from block 0, with progress, and a result signed by the organisation that asked.

The signature is the account key's over keccak-256 of `assetcert/audit/1` LF and the result's RFC 8785 JSON (65 bytes, r ‖ s ‖ v), so that
anybody can hold it against Membership. All jobs of an organisation that wait are answered by one run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.db.jobs import Job
from gateway.errors import ConflictError
from gateway.installation import Installation
from gateway.jobs.working import Done
from gateway.service.times import instant
from ledger.types import keccak

__all__ = ["KIND", "Auditing", "digest"]

KIND = "audit"
_PREFIX = b"assetcert/audit/1\n"
_EVERY = 0.5


class Auditing:
    """See `gateway.jobs.working.Work`."""

    kind = KIND
    jobs = 10
    weight = 10

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def do(self, jobs: Sequence[Job], progress: Callable[[str, Mapping[str, Any]], None]) -> dict[str, Done]:
        """One audit for all of them."""
        from certifier.audit import audit

        said = [0.0]

        def reached(block: int, last: int) -> None:
            if time.monotonic() - said[0] > _EVERY:
                said[0] = time.monotonic()
                for one in jobs:
                    progress(one.id, {"block": block, "last_block": last})

        report = audit(self._installation.ledger, progress=reached)
        result = self._signed(jobs[0].org, report.to_json())
        return {one.id: Done(result) for one in jobs}

    def forget(self, _: Job) -> Iterable[str]:
        """An audit has no files."""
        return ()

    def close(self) -> None:
        """Nothing is held."""

    def _signed(self, org: str, report: Mapping[str, Any]) -> dict[str, Any]:
        ledger = self._installation.ledger.descriptor
        result = {
            "schema": "assetcert/audit/1",
            "ledger": {"chain_id": ledger.chain_id, "genesis": "0x" + ledger.genesis.hex()},
            "org": org,
            "at": instant(self._installation.now()),
            "report": report,
        }
        organisation = next((one for one in self._installation.book.all() if one.hex == org), None)
        if organisation is None:
            raise ConflictError("UNKNOWN_ORG", "this home does not know the organisation any more")
        account = self._installation.account(organisation)
        return {
            **result,
            "signature": {
                "address": account.address,
                "value": "0x" + account.sign(_statement(result)).hex(),
            },
        }


def digest(result: Mapping[str, Any]) -> bytes:
    """What the signature is of."""
    return keccak(_statement(result))


def _statement(result: Mapping[str, Any]) -> bytes:
    """`result` without its signature. Its numbers are whole, its keys ASCII: sorted compact JSON is RFC 8785 here."""
    unsigned = {name: value for name, value in result.items() if name != "signature"}
    canonical = json.dumps(unsigned, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _PREFIX + canonical.encode()
