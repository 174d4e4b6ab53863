"""Grants as their owner gives and ends them, and as they travel to the grantee (DESIGN, What travels).

What a grantee does with one is in `grant_reading`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certifier import hpke
from certifier.receipt import Receipt, parse_document
from gateway.db.models import Grant
from gateway.errors import RefusedError, UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.files import load_json, schema_of
from gateway.service.own import own_asset
from gateway.service.times import instant
from ledger.access import grant_id, scope_of
from ledger.events import Ended, Granted, Read
from ledger.membership import Purpose
from ledger.replay import MembershipView, events
from ledger.types import hex32, keccak, parse_hex32

__all__ = [
    "GRANT_SCHEMA",
    "Granting",
    "end_grant",
    "grant_in",
    "history_of",
    "load_grant",
    "make_grant",
    "parse_grant",
]

GRANT_SCHEMA = "assetcert/grant/1"


@dataclass(frozen=True)
class Granting:
    """A grant as it travels to its grantee: no key in it."""

    grant_id: bytes
    owner: bytes
    grantee: bytes
    asset_id: bytes
    purpose: str
    fields: tuple[str, ...]
    expires_at: int
    salt: bytes
    wraps: bytes
    receipt: Receipt

    def to_json(self) -> dict[str, Any]:
        """The `ID.grant.json` document."""
        return {
            "schema": GRANT_SCHEMA,
            "grant": {
                "grant_id": hex32(self.grant_id),
                "owner": hex32(self.owner),
                "grantee": hex32(self.grantee),
                "purpose": self.purpose,
                "fields": list(self.fields),
                "expires_at": self.expires_at,
            },
            "scope": {"salt": hex32(self.salt), "asset_ids": [hex32(self.asset_id)]},
            "sealed": hex32(self.wraps),
            "receipt": json.loads(self.receipt.to_json()),
        }


def make_grant(
    installation: Installation,
    owner: Organisation,
    grantee: bytes,
    receipt: Receipt,
    fields: Sequence[str],
    purpose: str,
    expires_at: int,
) -> Granting:
    """Grant `fields` (paths; `content` is the document itself) of one asset until `expires_at`, and say so on the ledger.

    What no verifier can judge it without (preset `must-disclose`) goes along under the same seal.
    """
    _require_sense(installation, owner, grantee, fields, expires_at)
    public_key = _encryption_key(installation, grantee)
    row = own_asset(installation, owner, hex32(receipt.asset_id))
    payload = _to_seal(receipt, set(fields) - {"content"})
    if "content" in fields:
        assert row.sealed_secret is not None
        secret = installation.open_secret(owner, receipt.asset_id, row.sealed_secret)
        payload["content_key"] = hex32(secret.content_key())
    sealed = hpke.wrap(json.dumps(payload).encode(), receipt.asset_id, grantee, public_key)
    salt, wraps = secrets.token_bytes(32), keccak(sealed)
    scope = scope_of(salt, [receipt.asset_id])
    made = Granting(
        grant_id(owner.id, grantee, scope, wraps, expires_at),
        owner.id,
        grantee,
        receipt.asset_id,
        purpose,
        tuple(sorted(set(fields))),
        expires_at,
        salt,
        wraps,
        receipt.redact([]),
    )
    with installation.database.session() as session:
        session.merge(
            Grant(
                grant_id=hex32(made.grant_id),
                owner=owner.hex,
                grantee=hex32(grantee),
                asset_id=row.asset_id,
                purpose=purpose,
                expires_at=expires_at,
                sealed=sealed,
            )
        )
    installation.signatory(owner).send(installation.ledger.access.grant(grantee, scope, wraps, expires_at))
    return made


def _require_sense(
    installation: Installation, owner: Organisation, grantee: bytes, fields: Sequence[str], expires_at: int
) -> None:
    """UsageError for a grant that could give nobody anything."""
    if grantee == owner.id:
        raise UsageError("SELF", f"{owner.short} owns the asset: a grant is made to another organisation")
    if not fields:
        raise UsageError("NO_FIELDS", "a grant names at least one field, or `content`")
    if expires_at <= installation.now():
        raise UsageError("UNTIL", f"the grant would have ended at {instant(expires_at)}, before now")


def _encryption_key(installation: Installation, org: bytes) -> bytes:
    """The newest valid encryption key of an organisation, from the ledger."""
    pinned = installation.ledger.pin()
    valid = [
        record
        for record in MembershipView(installation.ledger).keys_of(org, pinned)
        if record.key.purpose is Purpose.ENCRYPTION
        and record.key.valid_at(pinned.timestamp)
        and keccak(record.public_key) == record.key_id
    ]
    if not valid:
        raise RefusedError(
            "NO_ENCRYPTION_KEY",
            f"the ledger has no valid encryption key of {hex32(org)}: it has to publish one first",
        )
    return max(valid, key=lambda record: record.key.valid_from).public_key


def _to_seal(receipt: Receipt, asked: set[str]) -> dict[str, Any]:
    """The fields that are asked for and those that every verifier must see; the proofs of its fingerprints where their identity is shown."""
    owed = receipt.redact("must-disclose").values.keys() - receipt.redact([]).values.keys()
    fields = [_opened(receipt, path) for path in sorted(asked | owed)]
    prf = receipt.redact(asked | owed).prf
    proofs = {"prf": {path: prf[path].to_json() for path in sorted(prf)}} if prf else {}
    return {"fields": fields, **proofs}


def _opened(receipt: Receipt, path: str) -> dict[str, str]:
    try:
        field = receipt.field(path)
    except KeyError as error:
        raise UsageError("NO_FIELD", f"the asset has no field {path}") from error
    if field.value is None or field.salt is None:
        raise UsageError("NOT_SHOWN", f"the receipt does not show {path}")
    return {"path": path, "value": field.value, "salt": hex32(field.salt)}


def grant_in(target: str) -> Granting | None:
    """The grant in a file, whatever its name; None where `target` is an id or a file of another schema."""
    return load_grant(Path(target)) if schema_of(Path(target)) == GRANT_SCHEMA else None


def load_grant(path: Path) -> Granting:
    """The grant in a file. UnreadableError for anything else."""
    return parse_grant(load_json(path, GRANT_SCHEMA), str(path))


def parse_grant(document: Any, where: str) -> Granting:
    """The grant in a document that came from `where`. UnreadableError for anything else."""
    try:
        grant, scope = document["grant"], document["scope"]
        (asset_id,) = scope["asset_ids"]
        return Granting(
            parse_hex32(grant["grant_id"]),
            parse_hex32(grant["owner"]),
            parse_hex32(grant["grantee"]),
            parse_hex32(asset_id),
            str(grant["purpose"]),
            tuple(map(str, grant["fields"])),
            int(grant["expires_at"]),
            parse_hex32(scope["salt"]),
            parse_hex32(document["sealed"]),
            parse_document(document["receipt"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError("GRANT", f"{where} is no sound grant: {error}") from error


def end_grant(installation: Installation, organisation: Organisation, grant: bytes) -> int:
    """Owner or grantee ends a grant; the owner's wrap is deleted. One that has ended already stays so. Answers the block."""
    granted, later = history_of(installation, grant)
    if organisation.id not in (granted.owner, granted.grantee):
        raise RefusedError(
            "NOT_PARTY", f"{organisation.short} neither gave nor got this grant: its parties alone can end it"
        )
    act = installation.ledger.access.end(grant)
    ended = next((event.at.block for event in later if isinstance(event, Ended)), None)
    block = ended or installation.signatory(organisation).send(act).block.number
    with installation.database.session() as session:
        row = session.get(Grant, hex32(grant))
        if row is not None and row.owner == organisation.hex:
            row.sealed = None
    installation.database.forget_deleted()
    return block


def history_of(installation: Installation, grant: bytes) -> tuple[Granted, list[Ended | Read]]:
    """A grant as the ledger shows it, and what its parties have done with it. RefusedError where there is none."""
    log = events(installation.ledger, 0, installation.ledger.pin(), ["access_log"])
    history = [
        event for event in log if isinstance(event, Granted | Ended | Read) and event.grant_id == grant
    ]
    granted = next((event for event in history if isinstance(event, Granted)), None)
    if granted is None:
        raise RefusedError("NO_GRANT", f"the ledger shows no grant {hex32(grant)}")
    parties = (granted.owner, granted.grantee)
    return granted, [event for event in history if isinstance(event, Ended | Read) and event.org in parties]
