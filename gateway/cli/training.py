"""Verbs of cards, below `product`: a loan book out of this home, a card fitted to one, champion and challenger on the same dossiers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.context import AS, Shell, told, verb

if TYPE_CHECKING:
    from gateway.credit.scorecard import Scorecard

__all__ = ["book", "challenge", "train"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_CARD = click.option("--champion", type=_FILE, help="The card to beat; default: the one that ships.")


@verb
@AS
@click.option("--out", type=_FILE, required=True, help="Where the CSV goes.")
def book(shell: Shell, org: str | None, out: Path) -> None:
    """Write a lender's loan book: features at the decision, and whether the loan defaulted. No name and no amount."""
    from gateway.credit.book import book_of
    from gateway.service.files import write_whole
    from gateway.service.lent import dossiers

    with shell.installation() as installation:
        found = dossiers(installation, installation.book.find(org))
    write_whole(out, book_of(found).encode())
    said = {"file": str(out.resolve()), "loans": len(found), "defaults": sum(one.bad for one in found)}
    told(shell, said, f"{said['loans']} loans, {said['defaults']} of them defaulted: {out}")


@verb
@click.argument("file", type=_FILE)
@_CARD
@click.option("--code", required=True, help="What the new card is called.")
@click.option("--version", type=click.IntRange(1), default=1, show_default=True)
@click.option("--out", type=_FILE, required=True, help="Where the card goes.")
def train(shell: Shell, file: Path, champion: Path | None, code: str, version: int, out: Path) -> None:
    """Fit a points card to a loan book (needs the extra `assetcert[training]`), and report how it does beside the champion."""
    from gateway.credit.book import book_in
    from gateway.credit.training import train as fit
    from gateway.service.files import write_whole

    card, report = fit(book_in(file.read_bytes(), str(file)), _card(champion), code, version)
    write_whole(out, json.dumps(dict(card.body), indent=1).encode())
    told(
        shell,
        report | {"card": str(out.resolve())},
        f"{out}\n{json.dumps(report, indent=1, ensure_ascii=False)}",
    )


@verb
@click.argument("challenger", type=_FILE)
@click.argument("file", type=_FILE)
@_CARD
def challenge(shell: Shell, challenger: Path, file: Path, champion: Path | None) -> None:
    """Two cards on the same loan book: Gini, KS, and whom each would turn away. Nothing changes."""
    from gateway.credit.book import book_in
    from gateway.credit.challenge import challenge as compare

    found = compare(_card(champion), _card(challenger), book_in(file.read_bytes(), str(file)))
    told(shell, found, json.dumps(found, indent=1, ensure_ascii=False))


def _card(path: Path | None) -> Scorecard:
    from gateway.credit.documents import parse
    from gateway.credit.products import default_scorecard
    from gateway.credit.scorecard import SCHEMA, Scorecard

    return default_scorecard() if path is None else Scorecard.of(parse(path.read_bytes(), SCHEMA, str(path)))
