"""Long lists in parts: every row once, in order, whatever comes meanwhile; a place in another list is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.db.models import IndexedAsset
from gateway.db.paging import WHOLE, Cut, part, sliced
from gateway.db.session import Database
from gateway.errors import UsageError
from gateway.home import Home

KEY = (IndexedAsset.block, IndexedAsset.asset_id)


def registered(number: int) -> IndexedAsset:
    return IndexedAsset(org="o", asset_id=f"0x{number:03}", root="r", block=number // 3, standing="good")


@pytest.fixture()
def session(tmp_path: Path) -> Iterator[Session]:
    """A database with ten assets, three to a block."""
    database = Database.open(Home(tmp_path))
    with database.session() as opened:
        opened.add_all(registered(number) for number in range(10))
        opened.flush()
        yield opened
    database.close()


def ids(session: Session, cut: Cut) -> tuple[list[str], Cut | None, int]:
    found = part(session, select(IndexedAsset), KEY, cut)
    return [row[0].asset_id for row in found.rows], found.following, found.total


def test_every_row_comes_once_and_what_comes_meanwhile_moves_nothing(session: Session) -> None:
    seen, following, total = ids(session, Cut(size=4))
    assert (seen, total) == (["0x009", "0x008", "0x007", "0x006"], 10)
    assert following == Cut(4, 4, (2, "0x006"))
    session.add(registered(99))
    second, following, total = ids(session, following)
    assert second == ["0x005", "0x004", "0x003", "0x002"]
    assert following is not None
    last, end, _ = ids(session, following)
    assert (last, end) == (["0x001", "0x000"], None)
    assert len(ids(session, WHOLE)[0]) == 11


@pytest.mark.parametrize("after", [("0x006",), ("2", "0x006"), (2, 6), (True, "0x006"), (2, "0x006", 1)])
def test_a_place_in_another_list_is_refused(session: Session, after: tuple[object, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        ids(session, Cut(after=after))
    assert caught.value.code == "CURSOR"


def test_a_list_in_memory_has_parts_too() -> None:
    first = sliced(range(5), Cut(size=3))
    assert (list(first.rows), first.total, first.following) == ([0, 1, 2], 5, Cut(3, 3, (3,)))
    assert first.following is not None
    last = sliced(range(5), first.following)
    assert (list(last.rows), last.seen, last.following) == ([3, 4], 3, None)
    assert list(sliced(range(5), WHOLE).rows) == [0, 1, 2, 3, 4]
