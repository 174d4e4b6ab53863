"""Readings of certified documents, kept: made when a firm consents, so that a decision reads no documents (PRODUCT 2.10).

A reading is what one version of the readers said of the certified bytes: digest, size, facts, trace, notices, and what a plain JSON of ours
declares. It is as confidential as the document, stays in the owner's home, and is never trusted over the ledger: checks 1 and 9 compare it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from certifier import content
from certifier.documents import Document, Notice, Reader, Reading
from certifier.documents.trace import pack, unpack
from certifier.errors import CertifierError, MalformedDocumentError
from certifier.evidence import declaration
from certifier.evidence.declared import Declaration
from gateway.db import credit
from gateway.db.models import Asset
from gateway.installation import Installation, Organisation
from gateway.service.profiles import of_home
from ledger.types import parse_hex32

__all__ = ["Kept", "keep", "load", "prepare", "verifier_version"]

_FORM = "2"


@dataclass(frozen=True)
class Kept:
    """A reading as it was kept."""

    reading: Reading
    declared: Declaration | None


def verifier_version() -> str:
    """What a kept reading belongs to: this distribution, and the form of what is kept."""
    return f"assetcert {version('assetcert')} readings/{_FORM}"


def prepare(
    installation: Installation,
    organisation: Organisation,
    advance: Callable[[int], None] = lambda _: None,
) -> int:
    """Read every certified document of a firm that has not been read yet, from its encrypted content. How many there were."""
    with installation.database.session() as session:
        fresh = credit.unread(session, organisation.hex, verifier_version())
    if not fresh:
        return 0
    with Reader(profiles=of_home(installation.home, organisation.short)) as reader:
        for start in range(0, len(fresh), 50):
            _read(installation, organisation, fresh[start : start + 50], reader)
            advance(len(fresh[start : start + 50]))
    return len(fresh)


def _read(
    installation: Installation, organisation: Organisation, rows: Sequence[Asset], reader: Reader
) -> None:
    """One part of them: decrypted into a folder that only this process sees, read, and removed."""
    import tempfile

    with tempfile.TemporaryDirectory(dir=installation.home.run) as folder:
        files: dict[Path, tuple[str, bytes]] = {}
        for row in rows:
            assert row.sealed_secret is not None
            secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
            try:
                plain = b"".join(content.decrypt(installation.store.get, row.cid, secret.content_key()))
            except CertifierError:
                continue  # its content cannot be had: it stays unread, and a decision says so
            path = Path(folder) / row.asset_id
            path.write_bytes(plain)
            files[path] = row.asset_id, plain
        keep(
            installation,
            ((files[reading.path][0], reading, files[reading.path][1]) for reading in reader.read(files)),
        )


def keep(installation: Installation, found: Iterable[tuple[str, Reading, bytes]]) -> None:
    """Keep what was read of some assets' documents: id, reading, and the bytes that were read."""
    packed = [
        credit.CreditReading(asset_id=asset_id, version=verifier_version(), packed=_pack(reading, plain))
        for asset_id, reading, plain in found
    ]
    with installation.database.session() as session:
        for row_ in packed:
            session.merge(row_)


def load(installation: Installation, ids: Iterable[str]) -> dict[str, Kept]:
    """What was kept of these assets."""
    with installation.database.session() as session:
        found = credit.readings(session, verifier_version(), list(ids))
    return {asset_id: _unpack(packed) for asset_id, packed in found.items()}


def _pack(reading: Reading, plain: bytes) -> bytes:
    document = reading.document
    body: dict[str, Any] = {"sha256": sha256(plain).hexdigest(), "size": len(plain)}
    if document is not None:
        body |= {
            "kind": document.kind,
            "format": document.format,
            "schema": document.schema,
            "media_type": document.media_type,
            "facts": dict(document.facts),
            "warnings": [[one.code, one.message] for one in document.warnings],
            "trace": pack(document.trace),
        }
        if (
            document.kind == "other"
            and plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
            and len(plain) < 1 << 20
        ):
            body["declared"] = plain.decode("utf-8-sig", errors="replace")
    return zlib.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _unpack(packed: bytes) -> Kept:
    body = json.loads(zlib.decompress(packed))
    digest, size = bytes.fromhex(body["sha256"]), int(body["size"])
    if "kind" not in body:
        return Kept(Reading(Path(), digest, size, None, None), None)
    document = Document(
        body["kind"],
        body["format"],
        body["schema"],
        body["media_type"],
        body["facts"],
        tuple(Notice(*one) for one in body["warnings"]),
        unpack(body["trace"]),
    )
    return Kept(Reading(Path(), digest, size, document, None), _declared(body.get("declared")))


def _declared(text: str | None) -> Declaration | None:
    if text is None:
        return None
    try:
        return declaration(text.encode())
    except MalformedDocumentError:
        return None
