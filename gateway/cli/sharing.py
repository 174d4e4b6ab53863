"""Verbs about who may see what: `sign`, `disclose`, `grant`, `read`, `revoke`, `shred`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from gateway.cli.context import AS, OUT, Shell, told, verb
from gateway.errors import UsageError
from gateway.service.times import DAY, instant

__all__ = ["disclose", "grant", "read", "revoke", "shred", "sign"]


@verb
@click.argument("file", type=click.Path(path_type=Path))
@AS
@click.option("--for", "issuer", required=True, help="Organisation whose document it is.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["instrument", "inspector", "witness"]),
    help="As what it is signed.",
)
def sign(shell: Shell, file: Path, org: str | None, issuer: str, role: str) -> None:
    """Sign a document; the statement goes into FILE.signers.json, which `certify` picks up."""
    from gateway.installation import Book
    from gateway.keys import Keystore
    from gateway.service.evidence import sign_file
    from ledger.host import business_time

    home = shell.home.require()
    book = Book(home.keys)
    signer = book.find(org)
    seed = Keystore(home.keys, shell.passphrase).seed(signer.short, role)
    beside = sign_file(seed, file, book.id_of(issuer), role, instant(business_time(home.root)))
    told(shell, {"file": str(file), "signers": str(beside.absolute())}, f"signed as {role}: {beside}")


@verb
@click.argument("target", metavar="RECEIPT")
@click.option(
    "--fields",
    default="must-disclose",
    show_default=True,
    help="identity, must-disclose, all, or paths separated by commas.",
)
@AS
@OUT
def disclose(shell: Shell, target: str, fields: str, org: str | None, out: Path) -> None:
    """Write a receipt that shows only some fields; the rest stays hidden behind its digests."""
    from gateway.service.files import write_whole
    from gateway.service.own import receipt_or_own

    chosen = (
        fields
        if fields in ("identity", "must-disclose", "all")
        else [path.strip() for path in fields.split(",") if path.strip()]
    )
    whole = receipt_or_own(shell.reading, target, org)
    try:
        shown = whole.redact(chosen)
    except ValueError as error:
        raise UsageError("NO_FIELD", f"--fields {fields}: {error}") from error
    label = chosen if isinstance(chosen, str) else f"fields-{_short(chosen)}"
    path = (out / f"{whole.asset_id_hex}.{label}.receipt.json").absolute()
    write_whole(path, shown.to_json().encode())
    told(
        shell,
        {"asset_id": whole.asset_id_hex, "receipt": str(path), "fields": sorted(shown.values)},
        f"{len(shown.values)} of {len(shown.fields)} fields shown: {path}",
    )


@verb
@click.argument("target", metavar="RECEIPT")
@AS
@click.option("--to", "grantee", required=True, help="Organisation that may read.")
@click.option(
    "--fields",
    default="content",
    show_default=True,
    help="Paths separated by commas; `content` is the document itself, `all` every field. What every verifier must see goes along.",
)
@click.option(
    "--purpose", default="credit decision", show_default=True, help="What the reader may use it for."
)
@click.option("--until", metavar="DATE", help="Last day, YYYY-MM-DD (UTC); default: 30 days from now.")
@OUT
def grant(
    shell: Shell,
    target: str,
    org: str | None,
    grantee: str,
    fields: str,
    purpose: str,
    until: str | None,
    out: Path,
) -> None:
    """Grant one reader fields or the content of an asset; the grant stands on the ledger, the keys do not."""
    from gateway.service.files import write_whole
    from gateway.service.granting import make_grant
    from gateway.service.own import own_receipt
    from ledger.types import hex32

    with shell.installation() as installation:
        owner = installation.book.find(org)
        receipt = own_receipt(installation, owner, target)
        wanted = (
            sorted(receipt.values)
            if fields == "all"
            else [path.strip() for path in fields.split(",") if path.strip()]
        )
        end = _end_of(until) if until else installation.now() + 30 * DAY
        made = make_grant(
            installation, owner, installation.book.id_of(grantee), receipt, wanted, purpose, end
        )
    path = (out / f"{hex32(made.grant_id)}.grant.json").absolute()
    write_whole(path, json.dumps(made.to_json(), indent=1).encode())
    told(
        shell,
        {"grant_id": hex32(made.grant_id), "grant": str(path)},
        f"granted until {instant(made.expires_at)}: {path}",
    )


@verb
@click.argument("file", type=click.Path(path_type=Path))
@AS
@OUT
def read(shell: Shell, file: Path, org: str | None, out: Path) -> None:
    """Read what was granted: the read stands on the ledger before any key is handed over."""
    from gateway.service.files import write_whole
    from gateway.service.grant_reading import read_grant
    from gateway.service.granting import load_grant

    with shell.installation() as installation:
        reader = installation.book.find(org)
        reading = read_grant(installation, reader, load_grant(file))
    asset_id = reading.receipt.asset_id_hex
    receipt = (out / f"{asset_id}.granted.receipt.json").absolute()
    write_whole(receipt, reading.receipt.to_json().encode())
    path = None
    if reading.document is not None:
        path = (out / f"{asset_id}.document").absolute()
        write_whole(path, reading.document)
    answer = {
        "asset_id": asset_id,
        "block": reading.block,
        "fields": reading.fields,
        "receipt": str(receipt),
        "document": str(path) if path else None,
        "checks": [check.to_json() for check in reading.checks],
    }
    lines = [f"{name}  {value}" for name, value in reading.fields.items()]
    lines += [f"document: {path}"] if path else []
    lines += [f"receipt: {receipt}"]
    lines += [f"{check.code.name} {check.verdict.value}: {check.message}" for check in reading.checks]
    told(shell, answer, "\n".join([*lines, f"the read stands on the ledger in block {reading.block}"]))


@verb
@click.argument("target", metavar="ASSET|RECEIPT|GRANT")
@AS
@click.option(
    "--suspend", "to", flag_value="suspended", help="Suspend an asset instead of revoking it for good."
)
@click.option("--lift", "to", flag_value="good", help="Lift the suspension of an asset.")
def revoke(shell: Shell, target: str, org: str | None, to: str | None) -> None:
    """Revoke an asset for good (a lien on it stays), or end a grant."""
    from gateway.service import granting, revoking
    from gateway.service.own import own_asset
    from ledger.assets import Standing
    from ledger.types import hex32

    with shell.installation() as installation:
        owner = installation.book.find(org)
        if (given := granting.grant_in(target)) is not None:
            if to is not None:
                raise UsageError("GRANT", "a grant ends for good: --suspend and --lift are for assets")
            block = granting.end_grant(installation, owner, given.grant_id)
            what, answer = "grant ended", {"grant_id": hex32(given.grant_id), "block": block}
        else:
            row = own_asset(installation, owner, target)
            standing = Standing[(to or "revoked").upper()]
            block = revoking.revoke(installation, owner, row, to=standing)
            what = "suspension lifted" if standing is Standing.GOOD else standing.name.lower()
            answer = {"asset_id": row.asset_id, "block": block}
    told(shell, answer, f"{what} in block {block}")


@verb
@click.argument("target", metavar="ASSET|RECEIPT")
@AS
@click.option("--yes", is_flag=True, help="Do not ask.")
def shred(shell: Shell, target: str, org: str | None, yes: bool) -> None:
    """Destroy the secret of an asset: nothing of it can be disclosed or granted again, its anchor stays."""
    from gateway.service import revoking
    from gateway.service.own import own_asset

    reach = "what --out or disclose wrote, and what a reader has opened, is out of reach"
    if not yes and not click.confirm(
        f"Destroy the secret for good? Its content becomes unreadable; {reach}.", err=True
    ):
        raise UsageError("NOT_CONFIRMED", "nothing was shredded; give --yes to do it without a question")
    with shell.installation() as installation:
        owner = installation.book.find(org)
        row = own_asset(installation, owner, target)
        block = revoking.shred(installation, owner, row)
    told(shell, {"asset_id": row.asset_id, "block": block}, f"shredded, stated in block {block}: {reach}")


def _short(paths: Sequence[str]) -> str:
    """Eight digits that tell one choice of paths from another in a file's name."""
    from hashlib import sha256

    return sha256(",".join(sorted(set(paths))).encode()).hexdigest()[:8]


def _end_of(day: str) -> int:
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            "DATE", f"--until {day}: a date as YYYY-MM-DD, before 9999-12-31, is expected"
        ) from error
    return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp())
