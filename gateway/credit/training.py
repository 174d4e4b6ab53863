"""Fit a points card to a book of loans of which some defaulted (PRODUCT 2.6, "when data exist"): monotone bins, weight of evidence, logit.

Needs the extra `assetcert[training]` (optbinning, statsmodels), which no server installs: what it exports is a document of the form that the
runtime looks points up in, exact. A tenth of a percent of a point is rounded away; what is insufficient gets the worst bin, as at runtime.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from math import log
from typing import Any

from gateway.credit.book import Dossier
from gateway.credit.challenge import shift, standing
from gateway.credit.scorecard import SCHEMA, Scorecard
from gateway.errors import UnavailableError, UsageError

__all__ = ["LEAST_DEFAULTS", "train"]

LEAST_DEFAULTS = 200
_PDO, _ANCHOR, _ODDS = 20, 600, 50
_FACTOR = _PDO / log(2)
_OFFSET = _ANCHOR - _FACTOR * log(_ODDS)
_HELD_OUT = 77  # of 256: three in ten
_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class _Binned:
    """A feature's limits, the weight of evidence of each bin, and which bin each loan of the book lies in."""

    feature: str
    limits: tuple[Decimal, ...]
    weights: tuple[float, ...]

    def weight(self, value: Decimal | None) -> float:
        return (
            min(self.weights) if value is None else self.weights[sum(value >= limit for limit in self.limits)]
        )


def train(
    book: Sequence[Dossier], champion: Scorecard, code: str, version: int
) -> tuple[Scorecard, dict[str, Any]]:
    """A card of the champion's features that tell anything, and a report on loans that it was not fitted to, both cards on the same.

    UsageError where fewer than 200 of the loans defaulted; UnavailableError where the extra is not installed.
    """
    defaults = sum(one.bad for one in book)
    if min(defaults, len(book) - defaults) < LEAST_DEFAULTS:
        raise UsageError(
            "TOO_FEW_DEFAULTS",
            f"{defaults} of {len(book)} loans defaulted: a card is fitted from {LEAST_DEFAULTS} of each on",
        )
    fitted = [one for one in book if not _held_out(one)]
    held_out = [one for one in book if _held_out(one)]
    binned = [found for one in champion.characteristics if (found := _bins(one.feature, fitted)) is not None]
    if not binned:
        raise UsageError("NOTHING_TOLD", "no feature of the book tells good loans from bad ones")
    start, slopes = _logit(binned, fitted)
    if not slopes:
        raise UsageError("NOTHING_TOLD", "what the features tell one by one, they do not tell together")
    card = _card(binned, start, slopes, code, version, champion, fitted)
    report = {
        "loans": len(book),
        "defaults": defaults,
        "fitted_to": len(fitted),
        "held_out": len(held_out),
        "features": [one.feature for one in binned],
        "champion": standing(champion, held_out).to_json(),
        "challenger": standing(card, held_out).to_json(),
        "psi": f"{shift(card, fitted, held_out):.4f}",
    }
    return card, report


def _held_out(one: Dossier) -> bool:
    """Three loans in ten, the same ones in every run."""
    return sha256(one.loan_id.encode()).digest()[0] < _HELD_OUT


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UnavailableError(
            "TRAINING_EXTRA", "fitting a card needs more libraries: pip install 'assetcert[training]'"
        ) from error


def _bins(feature: str, book: Sequence[Dossier]) -> _Binned | None:
    """Monotone bins of a feature; None where it falls into one, or is hardly ever known."""
    known = [(value, one.bad) for one in book if (value := one.values.get(feature)) is not None]
    if len({bad for _, bad in known}) < 2:
        return None
    binning = _library("optbinning").OptimalBinning(
        name=feature, dtype="numerical", monotonic_trend="auto_asc_desc"
    )
    binning.fit([float(value) for value, _ in known], [int(bad) for _, bad in known])
    limits = tuple(sorted({Decimal(str(float(split))).quantize(_PLACES) for split in binning.splits}))
    if not limits:
        return None
    good, worse = [0] * (len(limits) + 1), [0] * (len(limits) + 1)
    for value, bad in known:
        (worse if bad else good)[sum(value >= limit for limit in limits)] += 1
    goods, bads = sum(good), sum(worse)
    weights = tuple(log(((g + 0.5) / goods) / ((b + 0.5) / bads)) for g, b in zip(good, worse, strict=True))
    return _Binned(feature, limits, weights)


def _logit(binned: Sequence[_Binned], book: Sequence[Dossier]) -> tuple[float, Mapping[str, float]]:
    """logit(p_bad) = β0 + Σ βj · WoEj. A feature whose evidence would count the wrong way round is left out."""
    api = _library("statsmodels.api")
    used = list(binned)
    while True:
        columns = [[1.0, *(one.weight(each.values.get(one.feature)) for one in used)] for each in book]
        found = api.Logit([int(each.bad) for each in book], columns).fit(disp=0)
        slopes = dict(zip((one.feature for one in used), map(float, found.params[1:]), strict=True))
        wrong = [one for one in used if slopes[one.feature] > 0]
        if not wrong:
            return float(found.params[0]), slopes
        worst = max(wrong, key=lambda one: slopes[one.feature])
        used.remove(worst)


def _card(
    binned: Sequence[_Binned],
    start: float,
    slopes: Mapping[str, float],
    code: str,
    version: int,
    champion: Scorecard,
    book: Sequence[Dossier],
) -> Scorecard:
    used = [one for one in binned if one.feature in slopes]
    share = (_OFFSET - _FACTOR * start) / len(used)
    characteristics = [
        {"feature": one.feature, "bins": [
            {"points": round(share - _FACTOR * slopes[one.feature] * weight), **({"below": f"{limit:f}"} if limit is not None else {})}
            for weight, limit in zip(one.weights, (*one.limits, None), strict=True)
        ]}
        for one in used
    ]  # fmt: skip
    body = {"schema": SCHEMA, "code": code, "version": version, "base": 0, "characteristics": characteristics}
    return _graded(body, champion, book)


def _graded(body: Mapping[str, Any], champion: Scorecard, book: Sequence[Dossier]) -> Scorecard:
    """Grades that as many loans reach as reach the champion's: what changes is who, not how many."""
    ungraded = Scorecard.of({**body, "grades": [{"grade": "A", "from": 1}], "refer_from": 0})
    scores = sorted((ungraded.score(one.features).score for one in book), reverse=True)
    results = [champion.score(one.features) for one in book]
    floors, last = [], None
    for grade, least in (*champion.grades, ("", champion.refer_from)):
        reached = sum(one.score >= least for one in results)
        floor = scores[max(0, min(reached, len(scores)) - 1)]
        last = floor if last is None else min(floor, last - 1)
        floors.append((grade, last))
    *graded, (_, refer_from) = floors
    return Scorecard.of(
        {
            **body,
            "grades": [{"grade": grade, "from": least} for grade, least in graded],
            "refer_from": refer_from,
        }
    )
