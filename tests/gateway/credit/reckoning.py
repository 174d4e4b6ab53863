"""How tests come from papers to a decision: the world's organisations, and one inquiry with everything else as usual."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from certifier.evidence import Paper
from certifier.evidence.assessment import Assessment, assess
from gateway.credit.decision import Inquiry
from gateway.credit.matching import Ask
from gateway.credit.obligations import Standing
from gateway.credit.products import default_rules, default_scorecard, defaults
from tests.gateway.credit.conftest import organisations
from tests.two_rivers.reading import AS_OF, World

__all__ = ["assessment", "inquiry"]


def assessment(world: World, firm: str, papers: Iterable[Paper], as_of: date = AS_OF) -> Assessment:
    """What a firm's papers say together."""
    known = organisations(world)
    names = {known[one["short"]]: [one["identifier"]] for one in world.manifest["organisations"]}
    return assess(papers, firm=known[firm], as_of=as_of, names=names)


def inquiry(found: Assessment, amount: int = 600_000, days: int = 90, **others: Any) -> Inquiry:
    """An application for the shipped products under the shipped card and rules; `others` replaces members."""
    usual: dict[str, Any] = {
        "ask": Ask("application", Decimal(amount), days, found.case.as_of),
        "products": defaults(),
        "card": default_scorecard(),
        "rules": default_rules(),
        "found": found,
        "standing": Standing(),
    }
    return Inquiry(**(usual | others))
