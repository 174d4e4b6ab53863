"""Meta-transactions: an organisation signs an act, somebody else sends it (OpenZeppelin's ERC2771Forwarder).

Its nonces are sequential per account: one outstanding message an account, and `execute`, never a batch. Not
for Membership, which takes votes from registrars' own transactions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.chain import Call
from ledger.contract import Act, Contract
from ledger.typed import Domain, Members, TypedData

__all__ = ["ForwardRequest", "Forwarder", "Unsigned"]

_TYPES: dict[str, Members] = {
    "ForwardRequest": (
        ("from", "address"),
        ("to", "address"),
        ("value", "uint256"),
        ("gas", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint48"),
        ("data", "bytes"),
    )
}


@dataclass(frozen=True)
class Unsigned:
    """An act that waits for its sender's signature. `gas` is what the act itself may use, `deadline` a block time, inclusive."""

    sender: str
    to: str
    data: bytes
    gas: int
    nonce: int
    deadline: int

    def signed(self, signature: bytes) -> ForwardRequest:
        """With the 65 bytes that its sender has given."""
        return ForwardRequest(self.sender, self.to, self.gas, self.deadline, self.data, signature)


@dataclass(frozen=True)
class ForwardRequest:
    """A signed act. `deadline` is a block time, inclusive."""

    sender: str
    to: str
    gas: int
    deadline: int
    data: bytes
    signature: bytes

    def _abi(self) -> tuple[Any, ...]:
        return self.sender, self.to, 0, self.gas, self.deadline, self.data, self.signature


class Forwarder(Contract):
    """The contract ERC2771Forwarder on one chain."""

    name = "ERC2771Forwarder"

    def __init__(self, address: str, chain_id: int) -> None:
        super().__init__(address)
        self.domain = Domain(chain_id, address)

    def nonce(self, address: str) -> Call[int]:
        """The nonce that the account's next request must carry."""
        return self._call("nonces", address, to=int)

    def typed(self, unsigned: Unsigned) -> TypedData:
        """The request as its sender signs it."""
        message = {
            "from": unsigned.sender,
            "to": unsigned.to,
            "value": 0,
            "gas": unsigned.gas,
            "nonce": unsigned.nonce,
            "deadline": unsigned.deadline,
            "data": unsigned.data,
        }
        return TypedData(self.domain, "ForwardRequest", _TYPES, message)

    def verify(self, request: ForwardRequest) -> Call[bool]:
        """Whether the request would be accepted now (signature, nonce, deadline, target)."""
        return self._call("verify", request._abi(), to=bool)

    def execute(self, request: ForwardRequest) -> Act:
        """Anybody sends it; the contract called sees the signer."""
        return self._act("execute", request._abi())
