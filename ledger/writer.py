"""Sending acts: the interface of every writer, and the embedded ledger's.

`send` returns when the act is final by the ledger's rule, or raises; what the contract refuses is asked
beforehand, so a refusal costs no transaction. The remote writer stands in `remote`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ledger.account import Signer, Transaction
from ledger.chain import Block, Chain, Log, parse_bytes, parse_log, parse_quantity, revert_of
from ledger.contract import Act
from ledger.errors import ContradictedError, NodeUnreachableError, NotFinalError, RefusedByNodeError, RpcError
from ledger.log import Entry
from ledger.node import deliver
from ledger.refusals import OtherRevertError
from ledger.types import hex32, keccak

if TYPE_CHECKING:
    from ledger.embedded import Embedded

__all__ = ["EmbeddedWriter", "Sent", "Writer", "failure", "preflight"]

_GAS = 500_000_000
"""Of an embedded transaction; nothing is paid for it."""
_RELAYED_GAS = _GAS * 9 // 10
"""Of an act within such a transaction: a contract hands on 63 parts of 64 at most."""


@dataclass(frozen=True)
class Sent:
    """An act that is final: its transaction and block, what it cost, what it logged, the contract that it
    created.
    """

    transaction: bytes
    block: Block
    gas_used: int
    logs: tuple[Log, ...]
    created: str | None

    @classmethod
    def parse(cls, receipt: Any, block: Block) -> Sent:
        """From a node's receipt, which must be of that block."""
        if not isinstance(receipt, dict) or not isinstance(receipt.get("logs"), list):
            raise ContradictedError("the node's receipt is malformed")
        if parse_bytes(receipt.get("blockHash"), 32) != block.hash:
            raise ContradictedError("the node's receipt is of another block")
        created = receipt.get("contractAddress")
        return cls(
            parse_bytes(receipt.get("transactionHash"), 32),
            block,
            parse_quantity(receipt.get("gasUsed")),
            tuple(parse_log(entry) for entry in receipt["logs"]),
            None if created is None else "0x" + parse_bytes(created, 20).hex(),
        )


class Writer(Protocol):
    """Sends acts for accounts. Safe for threads and processes."""

    def send(self, account: Signer, act: Act) -> Sent:
        """Returns when final. Raises RevertError, WriterBusyError, NodeUnreachableError, NotFinalError, …"""

    def allowance(self, sender: str, act: Act) -> int:
        """Gas to allow an act that somebody else will send for `sender`. Raises what the contract would refuse it with."""

    def close(self) -> None:
        """Gives up what the writer holds."""


def preflight(chain: Chain, sender: str, act: Act, gas: int, timestamp: int) -> None:
    """Raises the RevertError that the act would meet in a block of that time on top of the newest."""
    try:
        chain.rpc.call("eth_call", _call_of(sender, act, gas), "latest", {}, {"time": hex(timestamp)})
    except RpcError as e:
        raise revert_of(e) or e from e


def failure(chain: Chain, sender: str, act: Act, gas: int, block: Block) -> Exception:
    """Why a mined transaction failed: what the call meets on the state before its block, or else after it."""
    for state in (block.parent, block.hash):
        try:
            chain.rpc.call("eth_call", _call_of(sender, act, gas), {"blockHash": hex32(state)})
        except RpcError as e:
            return revert_of(e) or e
    return OtherRevertError("the transaction failed in its block, for what its neighbours there did")


def _call_of(sender: str, act: Act, gas: int) -> dict[str, str]:
    call = {"from": sender, "data": "0x" + act.data.hex(), "gas": hex(gas)}
    return call | ({"to": act.to} if act.to else {})


def _receipt(chain: Chain, entry: Entry) -> Any:
    return chain.rpc.call("eth_getTransactionReceipt", hex32(entry.transaction))


class EmbeddedWriter:
    """Writes to a home's embedded ledger: log first, then the node; one transaction a block, one writer at a
    time.
    """

    def __init__(self, home: Embedded) -> None:
        self._home = home

    def send(self, account: Signer, act: Act) -> Sent:
        """See `Writer`. Final at inclusion. Raises WriterBusyError after 10 s behind another process."""
        with self._home.writing() as level:
            chain = level
            try:
                entry = self._log(chain, account, act)
            except NodeUnreachableError:  # nothing was logged yet: ask a fresh node
                chain = self._home.restart()
                entry = self._log(chain, account, act)
            block, receipt = self._mine(chain, entry)
            self._home.log.acknowledge(entry.number, block.hash)
        sent = Sent.parse(receipt, block)
        if parse_quantity(receipt.get("status")) != 1:
            raise failure(Chain(self._home.url), account.address, act, _GAS, block)
        return sent

    def allowance(self, sender: str, act: Act) -> int:
        """See `Writer`."""
        preflight(Chain(self._home.ensure()), sender, act, _GAS, self._home.clock.now())
        return _RELAYED_GAS

    def _log(self, chain: Chain, account: Signer, act: Act) -> Entry:
        nonce = parse_quantity(chain.rpc.call("eth_getTransactionCount", account.address, "latest"))
        timestamp = self._home.clock.now()
        preflight(chain, account.address, act, _GAS, timestamp)
        raw = Transaction(self._home.log.chain_id, nonce, _GAS, act.to, act.data).signed_by(account)
        return self._home.log.append(timestamp, keccak(raw), raw)

    def _mine(self, chain: Chain, entry: Entry) -> tuple[Block, Any]:
        """The entry's block and receipt; where the node died or diverged on the way, from one with the whole log."""
        try:
            return deliver(chain, entry), _receipt(chain, entry)
        except RefusedByNodeError:
            self._home.log.withdraw(entry)
            raise
        except (NodeUnreachableError, ContradictedError, RpcError):
            return self._mined_again(entry)

    def _mined_again(self, entry: Entry) -> tuple[Block, Any]:
        for attempts_left in (2, 1, 0):
            try:
                chain = self._home.restart()
                return chain.block(entry.number), _receipt(chain, entry)
            except NodeUnreachableError as e:
                if not attempts_left:
                    text = f"logged as block {entry.number}; the node gets it at its next start"
                    raise NotFinalError(text) from e
        raise AssertionError

    def close(self) -> None:
        """Nothing to give up: the home's lease is the Embedded's."""
