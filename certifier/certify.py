"""A document becomes an asset: its fields, its encrypted content, its id (COMMITMENT 2 to 9, DESIGN Links).

Pure: nothing here is stored, sent or remembered. The gateway keeps the secret, puts the blocks into the store and anchors
the batch; whoever runs the same draft with the same secret gets the same asset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from certifier import content
from certifier.canonical import ident
from certifier.commitment import Commitment, Secret
from certifier.documents import Document
from certifier.fingerprint import Fingerprint
from certifier.schema import RELATIONS, schema_of
from certifier.signer import Statement
from ledger.types import hex32

_OWN_NUMBER = re.compile(r"fact\.(?:number|order\.[0-9]{4}\.number)")

__all__ = [
    "Draft",
    "Earlier",
    "Prepared",
    "certification_rank",
    "fields_of",
    "infer_links",
    "own_numbers",
    "own_numbers_of",
    "prepare",
]


@dataclass(frozen=True)
class Earlier:
    """An asset that a later paper may point to: its id, kind and the numbers it goes by."""

    asset_id: bytes
    kind: str
    numbers: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """A document about to be certified for `org`; `issued_at` is a canonical instant."""

    org: bytes
    issued_at: str
    document: Document
    sha256: bytes
    size: int
    signers: tuple[Statement, ...] = ()
    links: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Prepared:
    """An asset whose id is fixed: its commitment, its fingerprints with their proofs, its encrypted content."""

    secret: Secret
    commitment: Commitment
    fingerprints: Mapping[str, Fingerprint]
    encrypted: content.Encrypted


def prepare(
    fields: Mapping[str, str], plain: bytes, secret: Secret, fingerprints: Mapping[str, Fingerprint]
) -> Prepared:
    """Encrypt first, then commit to `fields`: the tree binds the CID of the encrypted content."""
    encrypted = content.encrypt(plain, secret)
    values = {**fields, "content.cid": encrypted.cid}
    values |= {path: hex32(found.value) for path, found in fingerprints.items()}
    return Prepared(secret, Commitment(values, secret), fingerprints, encrypted)


def fields_of(draft: Draft) -> dict[str, str]:
    """The fields of a draft as far as they stand before its content is encrypted: all but the CID and fingerprints."""
    document = draft.document
    values = {
        "asset.version": "1",
        "asset.kind": document.kind,
        "asset.schema": schema_of(document.kind),
        "asset.format": document.format,
        "asset.issuer": hex32(draft.org),
        "asset.issued_at": draft.issued_at,
        "content.sha256": hex32(draft.sha256),
        "content.bytes": str(draft.size),
        "content.media_type": document.media_type,
    }
    values |= {f"fact.{name}": value for name, value in document.facts.items()}
    for number, statement in enumerate(draft.signers, 1):
        values |= {f"signer.{number:04}.{name}": value for name, value in statement.fields().items()}
    return values | _link_fields(draft.links)


def _link_fields(links: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    counts: dict[str, int] = {}
    fields = {}
    for relation, target in sorted(set(links)):
        counts[relation] = counts.get(relation, 0) + 1
        fields[f"link.{relation}.{counts[relation]:04}"] = hex32(target)
    return fields


def certification_rank(kind: str) -> int:
    """Assets are made in this order, so that one batch may hold a whole job: a paper after those it points to."""
    targets = [target for (source, _), target in RELATIONS.items() if source == kind]
    return 1 + max(map(certification_rank, targets), default=-1)


def own_numbers(document: Document) -> frozenset[str]:
    """The numbers that a document goes by: its own, or those of the orders it lists."""
    return own_numbers_of({f"fact.{name}": value for name, value in document.facts.items()})


def own_numbers_of(fields: Mapping[str, str]) -> frozenset[str]:
    """The same from the fields of an asset."""
    return frozenset(_number(value) for path, value in fields.items() if _OWN_NUMBER.fullmatch(path))


# The facts that state the number of an earlier paper, by (kind, relation); a suffix stands for every repeat.
_STATED: dict[tuple[str, str], tuple[str, ...]] = {
    ("work-order", "orders"): (".buyer_order_number",),
    ("inspection-report", "inspects"): ("lot",),
    ("despatch-advice", "ships"): ("order_number",),
    ("receipt-advice", "ships"): ("order_number",),
    ("invoice", "bills"): ("order_number",),
    ("invoice", "fulfils"): ("despatch_number",),
    ("payment", "settles"): (".reference",),
    ("credit-note", "corrects"): ("corrects_number",),
}


def infer_links(document: Document, dossier: Sequence[Earlier]) -> list[tuple[str, bytes]]:
    """Links to the assets of a dossier whose number the document states; none where two assets bear it."""
    links = []
    for (kind, relation), suffixes in _STATED.items():
        if kind != document.kind:
            continue
        target_kind = RELATIONS[kind, relation]
        for stated in _stated(document, suffixes):
            matches = [
                earlier for earlier in dossier if earlier.kind == target_kind and stated in earlier.numbers
            ]
            if len(matches) == 1:
                links.append((relation, matches[0].asset_id))
    return sorted(set(links))


def _stated(document: Document, suffixes: tuple[str, ...]) -> set[str]:
    """The numbers that a document states under a name, in its facts, or in its trace where it names several."""
    found = [value for name, value in document.facts.items() if _is_stated(name, suffixes)]
    if "order_number" in suffixes:
        found += document.trace.orders
    if "despatch_number" in suffixes:
        found += document.trace.despatches
    return {_number(value) for value in found}


def _is_stated(name: str, suffixes: tuple[str, ...]) -> bool:
    """A bare name must be the whole name; one that starts with a dot ends a repeated one."""
    return any(name == suffix or (suffix.startswith(".") and name.endswith(suffix)) for suffix in suffixes)


def _number(value: str) -> str:
    return ident(value) or value
