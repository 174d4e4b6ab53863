"""One gateway for all tests of signing: M1 signs in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.account import Account

from ..running import Running, running
from .browsers import KEY, move


@pytest.fixture(scope="package")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway in which M1 signs in the browser."""
    with running(tmp_path_factory.mktemp("browser")) as found:
        move(found, "M1", "m1-signatory", KEY)
        known = found.client("m1-signatory").get("/api/v1/signing-key").json()
        assert known == {"kind": "browser", "account": Account(KEY).address, "proposed": None}
        yield found
