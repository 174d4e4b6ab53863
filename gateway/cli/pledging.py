"""Verbs about liens: `offer`, `pledge`, `close`, `liens`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.cli.context import AS, OUT, Shell, grid, told, verb
from gateway.errors import Exit, UsageError

__all__ = ["close", "liens", "offer", "pledge"]

MOST_DAYS = 36_525
"""A century: beyond it a number of days is a slip."""


@verb
@click.argument("targets", nargs=-1, required=True, metavar="RECEIPT...")
@AS
@click.option("--to", "lender", required=True, help="The one lender it is offered to.")
@click.option(
    "--share",
    type=click.IntRange(1, 10_000),
    default=10_000,
    show_default=True,
    help="Parts of 10,000 of each receivable.",
)
@click.option(
    "--accept-days",
    type=click.IntRange(1, MOST_DAYS),
    default=3,
    show_default=True,
    help="Days within which it can be accepted.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=90,
    show_default=True,
    help="Days after which anybody may close it as expired.",
)
@OUT
def offer(
    shell: Shell,
    targets: tuple[str, ...],
    org: str | None,
    lender: str,
    share: int,
    accept_days: int,
    days: int,
    out: Path,
) -> None:
    """Offer certified receivables to one lender; nothing is locked before that lender pledges."""
    from gateway.service import pledging
    from gateway.service.files import write_whole
    from gateway.service.own import own_receipt
    from ledger.types import hex32

    with shell.installation() as installation:
        debtor = installation.book.find(org)
        receipts = [own_receipt(installation, debtor, target) for target in targets]
        made = pledging.make_offer(
            installation,
            debtor,
            installation.book.id_of(lender),
            receipts,
            share=share,
            accept_days=accept_days,
            days=days,
        )
    path = (out / f"{hex32(made.pledge_id)}.offer.json").absolute()
    write_whole(path, json.dumps(made.to_json(), indent=1).encode())
    told(shell, {"pledge_id": hex32(made.pledge_id), "offer": str(path)}, f"offered: {path}")


@verb
@click.argument("file", type=click.Path(path_type=Path))
@AS
@click.option(
    "--accept", multiple=True, metavar="CODE", help="Pledge though this check is UNKNOWN (repeatable)."
)
def pledge(shell: Shell, file: Path, org: str | None, accept: tuple[str, ...]) -> int:
    """Verify an offer's receipts, take the lien, and verify again once it is final."""
    from certifier.verify import Code, Verdict
    from gateway.service import pledging, verifying
    from ledger.types import hex32

    if unheard := set(accept) - set(Code.__members__):
        raise UsageError(
            "ACCEPT", f"--accept {min(unheard)}: a check is one of {', '.join(Code.__members__)}"
        )
    with shell.installation() as installation:
        lender = installation.book.find(org)
        made = pledging.load_offer(installation, file)
        verifier = verifying.of_installation(installation)
        done = pledging.pledge(installation, lender, made, verifier, {Code[name] for name in accept})
    answer = {
        "pledge_id": hex32(done.pledge_id),
        "block": done.block,
        "transaction": hex32(done.transaction),
        "gas": done.gas,
        "lien": done.lien.value,
        "accepted": [check.to_json() for check in done.accepted],
        "reports": [report.to_json() for report in done.after],
    }
    unknown = {
        check.code.name
        for report in done.after
        for check in report.checks
        if check.verdict is Verdict.UNKNOWN
    }
    lines = [
        f"pledged in block {done.block}: {hex32(done.pledge_id)}",
        f"not known: {', '.join(sorted(unknown)) or 'nothing'}",
        *(f"accepted though not known: {check.code.name}: {check.message}" for check in done.accepted),
    ]
    if done.lien is not Verdict.VALID:
        lines.append(f"DO NOT DISBURSE: the lien stands, but LIEN is {done.lien.value} now")
    told(shell, answer, "\n".join(lines))
    return {Verdict.VALID: Exit.DONE, Verdict.INVALID: Exit.INVALID}.get(done.lien, Exit.UNKNOWN)


@verb
@click.argument("target", metavar="PLEDGE|OFFER")
@AS
@click.option(
    "--status",
    type=click.Choice(["satisfied", "enforced", "cancelled", "expired"]),
    required=True,
    help="How it ended; the first two burn the shares.",
)
def close(shell: Shell, target: str, org: str | None, status: str) -> None:
    """Close a pledge: its lender at any time, anybody as expired from its end."""
    from gateway.service import pledging
    from ledger.pledges import Status
    from ledger.types import hex32

    with shell.installation() as installation:
        closer = installation.book.find(org)
        path = Path(target)
        made = (
            pledging.load_offer(installation, path).offer
            if path.is_file()
            else pledging.known_offer(installation, target)
        )
        block = pledging.close(installation, closer, made, Status[status.upper()])
        registry = installation.ledger.registry_of(made, installation.ledger.pin())
        pledge_id = hex32(registry.pledge_id(made))
    told(
        shell,
        {"pledge_id": pledge_id, "status": status, "block": block},
        f"closed as {status} in block {block}",
    )


@verb
@click.argument("target", required=False, metavar="[RECEIPT]")
@AS
def liens(shell: Shell, target: str | None, org: str | None) -> None:
    """Liens on one receipt's receivable, or all pledges of an organisation as debtor or lender."""
    from gateway.service import indexing
    from gateway.service.evidence import load_receipt

    if target is None and org is None:
        raise UsageError("WHICH", "name a receipt, or an organisation with --as")
    with shell.reading() as installation:
        indexing.sync(installation)
        if target is not None:
            receipt = load_receipt(Path(target))
            rows = indexing.liens_on(installation, receipt)
        else:
            rows = indexing.liens_of(installation, installation.book.find(org).hex)
    if shell.as_json:
        shell.emit({"liens": rows})
        return
    table = grid("pledge", "asset", "share", "rank", "status")
    for row in rows:
        table.add_row(row["pledge_id"], row["asset_id"], f"{row['share']:,}", str(row["rank"]), row["status"])
    shell.console.print(table)
    shell.console.print(f"{len(rows)} liens")
