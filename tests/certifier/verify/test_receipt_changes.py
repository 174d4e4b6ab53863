"""No single change of a receipt is ever VALID, but of its hint: every member in turn, and drawn at random.

The receipt is that of a signed, linked invoice in a batch, with its document, its store and an honest node: VALID as it stands.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.documents import Reading
from certifier.errors import InvalidReceiptError, UnreadableReceiptError
from certifier.receipt import Receipt, parse
from certifier.verify import Given, Verdict
from ledger.membership import Role
from tests.certifier.verify.workshop import Workshop, invoice, reading

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Bench:
    """Verifies altered receipts against one document."""

    shop: Workshop
    read: Reading
    document: dict[str, Any]

    def verdicts(self, documents: list[dict[str, Any]]) -> list[Verdict]:
        """Of each receipt; a file that is refused or unreadable counts as INVALID."""
        found = [read_back(document) for document in documents]
        given = [Given(one, self.read) for one in found if one is not None]
        reports = self.shop.verifier().verify_many(given)
        return [Verdict.INVALID if one is None else next(reports).verdict for one in found]


@pytest.fixture(scope="module")
def bench(shop: Workshop) -> Bench:
    data = invoice()
    paper = shop.certify(
        data,
        signers=[shop.statement(data, shop.member(Role.INSPECTOR))],
        links=[("bills", b"\x01" * 32)],
        others=6,
    )
    made = Bench(shop, reading(data), json.loads(paper.receipt.to_json()))
    assert made.verdicts([made.document]) == [Verdict.VALID]
    return made


def read_back(document: dict[str, Any]) -> Receipt | None:
    try:
        receipt = parse(json.dumps(document).encode())
    except (InvalidReceiptError, UnreadableReceiptError):
        return None
    assert isinstance(receipt, Receipt)
    return receipt


def members(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON tree but its root, parents first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from members(one, (*path, key))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def changed(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy with another value at `path`."""
    altered = copy.deepcopy(document)
    at(altered, path[:-1])[path[-1]] = value
    return altered


def without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """A copy that lacks what is at `path`."""
    altered = copy.deepcopy(document)
    del at(altered, path[:-1])[path[-1]]
    return altered


def replacements(value: Any) -> list[Any]:
    """Other values for a place: near ones, other spellings, other types."""
    if isinstance(value, str):
        middle = len(value) // 2
        swapped = "1" if value[middle : middle + 1] != "1" else "2"
        near = [
            value[:middle] + swapped + value[middle + 1 :],
            value[:-1],
            value + "0",
            value + "=",
            value + " ",
        ]
        spelt = [value.upper(), value.replace("0x", "0X"), "\ufeff" + value, value + "\u200b"]
        odd = ["", "0", "0x" + "00" * 32, "A" * 43, "9" * 6_000, "\ud800", "\u0000", "é"]
        return [other for other in [*near, *spelt, *odd, None, 0, [value], {"": value}] if other != value]
    if isinstance(value, int):
        return [value + 1, -1, 2**63, 10**400, float(value) + 0.5, str(value), True, None, [value]]
    empty: list[Any] = [None, [], {}, "", 0, [None], {"unknown": 1}]
    return [other for other in empty if other != value]


def is_hint(path: Path) -> bool:
    return path[0] == "hint"


def test_every_member_in_turn(bench: Bench) -> None:
    document = bench.document
    tried = [
        (path, changed(document, path, other))
        for path in members(document)
        for other in replacements(at(document, path))
        if not is_hint(path)
    ]
    assert len(tried) > 3_000
    found = bench.verdicts([altered for _, altered in tried])
    assert [
        path for (path, _), verdict in zip(tried, found, strict=True) if verdict is not Verdict.INVALID
    ] == []


def test_every_member_left_out(bench: Bench) -> None:
    document = bench.document
    paths = [path for path in members(document) if not is_hint(path)]
    found = bench.verdicts([without(document, path) for path in paths])
    assert [path for path, verdict in zip(paths, found, strict=True) if verdict is not Verdict.INVALID] == []


def test_every_object_with_a_member_more(bench: Bench) -> None:
    document = bench.document
    objects = [(), *(path for path in members(document) if isinstance(at(document, path), dict))]
    found = bench.verdicts([changed(document, (*path, "more"), 1) for path in objects])
    assert set(found) == {Verdict.INVALID}


def test_every_list_in_another_order_or_with_an_item_twice(bench: Bench) -> None:
    document = bench.document
    altered = []
    for path in (("fields",), ("batch_proof",)):
        items = at(document, path)
        for number in range(len(items) - 1):
            swapped = [*items[:number], items[number + 1], items[number], *items[number + 2 :]]
            altered.append(changed(document, path, swapped))
        altered += [changed(document, path, [*items[: n + 1], *items[n:]]) for n in range(len(items))]
    assert set(bench.verdicts(altered)) == {Verdict.INVALID}


def test_values_of_two_fields_swapped(bench: Bench) -> None:
    document = bench.document
    altered = []
    for number in range(len(document["fields"]) - 1):
        for names in (
            ("value",),
            ("salt",),
            ("digest",),
            ("value", "salt"),
            ("value", "salt", "digest"),
            ("path",),
        ):
            again = copy.deepcopy(document)
            one, other = again["fields"][number : number + 2]
            for name in names:
                one[name], other[name] = other[name], one[name]
            if again != document:
                altered.append(again)
    assert Verdict.VALID not in bench.verdicts(altered)


def test_the_hint_changes_no_verdict(bench: Bench) -> None:
    document = bench.document
    sound = [
        changed(document, ("hint", "block"), 0),
        changed(document, ("hint", "block"), 2**63 - 1),
        changed(document, ("hint", "tx"), "0x" + "00" * 32),
        without(document, ("hint",)),
    ]
    assert set(bench.verdicts(sound)) == {Verdict.VALID}


@settings(max_examples=150)
@given(data=st.data())
def test_anything_anywhere(bench: Bench, data: st.DataObject) -> None:
    """A random JSON value, or a random flip of a character, at a random place."""
    document = bench.document
    path = data.draw(st.sampled_from([path for path in members(document) if not is_hint(path)]))
    value = at(document, path)
    json_value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    if isinstance(value, str) and value:
        place = data.draw(st.integers(0, len(value) - 1))
        flip = st.characters().map(lambda c: value[:place] + c + value[place + 1 :])
        other = data.draw(flip | json_value)
    else:
        other = data.draw(json_value)
    if other != value or type(other) is not type(value):
        assert bench.verdicts([changed(document, path, other)]) == [Verdict.INVALID]


def test_members_given_twice(bench: Bench) -> None:
    """JSON that says a thing twice, the second time what is right."""
    document = bench.document
    text = json.dumps(document)
    for old in ('"root": ', '"org": ', '"path": ', '"value": ', '"digest": ', '"chain_id": ', '"key": '):
        doubled = text.replace(old, f"{old}null, {old}", 1)
        with pytest.raises(InvalidReceiptError):
            parse(doubled.encode())
