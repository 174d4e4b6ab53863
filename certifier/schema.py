"""Which paths an asset of a kind may carry, and the type of each (COMMITMENT 2; DESIGN's vocabulary).

`assetcert/<kind>/1` is this table. It neither reads documents nor judges whether a fact is true. The four
kinds that DESIGN leaves to the product are derived here: acceptance bills (drawer, acceptor, payee), utility
statements (a metered period), calibrations (a laboratory's word on instruments), searches of the registry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from certifier.canonical import FieldType, is_canonical

__all__ = [
    "KINDS",
    "MAX_FIELDS",
    "MUST_DISCLOSE",
    "PLEDGEABLE",
    "RELATIONS",
    "REQUIRED",
    "field_type",
    "paths_of",
    "problem",
    "schema_of",
]

_T = FieldType
MAX_FIELDS = 1024

REQUIRED: tuple[str, ...] = (
    "asset.format",
    "asset.issued_at",
    "asset.issuer",
    "asset.kind",
    "asset.schema",
    "asset.version",
    "content.bytes",
    "content.cid",
    "content.media_type",
    "content.sha256",
)
PLEDGEABLE: tuple[str, ...] = ("invoice", "purchase-order")

_COMMON: dict[str, FieldType] = {
    "asset.format": _T.ENUM,
    "asset.issued_at": _T.INSTANT,
    "asset.issuer": _T.ID,
    "asset.kind": _T.ENUM,
    "asset.schema": _T.TEXT,
    "asset.version": _T.INTEGER,
    "content.bytes": _T.INTEGER,
    "content.cid": _T.TEXT,
    "content.media_type": _T.TEXT,
    "content.sha256": _T.ID,
    "signer.NNNN.key": _T.ID,
    "signer.NNNN.role": _T.ENUM,
    "signer.NNNN.signature": _T.BYTES,
    "signer.NNNN.signed_at": _T.INSTANT,
}


def _party(*roles: str) -> dict[str, FieldType]:
    return {f"{role}_{part}": _T.TEXT for role in roles for part in ("id", "name")}


def _time(*names: str) -> dict[str, FieldType]:
    """A time with an offset, or under `_local` where the source has none."""
    return dict.fromkeys(names, _T.INSTANT) | {f"{n}_local": _T.LOCAL_TIME for n in names}


_INVOICE: dict[str, FieldType] = {
    "number": _T.TEXT,
    "issue_date": _T.DATE,
    "due_date": _T.DATE,
    "type_code": _T.TEXT,
    "currency": _T.CURRENCY,
    **_party("seller", "buyer"),
    "order_number": _T.TEXT,
    "despatch_number": _T.TEXT,
    "corrects_number": _T.TEXT,
    "net": _T.DECIMAL,
    "tax": _T.DECIMAL,
    "total": _T.DECIMAL,
    "payable": _T.DECIMAL,
    "lines": _T.INTEGER,
    "line.NNNN.item": _T.TEXT,
    "line.NNNN.quantity": _T.QUANTITY,
    "line.NNNN.price": _T.DECIMAL,
    "line.NNNN.net": _T.DECIMAL,
}
_DESPATCH: dict[str, FieldType] = {
    "number": _T.TEXT,
    "issue_date": _T.DATE,
    **_party("seller", "buyer", "carrier"),
    "order_number": _T.TEXT,
    "lines": _T.INTEGER,
    "line.NNNN.item": _T.TEXT,
    "line.NNNN.quantity": _T.QUANTITY,
}
_FACTS: dict[str, dict[str, FieldType]] = {
    "invoice": _INVOICE,
    "credit-note": _INVOICE,
    "purchase-order": {
        "number": _T.TEXT,
        "issue_date": _T.DATE,
        "currency": _T.CURRENCY,
        **_party("buyer", "seller"),
        "net": _T.DECIMAL,
        "total": _T.DECIMAL,
        "lines": _T.INTEGER,
        "line.NNNN.item": _T.TEXT,
        "line.NNNN.quantity": _T.QUANTITY,
        "line.NNNN.price": _T.DECIMAL,
        "line.NNNN.promised_date": _T.DATE,
    },
    "work-order": {
        "orders": _T.INTEGER,
        "order.NNNN.number": _T.TEXT,
        "order.NNNN.buyer_order_number": _T.TEXT,
        "order.NNNN.product": _T.TEXT,
        "order.NNNN.quantity": _T.QUANTITY,
        **_time("order.NNNN.start", "order.NNNN.end"),
        "order.NNNN.produced": _T.QUANTITY,
        "order.NNNN.scrapped": _T.QUANTITY,
    },
    "machine-data": {
        "devices": _T.INTEGER,
        **_time("start", "end"),
        "observations": _T.INTEGER,
        "unavailable": _T.INTEGER,
        "gaps": _T.INTEGER,
        "device.NNNN.id": _T.TEXT,
        "device.NNNN.active_seconds": _T.DECIMAL,
        "device.NNNN.parts": _T.INTEGER,
        "device.NNNN.first_sequence": _T.INTEGER,
        "device.NNNN.last_sequence": _T.INTEGER,
    },
    "inspection-report": {
        "number": _T.TEXT,
        "product": _T.TEXT,
        "lot": _T.TEXT,
        **_time("inspected_at"),
        "parts": _T.INTEGER,
        "parts_failed": _T.INTEGER,
        "characteristics": _T.INTEGER,
        "characteristics_failed": _T.INTEGER,
        "instrument.NNNN.id": _T.TEXT,
    },
    "despatch-advice": _DESPATCH,
    "receipt-advice": _DESPATCH,
    "payment": {
        "payments": _T.INTEGER,
        "payment.NNNN.number": _T.TEXT,
        "payment.NNNN.date": _T.DATE,
        "payment.NNNN.currency": _T.CURRENCY,
        "payment.NNNN.amount": _T.DECIMAL,
        **_party("payment.NNNN.payer", "payment.NNNN.payee"),
        "payment.NNNN.reference": _T.TEXT,
    },
    "acceptance-bill": {
        "number": _T.TEXT,
        "issue_date": _T.DATE,
        "due_date": _T.DATE,
        "currency": _T.CURRENCY,
        "amount": _T.DECIMAL,
        **_party("drawer", "acceptor", "payee"),
    },
    "utility-statement": {
        "number": _T.TEXT,
        "issue_date": _T.DATE,
        "start_date": _T.DATE,
        "end_date": _T.DATE,
        **_party("supplier", "customer"),
        "meter": _T.TEXT,
        "energy": _T.QUANTITY,
        "currency": _T.CURRENCY,
        "total": _T.DECIMAL,
    },
    "calibration": {
        "number": _T.TEXT,
        "calibrated_date": _T.DATE,
        "valid_until": _T.DATE,
        **_party("laboratory", "customer"),
        "instruments": _T.INTEGER,
        "instrument.NNNN.id": _T.TEXT,
    },
    "statutory-search": {
        "number": _T.TEXT,
        "registry": _T.TEXT,
        **_time("searched_at"),
        **_party("debtor"),
        "registrations": _T.INTEGER,
        "registration.NNNN.number": _T.TEXT,
        "registration.NNNN.date": _T.DATE,
        "registration.NNNN.secured_party": _T.TEXT,
        "registration.NNNN.currency": _T.CURRENCY,
        "registration.NNNN.amount": _T.DECIMAL,
    },
    "other": {},
}
KINDS: tuple[str, ...] = tuple(_FACTS)

_FINGERPRINTS: dict[str, tuple[str, ...]] = {
    "invoice": ("exact", "loose.number", "loose.order", "loose.seller"),
    "purchase-order": ("exact",),
}

RELATIONS: Mapping[tuple[str, str], str] = {
    ("work-order", "orders"): "purchase-order",
    ("machine-data", "measures"): "work-order",
    ("inspection-report", "inspects"): "work-order",
    ("despatch-advice", "ships"): "purchase-order",
    ("receipt-advice", "ships"): "purchase-order",
    ("invoice", "bills"): "purchase-order",
    ("invoice", "fulfils"): "despatch-advice",
    ("payment", "settles"): "invoice",
    ("acceptance-bill", "settles"): "invoice",
    ("credit-note", "corrects"): "invoice",
    ("calibration", "calibrates"): "inspection-report",
}
"""(kind of the later paper, relation) → kind of the earlier paper that the link points to."""

MUST_DISCLOSE: Mapping[str, tuple[str, ...]] = {
    "invoice": (
        "fact.buyer_id",
        "fact.currency",
        "fact.issue_date",
        "fact.number",
        "fact.order_number",
        "fact.seller_id",
        "fact.total",
        "fact.type_code",
    ),
    "purchase-order": (
        "fact.buyer_id",
        "fact.currency",
        "fact.issue_date",
        "fact.number",
        "fact.seller_id",
        "fact.total",
    ),
}
"""Facts that whoever applies for credit owes, as far as the asset has them: every component of a fingerprint, and what
tells whether a fingerprint is due (COMMITMENT 7). Signers, links and fingerprints are owed as well."""

_WORDS: dict[str, frozenset[str]] = {
    "asset.kind": frozenset(KINDS),
    "signer.NNNN.role": frozenset({"instrument", "inspector", "witness"}),
}
_PATTERNS: dict[str, re.Pattern[str]] = {
    "content.bytes": re.compile("[0-9]+"),
    "content.cid": re.compile("b[a-z2-7]{58}"),
}
_PARTICULAR = ("asset.", "content.", "signer.")
_PATH = re.compile(r"[a-z][a-z0-9_]{0,31}(?:\.[a-z0-9_]{1,32}){1,3}")
_INDEX = re.compile(r"(?<=\.)(?!0000)[0-9]{4}(?=\.|\Z)")


def _table(kind: str) -> dict[str, FieldType]:
    links = {f"link.{relation}.NNNN": _T.ID for source, relation in RELATIONS if source == kind}
    facts = {f"fact.{name}": kind_ for name, kind_ in _FACTS[kind].items()}
    return _COMMON | facts | {f"fingerprint.{n}": _T.ID for n in _FINGERPRINTS.get(kind, ())} | links


_TABLES: dict[str, dict[str, FieldType]] = {kind: _table(kind) for kind in KINDS}


def paths_of(kind: str) -> dict[str, FieldType]:
    """Every path of a kind and its type, `NNNN` standing for an index of four digits from 0001."""
    return dict(_TABLES[kind])


def schema_of(kind: str) -> str:
    """The value of `asset.schema` for a kind."""
    return f"assetcert/{kind}/1"


@lru_cache(maxsize=1 << 15)
def field_type(kind: str, path: str) -> FieldType | None:
    """The type of a full path (`fact.line.0001.quantity`); None where the kind's schema does not list it."""
    table = _TABLES.get(kind)
    if table is None or not _PATH.fullmatch(path):
        return None
    return table.get(_INDEX.sub("NNNN", path))


def problem(kind: str, path: str, value: str) -> str | None:
    """What is wrong with one field of an asset of `kind`, as a phrase; None if nothing is."""
    type_ = field_type(kind, path)
    if type_ is None:
        return f"the schema of {kind} lists no such path"
    if not is_canonical(type_, value):
        return f"not the canonical form of {type_.value}"
    return _particular(kind, path, value) if path.startswith(_PARTICULAR) else None


def _particular(kind: str, path: str, value: str) -> str | None:
    """What the asset's own fields and a signer's must be beyond their type."""
    if (pattern := _PATTERNS.get(path)) is not None and not pattern.fullmatch(value):
        return f"not of the form {pattern.pattern}"
    words = _WORDS.get(_INDEX.sub("NNNN", path))
    if words is not None and value not in words:
        return f"none of {', '.join(sorted(words))}"
    fixed = {"asset.version": "1", "asset.kind": kind, "asset.schema": schema_of(kind)}.get(path)
    return None if fixed in (None, value) else f"{fixed!r} expected"
