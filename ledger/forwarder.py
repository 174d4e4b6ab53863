"""Meta-transactions: an organisation signs an act, somebody else sends it (OpenZeppelin's ERC2771Forwarder).

Its nonces are sequential per account: one outstanding message an account, and `execute`, never a batch. Not
for Membership, which takes votes from registrars' own transactions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.account import Account
from ledger.chain import Call
from ledger.contract import Act, Contract, Domain
from ledger.types import keccak

__all__ = ["ForwardRequest", "Forwarder"]

_REQUEST = (
    b"ForwardRequest(address from,address to,uint256 value,uint256 gas,"
    b"uint256 nonce,uint48 deadline,bytes data)"
)


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

    def sign(self, account: Account, act: Act, nonce: int, deadline: int, gas: int) -> ForwardRequest:
        """`gas` is what the act itself may use."""
        if act.to is None:
            raise ValueError("a forwarder cannot create contracts")
        values = (account.address, act.to, 0, gas, nonce, deadline, keccak(act.data))
        digest = self.domain.digest(
            keccak(_REQUEST), "address,address,uint256,uint256,uint256,uint48,bytes32", values
        )
        return ForwardRequest(account.address, act.to, gas, deadline, act.data, account.sign_digest(digest))

    def verify(self, request: ForwardRequest) -> Call[bool]:
        """Whether the request would be accepted now (signature, nonce, deadline, target)."""
        return self._call("verify", request._abi(), to=bool)

    def execute(self, request: ForwardRequest) -> Act:
        """Anybody sends it; the contract called sees the signer."""
        return self._act("execute", request._abi())
