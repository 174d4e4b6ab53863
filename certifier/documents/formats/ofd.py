"""OFD (GB/T 33190-2016): the original_invoice.xml inside, and the electronic seal over the file (GB/T 38540, SES v4).

The seal is checked: SM3 digests of the files it lists (OFD, clause 18), SM3 of Signature.xml in the signed value, the
SM2 signature (gmalg). Who signed is named; whether that certificate deserves trust is not decided here. An OFD without
an invoice inside states no facts that we would have to guess from its pages: kind `other`.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
from dataclasses import dataclass
from typing import Any

from certifier.documents import guard
from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, Inner, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse
from certifier.errors import MalformedDocumentError, RefusedDocumentError

NAMESPACE = "http://www.ofdspec.org/2016"
MEDIA_TYPE = "application/ofd"
_OFD = Tree(d=NAMESPACE)
MAX_SEALS = 64
_UID = b"1234567812345678"
_SM2_WITH_SM3 = ("1.2.156.10197.1.501", "1.2.156.10197.1.301")
_DIGESTS = {
    "1.2.156.10197.1.401": "sm3",
    "SM3": "sm3",
    "": "sm3",
    "SHA1": "sha1",
    "MD5": "md5",
    "1.3.14.3.2.26": "sha1",
}


class _Package:
    """The archive with names resolved as OFD does: absolute from the top, else from the naming file's folder."""

    def __init__(self, source: Source) -> None:
        assert source.archive is not None
        self._source = source
        self._archive = source.archive
        self._left = source.limits.max_expanded_bytes

    def data(self, name: str) -> bytes:
        found = guard.member(self._archive, name, self._source.limits)
        self._left -= len(found)
        if self._left < 0:
            raise MalformedDocumentError("ARCHIVE_SIZE", "OFD: unpacks to more than the cap")
        return found

    def tree(self, name: str) -> Node:
        return parse(self.data(name), f"OFD {name}", self._source.limits)

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    @staticmethod
    def resolve(base: str, name: str) -> str:
        path = (
            name.strip()
            if name.strip().startswith("/")
            else posixpath.join(posixpath.dirname(base), name.strip())
        )
        return posixpath.normpath(path).lstrip("/")


@dataclass(frozen=True)
class _Seal:
    """What the check of one seal found."""

    notice: Notice
    covers: frozenset[str]


def read(source: Source) -> Document | Inner:
    """The invoice inside, with a notice on every seal; or a document without facts."""
    package = _Package(source)
    root = package.tree("OFD.xml")
    if root.tag != f"{{{NAMESPACE}}}OFD":
        namespace = root.tag[1:].partition("}")[0]
        raise MalformedDocumentError(
            "NAMESPACE",
            f"OFD.xml: namespace {namespace!r} is not GB/T 33190's {NAMESPACE!r}: export it again",
        )
    seals = [_check(package, name) for name in _seals(package, root)]
    notices = [seal.notice for seal in seals] or [
        Notice("SEAL_MISSING", "the OFD carries no electronic seal")
    ]
    found = [found for body in _OFD.all(root, "DocBody") for found in _attachments(package, body)]
    invoices = {package.data(name): name for is_invoice, name in found if is_invoice}
    name = next(iter(invoices.values()), found[0][1] if found else None)
    if name is None or len(invoices) > 1:
        what = "of several invoices" if invoices else "without an invoice inside"
        notices.append(
            Notice("NO_FACTS", f"an OFD {what}: certified by its bytes, its pages are not guessed")
        )
        return Document(
            "other", "ofd", NAMESPACE, MEDIA_TYPE, {}, tuple(sorted(notices, key=lambda n: n.code))
        )
    if seals and not any(name in seal.covers for seal in seals):
        notices.append(
            Notice("SEAL_INCOMPLETE", f"the seal does not cover {name}, which the facts were read from")
        )
    return Inner(package.data(name), MEDIA_TYPE, tuple(notices))


def _attachments(package: _Package, body: Node) -> list[tuple[bool, str]]:
    """A document's attached XML files (OFD, clause 17), and whether each is its original_invoice, which stands first."""
    root_name = package.resolve("OFD.xml", _OFD.text(body, "DocRoot") or "")
    if not package.has(root_name):
        return []
    found = []
    for listing in _OFD.texts(package.tree(root_name), "Attachments"):
        list_name = package.resolve(root_name, listing)
        for entry in _OFD.all(package.tree(list_name), "Attachment") if package.has(list_name) else []:
            location = _OFD.text(entry, "FileLoc") or ""
            name = package.resolve(list_name, location)
            if (entry.get("Format") or "").lower() == "xml" or location.lower().endswith(".xml"):
                found.append((entry.get("Name") == "original_invoice", name))
    return sorted((entry for entry in found if package.has(entry[1])), key=lambda e: (not e[0], e[1]))


def _seals(package: _Package, root: Node) -> list[str]:
    """The files of all seals, each once. Raises RefusedDocumentError where checking them would take minutes."""
    found: dict[str, None] = {}
    for listing in _OFD.texts(root, "DocBody/Signatures"):
        list_name = package.resolve("OFD.xml", listing)
        for entry in _OFD.all(package.tree(list_name), "Signature") if package.has(list_name) else []:
            found[package.resolve(list_name, entry.get("BaseLoc") or "")] = None
    if len(found) > MAX_SEALS:
        raise RefusedDocumentError(
            "TOO_MANY_NODES",
            f"OFD: {len(found)} seals, at most {MAX_SEALS} are checked; no paper carries as many",
        )
    return list(found)


def _check(package: _Package, name: str) -> _Seal:
    """Check one seal: files against digests, Signature.xml and signed value against the SM2 signature."""
    if not package.has(name):
        return _Seal(Notice("SEAL_INVALID", f"seal: {name} is missing"), frozenset())
    root = package.tree(name)
    covers, changed = _references(package, name, root)
    value_name = package.resolve(name, _OFD.text(root, "SignedValue") or "SignedValue.dat")
    if not package.has(value_name):
        return _Seal(Notice("SEAL_INVALID", "seal: the signed value is missing"), covers)
    signer, problem = _signature(package.data(value_name), package.data(name))
    if changed:
        return _Seal(
            Notice("SEAL_INVALID", f"seal: changed since it was sealed: {', '.join(sorted(changed)[:5])}"),
            covers,
        )
    if problem is not None:
        code, text = problem
        return _Seal(Notice(code, f"seal of {signer or 'unknown'}: {text}"), covers)
    text = f"sealed by {signer}: SM2 signature and SM3 digests of {len(covers)} files agree; the certificate's issuer is not judged"
    return _Seal(Notice("SEAL_VALID", text), covers)


def _references(package: _Package, name: str, root: Node) -> tuple[frozenset[str], set[str]]:
    """The files that a seal covers, and those of them that differ from their digest."""
    covers, changed = set(), set()
    for references in _OFD.all(root, "SignedInfo/References"):
        method = _DIGESTS.get(references.get("CheckMethod") or "")
        for entry in _OFD.all(references, "Reference"):
            path = package.resolve(name, entry.get("FileRef") or "")
            node = _OFD.first(entry, "CheckValue")
            stated = own_text(node) if node is not None else ""
            covers.add(path)
            if method is None or not package.has(path) or _digest(method, package.data(path)) != stated:
                changed.add(path)
    return frozenset(covers), changed


def _digest(method: str, data: bytes) -> str:
    return base64.b64encode(hashlib.new(method, data, usedforsecurity=False).digest()).decode()


def _signature(value: bytes, signature_xml: bytes) -> tuple[str | None, tuple[str, str] | None]:
    """The signer's name and what is wrong with an SES_Signature (GB/T 38540, 7.2), if anything."""
    from asn1crypto import core  # type: ignore[import-untyped]

    try:
        outer = core.Sequence.load(value, strict=True)
        signed = _Signed(outer[0].dump(), outer[1].native, outer[2].native, outer[3].contents[1:])
        seal = outer[0][1]
        made = _Signed(seal[0].dump(), seal[1].native, seal[2].native, seal[3].contents[1:])
        signer, listed, data_hash = signed.name(), outer[1].native in seal.dump(), outer[0][3].contents[1:]
        if signed.algorithm not in _SM2_WITH_SM3 or made.algorithm not in _SM2_WITH_SM3:
            return signer, (
                "SEAL_NOT_CHECKED",
                f"an algorithm that is not SM2 with SM3 ({signed.algorithm}): not checked",
            )
        fits, genuine = signed.fits(), made.fits()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as e:
        return None, (
            "SEAL_NOT_CHECKED",
            f"not a seal of GB/T 38540 version 4 ({type(e).__name__}): not checked",
        )
    if data_hash != hashlib.new("sm3", signature_xml).digest():
        return signer, ("SEAL_INVALID", "Signature.xml was changed since it was sealed")
    if not fits:
        return signer, ("SEAL_INVALID", "the SM2 signature does not fit")
    if not genuine or not listed:
        return signer, ("SEAL_INVALID", "the seal itself was not made for this signer")
    return signer, None


@dataclass(frozen=True)
class _Signed:
    """A signed structure: its bytes, the signer's certificate, algorithm, and signature (SEQUENCE of r, s)."""

    message: bytes
    certificate: bytes
    algorithm: str
    signature: bytes

    def name(self) -> str:
        names = self._certificate().subject.native
        return str(names.get("common_name") or names.get("organization_name") or names)

    def fits(self) -> bool:
        """Whether the SM2 signature over the bytes is this certificate's."""
        from asn1crypto import core
        from gmalg import SM2

        pair = core.Sequence.load(self.signature)
        r, s = (int(pair[i].native).to_bytes(32, "big") for i in (0, 1))
        point = self._certificate().public_key["public_key"].native
        return bool(SM2(pk=point, uid=_UID).verify(self.message, r, s))

    def _certificate(self) -> Any:
        from asn1crypto import x509

        return x509.Certificate.load(self.certificate)


register(
    Format(
        "ofd",
        "OFD GB/T 33190-2016, seal GB/T 38540-2020",
        lambda source: source.archive is not None and "OFD.xml" in source.archive.NameToInfo,
        read,
    )
)
