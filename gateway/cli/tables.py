"""Verbs about a firm's own tables: `map` and `template`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.context import AS, OUT, Shell, grid, plain, told, verb
from gateway.errors import UsageError

if TYPE_CHECKING:
    from gateway.service.profiles import Proposal

__all__ = ["map", "template"]


@verb
@click.argument("file", type=click.Path(path_type=Path))
@AS
@click.option("--name", help="Name of the profile; default: the file's.")
@click.option("--yes", is_flag=True, help="Confirm without being asked.")
def map(shell: Shell, file: Path, org: str | None, name: str | None, yes: bool) -> None:
    """Propose how an export of the firm's own system reads, and remember it once it is confirmed."""
    from gateway.installation import Book
    from gateway.service import profiles

    organisation = Book(shell.home.require().keys).find(org)
    proposal = profiles.propose_for(file, profiles.named(name or file.stem))
    if not shell.as_json:
        _show(shell, proposal)
    if not yes and not click.confirm("Read tables with these titles like this from now on?", err=True):
        raise UsageError("NOT_CONFIRMED", "nothing was remembered; give --yes to confirm without a question")
    kept = profiles.remember(shell.home, organisation.short, proposal.profile)
    answer = {
        "profile": kept.name,
        "version": kept.version,
        "kind": kept.kind,
        "columns": dict(kept.columns),
        "facts": proposal.facts,
    }
    told(shell, answer, f"remembered for {organisation.short} as {kept.name} version {kept.version}")


def _show(shell: Shell, proposal: Proposal) -> None:
    table = grid("title", "read as", "for example", title=proposal.profile.kind)
    for title, column in proposal.profile.columns:
        table.add_row(plain(title), column, plain(proposal.samples.get(title, "")))
    shell.console.print(table)
    for name, value in proposal.facts.items():
        shell.console.print(f"[dim]{name}[/]  {plain(value)}")


@verb
@click.argument("kind")
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of the titles.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["xlsx", "csv"]),
    default="xlsx",
    show_default=True,
    help="Kind of table.",
)
@OUT
def template(shell: Shell, kind: str, language: str, form: str, out: Path) -> None:
    """Write an empty table for a kind of document, to fill in."""
    from certifier.documents.profile import template as made
    from certifier.schema import KINDS
    from gateway.service.files import write_whole

    if kind not in KINDS or kind == "other":
        raise UsageError(
            "KIND", f"no template for {kind!r}: there are {', '.join(one for one in KINDS if one != 'other')}"
        )
    path = (out / f"{kind}.{language}.{form}").absolute()
    write_whole(path, made(kind, language, form))
    told(shell, {"kind": kind, "template": str(path)}, f"template: {path}")
