"""The schema of paths."""

from __future__ import annotations

import pytest

from certifier import schema
from certifier.canonical import FieldType
from ledger.types import hex32


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("invoice", "fact.line.0001.quantity", FieldType.QUANTITY),
        ("invoice", "fact.line.0900.net", FieldType.DECIMAL),
        ("invoice", "fingerprint.loose.order", FieldType.ID),
        ("invoice", "link.bills.0001", FieldType.ID),
        ("purchase-order", "fact.line.0001.promised_date", FieldType.DATE),
        ("machine-data", "fact.start_local", FieldType.LOCAL_TIME),
        ("machine-data", "fact.start", FieldType.INSTANT),
        ("payment", "fact.payment.0002.payer_name", FieldType.TEXT),
        ("other", "signer.0001.key", FieldType.ID),
        ("other", "signer.0001.signature", FieldType.BYTES),
        ("other", "content.sha256", FieldType.ID),
    ],
)
def test_types(kind: str, path: str, expected: FieldType) -> None:
    assert schema.field_type(kind, path) is expected


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("invoice", "fact.line.0000.quantity"),
        ("invoice", "fact.line.1.quantity"),
        ("invoice", "fact.line.00001.quantity"),
        ("invoice", "fact.line.NNNN.quantity"),
        ("invoice", "fact.line.nnnn.quantity"),
        ("invoice", "fact.line.0001.0001"),
        ("invoice", "Fact.number"),
        ("invoice", "fact.number\n"),
        ("invoice", "link.orders.0001"),
        ("purchase-order", "fingerprint.loose.number"),
        ("credit-note", "fingerprint.exact"),
        ("other", "fact.number"),
        ("poem", "asset.kind"),
        ("invoice", ""),
    ],
)
def test_not_listed(kind: str, path: str) -> None:
    assert schema.field_type(kind, path) is None


def test_every_kind_has_the_required_paths_and_its_own_schema() -> None:
    for kind in schema.KINDS:
        assert all(schema.field_type(kind, path) for path in schema.REQUIRED)
        assert schema.problem(kind, "asset.kind", kind) is None
        assert schema.problem(kind, "asset.schema", f"assetcert/{kind}/1") is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("asset.version", "2"),
        ("asset.kind", "credit-note"),
        ("asset.schema", "assetcert/credit-note/1"),
        ("fact.total", "1.10"),
        ("fact.nothing", "1"),
        ("signer.0001.role", "owner"),
        ("content.bytes", "-1"),
        ("content.cid", "QmTkzDwWqPbnAh5YiV5VwcTLnGdwSNsNTn2aDxdXBFca7D"),
        ("asset.issuer", hex32(bytes(32)).upper()),
    ],
)
def test_problems_are_told(path: str, value: str) -> None:
    assert schema.problem("invoice", path, value)


def test_relations_join_kinds_and_have_no_cycle() -> None:
    after = {source: target for (source, _), target in schema.RELATIONS.items()}
    for source in after:
        seen, kind = set(), source
        while kind in after:
            assert kind in schema.KINDS and kind not in seen
            seen.add(kind)
            kind = after[kind]
        assert kind in schema.KINDS
