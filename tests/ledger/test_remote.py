"""Writing through somebody else's node: nonces, drops, restarts, reorganisations, finality."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from certifier.commitment import BatchTree
from ledger.account import Transaction
from ledger.artifacts import ROOT
from ledger.chain import Block, Chain
from ledger.contract import Act
from ledger.errors import (
    DescriptorError,
    NodeUnreachableError,
    NotFinalError,
    RefusedByNodeError,
    ReplacedError,
)
from ledger.refusals import AlreadyRegisteredError, EmptyBatchError
from ledger.remote import RemoteWriter
from ledger.replay import PledgeView, events
from tests.ledger.hostile import HostileNode
from tests.ledger.world import World, account, plain_anvil, relayed

_SINK = "0x" + "11" * 20


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def _act() -> Act:
    return Act(_SINK, os.urandom(8))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with plain_anvil() as node:
        yield node


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def writer(url: str, outbox: Path) -> Iterator[RemoteWriter]:
    remote = RemoteWriter(url, outbox, 0, poll=0.01)
    yield remote
    remote.close()


def _nonce(url: str, name: str) -> int:
    return int(Chain(url).rpc.call("eth_getTransactionCount", account(name).address, "latest"), 16)


def test_a_consortium_is_founded_through_a_remote_node(url: str, writer: RemoteWriter) -> None:
    world = World.found(writer, url)
    asset = world.certify("M1")
    world.pledge("M1", "L1", asset)
    tree = BatchTree([os.urandom(32)])
    world.register("M1", tree)
    with pytest.raises(AlreadyRegisteredError) as again:
        world.register("M1", tree)
    assert again.value.root == tree.root
    with pytest.raises(EmptyBatchError):
        writer.send(account("M1"), world.ledger.assets.register([]))
    _relay(world)


def _relay(world: World) -> None:
    """What M1 has signed, sent by somebody else with the gas that the writer allows; what M1 may not do is refused before it is signed."""
    act = world.ledger.assets.register([os.urandom(32)])
    gas = world.writer.allowance(account("M1").address, act)
    nonce = world.ledger.read_one(world.ledger.forwarder.nonce(account("M1").address), world.pin())
    request = relayed(world.ledger, "M1", act, nonce, 2**47, gas)
    sent = world.writer.send(account("nobody"), world.ledger.forwarder.execute(request))
    assert sent.logs[0].address == world.ledger.assets.address
    with pytest.raises(EmptyBatchError):
        world.writer.allowance(account("M1").address, world.ledger.assets.register([]))


def test_nothing_is_founded_on_a_test_rig(outbox: Path) -> None:
    with plain_anvil("--chain-id", "31337") as url:
        writer = RemoteWriter(url, outbox, 0)
        with pytest.raises(DescriptorError, match="31337"):
            World.found(writer, url)
        assert Chain(url).block("latest").number == 0
        writer.close()


def test_threads_and_processes_share_one_sender(url: str, outbox: Path) -> None:
    before = _nonce(url, "sender")
    command = [sys.executable, "-m", "tests.ledger.sending", url, str(outbox), "12"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        writer = RemoteWriter(url, outbox, 0, poll=0.01)
        with ThreadPoolExecutor(6) as pool:
            sent = list(pool.map(lambda _: writer.send(account("sender"), _act()), range(24)))
        assert other.communicate(timeout=60)[0] == "12\n"
    assert len({s.transaction for s in sent}) == 24
    assert _nonce(url, "sender") == before + 36
    assert writer._outbox.pending(account("sender").address) == []
    writer.close()


def test_a_dropped_transaction_is_sent_again_as_it_was(outbox: Path) -> None:
    with plain_anvil("--no-mining") as url:
        rpc, writer = Chain(url).rpc, RemoteWriter(url, outbox, 0, poll=0.02, patience=20)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(writer.send, account("sender"), _act())
            pending = _await_pending(rpc)
            assert rpc.call("anvil_dropTransaction", pending) == pending
            assert int(rpc.call("txpool_status")["pending"], 16) == 0
            assert _await_pending(rpc) == pending
            rpc.call("evm_mine")
            sent = waiting.result()
        assert "0x" + sent.transaction.hex() == pending
        writer.close()


def _await_pending(rpc: Any) -> str:
    for _ in range(1_000):
        content = rpc.call("txpool_content")["pending"]
        if content:
            (found,) = next(iter(content.values())).values()
            return str(found["hash"])
        time.sleep(0.01)
    raise AssertionError("nothing pending")


def test_what_an_earlier_process_signed_goes_out_first(outbox: Path) -> None:
    with plain_anvil("--no-mining") as url:
        rpc, act = Chain(url).rpc, _act()
        first = RemoteWriter(url, outbox, 0, poll=0.01, patience=0.1)
        with pytest.raises(NotFinalError, match="is kept"):
            first.send(account("sender"), act)
        first.close()
        rpc.call("anvil_dropAllTransactions")
        second = RemoteWriter(url, outbox, 0, poll=0.02, patience=20)
        with ThreadPoolExecutor(2) as pool:
            later = pool.submit(second.send, account("sender"), _act())
            same = pool.submit(second.send, account("sender"), act)
            _until(lambda: _count(rpc) == 2)
            rpc.call("evm_mine")
            assert later.result().block == same.result().block
        assert _nonce(url, "sender") == 2
        assert second._outbox.pending(account("sender").address) == []
        second.close()


def _count(rpc: Any) -> int:
    return int(rpc.call("txpool_status")["pending"], 16)


def test_final_means_so_many_blocks_on_top(outbox: Path) -> None:
    with plain_anvil() as url:
        rpc, writer = Chain(url).rpc, RemoteWriter(url, outbox, 3, poll=0.02, patience=20)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(writer.send, account("sender"), _act())
            _until(lambda: _nonce(url, "sender") == 1)
            for _ in range(2):
                rpc.call("evm_mine")
            time.sleep(0.2)
            assert not waiting.done()
            rpc.call("evm_mine")
            sent = waiting.result()
        assert Chain(url).block("latest").number == sent.block.number + 3
        writer.close()


def _reorganise(rpc: Any, depth: int) -> None:
    rpc.call("anvil_reorg", depth, [])


def test_a_transaction_that_a_reorganisation_dropped_comes_back(outbox: Path) -> None:
    with plain_anvil() as url:
        rpc, writer = Chain(url).rpc, RemoteWriter(url, outbox, 2, poll=0.02, patience=30)
        rpc.call("anvil_mine", "0x5")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(writer.send, account("sender"), _act())
            _until(lambda: _nonce(url, "sender") == 1)
            mined = Chain(url).block("latest")
            _reorganise(rpc, 1)
            assert _nonce(url, "sender") == 0
            _until(lambda: _nonce(url, "sender") == 1)
            rpc.call("anvil_mine", "0x2")
            sent = waiting.result()
        assert sent.block.hash != mined.hash
        assert Chain(url).block(sent.block.number) == sent.block
        writer.close()


def test_a_nonce_used_elsewhere_is_told(url: str, outbox: Path) -> None:
    with plain_anvil("--no-mining") as quiet:
        rpc, writer = Chain(quiet).rpc, RemoteWriter(quiet, outbox, 0, poll=0.02, patience=20)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(writer.send, account("sender"), _act())
            _await_pending(rpc)
            rpc.call("anvil_dropAllTransactions")
            foreign = Transaction(424242, 0, 50_000, _SINK, b"other").signed_by(account("sender"))
            rpc.call("eth_sendRawTransaction", "0x" + foreign.hex())
            rpc.call("evm_mine")
            with pytest.raises(ReplacedError, match="nonce 0 of"):
                waiting.result()
            again = pool.submit(writer.send, account("sender"), _act())
            _await_pending(rpc)
            rpc.call("evm_mine")
            assert again.result().block.number == 2
        writer.close()


def test_a_receipt_that_comes_after_its_nonce_counts_is_waited_for(url: str, outbox: Path) -> None:
    """A node may count a transaction before it shows its receipt: that is no sign of another one."""
    with HostileNode(url) as node:
        writer, late = RemoteWriter(node.url, outbox, 0, poll=0.01), iter([None] * 4)
        node.answer(
            "eth_getTransactionReceipt", lambda a: {**a, "result": None} if next(late, a) is None else a
        )
        sent = writer.send(account("late"), _act())
        assert next(late, "all were asked for") == "all were asked for"
        assert Chain(url).block(sent.block.number) == sent.block
        writer.close()


def test_a_node_that_refuses_leaves_no_gap(url: str, outbox: Path) -> None:
    with HostileNode(url) as node:
        writer = RemoteWriter(node.url, outbox, 0, poll=0.01)
        refusal = {"code": -32000, "message": "oversized data"}
        node.answer("eth_sendRawTransaction", lambda a: {"jsonrpc": "2.0", "id": a["id"], "error": refusal})
        with pytest.raises(RefusedByNodeError, match="oversized data"):
            writer.send(account("gapless"), _act())
        assert writer._outbox.pending(account("gapless").address) == []
        writer.close()


def test_a_node_that_goes_away_is_waited_for(url: str, outbox: Path) -> None:
    with HostileNode(url) as node:
        writer = RemoteWriter(node.url, outbox, 0, poll=0.02, patience=20)
        node.alter("eth_sendRawTransaction", lambda p, r: setattr(node, "hang_up", True) or r)

        def back() -> None:
            time.sleep(0.3)
            node.honest()

        thread = threading.Thread(target=back)
        thread.start()
        sent = writer.send(account("patient"), _act())
        thread.join()
        assert Chain(url).block(sent.block.number).hash == sent.block.hash
        writer.close()
    with pytest.raises(NodeUnreachableError):
        RemoteWriter(node.url, outbox, 0)


def test_a_transaction_that_fails_in_its_block_is_named(url: str, outbox: Path) -> None:
    """Two equal registrations pass the question beforehand; the second fails when it is mined."""
    with plain_anvil() as own:
        writer = RemoteWriter(own, outbox, 0, poll=0.02, patience=20)
        world, rpc = World.found(writer, own), Chain(own).rpc
        tree = BatchTree([os.urandom(32)])
        rpc.call("evm_setAutomine", False)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(world.register, "M1", tree)
            _until(lambda: _count(rpc) == 1)
            direct = world.ledger.assets.register(tree.ids)
            second = pool.submit(writer.send, account("M1"), Act(direct.to, direct.data + b"\0" * 32))
            _until(lambda: _count(rpc) == 2)
            rpc.call("evm_mine")
            assert first.result().block.number == Chain(own).block("latest").number
            with pytest.raises(AlreadyRegisteredError):
                second.result()
        assert writer._outbox.pending(account("M1").address) == []
        writer.close()


def test_views_and_replay_survive_a_reorganisation(outbox: Path) -> None:
    with plain_anvil() as url:
        writer = RemoteWriter(url, outbox, 0, poll=0.01)
        world, rpc = World.found(writer, url), Chain(url).rpc
        one, two = world.certify("M1"), world.certify("M1")
        stand = world.pin()
        world.pledge("M1", "L1", one)
        view, before = PledgeView(world.ledger), world.pin()
        assert [c.rank for c in view.claims(world.org("M1"), one.fingerprint, before)] == [1]
        seen = list(events(world.ledger, 0, before))
        _reorganise(rpc, before.number - stand.number)
        rpc.call("anvil_dropAllTransactions")
        fresh = RemoteWriter(url, outbox.with_name("second.db"), 0, poll=0.01)
        again = World(fresh, url, world.descriptor)
        again.pledge("M1", "L2", two)
        now: Block = again.pin()
        assert view.claims(world.org("M1"), one.fingerprint, now) == ()
        assert [c.lender for c in view.claims(world.org("M1"), two.fingerprint, now)] == [world.org("L2")]
        after = list(events(world.ledger, 0, now))
        assert after[: len(seen) - 2] == seen[:-2]
        assert after != seen
        writer.close()
        fresh.close()
