"""Receipts and dossiers: what a stranger checks an asset with (COMMITMENT 10).

Strict reading, building and redacting. Whether what a receipt says is true is for `certifier.verify`: here it only
has to be a receipt. Its hint is no evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn, Protocol

from certifier.commitment import BatchTree, Commitment, asset_id_of, field_leaf
from certifier.errors import InvalidReceiptError, NotCanonicalError, UnreadableReceiptError
from certifier.fingerprint import Prf, component_facts
from certifier.merkle import StandardTree
from certifier.schema import KINDS, MAX_FIELDS, MUST_DISCLOSE, REQUIRED, field_type
from ledger.types import hex32, parse_hex32

__all__ = [
    "DOSSIER_SCHEMA",
    "PRESETS",
    "SCHEMA",
    "DisclosedField",
    "Dossier",
    "Hint",
    "LedgerName",
    "Receipt",
    "build",
    "parse",
    "parse_document",
]

SCHEMA = "assetcert/receipt/1"
DOSSIER_SCHEMA = "assetcert/dossier/1"
PRESETS = ("identity", "must-disclose", "all")

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_MAX_PROOF = 10  # a batch has 1,024 ids at most
_ALWAYS = ("asset.", "content.")
_HIDDEN, _SHOWN = {"path", "digest"}, {"path", "digest", "value", "salt"}


class DisclosedField(NamedTuple):
    """A field of a receipt; value and salt are both there or both None."""

    path: str
    digest: bytes
    value: str | None = None
    salt: bytes | None = None


@dataclass(frozen=True)
class LedgerName:
    """The ledger a receipt speaks of; a verifier compares it with its own descriptor."""

    chain_id: int
    genesis: bytes
    asset_registry: str


@dataclass(frozen=True)
class Hint:
    """Where to look for the registration. A wrong one changes no verdict."""

    block: int
    transaction: bytes


class _Descriptor(Protocol):
    @property
    def chain_id(self) -> int: ...
    @property
    def genesis(self) -> bytes: ...
    @property
    def contracts(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Receipt:
    """One asset's receipt. `fields` ascend by path; `prf` is empty or covers every fingerprint."""

    ledger: LedgerName
    org: bytes
    root: bytes
    batch_proof: tuple[bytes, ...]
    fields: tuple[DisclosedField, ...]
    prf: Mapping[str, Prf] = field(default_factory=dict)
    hint: Hint | None = None

    @cached_property
    def asset_id(self) -> bytes:
        """The id that follows from all digests."""
        return asset_id_of({item.path: item.digest for item in self.fields})

    @property
    def asset_id_hex(self) -> str:
        """The id as text."""
        return hex32(self.asset_id)

    @cached_property
    def values(self) -> dict[str, str]:
        """Path → value of what is disclosed."""
        return {item.path: item.value for item in self.fields if item.value is not None}

    def field(self, path: str) -> DisclosedField:
        """One field; raises KeyError."""
        return self._by_path[path]

    @cached_property
    def _by_path(self) -> dict[str, DisclosedField]:
        return {item.path: item for item in self.fields}

    def proof(self, path: str) -> tuple[bytes, ...]:
        """Siblings from a field's leaf to the asset id; raises KeyError."""
        tree = StandardTree([field_leaf(item.path, item.digest) for item in self.fields])
        return tree.proof(field_leaf(path, self.field(path).digest))

    def redact(self, chosen: str | Collection[str]) -> Receipt:
        """A receipt that shows `chosen` (a preset's name, or paths) and the asset's own fields, and no more.

        `prf` goes along only where every identity component and every fingerprint is shown. Raises ValueError for a path
        that the asset has not, or that is hidden here already.
        """
        wanted = _preset(self, chosen) if isinstance(chosen, str) else set(chosen)
        if unknown := sorted(wanted - self.values.keys()):
            raise ValueError(f"not a field that this receipt shows: {', '.join(unknown)}")
        fields = tuple(
            item if item.path in wanted or item.path.startswith(_ALWAYS) else DisclosedField(*item[:2])
            for item in self.fields
        )
        shown = {item.path for item in fields if item.value is not None}
        return replace(self, fields=fields, prf=self.prf if _identity(self) <= shown else {})

    def to_json(self) -> str:
        """One line of JSON and a newline."""
        return _json(self.to_document())

    def to_document(self) -> dict[str, Any]:
        """The receipt's members, ready for JSON."""
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "ledger": {
                "chain_id": self.ledger.chain_id,
                "genesis": hex32(self.ledger.genesis),
                "asset_registry": self.ledger.asset_registry,
            },
            "org": hex32(self.org),
            "root": hex32(self.root),
            "batch_proof": [hex32(node) for node in self.batch_proof],
            "fields": [_field_document(item) for item in self.fields],
        }
        if self.prf:
            document["prf"] = {path: self.prf[path].to_json() for path in sorted(self.prf)}
        if self.hint:
            document["hint"] = {"block": self.hint.block, "tx": hex32(self.hint.transaction)}
        return document


@dataclass(frozen=True)
class Dossier:
    """A job's receipts, whole, under a name of its issuer's choice."""

    name: str
    issuer: bytes
    receipts: tuple[Receipt, ...]

    def to_json(self) -> str:
        """One line of JSON and a newline."""
        members = {"schema": DOSSIER_SCHEMA, "name": self.name, "issuer": hex32(self.issuer)}
        return _json(members | {"receipts": [receipt.to_document() for receipt in self.receipts]})


def build(
    descriptor: _Descriptor,
    org: bytes,
    commitment: Commitment,
    tree: BatchTree,
    prf: Mapping[str, Prf],
    hint: Hint | None = None,
) -> Receipt:
    """The whole receipt of an asset in a batch: every field disclosed."""
    name = LedgerName(descriptor.chain_id, descriptor.genesis, descriptor.contracts["asset_registry"])
    fields = tuple(
        DisclosedField(item.path, item.digest, item.value, item.salt) for item in commitment.fields
    )
    made = Receipt(name, org, tree.root, tree.proof(commitment.asset_id), fields, dict(prf), hint)
    made.__dict__["asset_id"] = commitment.asset_id  # known already: spares a second tree
    return made


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
        document = json.loads(data.decode(), object_pairs_hook=members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        raise UnreadableReceiptError(f"not JSON: {e}") from e
    if not isinstance(document, dict) or document.get("schema") not in (SCHEMA, DOSSIER_SCHEMA):
        raise UnreadableReceiptError(f'neither "schema": "{SCHEMA}" nor "{DOSSIER_SCHEMA}"')
    if doubled:
        raise InvalidReceiptError(f"the member {doubled[0][:80]!r} is given twice")
    return _dossier(document) if document["schema"] == DOSSIER_SCHEMA else parse_document(document)


def parse_document(document: object) -> Receipt:
    """A receipt from parsed JSON, as it travels inside other documents; raises as `parse` does."""
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
    if any(one >= other for one, other in pairwise(paths)):
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
    if receipt.prf and receipt.prf.keys() != _fingerprints(receipt):
        raise InvalidReceiptError("prf does not cover every fingerprint of the asset, and nothing else")
    if receipt.prf and (hidden := sorted(_identity(receipt) - receipt.values.keys())):
        raise InvalidReceiptError(f"prf travels with every identity component shown, not without {hidden[0]}")


def _fingerprints(receipt: Receipt) -> set[str]:
    return {item.path for item in receipt.fields if item.path.startswith("fingerprint.")}


def _identity(receipt: Receipt) -> set[str]:
    """The fingerprints of the asset and the facts that they are made of."""
    found = _fingerprints(receipt)
    return found | {f"fact.{name}" for name in component_facts(receipt.values["asset.kind"], found)}


def _preset(receipt: Receipt, name: str) -> set[str]:
    """The paths of a preset, as far as this receipt shows them."""
    if name not in PRESETS:
        raise ValueError(f"a preset is one of {', '.join(PRESETS)}, not {name!r}")
    if name == "all":
        return set(receipt.values)
    wanted = _identity(receipt) | {"fact.seller_id"}
    if name == "must-disclose":
        wanted |= set(MUST_DISCLOSE.get(receipt.values["asset.kind"], ()))
        wanted |= {path for path in receipt.values if path.startswith(("signer.", "link."))}
    return wanted & receipt.values.keys()


def _dossier(document: dict[str, Any]) -> Dossier:
    try:
        _members(document, "the dossier", ("schema", "name", "issuer", "receipts"))
        name, members = document["name"], document["receipts"]
        if not isinstance(name, str) or not name or not isinstance(members, list):
            raise TypeError("name is a string and receipts a list")
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


def _field_document(item: DisclosedField) -> dict[str, str]:
    document = {"path": item.path, "digest": hex32(item.digest)}
    if item.value is not None and item.salt is not None:
        document |= {"value": item.value, "salt": hex32(item.salt)}
    return document


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
