"""B2MML in its versions and wrappings, and the units that quantities carry."""

from __future__ import annotations

from decimal import Decimal

import pytest

from certifier.documents import Document, read_bytes
from certifier.documents.units import code, converted, with_unit

from .helpers import read_sample, sample

ORDER = sample("work-order.xml")


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


def test_our_order_and_what_was_made_of_it() -> None:
    order, made = read_sample("work-order.xml").facts, read_sample("performance.xml").facts
    assert (order["order.0001.number"], order["order.0001.quantity"]) == ("RC-WO-260706-1", "42 H87")
    assert order["order.0001.buyer_order_number"] == "JL-PO-2026-0703"
    assert (made["order.0001.number"], made["order.0001.produced"], made["order.0001.scrapped"]) == (
        "RC-WO-260706-1",
        "40 H87",
        "2 H87",
    )


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.mesa.org/xml/B2MML-V0600",
        "http://www.wbf.org/xml/B2MML-V0401",
        "http://www.mesa.org/xml/B2MML-V0700",
        "http://www.mesa.org/xml/B2MML",
        "http://www.wbf.org/xml/b2mml-v02",
    ],
)
def test_versions(namespace: str) -> None:
    document = read_bytes(ORDER.replace(b"http://www.mesa.org/xml/B2MML-V0600", namespace.encode()))
    assert (document.facts, document.schema) == (read_sample("work-order.xml").facts, namespace)


def test_unwrapped() -> None:
    start, end = (
        ORDER.index(b"<ProductionSchedule>"),
        ORDER.index(b"</ProductionSchedule>") + len(b"</ProductionSchedule>"),
    )
    bare = ORDER[start:end].replace(
        b"<ProductionSchedule>", b'<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600">'
    )
    assert read_bytes(bare).facts == read_sample("work-order.xml").facts


@pytest.mark.parametrize(
    ("schedule", "request_"), [("OperationsSchedule", "OperationsRequest"), ("WorkSchedule", "JobOrder")]
)
def test_later_names_of_the_same(schedule: str, request_: str) -> None:
    data = ORDER.replace(b"ProductionSchedule", schedule.encode()).replace(
        b"ProductionRequest", request_.encode()
    )
    assert read_bytes(data).facts == read_sample("work-order.xml").facts


def test_trailing_blanks_do_not_matter() -> None:
    assert (
        read_bytes(ORDER.replace(b"RC-WO-260706-1  <", b"RC-WO-260706-1<")).facts
        == read_sample("work-order.xml").facts
    )


def test_several_orders_stand_in_order_of_their_numbers() -> None:
    start, end = (
        ORDER.index(b"<ProductionRequest>"),
        ORDER.index(b"</ProductionRequest>") + len(b"</ProductionRequest>"),
    )
    one = ORDER[start:end]
    more = b"".join(one.replace(b"RC-WO-260706-1  ", b"WO-%d" % n) for n in (10, 9, 2))
    facts = read_bytes(ORDER[:start] + more + ORDER[end:]).facts
    assert [facts[f"order.{i:04}.number"] for i in (1, 2, 3)] == ["WO-2", "WO-9", "WO-10"]
    assert facts["orders"] == "3"


@pytest.mark.parametrize(
    ("second", "produced"),
    [("<QuantityString>2</QuantityString><UnitOfMeasure>H87</UnitOfMeasure>", "42 H87"),
     ("<QuantityString>2</QuantityString><UnitOfMeasure>kg</UnitOfMeasure>", None)],
)  # fmt: skip
def test_lots_add_up_where_their_units_allow(second: str, produced: str | None) -> None:
    lot = f"<MaterialActual><MaterialDefinitionID>P201</MaterialDefinitionID><MaterialUse>Produced</MaterialUse><Quantity>{second}</Quantity></MaterialActual>"
    data = sample("performance.xml").decode().replace("<MaterialActual>", lot + "<MaterialActual>", 1)
    document = read_bytes(data.encode())
    assert document.facts.get("order.0001.produced") == produced
    assert codes(document) == ([] if produced else ["SEVERAL_UNITS"])


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("kg", "KGM"),
        ("KG", "KGM"),
        ("公斤", "KGM"),
        ("件", "H87"),
        ("PCS", "H87"),
        ("ＫＧ", "KGM"),
        ("KGM", "KGM"),
        ("", "-"),
        (None, "-"),
        ("t/h", None),
        ("MTR", "MTR"),
        ("度", "KWH"),
    ],
)
def test_units_are_codes(unit: str | None, expected: str | None) -> None:
    assert code(unit) == expected


def test_an_unknown_unit_is_told_and_the_quantity_left_out() -> None:
    assert with_unit("5", "t/h") == "5 t/h"
    document = read_bytes(ORDER.replace(b"<UnitOfMeasure>H87", b"<UnitOfMeasure>t/h"))
    assert "order.0001.quantity" not in document.facts
    assert codes(document) == ["NOT_CANONICAL"]


@pytest.mark.parametrize(
    ("number", "unit", "to", "expected"),
    [
        ("1.5", "KGM", "GRM", "1500"),
        ("2", "HUR", "SEC", "7200"),
        ("1", "KGM", "MTR", None),
        ("1", "H87", "KGM", None),
        ("3", "EA", "EA", "3"),
    ],
)
def test_conversion_is_exact_within_a_dimension(
    number: str, unit: str, to: str, expected: str | None
) -> None:
    found = converted(Decimal(number), unit, to)
    assert found == (None if expected is None else Decimal(expected))


def test_a_rate_beside_an_amount_is_no_quantity() -> None:
    rate = b"<Quantity><QuantityString>4.5</QuantityString><DataType>double</DataType><UnitOfMeasure>1/h</UnitOfMeasure><Key>Rate</Key></Quantity>"
    data = ORDER.replace(
        b"<MaterialUse>Produced</MaterialUse>", b"<MaterialUse>Produced</MaterialUse>" + rate
    )
    assert read_bytes(data).facts == read_sample("work-order.xml").facts


@pytest.mark.parametrize("numbers", [("PO-A", "PO-B", "PO-C"), ("PO-C", "PO-A", "PO-B", "PO-A")])
def test_an_order_for_several_buyers_orders(numbers: tuple[str, ...]) -> None:
    """The order's row states the first number; each further one has a row of the order's number and itself."""
    one = b"<Value><ValueString>JL-PO-2026-0703</ValueString><DataType>string</DataType></Value>"
    several = b"".join(one.replace(b"JL-PO-2026-0703", number.encode()) for number in numbers)
    facts = read_bytes(ORDER.replace(one, several)).facts
    assert facts["orders"] == "1"
    assert [facts[f"order.{n:04}.buyer_order_number"] for n in (1, 2, 3)] == ["PO-A", "PO-B", "PO-C"]
    assert {facts[f"order.{n:04}.number"] for n in (1, 2, 3)} == {"RC-WO-260706-1"}
    assert [name for name in facts if name.endswith(".quantity")] == ["order.0001.quantity"]
    assert "order.0004.number" not in facts


@pytest.mark.parametrize(("second", "quantity", "told"), [
    ("<ProcessSegmentID>Milling</ProcessSegmentID>{}", "84 H87", []),
    ("<ProcessSegmentID>Grinding</ProcessSegmentID>{}", None, ["SEVERAL_SEGMENTS"]),
    ("<ProcessSegmentID>Milling</ProcessSegmentID>{}".replace("{}", "{P202}"), None, ["SEVERAL_PRODUCTS"]),
])  # fmt: skip
def test_pieces_that_go_through_two_operations_are_not_twice_as_many(
    second: str, quantity: str | None, told: list[str]
) -> None:
    text = ORDER.decode()
    start, end = (
        text.index("<MaterialRequirement>"),
        text.index("</MaterialRequirement>") + len("</MaterialRequirement>"),
    )
    product = text[start:end].replace("P201", "P202") if "{P202}" in second else text[start:end]
    segment = f"<SegmentRequirement><ID>20</ID>{second.replace('{P202}', '{}').format(product)}</SegmentRequirement>"
    document = read_bytes(text.replace("</ProductionRequest>", f"{segment}</ProductionRequest>").encode())
    assert document.facts.get("order.0001.quantity") == quantity
    assert codes(document) == told


@pytest.mark.parametrize("verb", ["Get", "Cancel", "Confirm"])
def test_a_message_that_asks_for_orders_or_withdraws_them_states_none(verb: str) -> None:
    document = read_bytes(ORDER.replace(b"ProcessProductionSchedule", f"{verb}ProductionSchedule".encode()))
    assert (document.kind, document.format, codes(document)) == ("other", "b2mml", ["NO_FACTS"])


def test_a_message_that_deletes_an_order_states_none() -> None:
    action = '<Process><ActionCriteria><ActionExpression actionCode="{}">ID</ActionExpression></ActionCriteria></Process>'
    added, deleted = (
        read_bytes(ORDER.replace(b"<Process/>", action.format(code).encode())) for code in ("Add", "Delete")
    )
    assert added.facts == read_sample("work-order.xml").facts
    assert (deleted.kind, codes(deleted)) == ("other", ["NO_FACTS"])


@pytest.mark.parametrize("first", range(3))
def test_the_rule_of_the_product_comes_before_the_final_product(first: int) -> None:
    names = ("ProductProductionRuleID", "FinalProductID", "ProductID")
    stated = "".join(f"<{name}>{name}</{name}>" for name in reversed(names[first:]))
    data = (
        '<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600"><ProductionRequest><ID>1</ID>'
        f"{stated}</ProductionRequest></ProductionSchedule>"
    )
    assert read_bytes(data.encode()).facts["order.0001.product"] == names[first]
