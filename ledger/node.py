"""The embedded node: finds anvil beside the packages, starts it under its supervisor, fills it from the log.

Not a service that users install, and not the way to reach a remote node. A node is published (node.json) only
after the whole log was sent to it, on a port of its own each time: no reader ever meets a half-filled chain.
Everything that starts, fills or replaces a node is for the holder of the home's write lock. DESIGN, "Homes,
processes, keys".
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.artifacts import ROOT
from ledger.chain import Block, Chain, parse_bytes, parse_quantity
from ledger.errors import (
    ContradictedError,
    LogDamagedError,
    NodeStartError,
    NodeUnreachableError,
    RefusedByNodeError,
    RpcError,
)
from ledger.log import Entry, TransactionLog
from ledger.rpc import Request
from ledger.types import hex32, keccak

__all__ = ["GAS_LIMIT", "Node", "deliver", "find_anvil", "published", "running", "start", "stop"]

GAS_LIMIT = 10**12
"""Of a block. Zero gas price: the limit protects nothing here."""
_HEADER = {"miner": "0x" + "00" * 20, "gasLimit": hex(GAS_LIMIT), "baseFeePerGas": "0x0"}
_START_WAIT = 20.0
_ATTEMPTS = 5
_STATE: Request = ("eth_getProof", ("0x" + "00" * 20, [], "latest"))
_OPTIONS = (
    *("--hardfork", "paris", "--accounts", "0", "--gas-price", "0", "--block-base-fee-per-gas", "0"),
    *("--prune-history", "256"),  # states of older blocks are dropped: on disk each would be a whole copy
    *("--disable-min-priority-fee", "--no-request-size-limit", "--no-mining", "--no-cors", "--quiet"),
)


@dataclass(frozen=True)
class Node:
    """A published node: its supervisor's pid with the time it started, and the port on 127.0.0.1."""

    pid: int
    started: str
    port: int

    @property
    def url(self) -> str:
        """Its JSON-RPC address."""
        return f"http://127.0.0.1:{self.port}"


def find_anvil() -> Path:
    """The binary inside npm's package for this platform. Raises NodeStartError where it is absent."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    package = f"anvil-{platform.system().lower()}-{machine}"
    path = ROOT / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    if not os.access(path, os.X_OK):
        raise NodeStartError(f"the embedded node is missing: {path} (npm ci, or make setup, brings it)")
    return path


def published(run: Path) -> Node | None:
    """The node that was published last; whether it lives is another question."""
    try:
        return Node(**json.loads((run / "node.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def running(run: Path, log: TransactionLog) -> Node | None:
    """The published node, if it answers and holds what the log says and nothing else; None otherwise.

    Also None while another process is between its log entry and its block: ask again under the write lock.
    """
    node = published(run)
    try:
        return node if node is not None and _is_level(Chain(node.url, timeout=_START_WAIT), log) else None
    except (NodeUnreachableError, ContradictedError, RpcError):
        return None


def _is_level(chain: Chain, log: TransactionLog) -> bool:
    """Whether the newest block is the log's, and the state what that block says: anvil serves cheat codes to
    whoever finds its port, and some change the state without a block.
    """
    entry = log.head()
    latest = Chain.block_request("latest")
    chain_id, answer, proof = chain.rpc.batch([("eth_chainId", ()), (latest[0], latest[1:]), _STATE])
    head = Chain.parse_block(answer, "latest")
    if parse_quantity(chain_id) != log.chain_id:
        return False
    if entry is None:  # anvil's genesis block states no root
        return (head.number, head.timestamp) == (0, log.genesis_time)
    same = (head.number, head.hash) == (entry.number, entry.block)
    return same and keccak(parse_bytes(_root_node(proof))) == parse_bytes(answer.get("stateRoot"), 32)


def _root_node(proof: Any) -> Any:
    """The top of the state's trie as it is now: the first node of any account's proof."""
    if isinstance(proof, dict) and isinstance(proof.get("accountProof"), list) and proof["accountProof"]:
        return proof["accountProof"][0]
    raise ContradictedError("the node gives no proof of its state")


def _is_of(node: Node, log: TransactionLog) -> bool:
    try:
        return Chain(node.url).chain_id() == log.chain_id
    except (NodeUnreachableError, ContradictedError):
        return False


def start(run: Path, log: TransactionLog) -> Node:
    """Starts a node, sends it the log, publishes it. The caller holds the write lock and a lease."""
    stop(run)
    node = _filled(run, log)
    part = run / "node.json.part"
    part.write_text(json.dumps(asdict(node)), encoding="ascii")
    part.replace(run / "node.json")
    return node


def _filled(run: Path, log: TransactionLog) -> Node:
    """A node that holds the whole log; one that dies meanwhile is followed by another, a few times."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        node = _spawn(run, log)
        try:
            _replay(Chain(node.url, timeout=60), log)
            return node
        except NodeUnreachableError:
            _end(node)
            if not attempts_left:
                raise
        except BaseException:
            _end(node)
            raise
    raise AssertionError


def stop(run: Path) -> None:
    """Ends the published node, if there is one; returns when it is gone."""
    node = published(run)
    if node is not None:
        _end(node)
        (run / "node.json").unlink(missing_ok=True)


def _end(node: Node) -> None:
    with contextlib.suppress(ProcessLookupError):
        if _started(node.pid) == node.started:
            os.kill(node.pid, signal.SIGTERM)
    deadline = time.monotonic() + _START_WAIT
    while _started(node.pid) == node.started and time.monotonic() < deadline:
        time.sleep(0.005)


def _spawn(run: Path, log: TransactionLog) -> Node:
    for _ in range(_ATTEMPTS):  # the port may be taken between our look and the node's start
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        node = _supervise(run, log, port)
        if _answers(node, log):
            return node
        _end(node)
    reason = (run / "node.log").read_text(errors="replace").strip()[-400:]
    raise NodeStartError(
        f"the embedded node did not start: {reason or 'it ended, or gave no answer, without a word'}"
    )


def _supervise(run: Path, log: TransactionLog, port: int) -> Node:
    chain = ("--chain-id", str(log.chain_id), "--timestamp", str(log.genesis_time))
    place = ("--host", "127.0.0.1", "--port", str(port), "--cache-path", str(run / "cache"))
    command = [str(find_anvil()), *place, *chain, "--gas-limit", str(GAS_LIMIT), *_OPTIONS]
    supervisor = str(Path(__file__).with_name("supervise.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", supervisor, str(run / "leases"), str(run / "node.log"), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        cwd=run,
    )
    pid = int(done.stdout)
    return Node(pid, _started(pid) or "", port)


def _answers(node: Node, log: TransactionLog) -> bool:
    deadline = time.monotonic() + _START_WAIT
    while time.monotonic() < deadline and _started(node.pid) == node.started:
        if _is_of(node, log):
            return True
        time.sleep(0.005)
    return False


def _started(pid: int) -> str | None:
    """When a process started, in the system's own words; None where it is gone: a reused pid starts
    another time.
    """
    proc = Path("/proc")
    if not (proc / "self").exists():  # macOS
        return _started_by_ps(pid)
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _started_by_ps(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def _replay(chain: Chain, log: TransactionLog) -> None:
    for entry in log.entries():
        try:
            block = deliver(chain, entry)
        except RefusedByNodeError as e:
            if entry.block is not None:
                raise LogDamagedError(
                    f"the node does not take the logged block {entry.number} again: {e}"
                ) from e
            log.withdraw(entry)  # its writer was killed between the refusal and this
            return
        if entry.block not in (None, block.hash):
            raise LogDamagedError(
                f"block {entry.number} came out as {hex32(block.hash)}, not as it was acknowledged: "
                "ledger.db is damaged, or was written with another version of anvil"
            )
        if entry.block is None:
            log.acknowledge(entry.number, block.hash)


def deliver(chain: Chain, entry: Entry) -> Block:
    """Makes the node mine the entry, alone, as the next block. Raises ContradictedError where the block is
    another.
    """
    rpc = chain.rpc
    rpc.call("anvil_dropAllTransactions")  # whatever a stranger left in the pool stays out of our blocks
    try:
        rpc.call("eth_sendRawTransaction", "0x" + entry.raw.hex())
    except RpcError as e:
        raise RefusedByNodeError(f"the node takes no such transaction: {e.message}") from e
    rpc.call("evm_mine", {"timestamp": entry.timestamp})
    answer = rpc.call("eth_getBlockByNumber", hex(entry.number), False)
    block = Chain.parse_block(answer, entry.number)
    mined = [parse_bytes(t, 32) for t in answer["transactions"]]
    ours = {name: answer.get(name) for name in _HEADER} == _HEADER  # what a stranger may have set otherwise
    if mined != [entry.transaction] or block.timestamp != entry.timestamp or not ours:
        raise ContradictedError(f"the embedded node's block {entry.number} is not the logged one")
    return block
