"""Canonical values: the published table, and what must hold of every string."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certifier.canonical import FieldType, base64url, canonicalise, ident, is_canonical, parse_base64url
from certifier.errors import NotCanonicalError

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
NEAR = st.text(st.sampled_from(list("0123456789-+.,eET:Z xKGM_=/\u00a0\ufeff１АA")), max_size=24)
# Characters that both runtimes' Unicode tables know: newer ones may have no normal form in the older table.
KNOWN = st.text(
    st.characters(max_codepoint=0x2FFFF, exclude_categories=("Cn", "Cs")).filter(
        lambda c: unicodedata.category(c) != "Cn"
    ),
    max_size=30,
)


@pytest.mark.parametrize("kind", FieldType)
def test_published_vectors(kind: FieldType, vectors: Any) -> None:
    cases = vectors("canonical")["canonicalise"][kind.value]
    assert len(cases) >= 10
    for case in cases:
        if case["canonical"] is None:
            with pytest.raises(NotCanonicalError):
                canonicalise(kind, case["source"])
        else:
            assert canonicalise(kind, case["source"]) == case["canonical"]


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        (FieldType.TEXT, "a\u00a0\u3000b\u200b", "a b"),
        (FieldType.TEXT, "e\u0301", "é"),
        (FieldType.IDENT, "inv-２０２６/07", "INV202607"),
        (FieldType.DECIMAL, "113000.00", "113000"),
        (FieldType.DECIMAL, "-0.00", "0"),
        (FieldType.CURRENCY, "RMB", "CNY"),
        (FieldType.DATE, "2026-07-12+14:00", "2026-07-12"),
        (FieldType.INSTANT, "2026-07-12T01:30:00.50+08:00", "2026-07-11T17:30:00.5Z"),
        (FieldType.QUANTITY, "12.50", "12.5 -"),
    ],
)
def test_forms_worked_out_by_hand(kind: FieldType, source: str, expected: str) -> None:
    assert canonicalise(kind, source) == expected


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (FieldType.DECIMAL, "1e3"),
        (FieldType.DECIMAL, "1\u00a0000"),
        (FieldType.DECIMAL, "１２"),
        (FieldType.IDENT, "А1"),
        (FieldType.INSTANT, "2026-07-12T24:00:00Z"),
        (FieldType.INSTANT, "2026-07-12T23:59:60Z"),
        (FieldType.INSTANT, "2026-07-12T10:00:00"),
        (FieldType.LOCAL_TIME, "2026-07-12T10:00:00Z"),
        (FieldType.TEXT, "\u200b\ufeff"),
        (FieldType.TEXT, "lone\ud800"),
    ],
)
def test_refused(kind: FieldType, source: str) -> None:
    with pytest.raises(NotCanonicalError) as refusal:
        canonicalise(kind, source)
    assert refusal.value.kind == kind.value or kind in (FieldType.IDENT, FieldType.INTEGER)
    assert refusal.value.reason in str(refusal.value)


@pytest.mark.parametrize("text", ["1.10", "-0", "+5", "007", "5."])
def test_a_second_spelling_of_a_number_is_not_canonical(text: str) -> None:
    assert not is_canonical(FieldType.DECIMAL, text)


@given(st.sampled_from(FieldType), ANY_TEXT | NEAR)
@example(FieldType.TEXT, "\u037e \u1fef")
def test_a_canonical_form_is_its_own(kind: FieldType, source: str) -> None:
    try:
        form = canonicalise(kind, source)
    except NotCanonicalError:
        assert not is_canonical(kind, source)
        return
    assert form != ""
    assert is_canonical(kind, form)
    assert form.encode().decode() == form


@given(st.sampled_from(FieldType), KNOWN | NEAR)
def test_python_and_javascript_agree(peer: Any, kind: FieldType, source: str) -> None:
    try:
        form = canonicalise(kind, source)
    except NotCanonicalError:
        form = None
    assert peer.ask("canonical", type=kind.value, source=source) == form


@given(st.decimals(-(10**17), 10**17, allow_nan=False, places=9))
def test_a_decimal_keeps_its_value(number: Decimal) -> None:
    assert Decimal(canonicalise(FieldType.DECIMAL, f"{number:f}")) == number


@given(st.binary(min_size=1, max_size=100))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = base64url(data)
    assert parse_base64url(text) == data
    with pytest.raises(NotCanonicalError):
        parse_base64url(text + "=")


def test_ident_of_what_has_none() -> None:
    assert ident("ß") is None
    assert ident("") is None
