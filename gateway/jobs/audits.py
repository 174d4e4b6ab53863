"""Audit jobs: the ledger derived again from block 0, with progress, and a result signed by the organisation that asked.

The signature is its account's over the EIP-712 struct `Audit` (`statement`), so that anybody can hold it against Membership: `report` in it is the
keccak-256 of the report's RFC 8785 JSON. A result that waits for a signature is kept as it is. All jobs of an organisation that wait are answered
by one run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.db import jobs as table
from gateway.db.jobs import Job
from gateway.errors import ConflictError
from gateway.installation import Installation
from gateway.jobs.working import Done
from gateway.service.times import instant
from ledger.typed import Domain, Members, TypedData
from ledger.types import keccak, parse_hex32

__all__ = ["KIND", "Auditing", "statement"]

KIND = "audit"
_TYPES: dict[str, Members] = {
    "Audit": (
        ("org", "bytes32"),
        ("at", "string"),
        ("genesis", "bytes32"),
        ("from_block", "uint256"),
        ("to_block", "uint256"),
        ("verdict", "string"),
        ("findings", "uint256"),
        ("report", "bytes32"),
    )
}
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
        unsigned = (jobs[0].result or {}).get("unsigned") or self._audited(jobs, progress)
        result = self._signed(jobs[0].org, unsigned)
        return {one.id: Done(result) for one in jobs}

    def forget(self, _: Job) -> Iterable[str]:
        """An audit has no files."""
        return ()

    def close(self) -> None:
        """Nothing is held."""

    def _audited(
        self, jobs: Sequence[Job], progress: Callable[[str, Mapping[str, Any]], None]
    ) -> dict[str, Any]:
        """The result without its signature, kept with the jobs."""
        from certifier.audit import audit

        said = [0.0]

        def reached(block: int, last: int) -> None:
            if time.monotonic() - said[0] > _EVERY:
                said[0] = time.monotonic()
                for one in jobs:
                    progress(one.id, {"block": block, "last_block": last})

        ledger = self._installation.ledger
        report = audit(ledger, progress=reached).to_json()
        result = {
            "schema": "assetcert/audit/2",
            "ledger": {
                "chain_id": ledger.descriptor.chain_id,
                "genesis": "0x" + ledger.descriptor.genesis.hex(),
                "membership": ledger.membership.address,
            },
            "org": jobs[0].org,
            "at": instant(self._installation.now()),
            "report": report,
        }
        with self._installation.database.session() as session:
            table.keep(session, jobs[0].worker, [one.id for one in jobs], {"unsigned": result})
        return result

    def _signed(self, org: str, result: Mapping[str, Any]) -> dict[str, Any]:
        organisation = next((one for one in self._installation.book.all() if one.hex == org), None)
        if organisation is None:
            raise ConflictError("UNKNOWN_ORG", "this home does not know the organisation any more")
        signatory = self._installation.signatory(organisation)
        value = signatory.sign(statement(result))
        return {**result, "signature": {"address": signatory.address, "value": "0x" + value.hex()}}


def statement(result: Mapping[str, Any]) -> TypedData:
    """What the signature of a result is of."""
    ledger, report = result["ledger"], result["report"]
    message = {
        "org": parse_hex32(result["org"]),
        "at": result["at"],
        "genesis": parse_hex32(ledger["genesis"]),
        "from_block": report["from_block"],
        "to_block": report["to_block"],
        "verdict": report["verdict"],
        "findings": len(report["findings"]),
        "report": keccak(_canonical(report)),
    }
    return TypedData(Domain(ledger["chain_id"], ledger["membership"]), "Audit", _TYPES, message)


def _canonical(report: Mapping[str, Any]) -> bytes:
    """Its numbers are whole, its keys ASCII: sorted compact JSON is RFC 8785 here."""
    return json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
