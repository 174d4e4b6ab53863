"""A member that registrars have voted in from elsewhere: this installation is told to keep its keys, and votes for the first of them."""

from __future__ import annotations

import secrets

from gateway.installation import Organisation
from gateway.service import published_keys, voting
from ledger.membership import Role
from ledger.types import hex32

from ..running import Running


def test_who_was_voted_in_gets_its_first_keys(api: Running) -> None:
    home, registrar = api.gateway.installation, api.client("r1-registrar")
    new = Organisation(f"N{secrets.token_hex(3)}", f"LOCAL:{secrets.token_hex(5).upper()}", "新来者")
    act = home.ledger.membership.set_organisation(new.identifier, new.name, (), Role.ENTERPRISE, False)
    assert voting.vote(home, act, [api.organisation("R1")]).executed
    place = f"/keys?member={new.hex}"
    assert "首批密钥" in registrar.get(place).text
    taken = registrar.post(f"/keys/{new.hex}/first", data={"short": "M1"}, headers={"Accept": "text/html"})
    assert taken.status_code == 422 and "SHORT" in taken.text
    stranger = registrar.post(f"/keys/{hex32(bytes(32))}/first", data={"short": "nobody"})
    assert stranger.status_code == 422
    assert registrar.post(f"/keys/{new.hex}/first", data={"short": new.short}).status_code == 303
    assert home.book.find(new.short).name == new.name
    assert {key["purpose"] for key in published_keys.keys_of(home, new.id)} == {"account", "encryption"}
    assert "首批密钥" not in registrar.get(place).text
