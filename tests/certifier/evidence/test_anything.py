"""Papers that say anything that their schema lets them say: `assess` answers, the same in any order, and never raises."""

from __future__ import annotations

from random import Random

from certifier.canonical import FieldType
from certifier.documents.trace import STATES, Interval, Measured, Trace
from certifier.evidence import Attribute, Paper
from certifier.evidence.attributes import STRONG, WEAK
from certifier.schema import KINDS, RELATIONS, paths_of, problem
from tests.certifier.evidence.making import BODY, CARRIER, FIRM, OTHER, ROUTING, judged, made

NUMBERS = ["A1", "A2", "A3"]
DECIMALS = ["0", "-1", "1", "100", "0.000001", "99999999999999.99", "-4013.76", "100000"]
DAYS = ["0001-01-01", "2026-08-03", "2026-08-04", "2026-09-01", "2026-09-26", "9999-12-31"]
VALUES = {
    FieldType.TEXT: [*NUMBERS, "FIRM1", "FIRM1", "BUYER1", "OTHER1", "P101", "*钢*P101 轴", "389", "L01"],
    FieldType.DECIMAL: DECIMALS,
    FieldType.QUANTITY: ["0 H87", "100 H87", "-3 H87", "99999999999999.99 KGM", "5 TNE", "7 KWH"],
    FieldType.INTEGER: ["0", "1", "200", "-7", "99999999999"],
    FieldType.DATE: DAYS,
    FieldType.INSTANT: [f"{day}T23:59:59Z" for day in DAYS],
    FieldType.LOCAL_TIME: [f"{day}T00:00:00" for day in DAYS],
    FieldType.CURRENCY: ["CNY"],
}
TIMES = [-(10**15), 0, 1_785_715_200_000, 1_785_715_260_000, 1_790_000_000_000, 10**15]
PATHS = {
    kind: {path[5:]: type_ for path, type_ in paths_of(kind).items() if path.startswith("fact.")}
    for kind in KINDS
}


def trace(draw: Random) -> Trace:
    return Trace(
        intervals=tuple(
            Interval(draw.choice(["L01", "X"]), draw.choice(STATES), draw.choice(TIMES), draw.choice(TIMES))
            for _ in range(draw.randrange(6))
        ),
        measured=tuple(Measured("d", str(n), draw.choice(DECIMALS)) for n in range(draw.choice([0, 3, 40]))),
        terms_days=draw.choice([None, 0, 60, -5, 10**12]),
        orders=tuple(draw.sample(NUMBERS, draw.randrange(3))),
        despatches=tuple(draw.sample(NUMBERS, draw.randrange(3))),
    )


def paper(draw: Random, earlier: list[Paper]) -> Paper:
    kind = draw.choice(KINDS)
    facts = {
        path.replace("NNNN", index): draw.choice(VALUES[type_])
        for path, type_ in PATHS[kind].items()
        for index in (("0001", "0002") if "NNNN" in path else ("",))
        if draw.random() < 0.8
    }
    assert not [path for path, value in facts.items() if problem(kind, f"fact.{path}", value)]
    linkable = [(relation, one) for (source, relation), target in RELATIONS.items() if source == kind for one in earlier if one.kind == target]  # fmt: skip
    return made(
        kind,
        facts,
        links=draw.sample(linkable, min(len(linkable), 3)),
        signer=draw.choice([None, ("witness", CARRIER), ("inspector", BODY), ("instrument", FIRM)]),
        issuer=draw.choice([FIRM, FIRM, FIRM, OTHER]),
        trace=draw.choice([None, trace(draw)]),
        declared=ROUTING if kind == "other" else None,
        sealed=draw.random() < 0.5,
    )


def test_anything() -> None:
    codes = set()
    for seed in range(150):
        draw = Random(seed)
        found: list[Paper] = []
        for _ in range(draw.randrange(1, 30)):
            found.append(paper(draw, found))
        attributes = [
            Attribute(draw.choice(["FIRM1", "BUYER1", "OTHER1", "CARRIER1"]), name, draw.choice([b"1", b"2"]))
            for name in draw.choices(sorted(STRONG | WEAK), k=draw.randrange(7))
        ]
        pledged = [one.asset_id for one in found[::2]]
        once = judged(found, attributes=attributes, pledged=pledged, terms={"BUYER1": 45})
        known = {one.asset_id for one in found}
        assert all(one.assets and set(one.assets) <= known for one in once.findings)
        shuffled = draw.sample(found, len(found))
        again = judged(shuffled, attributes=attributes[::-1], pledged=pledged[::-1], terms={"BUYER1": 45})
        assert once.findings == again.findings
        assert once.measures() == again.measures()
        codes |= {one.code for one in once.findings}
    assert len(codes) >= 6  # the papers are not so strange that nothing is found of them
