"""Two Rivers as papers, and each firm's assessment, made once a session."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from certifier.evidence import Assessment
from tests.certifier.evidence.rivers import Rivers
from tests.two_rivers.reading import World


@pytest.fixture(scope="session")
def rivers(world: World) -> Rivers:
    """The world's papers."""
    return Rivers(world)


@pytest.fixture(scope="session")
def assessed(rivers: Rivers) -> Callable[[str], Assessment]:
    """A firm's assessment from all papers of the world."""
    return lru_cache(maxsize=None)(rivers.assess)
