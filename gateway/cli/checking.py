"""Verbs that trust nobody: `verify` and `audit`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.context import Shell, plain, verb
from gateway.errors import Exit

if TYPE_CHECKING:
    from certifier.verify import Check, Verdict
    from gateway.service.verifying import Verification

__all__ = ["audit", "verify"]

MARKS = {
    "VALID": "[green]✔ VALID  [/]",
    "INVALID": "[bold red]✘ INVALID[/]",
    "UNKNOWN": "[bold yellow]? UNKNOWN[/]",
    "SKIPPED": "[dim]– SKIPPED[/]",
}


@verb
@click.argument("receipt", type=click.Path(path_type=Path))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--as", "org", help="Organisation on whose behalf: its own live claims do not stand in its way."
)
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Ledger descriptor to trust; default: the home's.",
)
@click.option(
    "--rpc",
    multiple=True,
    metavar="URL",
    help="Node to read (repeatable: two must agree); default: the home's own.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Declared profile by which the issuer's own table reads (repeatable).",
)
def verify(
    shell: Shell,
    receipt: Path,
    file: Path | None,
    org: str | None,
    ledger: Path | None,
    rpc: tuple[str, ...],
    profiles: tuple[Path, ...],
) -> int:
    """Check a receipt or a dossier, with FILE against the document itself."""
    from gateway.service import verifying
    from gateway.standin import readable

    shown = None if shell.as_json else partial(_show_check, shell)
    with readable(shell.home) as home, verifying.opened(home, ledger, rpc) as session:
        reports = session.run(receipt, file, org, shown, profiles)
    if shell.as_json:
        shell.emit(reports.to_json())
    else:
        _show_end(shell, reports)
    return _exit(reports.verdict)


def _exit(verdict: Verdict) -> int:
    return {"VALID": Exit.DONE, "INVALID": Exit.INVALID}.get(verdict.value, Exit.UNKNOWN)


def _show_check(shell: Shell, check: Check) -> None:
    cause = f" [{check.cause.value}]" if check.cause else ""
    shell.console.print(
        f"{check.code.value:>2} {check.code.name:<12} {MARKS[check.verdict.value]} {plain(check.message + cause)}"
    )


def _show_end(shell: Shell, outcome: Verification) -> None:
    for report in outcome.reports:
        if outcome.dossier is not None:
            shell.console.print(f"{report.asset_id}  {MARKS[report.verdict.value]}")
            for check in report.checks:
                if check.verdict.value in ("INVALID", "UNKNOWN"):
                    _show_check(shell, check)
    last = outcome.reports[-1]
    if last.as_of is not None:
        shell.console.print(
            f"[dim]as of block {last.as_of.number} ({last.as_of.hash}) of {last.as_of.time}, chain {last.as_of.chain_id}, final: {last.as_of.finality}[/]"
        )
    for message in dict.fromkeys(item.message for item in last.not_verified):
        shell.console.print(f"[dim]not verified: {plain(message)}[/]")
    shell.console.print(f"[bold]{MARKS[outcome.verdict.value]}[/]")


@verb
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Ledger descriptor to trust; default: the home's.",
)
@click.option("--rpc", metavar="URL", help="Node to read; default: the home's own.")
def audit(shell: Shell, ledger: Path | None, rpc: str | None) -> int:
    """Rebuild and check everything from block 0, from the ledger alone."""
    from certifier.audit import audit as rebuild
    from gateway.service import verifying
    from gateway.standin import readable

    with (
        readable(shell.home) as home,
        verifying.connected(home, ledger, (rpc,) if rpc else ()) as (node, *_),
        shell.progress("auditing", None) as advance,
    ):
        result = rebuild(node.ledger, progress=lambda _reached, _last: advance(1))
    if shell.as_json:
        shell.emit(result.to_json())
    else:
        shell.console.print(
            f"blocks {result.from_block} to {result.to_block}: {result.batches:,} batches, {result.assets:,} assets, {result.pledges:,} pledges"
        )
        for finding in result.findings:
            shell.console.print(
                f"[red]{finding.code}[/] {plain(finding.message)}  [dim]{plain(finding.evidence)}[/]"
            )
        shell.console.print(MARKS[result.verdict.value])
    return _exit(result.verdict)
