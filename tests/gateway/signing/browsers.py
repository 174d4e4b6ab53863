"""What tests of signing in the browser share: a key that signs as a wallet does, from the typed data's JSON alone, by another implementation of
EIP-712; and how a member's key moves to it.
"""

from __future__ import annotations

import time
from typing import Any

from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data

from ledger.account import Account
from ledger.types import keccak

from ..api.v1.helping import problem
from ..running import Running

KEY, OTHER = keccak(b"in a browser"), keccak(b"in another browser")


def signed(typed: Any, key: bytes = KEY) -> str:
    """A wallet's `eth_signTypedData_v4`."""
    return "0x" + bytes(Wallet.sign_message(encode_typed_data(full_message=typed), key).signature).hex()


def move(gateway: Running, member: str, user: str, key: bytes) -> None:
    """A member proposes a key, and the registrar votes for it."""
    client, asked = gateway.client(user), {"account": Account(key).address}
    statement = client.post("/api/v1/signing-key/statement", json=asked).json()
    stolen = asked | {"signature": signed(statement, keccak(b"a thief's"))}
    problem(client.put("/api/v1/signing-key", json=stolen), 409, "WRONG_SIGNER")
    said = asked | {"signature": signed(statement, key)}
    assert client.put("/api/v1/signing-key", json=said).json()["proposed"] == asked["account"]
    vote = f"/api/v1/organisations/{gateway.organisation(member).hex}/signing-key"
    assert gateway.client("r1-registrar").post(vote).json()["executed"] is True
    problem(gateway.client("r1-registrar").post(vote), 404, "NOT_FOUND")


def waiting(gateway: Running, user: str = "m1-signatory") -> list[dict[str, Any]]:
    """What a user's organisation has to sign and has not."""
    found = gateway.client(user).get("/api/v1/signatures").json()
    return [one for one in found if not one["signed"]]


def sign(gateway: Running, one: dict[str, Any], key: bytes = KEY, user: str = "m1-signatory") -> Any:
    """Prepare and sign it."""
    client = gateway.client(user)
    typed = client.post(f"/api/v1/signatures/{one['id']}/preparation", json={}).json()
    return client.put(f"/api/v1/signatures/{one['id']}", json={"signature": signed(typed, key)})


def eventually(true: Any) -> None:
    """Within a minute."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
