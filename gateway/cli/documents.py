"""Verbs that read documents: `inspect` and `certify`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import Shell, grid, plain, verb
from gateway.errors import Exit, UsageError

if TYPE_CHECKING:
    from certifier.documents import Reading
    from certifier.documents.profile import Profile
    from gateway.home import Home
    from gateway.service.certifying import Outcome

__all__ = ["certify", "inspect"]

PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


@verb
@PATHS
@click.option(
    "--as",
    "org",
    help="Organisation whose declared profiles read its own tables; default: every one's of the home.",
)
def inspect(shell: Shell, paths: tuple[Path, ...], org: str | None) -> int:
    """Show kind, format, facts and warnings of documents; nothing is stored or sent."""
    from certifier.documents import Reader
    from gateway.service.files import expand

    files = expand(paths)
    readings = []
    with (
        Reader(profiles=_profiles(shell.home, org)) as reader,
        shell.progress("reading", len(files)) as advance,
    ):
        for reading in reader.read(files):
            readings.append(reading)
            advance(1)
    if shell.as_json:
        shell.emit({"files": [_reading_json(reading) for reading in readings]})
    else:
        _show_readings(shell, readings)
    return Exit.UNREADABLE if any(reading.error for reading in readings) else Exit.DONE


def _profiles(home: Home, org: str | None) -> Sequence[Profile]:
    """The home's declared profiles; where it has none, nothing is imported for them."""
    if not (home.root / "profiles").is_dir():
        return ()
    from gateway.installation import Book
    from gateway.service.profiles import of_home

    return of_home(home, Book(home.keys).find(org).short if org is not None else None)


def _reading_json(reading: Reading) -> dict[str, Any]:
    document, error = reading.document, reading.error
    return {
        "path": str(reading.path),
        "sha256": "0x" + reading.sha256.hex() if reading.sha256 is not None else None,
        "bytes": reading.size,
        "media_type": document.media_type if document else None,
        "kind": document.kind if document else None,
        "format": document.format if document else None,
        "schema": document.schema if document else None,
        "facts": dict(document.facts) if document else {},
        "warnings": [{"code": notice.code, "message": notice.message} for notice in document.warnings]
        if document
        else [],
        "error": {"code": error.code, "message": str(error)} if error else None,
    }


def _show_readings(shell: Shell, readings: Sequence[Reading]) -> None:
    for reading in readings:
        if reading.document is None:
            shell.console.print(f"[bold red]{plain(reading.path)}[/]: {plain(reading.error)}")
            continue
        document = reading.document
        about = " · ".join(filter(None, (document.kind, document.format, document.schema)))
        table = grid("", "", title=f"[bold]{plain(reading.path)}[/]  {plain(about)}")
        for name, value in document.facts.items():
            table.add_row(f"[dim]{name}[/]", plain(value))
        for notice in document.warnings:
            table.add_row(f"[yellow]{notice.code}[/]", plain(notice.message))
        if not document.facts:
            table.add_row("", "no facts: it would be certified by its bytes alone")
        shell.console.print(table)
    failed = sum(reading.error is not None for reading in readings)
    warned = sum(bool(reading.document and reading.document.warnings) for reading in readings)
    shell.console.print(
        f"{len(readings)} file{'s' * (len(readings) != 1)}: {len(readings) - failed} read, {warned} with warnings, {failed} not readable"
    )


@verb
@PATHS
@click.option("--as", "org", help="Organisation that certifies: short name, identifier or id.")
@click.option(
    "--dossier", help="Dossier to put the assets into; links to its papers are found by their numbers."
)
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="RELATION=ASSET",
    help="State a link to an earlier paper (repeatable).",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the receipts.")
def certify(
    shell: Shell,
    paths: tuple[Path, ...],
    org: str | None,
    dossier: str | None,
    links: tuple[str, ...],
    out: Path | None,
) -> int:
    """Certify documents: their facts committed, content encrypted, ids anchored, receipts written."""
    from gateway.service import certifying
    from gateway.service.files import expand

    files = expand(paths)
    stated = [_link(link) for link in links]
    with shell.installation() as installation, shell.progress("certifying", len(files)) as advance:
        organisation = installation.book.find(org)
        outcome = certifying.certify(
            installation, organisation, files, out=out, dossier=dossier, links=stated, advance=advance
        )
    if shell.as_json:
        shell.emit(_outcome_json(outcome))
    else:
        _show_outcome(shell, outcome)
    return Exit.UNREADABLE if outcome.errors else Exit.DONE


def _link(text: str) -> tuple[str, bytes]:
    from certifier.schema import RELATIONS
    from ledger.types import parse_hex32

    relation, _, target = text.partition("=")
    if relation not in {name for _, name in RELATIONS}:
        raise UsageError(
            "LINK",
            f"--link {text}: no relation is called {relation!r}; there are {', '.join(sorted({n for _, n in RELATIONS}))}",
        )
    try:
        return relation, parse_hex32(target)
    except ValueError as error:
        raise UsageError("LINK", f"--link {text}: an asset id is expected after '=': {error}") from error


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    from ledger.types import hex32

    return {
        "batches": [
            {"root": hex32(batch.root), "block": batch.block, "transaction": hex32(batch.transaction)}
            for batch in outcome.batches
        ],
        "assets": [
            {
                "path": str(asset.path),
                "asset_id": asset.asset_id,
                "cid": asset.cid,
                "receipt": str(asset.receipt),
                "root": asset.root,
                "existing": asset.existing,
                "warnings": [{"code": notice.code, "message": notice.message} for notice in asset.warnings],
            }
            for asset in outcome.assets
        ],
        "errors": [
            {"path": str(failed.path), "code": failed.code, "message": failed.message}
            for failed in outcome.errors
        ],
        "dossier": str(outcome.dossier) if outcome.dossier else None,
    }


def _show_outcome(shell: Shell, outcome: Outcome) -> None:
    table = grid("file", "asset", "")
    for asset in outcome.assets:
        notes = ", ".join(notice.code for notice in asset.warnings)
        table.add_row(
            plain(asset.path.name),
            asset.asset_id,
            ("certified before " if asset.existing else "certified ") + f"[yellow]{notes}[/]",
        )
    if outcome.assets:
        shell.console.print(table)
    for failed in outcome.errors:
        shell.console.print(f"[bold red]{plain(failed.path)}[/]: {plain(failed.message)}")
    made = sum(not asset.existing for asset in outcome.assets)
    where = f"; receipts in {plain(outcome.assets[0].receipt.parent)}" if outcome.assets else ""
    shell.console.print(
        f"{made} certified in {len(outcome.batches)} transactions, {len(outcome.assets) - made} before, {len(outcome.errors)} not{where}"
    )
