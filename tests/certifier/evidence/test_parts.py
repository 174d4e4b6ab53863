"""The parts of evidence by themselves: spans, stretches that repeat, tails, groups, cycles, declarations, the policy.

Each is held against a slower or plainer way to the same answer, over values drawn at random.
"""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifier.errors import MalformedDocumentError
from certifier.evidence import DEFAULT, Attribute, Policy, declaration, tokens
from certifier.evidence.affiliates import Groups
from certifier.evidence.attributes import Extract
from certifier.evidence.books import item_key
from certifier.evidence.machines import Spans, cut, merged
from certifier.evidence.quality import tail
from certifier.evidence.repeats import repeats
from certifier.evidence.routing import Routing
from certifier.evidence.trade import Edge, Graph, alike

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def points(spans: list[tuple[int, int]]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


@given(SPANS, SPANS, st.tuples(st.integers(-5, 70), st.integers(-5, 70)))
def test_spans_are_sets_of_moments(
    ours: list[tuple[int, int]], away: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    whole, gone = merged(ours), merged(away)
    assert points(whole) == points(ours)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(whole))
    left = list(cut(whole, gone))
    assert points(left) == points(ours) - points(away)
    low, high = sorted(asked)
    assert Spans(ours).within(low, high) == len(points(ours) & set(range(low, high)))
    assert points(ours) & set(range(low, high)) <= points(Spans(ours).near(low, high))


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_the_tail_is_the_binomials(parts: int, failed: int, per_cent: int) -> None:
    chance = Fraction(per_cent, 100)
    exact = sum(comb(parts, k) * chance**k * (1 - chance) ** (parts - k) for k in range(failed, parts + 1))
    found = tail(failed, parts, Decimal(per_cent) / 100)
    assert abs(Fraction(found) - exact) < Fraction(1, 10**20)


def never(*_: int) -> bool:
    return False


@given(st.data())
def test_a_planted_stretch_is_found_wherever_it_lies(data: st.DataObject) -> None:
    numbers = st.integers(0, 10**9)
    stretch = data.draw(st.lists(numbers, min_size=12, max_size=20, unique=True))
    heads = [data.draw(st.lists(st.integers(10**9 + 1, 2 * 10**9), max_size=15, unique=True)) for _ in range(2)]  # fmt: skip
    ends = [data.draw(st.lists(st.integers(3 * 10**9, 4 * 10**9), max_size=15, unique=True)) for _ in range(2)]  # fmt: skip
    first, second = (head + stretch + end for head, end in zip(heads, ends, strict=True))
    found = [one for one in repeats([first, second], 10, 5, never) if one.of == 1]
    assert sum(one.count for one in found) >= len(stretch)
    assert any(one.at <= len(heads[1]) and one.count >= len(stretch) for one in found)
    shifted = list(repeats([first + second], 10, 5, never))
    assert any(one.count >= len(stretch) for one in shifted)


def test_an_even_beat_repeats_nothing() -> None:
    """A robot that loads every 240,000 ms, or seven programs in turn, is no replay; nor is a changed value in each stretch."""
    even, turns = [240_000] * 1000, [200_000 + n % 7 for n in range(1000)]
    assert list(repeats([even, turns, even, turns], 200, 100, never)) == []
    real = [(n * n * 7919) % 10_007 for n in range(400)]
    broken = [value + (1 if at % 150 == 0 else 0) for at, value in enumerate(real)]
    assert list(repeats([real, broken], 200, 100, never)) == []
    (found,) = repeats([real, real], 200, 100, never)
    assert found.count == 400


ATTRIBUTES = st.lists(
    st.builds(
        Attribute,
        st.sampled_from("ABCDEFGH"),
        st.sampled_from(["legal_representative", "bank_account", "phone", "address", "accountant"]),
        st.sampled_from([b"1", b"2"]),
    ),
    max_size=14,
)


@given(ATTRIBUTES, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_order(attributes: list[Attribute], random: object) -> None:
    groups = Groups(attributes, DEFAULT)
    again = Groups(sorted(attributes, key=lambda a: (a.token, a.name, a.party), reverse=True), DEFAULT)
    for a, b in itertools.product("ABCDEFGH", repeat=2):
        assert groups.same(a, b) == again.same(a, b)
        assert (b in groups.members(a)) == groups.same(a, b)
    assert groups.shared == again.shared


def test_what_makes_a_group() -> None:
    def holds(*names: str) -> Groups:
        return Groups([Attribute(p, name, b"t") for name in names for p in "AB"], DEFAULT)

    assert holds("bank_account").same("A", "B")
    assert not holds("phone").same("A", "B")
    assert holds("phone", "address").same("A", "B")
    assert not holds("address").same("A", "B")
    assert [one.strong for one in holds("phone").shared] == [True]
    three = Groups([Attribute(p, "bank_account", b"t") for p in "ABC"], DEFAULT)
    assert three.members("C") == ("A", "B", "C")
    park = Groups([Attribute(p, "bank_account", b"t") for p in "ABCDEF"], DEFAULT)
    assert park.shared == () and not park.same("A", "B")


def test_tokens_hide_values_and_keep_names_apart() -> None:
    one, other = (Extract(p, {"phone": v, "bank_account": v}) for p, v in (("A", "+86 023-6700"), ("B", "0236700")))  # fmt: skip
    a, b = (tokens(found, lambda data: b"key" + data[::-1]) for found in (one, other))
    assert [x.token for x in a] == [x.token for x in b]
    assert a[0].token != a[1].token


def edge(seller: str, buyer: str, day: int, total: int, number: str) -> Edge:
    when = date(2026, 8, 1) + timedelta(days=day)
    return Edge(seller, buyer, when, Decimal(total), number, frozenset(), False, False, (), (), ())


EDGES = st.lists(
    st.tuples(
        st.sampled_from("ABCDE"),
        st.sampled_from("ABCDE"),
        st.integers(0, 45),
        st.sampled_from([100, 104, 110, 200]),
    ).filter(lambda e: e[0] != e[1]),
    max_size=9,
)


def every_cycle(edges: list[Edge]) -> set[frozenset[str]]:
    found = set()
    for size in (3, 4, 5):
        for way in itertools.permutations(edges, size):
            closed = all(a.buyer == b.seller for a, b in itertools.pairwise((*way, way[0])))
            if closed and len({e.seller for e in way}) == size and alike(way, DEFAULT):
                found.add(frozenset(e.number for e in way))
    return found


@given(EDGES, st.randoms(use_true_random=False))
def test_the_search_finds_every_cycle_in_any_order(
    rows: list[tuple[str, str, int, int]], random: object
) -> None:
    edges = [edge(*row, str(at)) for at, row in enumerate(rows)]
    random.shuffle(edges)  # type: ignore[attr-defined]
    graph = Graph(DEFAULT, str)
    found = {frozenset(e.number for e in way) for one in edges for way in graph.add(one)}
    assert found == every_cycle(edges)
    assert not graph.truncated


def test_a_search_that_is_cut_says_so() -> None:
    graph = Graph(Policy(trade_expansions=50), str)
    layers = [[f"{layer}{n}" for n in range(6)] for layer in "BCD"]
    number = itertools.count()
    for ours, theirs in itertools.pairwise(layers):
        for a, b in itertools.product(ours, theirs):
            graph.add(edge(a, b, 0, 100, str(next(number))))
    for last in layers[-1]:
        graph.add(edge(last, "A", 0, 100, str(next(number))))
    assert not graph.truncated
    graph.add(edge("A", layers[0][0], 0, 100, "x"))
    assert graph.truncated


def test_the_policy_is_a_document() -> None:
    body = json.loads(json.dumps(DEFAULT.to_json()))
    assert Policy.from_json(body) == DEFAULT
    for wrong in (
        body | {"capacity_red": 1.15},
        body | {"capacity_red": 1},
        body | {"window_days": "90"},
        body | {"window_days": True},
        body | {"more": 1},
        {k: v for k, v in body.items() if k != "hub"},
        body | {"schema": "assetcert/evidence-policy/2"},
    ):
        with pytest.raises(ValueError):
            Policy.from_json(wrong)


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ("*通用设备*P101 输出轴", "p101"),
        ("P101 输出轴", "p101"),
        ("P101", "p101"),
        ("钢屑", "钢屑"),
        ("M8 x 20  Bolt", "m8 x 20 bolt"),
        ("M8 nut", "m8 nut"),
        ("", ""),
    ],
)
def test_items_by_code(item: str, key: str) -> None:
    assert item_key(item) == key


ROUTING = {
    "schema": "assetcert/routing/1",
    "firm": "91500000000000211L",
    "shifts": ["08:00-12:00", "12:45-16:00", "16:00-24:00"],
    "calendar": {"weekdays": [1, 2, 3, 4, 5], "closed": ["2026-10-01"], "open": ["2026-10-03"]},
    "machines": {"L": ["L01", "L02"], "G": ["G01"]},
    "devices": {"L01": ["urn:L01", "L01"]},
    "parts": {"P1": {"steps": [{"machines": "L", "seconds": 240, "parts_per_cycle": 2}, {"machines": "G", "seconds": 90}], "outsourced": None, "bar_kg": "3.2"}},
}  # fmt: skip


def test_a_routing() -> None:
    found = declaration(json.dumps(ROUTING).encode())
    assert isinstance(found, Routing)
    assert found.parts["P1"].seconds("L") == 120 and found.parts["P1"].seconds("G") == 90
    assert found.machine_of() == {"urn:L01": "L01", "L01": "L01"}
    assert [found.works(date(2026, 10, day)) for day in (1, 2, 3, 4)] == [False, True, True, False]
    day = 1_790_870_400_000  # 2026-10-02 00:00 +08:00
    planned = list(found.planned(day, day + 24 * 3_600_000))
    assert sum(b - a for a, b in planned) == int(15.25 * 3_600_000)
    assert planned[0][0] == day + 8 * 3_600_000
    assert list(found.planned(day + 9 * 3_600_000, day + 10 * 3_600_000)) == [
        (day + 9 * 3_600_000, day + 10 * 3_600_000)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"shifts": ["08:00-07:00"]},
        {"shifts": ["08:00-12:00", "11:00-16:00"]},
        {"shifts": ["8-12"]},
        {"shifts": []},
        {"calendar": {"weekdays": [0]}},
        {"calendar": {"weekdays": [True]}},
        {"calendar": {"weekdays": [1], "closed": ["2026-13-01"]}},
        {"machines": {"L": ["L01"], "G": ["L01"]}},
        {"machines": {}},
        {"devices": {"X": ["x"]}},
        {"devices": {"L01": ["a"], "L02": ["a"]}},
        {"parts": {"P1": {"steps": [{"machines": "X", "seconds": 1}]}}},
        {"parts": {"P1": {"steps": [{"machines": "L", "seconds": 0}]}}},
        {"parts": {"P1": {"steps": [{"machines": "L", "seconds": 1.5}]}}},
        {"parts": {"P1": {"steps": [], "bar_kg": 3.2}}},
        {"parts": {"P1": {"steps": [], "bar_kg": "NaN"}}},
        {"firm": None},
        {"more": 1},
    ],
)
def test_a_routing_that_is_not_as_its_schema_says_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedDocumentError):
        declaration(json.dumps(ROUTING | change).encode())


def test_what_declares_nothing() -> None:
    for data in (
        b"",
        b"{",
        b"[1]",
        b"{}",
        b'{"schema": 1}',
        b'{"schema": "another/1"}',
        b"\xff{",
        b'{"declaration": "routing"}',
        b"{" * 100_000,
    ):
        assert declaration(data) is None
    twice = json.dumps(ROUTING).replace('"firm":', '"firm": "x", "firm":', 1)
    with pytest.raises(MalformedDocumentError):
        declaration(twice.encode())


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda i: st.lists(i, max_size=3) | st.dictionaries(st.text(max_size=9), i, max_size=3), max_leaves=6), st.sampled_from(sorted(ROUTING)))  # fmt: skip
def test_anything_in_a_routing_is_read_or_refused(value: object, name: str) -> None:
    try:
        declaration(json.dumps(ROUTING | {name: value}).encode())
    except MalformedDocumentError as refused:
        assert refused.code == "DECLARATION_MALFORMED"
