"""Verbs of the consortium: `org` and `key`. What the quorum decides is a vote; `--as` casts one registrar's, else all of this home's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.context import HOME, JSON, OUT, Shell, grid, plain, told, verb
from gateway.errors import UsageError

if TYPE_CHECKING:
    from gateway.installation import Installation, Organisation
    from gateway.service.voting import Vote

__all__ = ["key", "org"]

VOTER = click.option(
    "--as", "voter", help="The one registrar to vote for; default: every registrar this home holds keys of."
)
ROLES = ("enterprise", "lender", "inspector", "witness", "auditor", "registrar")
FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
PURPOSES = ("account", "encryption", "instrument", "inspector", "witness")


@click.group(help="Admit, change, suspend and list organisations (M-of-N).")
@HOME
@JSON
def org(**_: object) -> None:
    """Group of the verbs about organisations."""


@click.group(help="Add, rotate, move, revoke and list keys (M-of-N).")
@HOME
@JSON
def key(**_: object) -> None:
    """Group of the verbs about keys."""


@verb
@click.argument("short")
@click.argument("identifier", metavar="SCHEME:NUMBER")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="What it is admitted as (repeatable).",
)
@click.option(
    "--alias", "aliases", multiple=True, help="Another legal number of it, SCHEME:NUMBER (repeatable)."
)
@click.option(
    "--change", is_flag=True, help="It is on the ledger already: give it this name, these aliases and roles."
)
@click.option("--no-keys", is_flag=True, help="Admit only: its keys are in another home.")
@VOTER
def admit(
    shell: Shell,
    short: str,
    identifier: str,
    name: str,
    roles: tuple[str, ...],
    aliases: tuple[str, ...],
    change: bool,
    no_keys: bool,
    voter: str | None,
) -> None:
    """Admit an organisation under a short name, with an account and an encryption key made here.

    Where registrars of other homes have to vote too, run it again after them: it then finishes what is left.
    """
    from gateway.installation import Organisation
    from gateway.service import consortium, published_keys
    from ledger.membership import Role

    organisation = Organisation(
        short, consortium.identifier(identifier), name, tuple(map(consortium.identifier, aliases))
    )
    with shell.installation() as installation:
        mask = Role(sum(Role[role.upper()] for role in set(roles)))
        outcome = consortium.admit(
            installation, organisation, mask, change=change, voters=_voters(installation, voter)
        )
        if outcome.executed and not no_keys:
            for purpose in ("account", "encryption"):
                published_keys.set_key(
                    installation, organisation, purpose, voters=_voters(installation, voter)
                )
    _vote_told(shell, organisation.id, short, outcome, "admitted")


@verb
@click.argument("organisation")
@click.option("--lift", is_flag=True, help="Lift a suspension.")
@VOTER
def suspend(shell: Shell, organisation: str, lift: bool, voter: str | None) -> None:
    """Suspend an organisation: it may close, release and revoke, and opens nothing new."""
    from gateway.service import consortium

    with shell.installation() as installation:
        org = installation.book.id_of(organisation)
        outcome = consortium.suspend(installation, org, lift=lift, voters=_voters(installation, voter))
    _vote_told(shell, org, organisation, outcome, "suspension lifted" if lift else "suspended")


@verb
@click.argument("call_id", metavar="CALL")
@click.option("--as", "voter", required=True, help="The registrar that votes.")
def confirm(shell: Shell, call_id: str, voter: str) -> None:
    """Vote for what another registrar has proposed."""
    from gateway.service import voting

    wanted = _id(call_id, "call", "the first vote printed it")
    with shell.installation() as installation:
        seat = installation.book.find(voter)
        outcome = voting.confirm(installation, wanted, seat)
    _vote_told(shell, seat.id, seat.short, outcome, "confirmed")


@verb
def list_organisations(shell: Shell) -> None:
    """Organisations on the ledger, their roles and whether they are suspended."""
    from gateway.service import indexing

    with shell.reading() as installation:
        indexing.sync(installation)
        rows = indexing.organisations(installation)
    if shell.as_json:
        shell.emit({"organisations": rows})
        return
    table = grid("short", "identifier", "name", "roles", "state")
    for row in rows:
        table.add_row(
            plain(row["short"] or ""),
            plain(row["identifier"]),
            plain(row["name"]),
            ", ".join(row["roles"]),
            "[red]suspended[/]" if row["suspended"] else "",
        )
    shell.console.print(table)


@verb
@click.argument("organisation")
@click.argument("purpose", type=click.Choice(PURPOSES))
@click.option(
    "--request",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What `key request` wrote in the home that holds the key; default: the key of this home.",
)
@VOTER
def add(shell: Shell, organisation: str, purpose: str, request: Path | None, voter: str | None) -> None:
    """Publish a key: of this home, made where there is none, or of another home that has asked for it."""
    from gateway.service import key_requests, published_keys

    with shell.installation() as installation:
        found, voters = installation.book.find(organisation), _voters(installation, voter)
        if request is None:
            outcome = published_keys.set_key(installation, found, purpose, voters=voters)
        else:
            outcome = key_requests.publish(installation, found, purpose, key_requests.load(request), voters)
    _vote_told(shell, found.id, found.short, outcome, f"{purpose} key published")


@verb
@click.argument("organisation")
@click.argument("purpose", type=click.Choice(PURPOSES))
@OUT
def request(shell: Shell, organisation: str, purpose: str, out: Path) -> None:
    """Make a key where there is none, and write what asks the registrars to publish it. It holds no secret."""
    import json

    from gateway.installation import Book
    from gateway.keys import Keystore
    from gateway.service import key_requests
    from gateway.service.files import write_whole
    from ledger.types import hex32

    home = shell.home.require()
    found = Book(home.keys).find(organisation)
    made = key_requests.ask(Keystore(home.keys, shell.passphrase), found, purpose)
    path = (out / f"{found.short}.{purpose}.key.json").absolute()
    write_whole(path, json.dumps(made.to_json(), indent=1).encode())
    told(
        shell,
        {"key_id": hex32(made.key_id), "request": str(path)},
        f"asks for key {hex32(made.key_id)}: {path}\na registrar publishes it with: assetcert key add {found.short} {purpose} --request FILE",
    )


@verb
@click.argument("organisation")
@click.argument("purpose", type=click.Choice(PURPOSES))
@VOTER
def rotate(shell: Shell, organisation: str, purpose: str, voter: str | None) -> None:
    """Publish a new key for a purpose and end the old one; what it signed before stands."""
    from gateway.service import published_keys

    with shell.installation() as installation:
        found = installation.book.find(organisation)
        outcome = published_keys.rotate(installation, found, purpose, _voters(installation, voter))
    _vote_told(shell, found.id, found.short, outcome, f"{purpose} key rotated")


@verb
@click.argument("organisation")
@click.option(
    "--web3signer",
    "url",
    metavar="URL",
    help="The Web3Signer that has the key: https://…, or on this machine.",
)
@click.option("--public-key", help="Which of its keys; default: its only one.")
@click.option("--token-file", type=FILE, help="A file with the token that it is shown.")
@click.option("--certificate-file", type=FILE, help="A PEM file with our certificate and its key.")
@click.option("--authority-file", type=FILE, help="A PEM file with the authority that its certificate is of.")
@VOTER
def move(
    shell: Shell,
    organisation: str,
    url: str | None,
    public_key: str | None,
    token_file: Path | None,
    certificate_file: Path | None,
    authority_file: Path | None,
    voter: str | None,
) -> None:
    """Let an organisation sign with a Web3Signer; without --web3signer, where its signatory has asked to: in the browser.

    The new account is published, then the old one ends: what it signed before stands.
    """
    from gateway.service import placing

    with shell.installation() as installation:
        found = installation.book.find(organisation)
        place = None
        if url is not None:
            from gateway.signing.web3signer import Door, place_at

            door = Door(url, token_file, certificate_file, authority_file)
            place = place_at(door, public_key, installation.now())
        outcome = placing.move(installation, found, place, _voters(installation, voter))
    _vote_told(shell, found.id, found.short, outcome, "signs there from now on")


@verb
@click.argument("organisation")
@click.argument("key_id", metavar="KEY")
def revoke(shell: Shell, organisation: str, key_id: str) -> None:
    """The owner ends one of its keys now: acts before stand, acts after are refused."""
    from gateway.service import published_keys

    wanted = _id(key_id, "key", "`assetcert key list` shows them")
    with shell.installation() as installation:
        published_keys.revoke_key(installation, installation.book.find(organisation), wanted)
    told(shell, {"key_id": key_id}, f"revoked {key_id}")


@verb
@click.argument("organisation")
def list_keys(shell: Shell, organisation: str) -> None:
    """Keys of an organisation on the ledger, with purpose and interval."""
    from gateway.service import published_keys

    with shell.reading() as installation:
        rows = published_keys.keys_of(installation, installation.book.id_of(organisation))
    text = "\n".join(
        f"{row['key_id']}  {row['purpose']:<11} {row['valid_from']} – {row['valid_until'] or 'no end'}"
        for row in rows
    )
    told(shell, {"keys": rows}, text or "no keys")


def _id(text: str, what: str, where: str) -> bytes:
    from ledger.types import parse_hex32

    try:
        return parse_hex32(text)
    except ValueError as error:
        raise UsageError("ID", f"{text!r} is no {what} id: {error}; {where}") from error


def _voters(installation: Installation, voter: str | None) -> list[Organisation] | None:
    return [installation.book.find(voter)] if voter is not None else None


def _vote_told(shell: Shell, org: bytes, name: str, outcome: Vote, done: str) -> None:
    from ledger.types import hex32

    call = hex32(outcome.call_id) if outcome.call_id else None
    answer = {
        "organisation": hex32(org),
        "votes": outcome.votes,
        "executed": outcome.executed,
        "call": call,
    }
    text = (
        f"{name} {done}"
        if outcome.executed
        else f"votes cast: {outcome.votes}; another registrar has to: assetcert org confirm {call} --as REGISTRAR"
    )
    told(shell, answer, text)


org.add_command(admit, "admit")
org.add_command(suspend, "suspend")
org.add_command(confirm, "confirm")
org.add_command(list_organisations, "list")
key.add_command(add, "add")
key.add_command(request, "request")
key.add_command(rotate, "rotate")
key.add_command(move, "move")
key.add_command(revoke, "revoke")
key.add_command(list_keys, "list")
