"""Entry point of the command: finds the verb, runs it, and maps every outcome to one line and one exit code.

Verbs live in modules that are imported only when they are called, so that `assetcert --help` costs no more than click.
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from gateway.cli.context import HOME, JSON
from gateway.errors import FULL, Exit, GatewayError

__all__ = ["classify", "command", "main"]

VERBS: dict[str, tuple[str, str]] = {
    "up": ("operations", "start ledger, store and gateway on the embedded default"),
    "demo": ("operations", "the whole story, end to end"),
    "connect": ("connecting", "make a home on somebody else's node"),
    "inspect": ("documents", "kind, format, facts and warnings of documents"),
    "map": ("tables", "propose how an export of the firm's own system reads, and remember it"),
    "template": ("tables", "write an empty table for a kind of document, to fill in"),
    "certify": ("documents", "certify documents and write their receipts"),
    "verify": ("checking", "check a receipt or a dossier, with or without its document"),
    "sign": ("sharing", "sign a document as instrument, inspector or witness"),
    "disclose": ("sharing", "write a receipt that shows only some fields"),
    "grant": ("sharing", "grant a reader fields or content of an asset"),
    "read": ("sharing", "read what was granted; the read stands on the ledger first"),
    "revoke": ("sharing", "revoke an asset, or end a grant"),
    "shred": ("sharing", "destroy the secret of an asset for good"),
    "offer": ("pledging", "offer certified receivables to one lender"),
    "pledge": ("pledging", "verify an offer and pledge it"),
    "close": ("pledging", "close a pledge: satisfied, enforced, cancelled or expired"),
    "liens": ("pledging", "liens on an asset, or those of an organisation"),
    "apply": ("credit", "apply for a loan on what is certified"),
    "decision": ("credit", "show a decision, recompute it from the ledger, review it"),
    "loan": ("loans", "accept an offer, contract, draw, receive, show what is owed"),
    "product": ("products", "loan products: list, publish, simulate"),
    "org": ("consortium", "admit, change, suspend and list organisations (M-of-N)"),
    "key": ("consortium", "add, rotate, move, revoke and list keys"),
    "user": ("users", "the first account of an organisation; an account given back"),
    "audit": ("checking", "rebuild and check everything from the ledger alone"),
    "reindex": ("operations", "rebuild the database's index from the ledger"),
    "backup": ("operations", "save what only this home holds"),
    "restore": ("operations", "bring a backup into an empty home"),
    "doctor": ("operations", "say what works here and what does not"),
    "bench": ("operations", "measure, each figure beside what it is compared with"),
}


class Verbs(click.Group):
    """The group whose verbs are found by name and imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"gateway.cli.{VERBS[cmd_name][0]}")
        found = getattr(module, cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@HOME
@JSON
@click.version_option(package_name="assetcert")
def command(**_: object) -> None:
    """Certify manufacturing data as assets a lender can rely on, and check them without trusting anybody."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with the exit code of DESIGN, Command line."""
    os.umask(0o077)  # whatever a verb writes, its caller alone reads
    given = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    level = logging.getLevelNamesMapping().get(os.environ.get("ASSETCERT_LOG", "").upper(), logging.ERROR)
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        code = _run(given)
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:  # whoever read us has left: that is no verdict, and never success
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.PIPE)


def _prepare_streams() -> None:
    """Closed standard streams are replaced by nothing; what a stream cannot spell is escaped, never an error."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: list[str]) -> int:
    if not arguments:
        click.echo(command.get_help(click.Context(command, info_name="assetcert")), err=True)
        return Exit.USAGE
    try:
        with command.make_context("assetcert", list(arguments)) as context:
            outcome = command.invoke(context)
    except BrokenPipeError:
        raise
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        if "--json" in arguments:
            return _say(arguments, Exit.USAGE, "USAGE", "Missing command.")
        error.show()
        return Exit.USAGE
    except click.ClickException as error:
        called = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "assetcert"
        fault = error.format_message().rstrip(".")
        return _say(arguments, Exit.USAGE, "USAGE", f"{fault}: `{called} --help` says what is expected")
    except click.Abort:
        return _say(arguments, Exit.USAGE, "NOT_CONFIRMED", "nothing was confirmed, nothing was done")
    except KeyboardInterrupt:
        return _say(
            arguments, Exit.INTERRUPTED, "INTERRUPTED", "interrupted; run it again: nothing is done twice"
        )
    except Exception as error:  # noqa: BLE001 (the one place that maps every outcome)
        return _say(arguments, *classify(error))
    return outcome if isinstance(outcome, int) else Exit.DONE


def _say(arguments: list[str], code: Exit, name: str, message: str) -> int:
    """One line on standard error; with --json also one document on standard output."""
    message = " ".join(message.split())
    click.echo(f"assetcert: {message}", err=True)
    if "--json" in arguments:
        click.echo(json.dumps({"error": {"code": name, "message": message}}, ensure_ascii=False))
    return code


def classify(error: Exception) -> tuple[Exit, str, str]:
    """Exit code, stable code and message of an error of ours; anything else is our bug."""
    if isinstance(error, GatewayError):
        return error.exit, error.code, str(error)
    if isinstance(error, OSError) and error.errno in FULL:
        return (
            Exit.UNAVAILABLE,
            "DISK_FULL",
            f"the disk is full ({error.filename or 'no file named'}): free some space and run it again",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return Exit.UNREADABLE, "FILE", f"{error.filename or 'the working directory'}: {error.strerror}"
    from gateway.lower_errors import classify_lower

    if (known := classify_lower(error)) is not None:
        return known
    logging.getLogger(__name__).debug("unexpected", exc_info=error)
    return (
        Exit.BUG,
        "BUG",
        f"a bug of ours: {type(error).__name__}: {error}; run it again with ASSETCERT_LOG=DEBUG and report it",
    )


if __name__ == "__main__":
    main()
