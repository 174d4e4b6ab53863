"""One running gateway for all tests of the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..running import Running, running


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """See `Running`."""
    with running(tmp_path_factory.mktemp("api")) as found:
        yield found
