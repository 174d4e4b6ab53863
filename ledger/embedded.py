"""The embedded ledger of a home: `create` it once, `open` it from any process that reads or writes.

with embedded.open(home) as ledger: ledger.url, ledger.writer.send(account, act), ledger.clock.now()

`ledger.db` (see `log`) is what lasts; the node is started when nobody runs it yet, shared by every process
with a lease, and stopped after the last of them (see `locks`, `supervise`). DESIGN, "Homes, processes, keys".
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from ledger import node as nodes
from ledger.chain import Chain
from ledger.clock import Clock
from ledger.locks import Lease, write_lock
from ledger.log import TransactionLog
from ledger.node import Node
from ledger.writer import EmbeddedWriter

__all__ = ["Embedded", "create", "open"]

_WRITE_WAIT = 10.0
_START_WAIT = 120.0  # somebody else may be sending a long log


def create(home: Path, starts_at: int | None = None) -> None:
    """A new, empty ledger with a chain id drawn at random; one that exists stays as it is.

    `starts_at` is the genesis block's business time, and what the home's clock shows now; by default the wall
    clock.
    """
    home.mkdir(parents=True, exist_ok=True)
    wall = int(time.time())
    genesis = wall if starts_at is None else starts_at
    with write_lock(_run(home) / "write.lock", _WRITE_WAIT):
        TransactionLog.create(home / "ledger.db", _draw_chain_id(), genesis, genesis - wall)


def _draw_chain_id() -> int:
    """From 10^9 (far above every test rig's) up to about 2^48, so that every tool can hold it."""
    return 10**9 + secrets.randbelow(2**48)


def _run(home: Path) -> Path:
    run = home / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    return run


def open(home: Path) -> Embedded:
    """The home's ledger with its node running. Raises NoLedgerError, NodeStartError, LogDamagedError."""
    return Embedded(home)


class Embedded:
    """An open embedded ledger: one lease on its node. A context manager; safe for threads."""

    def __init__(self, home: Path) -> None:
        self.log = TransactionLog(home / "ledger.db")
        self.clock = Clock(self.log)
        self.writer = EmbeddedWriter(self)
        self._run = _run(home)
        self._lease = Lease(self._run / "leases")
        self._node: Node | None = None
        try:
            self.ensure()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The node's JSON-RPC address; another one after the node was started again."""
        return self._chain.rpc.url

    def ensure(self) -> str:
        """Attaches to the node, and gives its address. One that died, or holds anything but the log, is
        replaced before.
        """
        if not self._is_level():
            with write_lock(self._run / "write.lock", _START_WAIT):
                self._level()
        return self.url

    def _is_level(self) -> bool:
        """Attaches to the published node where that is level with the log; False where it is not."""
        node = nodes.running(self._run, self.log)
        if node is not None and node != self._node:
            self._attach(node)
        return node is not None

    def _attach(self, node: Node) -> Chain:
        self._chain = Chain(node.url, timeout=60)
        self._node = node
        return self._chain

    @contextlib.contextmanager
    def writing(self) -> Iterator[Chain]:
        """Holds the write lock; gives the node, level with the log. Raises WriterBusyError after 10 s."""
        with write_lock(self._run / "write.lock", _WRITE_WAIT):
            yield self._level()

    def level(self) -> None:
        """Sends what the log holds and the node has not: a writer may have been killed between the two."""
        with self.writing():
            pass

    def restart(self) -> Chain:
        """Puts a fresh node in the place of the running one. For the holder of the write lock."""
        return self._attach(nodes.start(self._run, self.log))

    def _level(self) -> Chain:
        """The node, level with the log. For the holder of the write lock."""
        return self._chain if self._is_level() else self.restart()

    def close(self) -> None:
        """Gives the lease up; the last one to do so ends the node."""
        self.writer.close()
        self._lease.release()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
