"""Cards from default data: the figures against values worked by hand, champion and challenger, and a fitted card of the runtime's form."""

from __future__ import annotations

import importlib.util
import json
import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.credit.book import Dossier, book_in, book_of
from gateway.credit.challenge import challenge, shift
from gateway.credit.discrimination import gini, ks, psi
from gateway.credit.products import default_scorecard
from gateway.credit.scorecard import Scorecard
from gateway.errors import UnavailableError, UnreadableError, UsageError
from tests.gateway.conftest import assetcert

INSTALLED = all(importlib.util.find_spec(name) is not None for name in ("optbinning", "statsmodels"))


def loans(count: int, seed: int) -> list[Dossier]:
    """Loans whose default depends on delivery and on debt, and not on anything else."""
    draw, found = random.Random(seed), []
    for at in range(count):
        on_time, debt, noise = draw.uniform(60, 100), draw.uniform(0, 0.9), draw.uniform(0, 1)
        odds = 0.98 - 0.018 * (on_time - 60) - 0.7 * (0.9 - debt)
        values = dict.fromkeys(("F02", "F04", "F06", "F08", "F09", "F12", "F16", "F17", "F19", "F24"))
        told = {
            "F03": _two(on_time),
            "F22": _two(debt) if at % 20 else None,
            "F14": _two(noise),
            "F20": _two(noise / 2),
        }
        found.append(Dossier(f"loan-{seed}-{at}", draw.random() < odds, {**values, **told}))
    return found


def _two(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def test_figures_against_values_worked_by_hand() -> None:
    scores, bad = [1, 2, 3, 4], [True, True, False, False]
    assert (gini(scores, bad), ks(scores, bad)) == (1, 1)
    assert gini(scores, [False, False, True, True]) == -1
    assert (gini([5, 5, 5, 5], bad), ks([5, 5, 5, 5], bad)) == (0, 0)
    # 1b 2g 3b 4g: of four pairs three are in order
    assert (gini(scores, [True, False, True, False]), ks(scores, [True, False, True, False])) == (0.5, 0.5)
    with pytest.raises(ValueError, match="both"):
        gini(scores, [True] * 4)
    hundred = list(range(100))
    assert psi(hundred, hundred) == 0
    # a tenth of the loans moves from the lowest band to the highest: .1·(ln 2) + .1·(ln 1000)
    assert float(psi(hundred, [*range(10, 100), *range(90, 100)])) == pytest.approx(
        0.1 * 0.6931 + 0.0999 * 6.9078, abs=1e-3
    )


def test_a_book_is_read_strictly_and_written_as_it_is_read() -> None:
    book = sorted(loans(5, 1), key=lambda one: one.loan_id)
    assert book_in(book_of(book).encode(), "a.csv") == book
    for bad in (
        "loan_id,F03\nl,1\n",
        "loan_id,defaulted,F03\nl,2,1\n",
        "loan_id,defaulted,F03\nl,1,x\n",
        "loan_id,defaulted\nl,1\nl,0\n",
    ):
        with pytest.raises(UnreadableError, match="line"):
            book_in(bad.encode(), "a.csv")


def test_champion_and_challenger_on_the_same_dossiers() -> None:
    book, champion = loans(400, 2), default_scorecard()
    found = challenge(champion, champion, book)
    assert found["champion"] == found["challenger"] and shift(champion, book, book) == 0
    assert sum(one["loans"] for one in found["champion"]["bands"].values()) == found["loans"] == 400
    blind = Scorecard.of(
        {
            **champion.body,
            "characteristics": [one for one in champion.body["characteristics"] if one["feature"] == "F14"],
        }
    )
    worse = challenge(champion, blind, book)
    assert float(worse["challenger"]["gini"]) < float(worse["champion"]["gini"])
    with pytest.raises(UsageError, match="F03"):
        challenge(
            champion,
            blind,
            [Dossier("l", True, {"F14": Decimal(1)}), Dossier("m", False, {"F14": Decimal(1)})],
        )


def test_too_few_defaults_and_a_missing_extra_are_said(tmp_path: Path) -> None:
    from gateway.credit.training import train

    with pytest.raises(UsageError, match="from 200 of each"):
        train(loans(300, 3), default_scorecard(), "v1", 1)
    if not INSTALLED:
        with pytest.raises(UnavailableError, match=r"assetcert\[training\]"):
            train(loans(1500, 3), default_scorecard(), "v1", 1)


@pytest.mark.long
@pytest.mark.skipif(
    not INSTALLED, reason="the extra assetcert[training] (optbinning, statsmodels) is not installed"
)
def test_a_fitted_card_has_the_runtimes_form_and_beats_the_champion(tmp_path: Path) -> None:
    book, card = tmp_path / "book.csv", tmp_path / "card.json"
    book.write_text(book_of(loans(3000, 4)))
    done = assetcert("product", "train", book, "--code", "fitted-v1", "--out", card, home=tmp_path)
    assert done.code == 0, done.err
    report = done.json
    made = Scorecard.of(json.loads(card.read_text()))
    features = [one.feature for one in made.characteristics]
    assert {"F03", "F22"} <= set(features) <= {"F03", "F22", "F14", "F20"}
    assert float(report["challenger"]["gini"]) > 0.4 and float(report["psi"]) < 0.1
    assert _points(made, "F03") == sorted(_points(made, "F03"))
    assert _points(made, "F22") == sorted(_points(made, "F22"), reverse=True)
    assert (
        _points(made, "F22")[-1] == made.score({}).points[features.index("F22")].points
    )  # unknown: the worst bin
    fresh = tmp_path / "fresh.csv"
    fresh.write_text(book_of(loans(1000, 5)))
    found = assetcert("product", "challenge", card, fresh, home=tmp_path).json
    assert float(found["challenger"]["gini"]) > float(found["champion"]["gini"])
    again = tmp_path / "again.json"
    assetcert("product", "train", book, "--code", "fitted-v1", "--out", again, home=tmp_path)
    assert again.read_bytes() == card.read_bytes()


def _points(card: Scorecard, feature: str) -> Sequence[int]:
    (found,) = [one for one in card.characteristics if one.feature == feature]
    return [one.points for one in found.bins]
