"""The verb `connect`: a home on somebody else's node."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.context import Shell, told, verb

__all__ = ["connect"]


@verb
@click.argument("rpc", metavar="URL")
@click.option(
    "--ledger",
    "descriptor",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The consortium's ledger descriptor; without one, `up` founds a consortium on that chain.",
)
@click.option(
    "--confirmations",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Blocks on top that make a block final, where a consortium is to be founded; else the descriptor says it.",
)
def connect(shell: Shell, rpc: str, descriptor: Path | None, confirmations: int) -> None:
    """Make a new home that uses the node at URL instead of an embedded ledger."""
    from gateway.service import connecting

    chain_id = connecting.connect(shell.home, rpc, descriptor, confirmations)
    next_step = (
        "its ledger is ready" if descriptor is not None else "`assetcert up` founds a consortium there"
    )
    told(
        shell,
        {"chain_id": chain_id, "rpc": rpc, "home": str(shell.home.root), "founded": descriptor is not None},
        f"{shell.home.root} uses {rpc} (chain {chain_id}); {next_step}",
    )
