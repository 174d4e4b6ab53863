"""A gateway that has no room says so at once, and when to come again; what it has taken is not lost by it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from gateway.installation import Installation

from ..api.v1.helping import form, invoice, problem
from ..running import Running, founded, served

pytestmark = pytest.mark.long
EVERYTHING = 2**62


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with founded(tmp_path_factory.mktemp("room")) as found:
        yield found


def offers(api: Running) -> list[httpx.Response]:
    """A document by every way that takes one in: certified, uploaded, dropped on the page."""
    client, paper = api.client("m1-accountant"), ("invoice.xml", invoice())
    return [
        client.post("/api/v1/assets", files=form(paper)),
        client.post("/api/v1/uploads", params={"name": paper[0]}, content=paper[1]),
        client.post("/papers", files={"file": paper}, headers={"X-Upload-Token": "a token of mine"}),
    ]


def test_more_than_may_wait_is_refused_until_it_is_less(installation: Installation) -> None:
    with served(installation, most_waiting=-1) as api:
        for answer in offers(api):
            assert answer.headers["retry-after"] == "5"
            problem(answer, 429, "BACKLOG")
        assert api.client("m1-accountant").get("/papers").status_code == 200


def test_a_disk_that_is_nearly_full_takes_nothing_in(installation: Installation) -> None:
    with served(installation, disk_reserve=EVERYTHING) as api:
        for answer in offers(api):
            assert answer.headers["retry-after"] == "60"
            problem(answer, 429, "DISK_FULL")
        spool = installation.home.root / "spool"
        assert [path for path in spool.rglob("*") if path.is_file()] == []
    with served(installation) as api:
        assert [answer.status_code for answer in offers(api)] == [202, 201, 204]
