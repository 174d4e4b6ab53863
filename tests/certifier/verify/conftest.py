"""One embedded ledger with a workshop for all tests of the verifier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger import embedded
from tests.certifier.verify.workshop import Workshop
from tests.ledger.world import World

START = 1_783_900_000  # July 2026, business time: never the wall clock's


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    home = tmp_path_factory.mktemp("verifier")
    embedded.create(home, START)
    with embedded.open(home) as ledger:
        world = World.found(ledger.writer, ledger.url)
        yield Workshop(world, ledger.url, ledger.clock, tmp_path_factory.mktemp("store"))
