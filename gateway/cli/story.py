"""The demo's steps as a person reads them in a terminal of eighty columns: what was seen, then its figures, words never cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.cli.context import printable

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.demo import Step

__all__ = ["show"]

_NUMBER = re.compile(r"-?[0-9]{4,}(?:\.[0-9]+)?")
_INDENT = (0, 0, 0, 2)


def show(console: Console, step: Step) -> None:
    """One step: its mark and name, its figures, then each of its tables."""
    mark = Text("✔", "green") if step.ok else Text("✘", "bold red")
    console.print(Text.assemble(mark, " ", (step.name, "bold")), soft_wrap=False)
    plain = [(name, value) for name, value in step.figures.items() if not isinstance(value, dict)]
    line = Text(" · ", "dim").join(
        Text.assemble((name.replace("_", " "), "dim"), "\xa0", _said(value)) for name, value in plain
    )
    console.print(Padding(line, _INDENT, expand=False), soft_wrap=False)
    for name, value in step.figures.items():
        if isinstance(value, dict):
            console.print(Padding(_table(name, value), _INDENT, expand=False), soft_wrap=False)


def _table(name: str, rows: dict[str, Any]) -> Table:
    table = Table(
        title=name, title_justify="left", title_style="dim", box=None, show_header=False, pad_edge=False
    )
    table.add_column(overflow="fold", ratio=3)
    table.add_column(overflow="fold", ratio=2)
    for what, value in rows.items():
        table.add_row(Text(_said(what)), Text(_said(value)))
    return table


def _said(value: object) -> str:
    """A figure in words: yes and no, thousands apart, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    text = "none" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return printable(text)
