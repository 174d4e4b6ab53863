"""Numbers as tables write them: read where they can be read in one way only."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifier.documents import Document, read_bytes
from certifier.documents.numbers import UNCLEAR, decimal_mark, number
from certifier.documents.profile import propose
from certifier.documents.table import read_csv


def order(separator: str, *lines: tuple[str, str, str]) -> Document:
    rows = [
        "assetcert/purchase-order/1",
        separator.join(("Number", "Item", "Quantity", "Unit", "Price")),
        *(separator.join(("PO-1", *line[:2], "pcs", line[2])) for line in lines),
    ]
    return read_bytes("\n".join(rows).encode())


def values(document: Document, name: str) -> list[str | None]:
    return [document.facts.get(f"line.{n:04}.{name}") for n in range(1, int(document.facts["lines"]) + 1)]


def test_a_comma_that_can_only_be_decimal_says_what_points_are() -> None:
    document = order(";", ("bar", "1.200", "12,50"), ("tube", "40", "1.234,5"), ("nut", "2,5", "3"))
    assert values(document, "price") == ["12.5", "1234.5", "3"]
    assert values(document, "quantity") == ["1200 H87", "40 H87", "2.5 H87"]
    assert not document.warnings


def test_a_point_that_can_only_be_decimal_says_what_commas_are() -> None:
    document = order(";", ("bar", "1,200", "12.50"), ("tube", "40", "1.234"))
    assert values(document, "price") == ["12.5", "1.234"]
    assert values(document, "quantity") == ["1200 H87", "40 H87"]
    assert not document.warnings


@pytest.mark.parametrize(("separator", "prices", "expected"), [
    (";", ("1.234", "5"), [None, "5"]),
    (";", ("1,234", "5"), [None, "5"]),
    ("\t", ("1,234", "12,5", "12.5"), [None, "12.5", "12.5"]),
])  # fmt: skip
def test_what_could_be_either_is_left_out_and_told(
    separator: str, prices: tuple[str, ...], expected: list[str | None]
) -> None:
    document = order(separator, *(("bar", "1", price) for price in prices))
    assert values(document, "price") == expected
    assert [w.code for w in document.warnings] == ["DECIMAL_MARK"]


def test_an_export_with_decimal_commas_is_proposed_and_read() -> None:
    text = "Invoice No;Customer;Item;Qty;Unit Price;Line Amount\nR-7;Acme;bar;12,5;1.200,00;15.000,00\n"
    profile = propose(read_csv(text), "erp")
    assert profile is not None
    facts = read_bytes(text.encode(), profiles=[profile]).facts
    assert (facts["line.0001.price"], facts["line.0001.net"]) == ("1200", "15000")


@pytest.mark.parametrize(("text", "mark", "expected"), [
    ("1 234,50 €", ",", "1234.50"),
    ("1\u202f234,50", ",", "1234.50"),
    ("1'234.50", ".", "1234.50"),
    ("12.50-", ".", "-12.50"),
    ("(12,50)", ",", "-12.50"),
    ("0,125", ".", "0,125"),
    ("1.23,4", ",", "1.23,4"),
    ("-(5)", ".", "-(5)"),
    ("1,5,6", UNCLEAR, ""),
])  # fmt: skip
def test_spellings(text: str, mark: str, expected: str) -> None:
    assert number(text, mark) == expected


@given(value=st.decimals(-(10**9), 10**9, places=2), mark=st.sampled_from(".,"))
def test_two_decimals_show_their_mark(value: Decimal, mark: str) -> None:
    text = f"{value:,.2f}".translate(str.maketrans(".,", mark + {".": ",", ",": "."}[mark]))
    assert decimal_mark([text, "3", "1,234"]) == mark
    assert Decimal(number(text, mark)) == Decimal(number(text, UNCLEAR)) == value
