"""The product editor's form: every term of a document is in it, and what it shows is what it reads."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.credit.products import MEMBERS, Product, defaults
from gateway.errors import UnreadableError, UsageError
from gateway.web.product_form import FIELDS, changed, document_of, fee_rows, shown

IDENTITY = {"schema", "product_code", "lender", "version", "currency", "rate_type"}
"""What a version is of, and the one currency and kind of rate there are."""
FEES = [
    {"kind": "handling", "basis": "pct-of-amount", "value": "25", "payer": "borrower", "financed": True},
    {"kind": "registration", "basis": "flat", "value": "60.00", "payer": "lender", "financed": False},
]


def inputs(body: dict[str, Any]) -> dict[str, str]:
    """What a browser sends of the form as it is shown."""
    given = {field.name: shown(body, field) for field in FIELDS if field.unit != "fees"}
    for at, fee in enumerate(fee_rows(body)):
        rows = {f"fees__{at}__{name}": value for name, value in fee.items() if name != "financed"}
        given |= rows | ({f"fees__{at}__financed": "yes"} if fee["financed"] else {})
    return given


def test_no_term_is_left_out() -> None:
    assert {field.path.partition(".")[0] for field in FIELDS} == MEMBERS - IDENTITY


@pytest.mark.parametrize("product", [*defaults(), Product.of({**defaults()[0].body, "fees": FEES})], ids=lambda one: one.code)  # fmt: skip
def test_what_is_shown_is_what_is_read(product: Product) -> None:
    body = dict(product.body)
    again = document_of(body, inputs(body), 2)
    assert Product.of(again).body == body | {"version": 2}
    assert changed(body, again) == []


def test_a_fee_is_added_changed_and_taken_away() -> None:
    body = dict(defaults()[2].body)
    given = inputs(body)
    assert given["fees__0__value"] == "0.2"
    more = given | {
        "fees__0__value": "0.35",
        "fees__1__kind": "guarantee",
        "fees__1__basis": "flat",
        "fees__1__value": "1,200",
    }
    made = document_of(body, more, 2)["fees"]
    assert [(one["kind"], one["basis"], one["value"]) for one in made] == [
        ("handling", "pct-of-amount", "35"),
        ("guarantee", "flat", "1200"),
    ]
    assert document_of(body, given | {"fees__0__value": ""}, 2)["fees"] == []
    assert [field.path for field in changed(body, {**body, "fees": made})] == ["fees"]
    with pytest.raises(UsageError, match="fees 1"):
        document_of(body, given | {"fees__0__value": "a little"}, 2)
    for wrong in ({"kind": "tip"}, {"basis": "monthly"}, {"payer": "nobody"}, {"value": "-1"}):
        with pytest.raises(UnreadableError):
            Product.of({**body, "fees": [{**made[0], **wrong}]})
