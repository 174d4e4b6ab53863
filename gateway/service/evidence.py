"""Evidence in files: receipts, and the signers' statements beside a document."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from certifier.errors import CertifierError, UnreadableReceiptError
from certifier.receipt import Dossier, Receipt, parse
from certifier.signer import Statement, message, multikey, sign
from gateway.errors import UnreadableError
from gateway.service.files import SIGNERS_SUFFIX, load_json, read_bounded, write_whole

__all__ = [
    "SIGNERS_SCHEMA",
    "load_evidence",
    "load_receipt",
    "sign_file",
    "statements_beside",
    "statements_in",
]

SIGNERS_SCHEMA = "assetcert/signers/1"
MAX_EVIDENCE = 256 * 2**20


def statements_beside(path: Path, sha256: bytes, issuer: bytes) -> tuple[Statement, ...]:
    """The signers' statements in `FILE.signers.json`; none where there is no such file.

    UnreadableError where it is malformed, or speaks of other bytes or for another issuer: a signature must not be lost silently.
    """
    beside = path.with_name(path.name + SIGNERS_SUFFIX)
    statements = statements_in(beside)
    if any(statement.sha256 != sha256 for statement in statements):
        raise UnreadableError(
            "SIGNERS",
            f"{beside} signs other bytes than {path.name} has now: sign it again, or move the statement away",
        )
    if any(statement.issuer != issuer for statement in statements):
        raise UnreadableError(
            "SIGNERS",
            f"{beside} signs for another organisation than the one that certifies {path.name}: sign it for that one",
        )
    return statements


def statements_in(beside: Path) -> tuple[Statement, ...]:
    """The statements of a signers' file, each signature checked; none where there is no such file."""
    if not beside.is_file():
        return ()
    document = load_json(beside, SIGNERS_SCHEMA)
    try:
        return tuple(Statement.from_json(member) for member in document["signers"])
    except (CertifierError, ValueError, KeyError, TypeError) as error:
        raise UnreadableError("SIGNERS", f"{beside} holds no signers' statements: {error}") from error


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


def load_evidence(path: Path) -> Receipt | Dossier:
    """A receipt or a dossier. UnreadableError names the file and what it is instead."""
    try:
        return parse(read_bounded(path, MAX_EVIDENCE))
    except UnreadableReceiptError as error:
        raise UnreadableError(
            "RECEIPT",
            f"{path} is no receipt and no dossier: {error}; name a .receipt.json or a .dossier.json",
        ) from error


def load_receipt(path: Path) -> Receipt:
    """One receipt. UnreadableError where the file is a dossier or none of ours; a malformed receipt raises InvalidReceiptError."""
    found = load_evidence(path)
    if not isinstance(found, Receipt):
        raise UnreadableError("NOT_A_RECEIPT", f"{path} is a dossier: name one receipt")
    return found
