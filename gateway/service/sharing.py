"""What an owner shows, grants, revokes and destroys, and what a grantee reads (DESIGN, What travels).

A grant's wrap stays in the owner's database until the grantee's read stands on the ledger; then the sealed bytes are handed over.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from certifier import hpke
from certifier.commitment import digest
from certifier.content import decrypt
from certifier.receipt import Receipt, parse_document
from certifier.signer import Statement, message, multikey, sign
from certifier.verify import Check, Code
from gateway.db import repository
from gateway.db.models import Asset, Grant
from gateway.errors import ConflictError, RefusedError, UnreadableError, UsageError
from gateway.home import Home
from gateway.installation import Installation, Organisation
from gateway.service.certifying import rebuild
from gateway.service.evidence import SIGNERS_SCHEMA, load_receipt, statements_in
from gateway.service.files import SIGNERS_SUFFIX, load_json, read_bounded, schema_of, write_whole
from gateway.service.times import instant
from gateway.service.verifying import of_installation
from ledger.access import grant_id, scope_of, shred_commitment
from ledger.assets import Standing
from ledger.clock import Clock
from ledger.errors import NoChangeError
from ledger.events import Ended, Granted, Read, StandingChanged
from ledger.log import TransactionLog
from ledger.membership import Purpose
from ledger.replay import MembershipView, events
from ledger.types import hex32, keccak, parse_hex32

__all__ = [
    "GRANT_SCHEMA",
    "Granting",
    "Reading",
    "document_of",
    "end_grant",
    "grant_in",
    "make_grant",
    "own_asset",
    "own_document",
    "own_receipt",
    "parse_grant",
    "read_grant",
    "record_reading",
    "revoke",
    "shred",
    "sign_file",
]

GRANT_SCHEMA = "assetcert/grant/1"
_ID = re.compile("0x[0-9a-f]{64}")
_GENUINE = (Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER)


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


@dataclass(frozen=True)
class Reading:
    """What a grantee has read: fields with their salts checked, the document where it was granted, and what was checked before."""

    asset_id: bytes
    fields: dict[str, str]
    document: bytes | None
    block: int
    checks: tuple[Check, ...]


def sign_file(seed: bytes, path: Path, issuer: bytes, role: str, signed_at: str) -> Path:
    """Sign a document's bytes for their issuer; the statement goes into `FILE.signers.json`, beside those there already."""
    content = sha256(read_bounded(path)).digest()
    signature = sign(seed, "ed25519", message(role, issuer, content, signed_at))
    statement = Statement(multikey(seed, "ed25519"), role, issuer, content, signed_at, signature)
    beside = path.with_name(path.name + SIGNERS_SUFFIX)
    kept = [other for other in statements_in(beside) if other.public_key != statement.public_key]
    document = {"schema": SIGNERS_SCHEMA, "signers": [other.to_json() for other in (*kept, statement)]}
    write_whole(beside, json.dumps(document, indent=1).encode())
    return beside


def own_asset(installation: Installation, organisation: Organisation, target: str) -> Asset:
    """The asset an owner means by an id or by one of its receipts."""
    asset_id = target if _ID.fullmatch(target) else load_receipt(Path(target)).asset_id_hex
    with installation.database.session() as session:
        row = repository.asset(session, asset_id)
    if row is None or row.org != organisation.hex:
        raise UsageError(
            "UNKNOWN_ASSET", f"{organisation.short} has certified no asset {asset_id} in this home"
        )
    if row.root is None:
        raise ConflictError(
            "NOT_ANCHORED", f"asset {asset_id} is not on the ledger yet: certify its file again to finish it"
        )
    return row


def own_receipt(installation: Installation, organisation: Organisation, target: str) -> Receipt:
    """The whole receipt of an owner's asset."""
    row = own_asset(installation, organisation, target)
    if row.fields is None:
        raise ConflictError(
            "SHREDDED",
            f"the secret of asset {row.asset_id} was shredded: nothing can be disclosed or granted any more",
        )
    return next(rebuild(installation, organisation, [row]))


def own_document(installation: Installation, organisation: Organisation, asset_id: str) -> Iterator[bytes]:
    """The owner's own document, decrypted piece by piece. ConflictError where its secret was shredded."""
    row = own_asset(installation, organisation, asset_id)
    if row.sealed_secret is None:
        raise ConflictError(
            "SHREDDED", f"the secret of asset {asset_id} was shredded: nobody can open it here"
        )
    secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
    return decrypt(installation.store.get, row.cid, secret.content_key())


def make_grant(
    installation: Installation,
    owner: Organisation,
    grantee: bytes,
    receipt: Receipt,
    fields: Sequence[str],
    purpose: str,
    expires_at: int,
) -> Granting:
    """Grant `fields` (paths; `content` is the document itself) of one asset until `expires_at`, and say so on the ledger."""
    _require_sense(installation, owner, grantee, fields, expires_at)
    public_key = _encryption_key(installation, grantee)
    row = own_asset(installation, owner, hex32(receipt.asset_id))
    payload: dict[str, Any] = {
        "fields": [_opened(receipt, path) for path in sorted(set(fields) - {"content"})]
    }
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
    installation.writer.send(
        installation.account(owner), installation.ledger.access.grant(grantee, scope, wraps, expires_at)
    )
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


def home_time(installation_home: Home) -> int:
    """Business time of a home whose ledger need not run."""
    log = TransactionLog(installation_home.root / "ledger.db")
    try:
        return Clock(log).now()
    finally:
        log.close()


def receipt_or_own(
    open_installation: Callable[[], AbstractContextManager[Installation]], target: str, org: str | None
) -> Receipt:
    """The receipt in a file, or that of an own asset by its id."""
    if not _ID.fullmatch(target):
        return load_receipt(Path(target))
    with open_installation() as installation:
        return own_receipt(installation, installation.book.find(org), target)


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
    sent = installation.writer.send(
        installation.account(reader), installation.ledger.access.read(granting.grant_id, granting.wraps)
    )
    sealed = release(installation, granting.grant_id, reader.id)
    if keccak(sealed) != granting.wraps:
        raise RefusedError("WRONG_SEAL", "the sealed bytes are not those that the grant names on the ledger")
    payload = json.loads(installation.unwrap(reader, granting.asset_id, sealed))
    fields = {member["path"]: _checked(granting.receipt, member) for member in payload["fields"]}
    return Reading(
        granting.asset_id,
        fields,
        document_of(installation, granting.receipt, payload.get("content_key")),
        sent.block.number,
        checks,
    )


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


def _checked(receipt: Receipt, member: dict[str, str]) -> str:
    path, value = member["path"], member["value"]
    if digest(parse_hex32(member["salt"]), value) != receipt.field(path).digest:
        raise RefusedError("WRONG_VALUE", f"the value granted for {path} is not the one that was certified")
    return value


def document_of(installation: Installation, receipt: Receipt, content_key: str | None) -> bytes | None:
    """The document of a receipt with the key that was granted; None without one. RefusedError for other bytes than were certified."""
    if content_key is None:
        return None
    plain = b"".join(decrypt(installation.store.get, receipt.values["content.cid"], parse_hex32(content_key)))
    if hex32(sha256(plain).digest()) != receipt.values["content.sha256"]:
        raise RefusedError("WRONG_CONTENT", "the content in the store is not the document that was certified")
    return plain


def record_reading(installation: Installation, reader: Organisation, grant: bytes) -> int:
    """Put the reading of an open grant on the ledger: after that, `release` hands its bytes over. Answers the block."""
    _require_open(installation, grant, reader.id)
    granted, _ = _history(installation, grant)
    act = installation.ledger.access.read(grant, granted.wraps)
    return installation.writer.send(installation.account(reader), act).block.number


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
    granted, later = _history(installation, grant)
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


def _history(installation: Installation, grant: bytes) -> tuple[Granted, list[Ended | Read]]:
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


def end_grant(installation: Installation, organisation: Organisation, grant: bytes) -> int:
    """Owner or grantee ends a grant; the owner's wrap is deleted. One that has ended already stays so. Answers the block."""
    granted, later = _history(installation, grant)
    if organisation.id not in (granted.owner, granted.grantee):
        raise RefusedError(
            "NOT_PARTY", f"{organisation.short} neither gave nor got this grant: its parties alone can end it"
        )
    act = installation.ledger.access.end(grant)
    ended = next((event.at.block for event in later if isinstance(event, Ended)), None)
    block = ended or installation.writer.send(installation.account(organisation), act).block.number
    with installation.database.session() as session:
        row = session.get(Grant, hex32(grant))
        if row is not None and row.owner == organisation.hex:
            row.sealed = None
    installation.database.forget_deleted()
    return block


def revoke(
    installation: Installation,
    organisation: Organisation,
    row: Asset,
    *,
    to: Standing = Standing.REVOKED,
    reason: int = 0,
) -> int:
    """Take an asset back, suspend it, or lift that: an issuer may always take back, and no lien is touched by it.

    One that the ledger has revoked already stays so: a run that was killed after its transaction is finished. Answers the block.
    """
    assert row.root is not None
    with installation.database.session() as session:
        proof = repository.tree(repository.batch(session, row.org, row.root)).proof(parse_hex32(row.asset_id))
    act = installation.ledger.assets.set_standing(
        parse_hex32(row.root), parse_hex32(row.asset_id), proof, to, reason=reason
    )
    account = installation.account(organisation)
    try:
        block = installation.writer.send(account, act).block.number
    except NoChangeError:
        if to is not Standing.REVOKED:
            raise
        block = _revoked_in(installation, organisation.id, parse_hex32(row.asset_id))
    if to is Standing.REVOKED:
        with installation.database.session() as session:
            session.get_one(Asset, row.asset_id).live = None  # the same document may become a new asset
    return block


def _revoked_in(installation: Installation, org: bytes, asset_id: bytes) -> int:
    log = events(installation.ledger, 0, installation.ledger.pin(), ["asset_registry"])
    return next(
        event.at.block
        for event in log
        if isinstance(event, StandingChanged)
        and (event.org, event.asset_id, event.standing) == (org, asset_id, Standing.REVOKED)
    )


def shred(installation: Installation, organisation: Organisation, row: Asset) -> int:
    """Say so on the ledger, then destroy secret, fields, wraps and the home's own receipt. The asset stays anchored.

    In this order nothing is destroyed by a run that is refused or fails; one that was killed in between is finished by the next.
    """
    commitment = shred_commitment(secrets.token_bytes(32), parse_hex32(row.asset_id))
    act = installation.ledger.access.shred(commitment)
    sent = installation.writer.send(installation.account(organisation), act)
    with installation.database.session() as session:
        found = session.get_one(Asset, row.asset_id)
        found.sealed_secret, found.fields, found.prf, found.live = None, None, None, None
        for grant in repository.grants_of_asset(session, row.asset_id):
            grant.sealed = None
        dossiers = repository.dossiers_with(session, row.asset_id)
    installation.database.forget_deleted()
    for name in (f"{row.asset_id}.receipt.json", *(f"{dossier}.dossier.json" for dossier in dossiers)):
        (installation.home.receipts / name).unlink(missing_ok=True)
    return sent.block.number
