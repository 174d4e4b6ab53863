"""Verbs that run and keep an installation: `up`, `demo`, `reindex`, `backup`, `restore`, `doctor`, `bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.context import Shell, grid, plain, told, verb
from gateway.errors import Exit

__all__ = ["backup", "bench", "demo", "doctor", "reindex", "restore", "up"]


@verb
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8420,
    show_default=True,
    help="Port of the gateway on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--demo",
    is_flag=True,
    help="Fill a home that has no world yet with the demo's, and print a new login for each role.",
)
def up(shell: Shell, port: int, demo: bool) -> None:
    """Start ledger, store and gateway; a home that is not there yet is founded with one registrar."""
    from gateway.service import serving

    def passphrase() -> str:
        return shell.passphrase() if shell.home.exists else shell.first_passphrase()

    serving.serve(
        shell.home,
        port,
        passphrase,
        shell.errors.print,
        lambda said: _up_told(shell, said),
        shell.progress if demo else None,
    )


def _up_told(shell: Shell, said: dict[str, Any]) -> None:
    if shell.as_json:
        shell.emit(said)
        return
    logins = said.pop("logins", [])
    for name, url in said.items():
        shell.console.print(f"{name:<8} {url}")
    if logins:
        table = grid("user", "password", "organisation", "role", title="logins, shown this once")
        for login in logins:
            table.add_row(login["user"], login["password"], login["organisation"], login["role"])
        shell.console.print(table)
        shell.console.print(
            "Members, people and keys are changed only by whoever has shown more than a password: sign in, open "
            "Account, and set up an authenticator app or a passkey first."
        )
    shell.console.print("ready; Ctrl-C stops it")


@verb
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of real files to certify too.",
)
def demo(shell: Shell, data: Path | None) -> int:
    """Tell the whole story on real files, end to end, in a home of its own."""
    from gateway.cli import story
    from gateway.demo import Step, tell

    def shown(step: Step) -> None:
        if not shell.as_json:
            story.show(shell.console, step)

    told_story = tell(shell.home, data, shown, shell.progress)
    if shell.as_json:
        shell.emit(told_story.to_json())
    else:
        shell.console.print(
            f"transactions signed by core enterprises: [bold]{told_story.core_enterprise_transactions}[/]"
        )
        for rest in ("certify --as M1 FILE --out OUT", "up --demo"):
            shell.console.print(f"[dim]go on with: assetcert --home {plain(shell.home.root)} {rest}[/]")
    return Exit.DONE if all(step.ok for step in told_story.steps) else Exit.INVALID


@verb
def reindex(shell: Shell) -> None:
    """Rebuild the index from block 0; what only the database holds stays."""
    from gateway.service import indexing

    with shell.installation() as installation, shell.progress("reading events", None) as advance:
        count = indexing.reindex(installation, advance)
        block = installation.ledger.pin().number
    told(shell, {"events": count, "to_block": block}, f"{count:,} events up to block {block:,}")


@verb
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup(shell: Shell, target: Path) -> None:
    """Save keys, receipts, ledger log, database and blocks in one file."""
    from gateway.service import archive
    from gateway.standin import readable

    with readable(shell.home.require()) as home:
        count = archive.backup(home, target)
    told(
        shell,
        {"backup": str(target.absolute()), "files": count},
        f"{count:,} files saved in {target}: it holds keys, keep it safe",
    )


@verb
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(shell: Shell, source: Path) -> None:
    """Bring a backup into a home that does not exist yet."""
    from gateway.service import archive

    count = archive.restore(shell.home, source)
    told(
        shell,
        {"home": str(shell.home.root), "files": count},
        f"{count:,} files restored into {shell.home.root}",
    )


@verb
def doctor(shell: Shell) -> int:
    """Say what works here, what does not, and what to do about it."""
    from gateway.service import health

    findings = health.examine(shell.home)
    if shell.as_json:
        shell.emit({"checks": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            shell.console.print(
                f"{'[green]✔[/]' if finding.ok else '[bold red]✘[/]'} {finding.name}: {finding.message}"
            )
    return Exit.DONE if all(finding.ok for finding in findings) else Exit.UNAVAILABLE


@verb
@click.option("--quick", is_flag=True, help="Smaller samples: a first impression in under a minute.")
def bench(shell: Shell, quick: bool) -> None:
    """Measure, each figure beside what it is compared with, as a ratio of the same run."""
    from gateway.bench import run

    shown = shell.errors if shell.as_json else shell.console  # minutes of work: each figure as it comes
    results = run(quick, lambda result: shown.print(result.line(), markup=False))
    if shell.as_json:
        shell.emit({"results": [result.to_json() for result in results]})
