"""What every verb shares: its options, its home, where progress and results go.

People's output and progress go through rich, progress always to standard error; `--json` prints one document on standard output.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.errors import RefusedError, UnreadableError, UsageError
from gateway.home import Home, default_home, write_private

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from gateway.installation import Installation
    from ledger.refusals import RevertError

__all__ = ["AS", "HOME", "JSON", "OUT", "Shell", "grid", "plain", "printable", "told", "verb"]

HOME = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of the installation."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
AS = click.option("--as", "org", help="Organisation that acts: short name, identifier or id.")
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write to; default: here.",
)

F = TypeVar("F", bound=Callable[..., Any])


class Shell:
    """One call of a verb: `json` or for people, in which home, with which passphrase."""

    def __init__(
        self, home: Path | None, as_json: bool, passphrase_file: Path | None, passphrase_fd: int | None
    ) -> None:
        self.home = Home((home or default_home()).expanduser().absolute())
        self.as_json = as_json
        self._passphrase_file = passphrase_file
        self._passphrase_fd = passphrase_fd

    @functools.cached_property
    def console(self) -> Console:
        """Standard output for people."""
        from rich.console import Console

        wide = None if sys.stdout.isatty() else 240
        return Console(highlight=False, soft_wrap=True, width=wide)

    @functools.cached_property
    def errors(self) -> Console:
        """Standard error: progress and warnings."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, soft_wrap=True)

    def emit(self, document: object) -> None:
        """The one JSON document of `--json`."""
        click.echo(json.dumps(document, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 1))

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar on standard error; yields the function that advances it. Nothing is drawn where nobody watches."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.errors, transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda count: bar.advance(task, count)

    def passphrase(self) -> str:
        """`--passphrase-file`, else `--passphrase-fd`, else `HOME/passphrase`, else a prompt; never an argument."""
        if self._passphrase_file is not None:
            return _first_line(self._passphrase_file)
        if self._passphrase_fd is not None:
            return _fd_line(self._passphrase_fd)
        if self.home.passphrase_file.is_file():
            return _first_line(self.home.passphrase_file)
        if not sys.stdin.isatty():
            raise UsageError(
                "NO_PASSPHRASE",
                "a passphrase is needed and nobody can be asked: give --passphrase-file or --passphrase-fd",
            )
        return str(click.prompt("Passphrase", hide_input=True, err=True))

    def first_passphrase(self) -> str:
        """For a home that is being founded: the same, typed twice; where nobody can be asked, a random one in `HOME/passphrase`."""
        given = self._passphrase_file is not None or self._passphrase_fd is not None
        if given or self.home.passphrase_file.is_file():
            return self.passphrase()
        if sys.stdin.isatty():
            return str(click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True))
        made = secrets.token_urlsafe(24)
        write_private(self.home.passphrase_file, made.encode() + b"\n")
        self.errors.print(f"keys of this home open with the passphrase in {self.home.passphrase_file}")
        return made

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        """This home opened: its ledger running, its database and keys at hand."""
        from gateway.installation import Installation
        from gateway.standin import require_writable
        from ledger.refusals import RevertError

        with Installation.open(require_writable(self.home.require()), self.passphrase) as opened:
            try:
                yield opened
            except RevertError as error:
                raise _in_names(opened, error) from error

    @contextmanager
    def reading(self) -> Iterator[Installation]:
        """The same for a verb that only reads, which works on a home that cannot be written too."""
        from gateway.installation import Installation
        from gateway.standin import readable

        with readable(self.home.require()) as home, Installation.open(home, self.passphrase) as opened:
            yield opened


def _in_names(installation: Installation, refusal: RevertError) -> RefusedError:
    """What a contract refused, under the same code, with the names of this home for its ids."""
    from gateway.lower_errors import code_of
    from gateway.service.naming import named

    return RefusedError(code_of(refusal), named(installation, str(refusal)))


def printable(text: object) -> str:
    """What others wrote (a document, a path, a name) without control characters."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(text))


def plain(text: object) -> str:
    """The same for where markup is read: there is none of ours in it."""
    from rich.markup import escape

    return escape(printable(text))


def grid(*titles: str, title: str | None = None) -> Table:
    """A table whose long words, such as ids, are folded and never cut short."""
    from rich.table import Column, Table

    columns = [Column(name, overflow="fold") for name in titles]
    return Table(
        *columns, title=title, title_justify="left", show_header=any(titles), box=None, pad_edge=False
    )


def told(shell: Shell, document: object, text: str) -> None:
    """The outcome of a verb that has little to say: the document of `--json`, or a line for people."""
    if shell.as_json:
        shell.emit(document)
    else:
        shell.console.print("\n".join(map(plain, text.split("\n"))))


def verb(function: F) -> click.Command:
    """Make `function(shell, …)` a verb: with `--home`, `--json` and the ways to give a passphrase."""

    @click.pass_context
    @functools.wraps(function)
    def run(
        ctx: click.Context,
        /,
        home: Path | None,
        as_json: bool,
        passphrase_file: Path | None,
        passphrase_fd: int | None,
        **rest: Any,
    ) -> Any:
        home, as_json = home or _before(ctx, "home"), as_json or _before(ctx, "as_json")
        return function(Shell(home, bool(as_json), passphrase_file, passphrase_fd), **rest)

    options = (
        HOME,
        JSON,
        click.option(
            "--passphrase-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File whose first line opens the keys.",
        ),
        click.option("--passphrase-fd", type=int, help="Open file descriptor to read it from."),
    )
    for option in options:
        run = option(run)
    return click.command(context_settings={"help_option_names": ["-h", "--help"]})(run)


def _before(ctx: click.Context, option: str) -> Any:
    """What was given for an option before the verb, to the command or the verb's group; the nearest one counts."""
    found = None
    while not found and ctx.parent is not None:
        ctx = ctx.parent
        found = ctx.params.get(option)
    return found


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise UnreadableError(
            "PASSPHRASE_FILE", f"{path} has no line of text to open the keys with"
        ) from error


def _fd_line(descriptor: int) -> str:
    try:
        with os.fdopen(descriptor, encoding="utf-8") as stream:
            return stream.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(
            "PASSPHRASE_FD", f"--passphrase-fd {descriptor} gives no line of text: {error}"
        ) from error
