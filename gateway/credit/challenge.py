"""Champion and challenger on the same dossiers (PRODUCT 1b, 2.6): how each tells good from bad, how scores shift, whom each would turn away.

It changes nothing: the champion stays until its lender publishes products under another card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.credit.book import Dossier
from gateway.credit.discrimination import gini, ks, psi
from gateway.credit.scorecard import Result, Scorecard
from gateway.errors import UsageError

__all__ = ["Standing", "challenge", "shift", "standing"]


@dataclass(frozen=True)
class Standing:
    """One card on a book: its digest, figures to four places, and how many it approves, refers, declines and how many of those are bad."""

    card: str
    gini: float
    ks: float
    bands: dict[str, dict[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Members of a report; figures as text, as everywhere."""
        return {"card": self.card, "gini": f"{self.gini:.4f}", "ks": f"{self.ks:.4f}", "bands": self.bands}


def standing(card: Scorecard, book: Sequence[Dossier]) -> Standing:
    """How a card does on a book. UsageError where it holds no good or no bad loans, or lacks a feature of the card."""
    return _standing(card, book, _scored(card, book))


def challenge(champion: Scorecard, challenger: Scorecard, book: Sequence[Dossier]) -> dict[str, Any]:
    """Both cards on the same dossiers, side by side."""
    old, new = _scored(champion, book), _scored(challenger, book)
    swaps = Counter(f"{one.band} → {other.band}" for one, other in zip(old, new, strict=True))
    bad = Counter(
        f"{one.band} → {other.band}"
        for one, other, dossier in zip(old, new, book, strict=True)
        if dossier.bad
    )
    return {
        "loans": len(book),
        "defaults": sum(one.bad for one in book),
        "champion": _standing(champion, book, old).to_json(),
        "challenger": _standing(challenger, book, new).to_json(),
        "swaps": {name: {"loans": count, "defaults": bad[name]} for name, count in sorted(swaps.items())},
    }


def _scored(card: Scorecard, book: Sequence[Dossier]) -> list[Result]:
    wanted = {one.feature for one in card.characteristics}
    if missing := wanted - {name for one in book for name in one.values}:
        raise UsageError(
            "LOAN_BOOK", f"the book has no column {', '.join(sorted(missing))}, which the card scores"
        )
    return [card.score(one.features) for one in book]


def _standing(card: Scorecard, book: Sequence[Dossier], results: Sequence[Result]) -> Standing:
    scores, bad = [float(one.score) for one in results], [one.bad for one in book]
    if not 0 < sum(bad) < len(bad):
        raise UsageError("LOAN_BOOK", "a book with loans that defaulted and loans that did not is due")
    bands = {
        band: {"loans": sum(one.band == band for one in results), "defaults": sum(one.band == band and dossier.bad for one, dossier in zip(results, book, strict=True))}
        for band in ("approve", "refer", "decline")
    }  # fmt: skip
    return Standing(card.digest, gini(scores, bad), ks(scores, bad), bands)


def shift(card: Scorecard, before: Sequence[Dossier], after: Sequence[Dossier]) -> Decimal:
    """PSI of a card's scores from one book to another."""
    return psi(*([one.score for one in _scored(card, book)] for book in (before, after)))
