"""A key that is kept in another home, asked for in a document and published over the wire (`gateway.service.key_requests`)."""

from __future__ import annotations

import pytest

from gateway.installation import Organisation
from gateway.keys import Keystore
from gateway.service import key_requests

from ...conftest import PASSPHRASE, write_keys
from ...running import Running
from .helping import problem

CARRIER = Organisation("C9", "CN-USCC:91500000000009136Q", "渝陆物流")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Keystore:
    """The carrier's own keystore, with seeds that nobody else has."""
    folder = tmp_path_factory.mktemp("carrier")
    write_keys(folder, {"C9": ("account", "encryption", "witness")})
    return Keystore(folder / "keys", lambda: PASSPHRASE)


def test_a_registrar_publishes_what_a_member_asks_for(api: Running, elsewhere: Keystore) -> None:
    client = api.client("r1-registrar")
    member = {"short": CARRIER.short, "identifier": CARRIER.identifier, "name": CARRIER.name, "roles": ["witness"]}  # fmt: skip
    assert client.post("/api/v1/organisations", json=member).json()["executed"]
    place = f"/api/v1/organisations/{CARRIER.hex}/keys"
    for purpose in ("account", "encryption", "witness"):
        asked = key_requests.ask(elsewhere, CARRIER, purpose).to_json()
        assert client.post(f"{place}/{purpose}", json=asked).json()["executed"]
        assert client.post(f"{place}/{purpose}", json=asked).json()["executed"]  # nothing is done twice
        (found,) = [one for one in client.get(place).json() if one["purpose"] == purpose]
        assert found["id"] == asked["key_id"] and found["valid_until"] is None
    assert api.gateway.installation.keys.purposes("C9") == []


def test_what_does_not_hold_is_refused(api: Running, elsewhere: Keystore) -> None:
    client, m2 = api.client("r1-registrar"), api.organisation("M2")
    witness = key_requests.ask(elsewhere, CARRIER, "witness").to_json()
    account = key_requests.ask(elsewhere, CARRIER, "account").to_json()
    place = f"/api/v1/organisations/{m2.hex}/keys"
    problem(client.post(f"{place}/witness", json=witness), 422, "KEY_REQUEST")  # it asks for another's
    for asked in (witness, account):
        mine = asked | {"identifier": m2.identifier}  # … which its own signature says
        problem(client.post(f"{place}/{asked['purpose']}", json=mine), 422, "KEY_REQUEST")
    for member, value in (("schema", "x"), ("key_id", "0x" + "00" * 32), ("proof", "0x"), ("public_key", 7)):
        problem(client.post(f"{place}/witness", json=witness | {member: value}), 422, "KEY_REQUEST")
    problem(client.post(f"{place}/witness", json={}), 422, "KEY_REQUEST")
    theirs = key_requests.ask(elsewhere, Organisation("C9", m2.identifier, m2.name), "encryption").to_json()
    problem(client.post(f"{place}/encryption", json=theirs), 409, "KEY_USED")
    problem(api.client("m2-signatory").post(f"{place}/witness", json=witness), 403, "FORBIDDEN")
