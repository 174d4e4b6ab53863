"""Writing through a node that somebody else runs: signed transactions are kept in an outbox before they
are sent.

A node's hash is a promise and no more: the same bytes are sent again until their block is final, by this
process or the next that opens the outbox. Nonces come from the outbox, not from the node's pool. Final is
the descriptor's rule: k blocks on top, and the block's hash read again. docs/adr/0303.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ledger.account import Signer, Transaction
from ledger.chain import Block, Chain, parse_bytes, parse_quantity, revert_of
from ledger.contract import Act
from ledger.errors import (
    NodeUnreachableError,
    NotFinalError,
    RefusedByNodeError,
    ReplacedError,
    RpcError,
)
from ledger.locks import write_lock
from ledger.log import usable
from ledger.types import hex32, keccak
from ledger.writer import Sent, failure

__all__ = ["Outbox", "Remote", "RemoteWriter"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
  genesis BLOB NOT NULL,
  sender TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  act BLOB NOT NULL,
  transaction_hash BLOB NOT NULL,
  raw BLOB NOT NULL,
  final INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (genesis, sender, nonce)
) STRICT;
"""
_WAIT = 10.0
# A node that says so has the transaction, or had its nonce: look it up.
_HAS_IT = (
    "already known",
    "already imported",
    "known transaction",
    "nonce too low",
    "nonce_too_low",
    "replacement transaction underpriced",
)
_RESEND = 2.0  # seconds without a receipt after which the same bytes are sent again


@dataclass(frozen=True)
class Pending:
    """A signed transaction that is not known to be final."""

    nonce: int
    transaction: bytes
    raw: bytes


class Outbox:
    """The durable list of what was signed for one chain. Safe for threads; reservations are for the
    lock's holder.
    """

    def __init__(self, path: Path, genesis: bytes) -> None:
        self._lock = threading.RLock()
        self._genesis = genesis
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_SCHEMA)

    def _rows(self, sql: str, *arguments: Any) -> list[Any]:
        with self._lock, usable("the outbox"):
            return self._db.execute(sql, arguments).fetchall()

    def next_nonce(self, sender: str) -> int:
        """One above the highest nonce ever signed here, 0 where there is none."""
        sql = "SELECT coalesce(max(nonce) + 1, 0) FROM outbox WHERE genesis = ? AND sender = ?"
        return int(self._rows(sql, self._genesis, sender)[0][0])

    def pending(self, sender: str) -> list[Pending]:
        """What is not final, in order of nonces."""
        sql = (
            "SELECT nonce, transaction_hash, raw FROM outbox "
            "WHERE genesis = ? AND sender = ? AND final = 0 ORDER BY nonce"
        )
        return [Pending(*row) for row in self._rows(sql, self._genesis, sender)]

    def unsettled(self) -> list[tuple[str, Pending]]:
        """What is not final of every sender, in order of nonces."""
        sql = (
            "SELECT sender, nonce, transaction_hash, raw FROM outbox "
            "WHERE genesis = ? AND final = 0 ORDER BY sender, nonce"
        )
        return [(row[0], Pending(*row[1:])) for row in self._rows(sql, self._genesis)]

    def find(self, sender: str, act: bytes) -> Pending | None:
        """The pending transaction of the very same act: whoever asks again waits for it instead of
        sending a second.
        """
        sql = (
            "SELECT nonce, transaction_hash, raw FROM outbox "
            "WHERE genesis = ? AND sender = ? AND act = ? AND final = 0"
        )
        rows = self._rows(sql, self._genesis, sender, act)
        return Pending(*rows[0]) if rows else None

    def add(self, sender: str, act: bytes, item: Pending) -> None:
        """Commits durably."""
        sql = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, 0)"
        self._rows(sql, self._genesis, sender, item.nonce, act, item.transaction, item.raw)

    def withdraw(self, sender: str, nonce: int) -> None:
        """Takes back what the node refused outright."""
        self._rows(
            "DELETE FROM outbox WHERE genesis = ? AND sender = ? AND nonce = ?", self._genesis, sender, nonce
        )

    def settle(self, sender: str, nonce: int) -> None:
        """Marks everything up to `nonce` as final: a chain takes a sender's nonces in order."""
        sql = "UPDATE outbox SET final = 1 WHERE genesis = ? AND sender = ? AND nonce <= ?"
        self._rows(sql, self._genesis, sender, nonce)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()


class RemoteWriter:
    """Sends through the node at `url`. `patience` bounds the wait for finality, in seconds."""

    def __init__(
        self, url: str, outbox: Path, confirmations: int, *, patience: float = 60.0, poll: float = 0.1
    ) -> None:
        self._chain = Chain(url)
        self._chain_id = self._chain.chain_id()
        self._outbox = Outbox(outbox, self._chain.block(0).hash)
        self._lock_path = outbox.with_name(outbox.name + ".lock")
        self._confirmations = confirmations
        self._patience = patience
        self._poll = poll

    def send(self, account: Signer, act: Act) -> Sent:
        """See `Writer`. Raises NotFinalError after `patience`; the outbox keeps what was signed."""
        digest = keccak((act.to or "").encode() + act.data)
        with write_lock(self._lock_path, _WAIT):
            item = self._outbox.find(account.address, digest) or self._sign(account, act, digest)
        return self._await_final(account, act, item)

    def _sign(self, account: Signer, act: Act, digest: bytes) -> Pending:
        """Reserves the next nonce, signs, commits, sends once. Under the lock, so that a refusal leaves
        no gap.
        """
        gas = self.allowance(account.address, act)
        mined = parse_quantity(self._chain.rpc.call("eth_getTransactionCount", account.address, "latest"))
        nonce = max(mined, self._outbox.next_nonce(account.address))
        raw = Transaction(self._chain_id, nonce, gas, act.to, act.data).signed_by(account)
        item = Pending(nonce, keccak(raw), raw)
        self._outbox.add(account.address, digest, item)
        try:
            self._push(item)
        except RefusedByNodeError:
            self._outbox.withdraw(account.address, nonce)
            raise
        return item

    def allowance(self, sender: str, act: Act) -> int:
        """See `Writer`: a quarter above the node's estimate."""
        call = {"from": sender, "data": "0x" + act.data.hex()} | ({"to": act.to} if act.to else {})
        try:
            return parse_quantity(self._chain.rpc.call("eth_estimateGas", call, "latest")) * 5 // 4 + 10_000
        except RpcError as e:
            raise revert_of(e) or e from e

    def _push(self, item: Pending) -> None:
        """Sends the bytes. What the node already has, or cannot take yet, is looked up later; a refusal
        is raised.
        """
        try:
            self._chain.rpc.call("eth_sendRawTransaction", "0x" + item.raw.hex())
        except NodeUnreachableError:
            return
        except RpcError as e:
            if not any(word in e.message.lower() for word in _HAS_IT):
                raise RefusedByNodeError(f"the node takes no such transaction: {e.message}") from e

    def _await_final(self, account: Signer, act: Act, item: Pending) -> Sent:
        deadline = time.monotonic() + self._patience
        resend = time.monotonic() + _RESEND
        while time.monotonic() < deadline:
            try:
                if (sent := self._look(account, act, item)) is not None:
                    return sent
                if time.monotonic() >= resend:
                    self._resend(account.address)
                    resend = time.monotonic() + _RESEND
            except NodeUnreachableError:
                resend = time.monotonic()
            time.sleep(self._poll)
        raise NotFinalError(
            f"transaction {hex32(item.transaction)} is not final after {self._patience:g} s; "
            "it is kept, and sent again with the next one"
        )

    def _resend(self, sender: str) -> None:
        for item in self._outbox.pending(sender):
            self._push(item)

    def _look(self, account: Signer, act: Act, item: Pending) -> Sent | None:
        """None while not final; raises why it failed, where it did."""
        if (found := self._mined(account.address, item)) is None:
            return None
        receipt, block = found
        if parse_quantity(receipt.get("status")) != 1:
            gas = parse_quantity(receipt.get("gasUsed"))
            raise failure(self._chain, account.address, act, max(gas, 10_000_000), block)
        return Sent.parse(receipt, block)

    def _mined(self, sender: str, item: Pending) -> tuple[dict[str, Any], Block] | None:
        """Its receipt and block, settled; None while not final."""
        chain = self._chain
        receipt = chain.rpc.call("eth_getTransactionReceipt", hex32(item.transaction))
        if receipt is None:
            self._check_replaced(sender, item)
            return None
        number = parse_quantity(receipt.get("blockNumber"))
        head = chain.block("latest")
        if head.number < number + self._confirmations:
            return None
        block = chain.block(number)
        if block.hash != parse_bytes(receipt.get("blockHash"), 32):
            return None  # moved by a reorganisation: look again
        self._outbox.settle(sender, item.nonce)
        return receipt, block

    def unsettled(self) -> int:
        """How many transactions that were signed here are not known to be final."""
        return len(self._outbox.unsettled())

    def drain(self) -> None:
        """Waits until everything signed here is final, whatever came of it: only then may its absence be believed."""
        deadline = time.monotonic() + self._patience
        for sender, item in self._outbox.unsettled():
            self._push(item)
            with contextlib.suppress(ReplacedError):
                while self._mined(sender, item) is None:
                    if time.monotonic() > deadline:
                        raise NotFinalError(
                            f"transaction {hex32(item.transaction)} of an earlier run is not final yet: try again"
                        )
                    time.sleep(self._poll)

    def _check_replaced(self, sender: str, item: Pending) -> None:
        """ReplacedError where a final block holds another transaction of this nonce. The count alone may run ahead of what the node shows."""
        deep = max(0, self._chain.block("latest").number - self._confirmations)
        if self._count(sender, deep) <= item.nonce:
            return
        if self._user_of(sender, item.nonce, deep) not in (None, item.transaction):
            self._outbox.settle(sender, item.nonce)
            raise ReplacedError(
                f"nonce {item.nonce} of {sender} was used by a transaction that is not in this outbox: "
                f"send again, and let only one outbox sign for this account"
            )

    def _count(self, sender: str, number: int) -> int:
        return parse_quantity(self._chain.rpc.call("eth_getTransactionCount", sender, hex(number)))

    def _user_of(self, sender: str, nonce: int, deep: int) -> bytes | None:
        """The transaction that used a nonce by that block; None as long as the block in which it was used does not show it."""
        before, used, step = deep - 1, deep, 1
        while (
            before >= 0 and self._count(sender, before) > nonce
        ):  # from the newest: old states may be pruned
            before, used, step = before - step, before, 2 * step
        before = max(before, -1)
        while before + 1 < used:
            middle = (before + used) // 2
            before, used = (before, middle) if self._count(sender, middle) > nonce else (middle, used)
        for one in self._chain.transactions(used):
            if (str(one.get("from")).lower(), parse_quantity(one.get("nonce"))) == (sender, nonce):
                return parse_bytes(one.get("hash"), 32)
        return None

    def close(self) -> None:
        """Closes the outbox."""
        self._outbox.close()


class Remote:
    """The ledger of a home whose node somebody else runs: the same face as `embedded.Embedded`. Business time is the newest block's."""

    def __init__(self, home: Path, url: str, confirmations: int) -> None:
        self.url = url
        self._chain = Chain(url)
        self.writer = RemoteWriter(url, home / "outbox.db", confirmations)
        self.clock = self

    def now(self) -> int:
        """Seconds since 1970, UTC."""
        return self._chain.block("latest").timestamp

    def ensure(self) -> str:
        """Its address. Raises NodeUnreachableError where it does not answer."""
        self._chain.chain_id()
        return self.url

    def level(self) -> None:
        """See `RemoteWriter.drain`."""
        self.writer.drain()

    def close(self) -> None:
        """Closes the outbox and connections."""
        self.writer.close()
        self._chain.rpc.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
