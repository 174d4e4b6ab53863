"""Reading a chain: blocks, many calls at one block hash in one round trip, logs in ranges.

Not the contracts (see `assets`, `pledges`, …) and not sending (see `writer`). The node is trusted for nothing
that can be checked: answers have the types of the Ethereum JSON-RPC specification, blocks are the ones asked
for, logs come from the addresses, topics and range asked for, in order. Calls name their block by hash
(EIP-1898, requireCanonical).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ledger import artifacts
from ledger.errors import AbiError, AnswerTooLargeError, BlockGoneError, ContradictedError, RpcError
from ledger.rpc import JsonRpc
from ledger.types import hex32

__all__ = [
    "Block",
    "Call",
    "Chain",
    "Log",
    "Position",
    "parse_bytes",
    "parse_log",
    "parse_quantity",
    "revert_of",
]

T = TypeVar("T")
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")
_HEX = re.compile(r"0x([0-9a-f]{2})*")
_CALLS_A_BATCH = 200
_SPAN = 64  # blocks of the first range of logs
_MAX_SPAN = 512
_GOOD_ANSWER = (
    2**20
)  # bytes of log data below which the next range doubles, and eight times above which it halves


@dataclass(frozen=True)
class Block:
    """A block's header, as far as this package needs it. `timestamp` in seconds."""

    number: int
    hash: bytes
    parent: bytes
    timestamp: int


@dataclass(frozen=True)
class Call(Generic[T]):
    """A read that is ready to go with others: `decode` makes the answer's bytes a value (or raises
    AbiError).
    """

    to: str
    data: bytes
    decode: Callable[[bytes], T]


@dataclass(frozen=True, order=True)
class Position:
    """Where an event stands: block number, index in the block; with its transaction and the contract that wrote it."""

    block: int
    index: int
    transaction: bytes
    contract: str


@dataclass(frozen=True)
class Log:
    """One log as the node gave it, its types checked."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    at: Position
    block_hash: bytes


class Chain:
    """One node. Everything read here is pinned to a block by the caller."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.rpc = JsonRpc(url, timeout)

    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return parse_quantity(self.rpc.call("eth_chainId"))

    def block(self, which: int | str | bytes) -> Block:
        """The block by number, tag or hash. Raises BlockGoneError where the node has none."""
        return self.parse_block(self.rpc.call(*self.block_request(which)), which)

    @staticmethod
    def block_request(which: int | str | bytes) -> tuple[str, Any, bool]:
        """Method and parameters that ask for a block's header."""
        if isinstance(which, bytes):
            return "eth_getBlockByHash", hex32(which), False
        return "eth_getBlockByNumber", hex(which) if isinstance(which, int) else which, False

    @staticmethod
    def parse_block(answer: Any, which: int | str | bytes) -> Block:
        """The header in a node's answer, which must be the one asked for."""
        if answer is None:
            raise BlockGoneError(f"the node has no block {_spell(which)}")
        if not isinstance(answer, dict):
            raise ContradictedError("the node's block is not an object")
        block = Block(
            parse_quantity(answer.get("number")),
            parse_bytes(answer.get("hash"), 32),
            parse_bytes(answer.get("parentHash"), 32),
            parse_quantity(answer.get("timestamp")),
        )
        if which not in (block.number, block.hash) and not isinstance(which, str):
            raise ContradictedError(f"asked for block {_spell(which)}, the node gave {block.number}")
        return block

    def transactions(self, number: int) -> list[dict[str, Any]]:
        """A block's transactions as the node tells them. Raises BlockGoneError where it has no such block."""
        answer = self.rpc.call("eth_getBlockByNumber", hex(number), True)
        self.parse_block(answer, number)
        told = answer.get("transactions")
        if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
            raise ContradictedError(f"the transactions of the node's block {number} are none")
        return told

    def require(self, block: Block) -> None:
        """Raises BlockGoneError unless the node still has this very block at its number."""
        if self.block(block.number).hash != block.hash:
            raise BlockGoneError(
                f"block {block.number} is no longer {hex32(block.hash)}: the chain was reorganised"
            )

    def call_many(self, calls: Sequence[Call[Any]], at: Block) -> list[Any]:
        """Every call's value as of one block. Raises the first RevertError; ContradictedError for unsound
        data.
        """
        where = {"blockHash": hex32(at.hash), "requireCanonical": True}
        requests = [("eth_call", ({"to": c.to, "data": "0x" + c.data.hex()}, where)) for c in calls]
        answers: list[Any] = []
        for start in range(0, len(requests), _CALLS_A_BATCH):
            answers += self.rpc.batch(requests[start : start + _CALLS_A_BATCH])
        return [self._value(call, answer, at) for call, answer in zip(calls, answers, strict=True)]

    @staticmethod
    def _value(call: Call[T], answer: Any, at: Block) -> T:
        if isinstance(answer, RpcError):
            if (revert := revert_of(answer)) is not None:
                raise revert
            raise BlockGoneError(
                f"the node cannot answer as of block {at.number} ({hex32(at.hash)}): {answer}"
            )
        try:
            return call.decode(parse_bytes(answer))
        except (AbiError, ValueError) as e:  # ValueError: a number that is none of an enumeration's
            raise ContradictedError(
                f"the node's answer for {call.to} is not what its contract returns: {e}"
            ) from e

    def codes(self, addresses: Sequence[str], at: Block) -> list[bytes]:
        """Runtime code of each address as of one block; empty where there is none."""
        where = {"blockHash": hex32(at.hash), "requireCanonical": True}
        answers = self.rpc.batch([("eth_getCode", (a, where)) for a in addresses])
        for answer in answers:
            if isinstance(answer, RpcError):
                raise BlockGoneError(f"the node cannot answer as of block {at.number}: {answer}")
        return [parse_bytes(a) for a in answers]

    def logs(
        self, addresses: Sequence[str], first: int, last: int, topics: Sequence[Any] = ()
    ) -> Iterator[list[Log]]:
        """Logs of blocks `first` to `last` inclusive, one list a range, in order; ranges adapt to the node
        and the answer.

        `topics` as eth_getLogs takes them: per place None, 32 bytes, or a list of alternatives. The caller
        re-reads the hash of its pinned block afterwards (`require`).
        """
        span, most = _SPAN, _MAX_SPAN
        while first <= last:
            upto = min(last, first + span - 1)
            try:
                found = self._range(addresses, first, upto, topics)
            except (RpcError, AnswerTooLargeError):
                if span == 1:
                    raise
                span = most = max(1, min(span, last - first + 1) // 4)
                continue
            size = sum(len(log.data) + 256 for log in found)
            if size > 8 * _GOOD_ANSWER:
                span = max(1, span // 2)
            elif size < _GOOD_ANSWER:
                span = min(most, span * 2)
            yield found
            first = upto + 1

    def _range(self, addresses: Sequence[str], first: int, last: int, topics: Sequence[Any]) -> list[Log]:
        asked = [[t] if isinstance(t, bytes) else t for t in topics]
        query = {
            "address": list(addresses),
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [None if t is None else [hex32(one) for one in t] for t in asked],
        }
        answer = self.rpc.call("eth_getLogs", query)
        if not isinstance(answer, list):
            raise ContradictedError("the node's logs are not a list")
        logs = [parse_log(entry) for entry in answer]
        for log in logs:
            if log.address not in addresses or not first <= log.at.block <= last or not _matches(log, asked):
                raise ContradictedError("the node gave a log of another address, topic or block than asked")
        for earlier, later in itertools.pairwise(logs):
            if (earlier.at.block, earlier.at.index) >= (later.at.block, later.at.index):
                raise ContradictedError("the node gave logs out of order, or one twice")
        return logs


def _matches(log: Log, asked: Sequence[Sequence[bytes] | None]) -> bool:
    if len(log.topics) < len(asked):
        return False
    return all(want is None or have in want for have, want in zip(log.topics, asked, strict=False))


def parse_log(entry: Any) -> Log:
    """A log in a node's answer. Raises ContradictedError where it is malformed or marked as removed."""
    if not isinstance(entry, dict) or entry.get("removed") or not isinstance(entry.get("topics"), list):
        raise ContradictedError("the node gave a log that is malformed or removed")
    address = "0x" + parse_bytes(entry.get("address"), 20).hex()
    at = Position(
        parse_quantity(entry.get("blockNumber")),
        parse_quantity(entry.get("logIndex")),
        parse_bytes(entry.get("transactionHash"), 32),
        address,
    )
    topics = tuple(parse_bytes(t, 32) for t in entry["topics"])
    return Log(address, topics, parse_bytes(entry.get("data")), at, parse_bytes(entry.get("blockHash"), 32))


def parse_quantity(value: Any) -> int:
    """A JSON-RPC quantity. Raises ContradictedError for anything else."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise ContradictedError(f"the node gave {str(value)[:80]!r} where a number belongs")


def parse_bytes(value: Any, size: int | None = None) -> bytes:
    """JSON-RPC data, of `size` bytes if given. Raises ContradictedError for anything else."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            raw = bytes.fromhex(value[2:])
        except ValueError:
            raw = None
        if raw is not None and len(value) == 2 + 2 * len(raw) and size in (None, len(raw)):
            return raw
    raise ContradictedError(f"the node gave {str(value)[:80]!r} where {size or ''} bytes belong")


def revert_of(error: RpcError) -> Exception | None:
    """The contract's refusal inside a node's error, None where it is none. Nodes attach the data in different
    places.
    """
    data = error.data
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    if isinstance(data, str):
        found = data.removeprefix("Reverted ")
        if _HEX.fullmatch(found):
            return artifacts.decode_revert(bytes.fromhex(found[2:]))
    if error.code == 3 or "revert" in error.message.lower():
        return artifacts.decode_revert(b"")
    return None


def _spell(which: int | str | bytes) -> str:
    return hex32(which) if isinstance(which, bytes) else str(which)
