"""One embedded ledger with a consortium for all tests that do not break it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import eth_account  # noqa: F401 - its py_ecc lets recursion go so deep that nested JSON ends the process:
import pytest

from ledger import embedded
from ledger.embedded import Embedded
from tests.ledger.world import World

sys.setrecursionlimit(1_000)  # … undone here, as whoever imports it must

START = 1_700_000_000


@pytest.fixture(scope="session")
def shared_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    home = tmp_path_factory.mktemp("home")
    embedded.create(home, START)
    with embedded.open(home) as ledger:
        yield ledger


@pytest.fixture(scope="session")
def world(shared_ledger: Embedded) -> World:
    return World.found(shared_ledger.writer, shared_ledger.url)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh home with an empty ledger."""
    embedded.create(tmp_path / "home", START)
    return tmp_path / "home"
