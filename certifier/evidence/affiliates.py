"""Control groups: who shares a legal representative, an account, an owner, a telephone (PRODUCT 3.2).

Works on tokens alone. A value that more than `hub` organisations share (an industrial park's address, a bookkeeper's
telephone) says nothing of control and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from certifier.evidence.attributes import BINDING, STRONG, WEAK, Attribute
from certifier.evidence.policy import Policy

__all__ = ["Groups", "Shared"]


@dataclass(frozen=True, slots=True)
class Shared:
    """One attribute that two parties have in common, and the assets that told it."""

    name: str
    parties: tuple[str, str]
    assets: tuple[bytes, ...]

    @property
    def strong(self) -> bool:
        """Whether it counts in a cycle's score."""
        return self.name in STRONG


class Groups:
    """Parties by control group, and what they share. Without attributes everybody is a group of one."""

    def __init__(self, attributes: Iterable[Attribute], policy: Policy) -> None:
        self.shared = _shared(attributes, policy.hub)
        self._up: dict[str, str] = {}
        pairs: dict[tuple[str, str], set[str]] = {}
        for one in self.shared:
            pairs.setdefault(one.parties, set()).add(one.name)
        for (a, b), names in sorted(pairs.items()):
            if names & BINDING or len(names) >= 2:
                self._join(a, b)

    def _join(self, a: str, b: str) -> None:
        low, high = sorted((self.of(a), self.of(b)))
        if low != high:
            self._up[high] = low

    def of(self, party: str) -> str:
        """The group of a party: its member first by name, the party itself where it shares nothing."""
        while party in self._up:
            party = self._up[party]
        return party

    def same(self, a: str, b: str) -> bool:
        """Whether two parties are under one control, as far as attributes tell."""
        return self.of(a) == self.of(b)

    def members(self, party: str) -> tuple[str, ...]:
        """Everybody in the party's group, itself included."""
        known = {party, *self._up, *self._up.values()}
        return tuple(sorted(one for one in known if self.same(one, party)))

    def between(self, parties: Iterable[str]) -> tuple[Shared, ...]:
        """What any two of these share."""
        those = frozenset(parties)
        return tuple(one for one in self.shared if those.issuperset(one.parties))


def _shared(attributes: Iterable[Attribute], hub: int) -> tuple[Shared, ...]:
    holders: dict[tuple[str, bytes], dict[str, set[bytes]]] = {}
    for one in attributes:
        if one.name in STRONG | WEAK:
            assets = holders.setdefault((one.name, one.token), {}).setdefault(one.party, set())
            assets |= {one.asset} if one.asset is not None else set()
    return tuple(
        Shared(name, (a, b), tuple(sorted(held[a] | held[b])))
        for (name, _), held in sorted(holders.items())
        if len(held) <= hub
        for a, b in combinations(sorted(held), 2)
    )
