"""What a grantee reads: its read stands on the ledger first, then the owner's home hands over the sealed bytes, then they are opened.

The wrap stays in the owner's database until then; `release` is the owner's side of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from certifier.commitment import digest
from certifier.content import decrypt
from certifier.receipt import Receipt, parse_document
from certifier.verify import Check, Code
from gateway.db.models import Grant
from gateway.errors import ConflictError, RefusedError
from gateway.installation import Installation, Organisation
from gateway.service.granting import Granting, history_of
from gateway.service.verifying import of_installation
from ledger.access import grant_id, scope_of
from ledger.events import Ended, Read
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["Reading", "read_grant", "record_reading", "release", "unseal"]

_GENUINE = (Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER)


@dataclass(frozen=True)
class Reading:
    """What a grantee has read: a receipt that shows what was granted and what every verifier must see, the document where it was granted,
    and what was checked before. `fields` are those that the grant names."""

    receipt: Receipt
    fields: dict[str, str]
    document: bytes | None
    block: int
    checks: tuple[Check, ...]


def read_grant(installation: Installation, reader: Organisation, granting: Granting) -> Reading:
    """Check that the receipt is genuine, put the read on the ledger, wait until it is final, then take the sealed bytes and open them."""
    if granting.grantee != reader.id:
        raise RefusedError("NOT_GRANTEE", f"this was granted to another organisation than {reader.short}")
    expected = grant_id(
        granting.owner,
        granting.grantee,
        scope_of(granting.salt, [granting.asset_id]),
        granting.wraps,
        granting.expires_at,
    )
    if expected != granting.grant_id:
        raise RefusedError(
            "GRANT_ID", "the grant's id does not follow from its owner, grantee, scope, seal and end"
        )
    checks = _require_genuine(installation, granting, reader)
    _require_open(installation, granting.grant_id, reader.id)
    act = installation.ledger.access.read(granting.grant_id, granting.wraps)
    sent = installation.signatory(reader).send(act)
    sealed = release(installation, granting.grant_id, reader.id)
    if keccak(sealed) != granting.wraps:
        raise RefusedError("WRONG_SEAL", "the sealed bytes are not those that the grant names on the ledger")
    receipt, document = unseal(installation, reader, granting.receipt, sealed)
    fields = {path: receipt.values[path] for path in granting.fields if path in receipt.values}
    return Reading(receipt, fields, document, sent.block.number, checks)


def _require_genuine(
    installation: Installation, granting: Granting, reader: Organisation
) -> tuple[Check, ...]:
    """RefusedError unless the receipt is that of the granted asset, its owner's, and registered by it.

    A standing that is not good does not stop the reading: its check tells.
    """
    receipt = granting.receipt
    if receipt.asset_id != granting.asset_id or receipt.org != granting.owner:
        raise RefusedError("GRANT_MISMATCH", "the grant carries the receipt of another asset than it grants")
    report = of_installation(installation).verify(receipt, as_org=reader.id)
    if (fault := report.fault(_GENUINE)) is not None:
        raise RefusedError(
            fault.code.name,
            f"not read: {fault.code.name} of the granted receipt is {fault.verdict.value}: {fault.message}",
        )
    return tuple(map(report.check, (*_GENUINE, Code.STANDING)))


def unseal(
    installation: Installation, reader: Organisation, receipt: Receipt, sealed: bytes
) -> tuple[Receipt, bytes | None]:
    """Open a grant's seal: the receipt with what it shows, and the document where its key is there. RefusedError for what was not certified."""
    payload = json.loads(installation.unwrap(reader, receipt.asset_id, sealed))
    return _shown(receipt, payload), _document(installation, receipt, payload.get("content_key"))


def _shown(receipt: Receipt, payload: dict[str, Any]) -> Receipt:
    document = receipt.to_document()
    granted = {member["path"]: member for member in payload["fields"]}
    for member in granted.values():
        _require_certified(receipt, member)
    document["fields"] = [one | granted.get(one["path"], {}) for one in document["fields"]]
    if "prf" in payload:
        document["prf"] = payload["prf"]
    return parse_document(document)


def _require_certified(receipt: Receipt, member: dict[str, str]) -> None:
    path, value = member["path"], member["value"]
    if digest(parse_hex32(member["salt"]), value) != receipt.field(path).digest:
        raise RefusedError("WRONG_VALUE", f"the value granted for {path} is not the one that was certified")


def _document(installation: Installation, receipt: Receipt, content_key: str | None) -> bytes | None:
    if content_key is None:
        return None
    plain = b"".join(decrypt(installation.store.get, receipt.values["content.cid"], parse_hex32(content_key)))
    if hex32(sha256(plain).digest()) != receipt.values["content.sha256"]:
        raise RefusedError("WRONG_CONTENT", "the content in the store is not the document that was certified")
    return plain


def record_reading(installation: Installation, reader: Organisation, grant: bytes) -> int:
    """Put the reading of an open grant on the ledger: after that, `release` hands its bytes over. Answers the block."""
    _require_open(installation, grant, reader.id)
    granted, _ = history_of(installation, grant)
    act = installation.ledger.access.read(grant, granted.wraps)
    return installation.signatory(reader).send(act).block.number


def release(installation: Installation, grant: bytes, grantee: bytes) -> bytes:
    """The owner's side: hand over the sealed bytes once the grantee's read of an open grant is final on the ledger."""
    _require_open(installation, grant, grantee, read=True)
    with installation.database.session() as session:
        row = session.get(Grant, hex32(grant))
    if row is None or row.sealed is None:
        raise ConflictError(
            "NO_WRAP",
            f"the owner's home no longer holds what was granted with {hex32(grant)}: it was revoked or shredded",
        )
    return row.sealed


def _require_open(installation: Installation, grant: bytes, grantee: bytes, *, read: bool = False) -> None:
    """RefusedError unless the ledger shows the grant to this grantee, not ended, not past its end (and read, if asked)."""
    granted, later = history_of(installation, grant)
    if granted.grantee != grantee:
        raise RefusedError("NO_GRANT", f"the ledger shows no grant {hex32(grant)} to this organisation")
    if any(isinstance(event, Ended) for event in later):
        raise RefusedError("GRANT_ENDED", f"the grant {hex32(grant)} was ended")
    if max(installation.ledger.pin().timestamp, installation.now()) >= granted.expires_at:
        raise RefusedError("GRANT_EXPIRED", f"the grant {hex32(grant)} ended at its agreed time")
    if read and not any(isinstance(event, Read) and event.org == grantee for event in later):
        raise RefusedError(
            "NOT_READ", "the read does not stand on the ledger yet: nothing is handed over before"
        )
