"""The health page's surroundings: what is known has a figure, and what cannot be known is never in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.db.events import Webhook, head
from gateway.service.surroundings import Known, look

from ..running import Running


@pytest.fixture()
def failing(api: Running) -> Iterator[int]:
    """A webhook of M1 that has taken nothing and refused once; how many events wait for it."""
    org = api.organisation("M1").hex
    row = Webhook(id="whk_refuses", org=org, url="https://x.example/", kinds=[], cursor=0, failures=1, due=2.0**62, created_at=1)  # fmt: skip
    with api.gateway.database.session() as session:
        session.add(row)
        waiting = head(session, org)
    yield waiting
    with api.gateway.database.session() as session:
        session.delete(row)


def test_what_stands_around_a_gateway_is_looked_at(api: Running, failing: int) -> None:
    home = api.gateway.installation
    found = {one.name: one for one in look(home)}
    assert (found["validators"].known, found["validators"].figure) == (Known.POOR, "1")
    assert (found["copies"].known, found["outbox"].known) == (Known.POOR, Known.GOOD)
    assert found["webhooks"].known is Known.POOR and int(found["webhooks"].figure) >= failing
    page = api.client("r1-registrar").get("/health").text
    around = page[page.index('id="around"') :]
    assert around.index("回调尚未接收的事件") < around.index('class="chip wait"', around.index("回调"))


def test_what_cannot_be_read_is_unknown(api: Running) -> None:
    home = api.gateway.installation
    place = home.home.root / "certificate.p12"
    before = place.read_bytes() if place.is_file() else None
    place.write_bytes(b"no certificate")
    try:
        (found,) = [one for one in look(home) if one.name == "certificates"]
    finally:
        place.unlink() if before is None else place.write_bytes(before)
    assert (found.known, found.figure) == (Known.UNKNOWN, "")
