"""The points card: a table look-up, exact, with reasons (PRODUCT 2.6). Judgemental: it states no probability of default.

The card is a versioned document whose digest stands in every record. A feature that is insufficient gets the points of its worst bin, and a
reason of its own: not enough evidence is not the same as bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.credit.documents import digest
from gateway.credit.feature import Feature
from gateway.errors import UnreadableError

__all__ = ["INSUFFICIENT", "MOST_REASONS", "SCHEMA", "Bin", "Characteristic", "Result", "Scorecard", "Scored"]

SCHEMA = "assetcert/scorecard/1"
INSUFFICIENT = "INSUFFICIENT"
MOST_REASONS = 4
_MEMBERS = {"schema", "code", "version", "base", "grades", "refer_from", "characteristics"}


@dataclass(frozen=True, slots=True)
class Bin:
    """Values `below` a limit, or up to and including `upto`; neither: all the rest."""

    points: int
    below: Decimal | None = None
    upto: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether a value that no earlier bin holds lies in this one."""
        if self.below is not None:
            return value < self.below
        return self.upto is None or value <= self.upto

    @property
    def edge(self) -> str:
        """Its limit as text; empty for the rest."""
        limit = self.below if self.below is not None else self.upto
        return "" if limit is None else f"{limit:f}"


@dataclass(frozen=True)
class Characteristic:
    """One feature's bins, in order."""

    feature: str
    bins: tuple[Bin, ...]

    @property
    def most(self) -> int:
        """Points of its best bin."""
        return max(one.points for one in self.bins)

    def scored(self, feature: Feature | None) -> Scored:
        """What this feature gets."""
        if feature is None or feature.value is None:
            least = min(self.bins, key=lambda one: one.points)
            return Scored(self.feature, None, least.points, self.most, INSUFFICIENT, self._better(least))
        found = next(one for one in self.bins if one.holds(feature.value))
        return Scored(
            self.feature,
            feature.value,
            found.points,
            self.most,
            str(self.bins.index(found)),
            self._better(found),
        )

    def _better(self, found: Bin) -> str:
        """The edge beyond which the next better bin begins; empty where there is none."""
        at = self.bins.index(found)
        beside = [self.bins[i] for i in (at - 1, at + 1) if 0 <= i < len(self.bins)]
        better = [one for one in beside if one.points > found.points]
        if not better:
            return ""
        return found.edge if self.bins.index(better[0]) > at else better[0].edge


@dataclass(frozen=True, slots=True)
class Scored:
    """Points of one characteristic; `bin` is its place, or INSUFFICIENT; `edge` where the next better bin begins."""

    feature: str
    value: Decimal | None
    points: int
    most: int
    bin: str
    edge: str

    @property
    def shortfall(self) -> int:
        """What the best bin would have given more."""
        return self.most - self.points

    def to_json(self) -> dict[str, Any]:
        """Members as in a decision record."""
        value = None if self.value is None else f"{self.value:f}"
        return {"feature": self.feature, "value": value, "points": self.points, "most": self.most, "bin": self.bin, "edge": self.edge}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """`grade` is None below the lowest; `band` is approve, refer or decline."""

    score: int
    grade: str | None
    band: str
    points: tuple[Scored, ...]

    @property
    def reasons(self) -> tuple[Scored, ...]:
        """At most four, the largest shortfall first; of equal ones, the feature that comes first by number."""
        short = [one for one in self.points if one.shortfall]
        return tuple(sorted(short, key=lambda one: (-one.shortfall, one.feature))[:MOST_REASONS])


@dataclass(frozen=True)
class Scorecard:
    """A card as its document states it."""

    body: Mapping[str, Any]
    base: int
    grades: tuple[tuple[str, int], ...]
    refer_from: int
    characteristics: tuple[Characteristic, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the document's RFC 8785 JSON."""
        return digest(self.body)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Scorecard:
        """The card that a document states. UnreadableError where it is none, or leaves a value without points."""
        if body.keys() != _MEMBERS or body["schema"] != SCHEMA:
            raise UnreadableError(
                "SCORECARD", f"a scorecard has exactly the members {', '.join(sorted(_MEMBERS))}"
            )
        try:
            grades = tuple((str(one["grade"]), int(one["from"])) for one in body["grades"])
            found = tuple(_characteristic(one) for one in body["characteristics"])
            card = cls(body, int(body["base"]), grades, int(body["refer_from"]), found)
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise UnreadableError("SCORECARD", f"the scorecard is not as it should be: {error!r}") from error
        floors = [least for _, least in grades]
        if floors != sorted(set(floors), reverse=True) or not floors or card.refer_from >= floors[-1]:
            raise UnreadableError(
                "SCORECARD", "grades: from the best to the worst, and refer_from below them all"
            )
        return card

    def score(self, features: Mapping[str, Feature]) -> Result:
        """Points, score, grade and band of these features."""
        points = tuple(one.scored(features.get(one.feature)) for one in self.characteristics)
        score = self.base + sum(one.points for one in points)
        grade = next((name for name, least in self.grades if score >= least), None)
        band = "approve" if grade is not None else "refer" if score >= self.refer_from else "decline"
        return Result(score, grade, band, points)


def _characteristic(body: Mapping[str, Any]) -> Characteristic:
    bins = tuple(
        Bin(int(one["points"]), *(Decimal(one[name]) if name in one else None for name in ("below", "upto")))
        for one in body["bins"]
    )
    limits = [one.below if one.below is not None else one.upto for one in bins[:-1]]
    if None in limits or sorted(limits) != limits or bins[-1].below is not None or bins[-1].upto is not None:  # type: ignore[type-var]
        raise ValueError(f"{body['feature']}: bins in order of their limits, the last one without")
    return Characteristic(str(body["feature"]), bins)
