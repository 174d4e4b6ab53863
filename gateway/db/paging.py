"""Long lists in parts: a query's rows behind a key, the highest first, and how many there are in all.

A part begins behind the last key of the one before, so that rows which come or go meanwhile are neither skipped nor shown twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, SQLColumnExpression, func, literal, select, tuple_
from sqlalchemy.orm import Session

from gateway.errors import UsageError

__all__ = ["SIZE", "WHOLE", "Cut", "Part", "part", "sliced"]

SIZE = 100
_Row = TypeVar("_Row")
_Other = TypeVar("_Other")


@dataclass(frozen=True)
class Cut:
    """Which part is asked for: the one behind `after`, with `seen` rows before it. Without a `size`, all that follows."""

    size: int | None = SIZE
    seen: int = 0
    after: tuple[Any, ...] = ()


WHOLE = Cut(size=None)


@dataclass(frozen=True)
class Part(Generic[_Row]):
    """Some rows of `total`, with `seen` before them; `following` is None at the end."""

    rows: Sequence[_Row]
    total: int
    seen: int = 0
    following: Cut | None = field(default=None, repr=False)

    def map(self, made: Callable[[_Row], _Other]) -> Part[_Other]:
        """The same part of other rows."""
        return Part([made(row) for row in self.rows], self.total, self.seen, self.following)


def part(
    session: Session, query: Select[*tuple[Any, ...]], key: Sequence[SQLColumnExpression[Any]], cut: Cut
) -> Part[Any]:
    """The rows of a query as tuples, ordered by `key`, which no two rows share and which is never null.

    UsageError for a place in another list.
    """
    ordered = query.add_columns(*key).order_by(None).order_by(*(column.desc() for column in key))
    if cut.after:
        kinds = [column.type.python_type for column in select(*key).selected_columns]
        if [type(one) for one in cut.after] != kinds:
            raise UsageError("CURSOR", "this is a place in another list: begin at the top of this one")
        ordered = ordered.where(tuple_(*key) < tuple_(*map(literal, cut.after)))
    limited = ordered if cut.size is None else ordered.limit(cut.size + 1)
    found = [(row[: -len(key)], tuple(row[-len(key) :])) for row in session.execute(limited)]
    shown = found if cut.size is None else found[: cut.size]
    if len(found) == len(shown):
        return Part([row for row, _ in shown], cut.seen + len(shown), cut.seen)
    total = session.scalars(select(func.count()).select_from(query.order_by(None).subquery())).one()
    following = Cut(cut.size, cut.seen + len(shown), shown[-1][1])
    return Part([row for row, _ in shown], total, cut.seen, following)


def sliced(rows: Sequence[_Row], cut: Cut) -> Part[_Row]:
    """A part of a list that is whole in memory."""
    end = len(rows) if cut.size is None else cut.seen + cut.size
    following = Cut(cut.size, end, (end,)) if end < len(rows) else None
    return Part(rows[cut.seen : end], len(rows), cut.seen, following)
