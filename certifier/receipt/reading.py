"""Reading receipts and dossiers: one spelling of everything, and nothing that is not known (COMMITMENT 10).

Decides, before any network is asked, whether a file is a receipt; not whether what it says is true.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NoReturn

from certifier.errors import InvalidReceiptError, NotCanonicalError, UnreadableReceiptError
from certifier.fingerprint import Prf
from certifier.receipt.model import (
    DOSSIER_SCHEMA,
    SCHEMA,
    DisclosedField,
    Dossier,
    Hint,
    LedgerName,
    Receipt,
    fingerprint_paths,
    identity_paths,
)
from certifier.schema import KINDS, MAX_FIELDS, REQUIRED, field_type
from ledger import jsontext
from ledger.types import hex32, parse_hex32

__all__ = ["parse", "parse_any", "parse_document"]

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_MAX_PROOF = 10  # a batch has 1,024 ids at most
_HIDDEN, _SHOWN = {"path", "digest"}, {"path", "digest", "value", "salt"}


def parse(data: bytes) -> Receipt | Dossier:
    """A receipt or dossier from a file's bytes.

    Raises UnreadableReceiptError where it is neither, InvalidReceiptError where it is one that breaks a rule.
    """
    doubled: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) != len(pairs):
            doubled.extend(name for name in document if sum(name == other for other, _ in pairs) > 1)
        return document

    try:
        document = jsontext.loads(data, object_pairs_hook=members, parse_constant=_no_constant)
    except ValueError as e:
        raise UnreadableReceiptError(f"not JSON: {e}") from e
    made = parse_any(document)
    if doubled:
        raise InvalidReceiptError(f"the member {doubled[0][:80]!r} is given twice")
    return made


def parse_any(document: object) -> Receipt | Dossier:
    """A receipt or dossier from parsed JSON, as it travels inside other documents; raises as `parse` does."""
    if not isinstance(document, dict) or document.get("schema") not in (SCHEMA, DOSSIER_SCHEMA):
        raise UnreadableReceiptError(f'neither "schema": "{SCHEMA}" nor "{DOSSIER_SCHEMA}"')
    return _dossier(document) if document["schema"] == DOSSIER_SCHEMA else parse_document(document)


def parse_document(document: object) -> Receipt:
    """A receipt and nothing else from parsed JSON; raises as `parse` does."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnreadableReceiptError(f'no receipt: "schema": "{SCHEMA}" is missing')
    try:
        receipt = _receipt(document)
    except (NotCanonicalError, ValueError, TypeError, KeyError) as e:
        raise InvalidReceiptError(str(e)) from e
    _check(receipt)
    return receipt


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _members(
    document: object, name: str, due: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise TypeError(f"{name} is an object")
    if missing := [member for member in due if member not in document]:
        raise ValueError(f"{name} lacks {missing[0]}")
    if unknown := sorted(document.keys() - {*due, *optional}):
        raise ValueError(f"{name} has an unknown member {unknown[0][:80]!r}")
    return document


def _receipt(document: dict[str, Any]) -> Receipt:
    due = ("schema", "ledger", "org", "root", "batch_proof", "fields")
    _members(document, "the receipt", due, ("prf", "hint"))
    proof, fields = document["batch_proof"], document["fields"]
    if not isinstance(proof, list) or len(proof) > _MAX_PROOF:
        raise ValueError(f"batch_proof is a list of {_MAX_PROOF} nodes at most")
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_FIELDS:
        raise ValueError(f"fields is a list of 1 to {MAX_FIELDS}")
    return Receipt(
        _ledger(document["ledger"]),
        _hex32(document["org"], "org"),
        _hex32(document["root"], "root"),
        tuple(_hex32(node, "batch_proof") for node in proof),
        tuple(map(_field, fields)),
        _prf(document["prf"]) if "prf" in document else {},
        _hint(document["hint"]) if "hint" in document else None,
    )


def _hex32(text: object, name: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{name} is a string of 0x and 64 hexadecimal digits")
    try:
        return parse_hex32(text)
    except ValueError as e:
        raise ValueError(f"{name} is {e}") from e


def _count(number: object, name: str) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 63:
        raise ValueError(f"{name} is a whole number")
    return number


def _ledger(member: object) -> LedgerName:
    document = _members(member, "ledger", ("chain_id", "genesis", "asset_registry"))
    address = document["asset_registry"]
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise ValueError("ledger.asset_registry is 0x and 40 lower-case hexadecimal digits")
    return LedgerName(
        _count(document["chain_id"], "ledger.chain_id"),
        _hex32(document["genesis"], "ledger.genesis"),
        address,
    )


def _hint(member: object) -> Hint:
    document = _members(member, "hint", ("block", "tx"))
    return Hint(_count(document["block"], "hint.block"), _hex32(document["tx"], "hint.tx"))


def _field(member: object) -> DisclosedField:
    if not isinstance(member, dict) or (member.keys() != _SHOWN and member.keys() != _HIDDEN):
        raise ValueError("a field has path, digest and, both or neither, value and salt")
    path, value = member["path"], member.get("value")
    if not isinstance(path, str):
        raise TypeError("the path of a field is a string")
    try:
        digest = parse_hex32(member["digest"])
        salt = parse_hex32(member["salt"]) if "salt" in member else None
    except (TypeError, ValueError) as e:
        raise ValueError(f"digest or salt of {path[:80]!r} is no hex32: {e}") from e
    if salt is not None and not (isinstance(value, str) and value and _encodes(value)):
        raise ValueError(f"the value of {path[:80]!r} is empty, or no text")
    return DisclosedField(path, digest, value, salt)


def _encodes(text: str) -> bool:
    """False for a lone surrogate, which JSON can spell and UTF-8 cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _prf(member: object) -> dict[str, Prf]:
    if not isinstance(member, dict) or not member:
        raise ValueError("prf is an object with a member for each fingerprint, or is left out")
    return {path: Prf.from_json(item) for path, item in member.items()}


def _check(receipt: Receipt) -> None:
    """The rules that join members: order, required fields, the issuer, schema and prf."""
    paths = [item.path for item in receipt.fields]
    if paths != sorted(set(paths)):
        raise InvalidReceiptError("the fields do not ascend by path, each once")
    if missing := [path for path in REQUIRED if path not in receipt.values]:
        raise InvalidReceiptError(f"it does not show {', '.join(missing)}", cause="NOT_SUPPLIED")
    kind = receipt.values["asset.kind"]
    if kind not in KINDS:
        raise InvalidReceiptError(f"the kind {kind[:80]!r} is not known")
    if unlisted := [path for path in paths if field_type(kind, path) is None]:
        raise InvalidReceiptError(f"the schema of {kind} lists no {unlisted[0][:140]!r}")
    if receipt.values["asset.issuer"] != hex32(receipt.org):
        raise InvalidReceiptError("org is not the asset's issuer")
    if receipt.prf and receipt.prf.keys() != fingerprint_paths(receipt):
        raise InvalidReceiptError("prf does not cover every fingerprint of the asset, and nothing else")
    if receipt.prf and (hidden := sorted(identity_paths(receipt) - receipt.values.keys())):
        raise InvalidReceiptError(f"prf travels with every identity component shown, not without {hidden[0]}")


def _dossier(document: dict[str, Any]) -> Dossier:
    try:
        _members(document, "the dossier", ("schema", "name", "issuer", "receipts"))
        name, members = document["name"], document["receipts"]
        if not isinstance(name, str) or not name or not _encodes(name) or not isinstance(members, list):
            raise TypeError("name is a text and receipts a list")
        issuer = _hex32(document["issuer"], "issuer")
    except (ValueError, TypeError) as e:
        raise InvalidReceiptError(str(e)) from e
    receipts = tuple(_member_receipt(member, number) for number, member in enumerate(members, 1))
    if any(receipt.org != issuer for receipt in receipts):
        raise InvalidReceiptError("a receipt of the dossier has another issuer")
    if len({receipt.asset_id for receipt in receipts}) != len(receipts):
        raise InvalidReceiptError("an asset stands twice in the dossier")
    return Dossier(name, issuer, receipts)


def _member_receipt(member: object, number: int) -> Receipt:
    try:
        return parse_document(member)
    except (InvalidReceiptError, UnreadableReceiptError) as e:
        cause = e.cause if isinstance(e, InvalidReceiptError) else None
        raise InvalidReceiptError(f"receipt {number}: {e}", cause=cause) from e
