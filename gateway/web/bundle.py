"""A bundle: one zip with a document, its receipt and the ledger's descriptor, which verifies without this gateway.

Read back, the descriptor in a bundle is never trusted: a verifier has its own. What is not a receipt or a dossier is taken as a document, and
belongs to the receipt that names its hash.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from certifier.documents import Reading
from certifier.documents.profile import Profile
from certifier.errors import InvalidReceiptError, UnreadableReceiptError
from certifier.receipt import Dossier, Receipt, parse
from certifier.verify import Cause, Given, Report, malformed
from gateway.errors import UnreadableError
from gateway.service.verifying import reading_of
from ledger.types import hex32

__all__ = ["Brought", "made", "opened"]

MAX_ENTRIES = 300
MAX_BYTES = 64 * 2**20
_SCHEMAS = (b"assetcert/receipt/1", b"assetcert/dossier/1")
_README = """\
assetcert bundle / 存证包

{name}           the document / 原始文件
{id}.receipt.json   its receipt / 存证凭证
ledger.json      the ledger it stands on / 账本描述

Verify it with your own node / 用您自己的节点核验:

    assetcert verify {id}.receipt.json "{name}" --ledger ledger.json --rpc URL

Take ledger.json from a source you trust before you rely on the answer.
核验前请从可信来源取得 ledger.json。
"""


@dataclass(frozen=True)
class Brought:
    """What somebody brought to be verified: receipts with their documents, reports on what is malformed, a dossier's name."""

    given: tuple[Given, ...]
    refused: tuple[Report, ...]
    dossier: str | None = None


def made(receipt: Receipt, name: str, document: bytes, descriptor: str) -> bytes:
    """The zip of one certified document."""
    plain = Path(name).name
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(plain, document)
        archive.writestr(f"{receipt.asset_id_hex}.receipt.json", receipt.to_json())
        archive.writestr("ledger.json", descriptor)
        archive.writestr("README.txt", _README.format(name=plain, id=receipt.asset_id_hex))
    return out.getvalue()


def opened(files: Sequence[tuple[str, bytes]], profiles: Sequence[Profile] = ()) -> Brought:
    """Receipts and documents among files and zips. UnreadableError where there is no receipt at all."""
    receipts: list[Receipt] = []
    refused: list[Report] = []
    documents: dict[str, tuple[str, bytes]] = {}
    dossier = None
    for name, data in _unpacked(files):
        if not any(schema in data[:400_000] for schema in _SCHEMAS):
            documents[hex32(sha256(data).digest())] = (name, data)
            continue
        try:
            found = parse(data)
        except InvalidReceiptError as error:
            cause = Cause(error.cause) if error.cause is not None else None
            refused.append(malformed(f"the receipt is malformed: {error}", cause=cause))
        except UnreadableReceiptError:
            documents[hex32(sha256(data).digest())] = (name, data)
        else:
            receipts += found.receipts if isinstance(found, Dossier) else [found]
            dossier = found.name if isinstance(found, Dossier) else dossier
    if not receipts and not refused:
        raise UnreadableError(
            "RECEIPT", "there is no receipt among these files: drop the bundle, or a .receipt.json"
        )
    return Brought(tuple(_given(receipts, documents, profiles)), tuple(refused), dossier)


def _given(
    receipts: Sequence[Receipt], documents: Mapping[str, tuple[str, bytes]], profiles: Sequence[Profile]
) -> Iterable[Given]:
    """Each receipt with its document; one receipt alone takes the one document alone, whatever its bytes are now."""
    known = ("README.txt", "ledger.json")
    alone = [document for document in documents.values() if document[0] not in known]
    for receipt in receipts:
        document = documents.get(receipt.values["content.sha256"])
        if document is None and len(receipts) == 1 and len(alone) == 1:
            document = alone[0]
        yield Given(receipt, _read(*document, profiles) if document else None)


def _read(name: str, data: bytes, profiles: Sequence[Profile]) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(name).name or "document")
        path.write_bytes(data)
        return reading_of(path, profiles)


def _unpacked(files: Sequence[tuple[str, bytes]]) -> Iterable[tuple[str, bytes]]:
    for name, data in files:
        entries = _entries(data) if data[:4] == b"PK\x03\x04" and name.lower().endswith(".zip") else None
        if entries is None:
            yield name, data
        else:
            yield from entries


def _entries(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(listed) > MAX_ENTRIES or sum(entry.file_size for entry in listed) > MAX_BYTES:
                raise UnreadableError(
                    "BUNDLE", f"the bundle is too large: {MAX_ENTRIES} files and 64 MB at most"
                )
            return [(Path(entry.filename).name, _bounded(archive, entry)) for entry in listed]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UnreadableError(
            "BUNDLE", f"the zip cannot be opened: {error}; make the bundle again"
        ) from error


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry, never more than it says: a zip may lie about its sizes."""
    with archive.open(entry) as stream:
        data = stream.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise UnreadableError(
            "BUNDLE", f"{entry.filename} is larger than the zip says: make the bundle again"
        )
    return data
