"""What a receipt and a dossier are, how they are built, shown in part, and written (COMMITMENT 10).

Reading one, strictly, is `certifier.receipt.reading`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from certifier.commitment import BatchTree, Commitment, asset_id_of, field_leaf
from certifier.fingerprint import Prf, component_facts
from certifier.merkle import StandardTree
from certifier.receipt.encoding import SCHEMA, encode, encode_body
from certifier.schema import MUST_DISCLOSE
from ledger.types import hex32

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
    "fingerprint_paths",
    "identity_paths",
]

DOSSIER_SCHEMA = "assetcert/dossier/1"
PRESETS = ("identity", "must-disclose", "all")

_ALWAYS = ("asset.", "content.")


class DisclosedField(NamedTuple):
    """A field of a receipt; value and salt are both there or both None."""

    path: str
    digest: bytes
    value: str | None = None
    salt: bytes | None = None


class _Descriptor(Protocol):
    @property
    def chain_id(self) -> int: ...
    @property
    def genesis(self) -> bytes: ...
    @property
    def contracts(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class LedgerName:
    """The ledger a receipt speaks of; a verifier compares it with its own descriptor."""

    chain_id: int
    genesis: bytes
    asset_registry: str

    @classmethod
    def of(cls, descriptor: _Descriptor) -> LedgerName:
        """The ledger of a descriptor."""
        return cls(descriptor.chain_id, descriptor.genesis, descriptor.contracts["asset_registry"])


@dataclass(frozen=True)
class Hint:
    """Where to look for the registration. A wrong one changes no verdict."""

    block: int
    transaction: bytes


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
        return replace(self, fields=fields, prf=self.prf if identity_paths(self) <= shown else {})

    def to_json(self) -> str:
        """One line of JSON and a newline."""
        return self._encoded() + "\n"

    def _encoded(self) -> str:
        body = encode_body(self.fields, self.prf)
        return encode(self.ledger, self.org, self.root, self.batch_proof, body, self.hint)

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
        start = json.dumps(members, ensure_ascii=False, separators=(",", ":"))[:-1]
        return f'{start},"receipts":[{",".join(receipt._encoded() for receipt in self.receipts)}]}}\n'


def build(
    descriptor: _Descriptor,
    org: bytes,
    commitment: Commitment,
    tree: BatchTree,
    prf: Mapping[str, Prf],
    hint: Hint | None = None,
) -> Receipt:
    """The whole receipt of an asset in a batch: every field disclosed."""
    fields = tuple(
        DisclosedField(item.path, item.digest, item.value, item.salt) for item in commitment.fields
    )
    made = Receipt(
        LedgerName.of(descriptor), org, tree.root, tree.proof(commitment.asset_id), fields, dict(prf), hint
    )
    made.__dict__["asset_id"] = commitment.asset_id  # known already: spares a second tree
    return made


def fingerprint_paths(receipt: Receipt) -> set[str]:
    """The paths of its fingerprints, shown or not."""
    return {item.path for item in receipt.fields if item.path.startswith("fingerprint.")}


def identity_paths(receipt: Receipt) -> set[str]:
    """The fingerprints of the asset and the facts that they are made of."""
    found = fingerprint_paths(receipt)
    return found | {f"fact.{name}" for name in component_facts(receipt.values["asset.kind"], found)}


def _preset(receipt: Receipt, name: str) -> set[str]:
    """The paths of a preset, as far as this receipt shows them."""
    if name not in PRESETS:
        raise ValueError(f"a preset is one of {', '.join(PRESETS)}, not {name!r}")
    if name == "all":
        return set(receipt.values)
    wanted = identity_paths(receipt) | {"fact.seller_id"}
    if name == "must-disclose":
        wanted |= set(MUST_DISCLOSE.get(receipt.values["asset.kind"], ()))
        wanted |= {path for path in receipt.values if path.startswith(("signer.", "link."))}
    return wanted & receipt.values.keys()


def _field_document(item: DisclosedField) -> dict[str, str]:
    document = {"path": item.path, "digest": hex32(item.digest)}
    if item.value is not None and item.salt is not None:
        document |= {"value": item.value, "salt": hex32(item.salt)}
    return document
