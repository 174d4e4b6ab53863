"""The embedded ledger under restarts, kills and rivals: identical block hashes, nothing acknowledged lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from certifier.commitment import BatchTree
from ledger import embedded
from ledger.account import Transaction
from ledger.artifacts import ROOT
from ledger.chain import Block, Chain
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.deploy import _steps, deploy
from ledger.descriptor import Descriptor
from ledger.embedded import Embedded
from ledger.errors import (
    BlockGoneError,
    LogDamagedError,
    LogUnwritableError,
    NodeUnreachableError,
    NoLedgerError,
    RefusedByNodeError,
    WriterBusyError,
)
from ledger.locks import write_lock
from ledger.log import TransactionLog
from ledger.refusals import EmptyBatchError
from ledger.types import keccak, parse_hex32
from tests.ledger.world import World, account, anvil_pids, kill_node

_SEED = 20_240_606


@pytest.fixture
def founded(home: Path) -> Path:
    """A home with the consortium; nobody runs it."""
    with embedded.open(home) as ledger:
        World.found(ledger.writer, ledger.url).descriptor.save(home / "ledger.json")
    return home


def _tree(size: int = 5) -> BatchTree:
    return BatchTree([os.urandom(32) for _ in range(size)])


def _connect(home: Path, ledger: Embedded) -> Ledger:
    return Ledger.connect(Descriptor.load(home / "ledger.json"), ledger.url)


def _headers(ledger: Embedded) -> list[Block]:
    chain = Chain(ledger.url)
    return [chain.block(n) for n in range(chain.block("latest").number + 1)]


@contextmanager
def _writer_process(home: Path, count: int = 10_000) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.ledger.writing", str(home), str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def _acknowledged(text: str) -> list[tuple[bytes, int, bytes]]:
    rows = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [(parse_hex32(root), int(number), parse_hex32(block)) for root, number, block in rows]


def _check_all_there(home: Path, rows: list[tuple[bytes, int, bytes]]) -> None:
    with embedded.open(home) as ledger:
        connection, at = _connect(home, ledger), Chain(ledger.url).block("latest")
        org = World(ledger.writer, ledger.url, connection.descriptor).org("M1")
        batches = connection.read([connection.assets.batch(org, root) for root, _, _ in rows], at)
        assert all(batch.count == 20 for batch in batches)
        assert [connection.chain.block(number).hash for _, number, _ in rows] == [
            block for _, _, block in rows
        ]
        assert at.number == len(list(ledger.log.entries()))


def test_a_restart_gives_the_same_blocks(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        ledger.clock.advance(-1_000)
        world.register("M1", _tree(1_000))
        ledger.clock.advance(40 * 86_400)
        world.certify("M1")
        before = _headers(ledger)
    _await_no_node(founded)
    with embedded.open(founded) as ledger:
        assert _headers(ledger) == before
        Ledger.connect(Descriptor.load(founded / "ledger.json"), ledger.url).close()


def test_writes_go_on_through_kills_of_the_node(founded: Path) -> None:
    chance, done = random.Random(_SEED), threading.Event()
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))

        def killer() -> None:
            while not done.wait(chance.uniform(0.05, 0.4)):
                if (founded / "run" / "node.json").exists():  # not before it is filled: see below
                    kill_node(founded)

        with ThreadPoolExecutor() as pool:
            end = pool.submit(killer)
            try:
                deadline, sent = time.monotonic() + 5, []
                while time.monotonic() < deadline:
                    tree = _tree(20)
                    sent.append((tree.root, world.register("M1", tree).block))
            finally:
                done.set()
            end.result()
        rows = [(root, block.number, block.hash) for root, block in sent]
    assert len(rows) > 10
    assert [number for _, number, _ in rows] == sorted({number for _, number, _ in rows})
    _check_all_there(founded, rows)


def test_a_node_killed_while_it_is_filled_is_followed_by_another(founded: Path) -> None:
    killed: list[int] = []

    def kill_first() -> None:
        while not killed:
            killed.extend(anvil_pids(founded))
        time.sleep(0.02)
        os.kill(killed[0], signal.SIGKILL)

    with ThreadPoolExecutor(1) as pool:
        end = pool.submit(kill_first)
        with embedded.open(founded) as ledger:
            end.result()
            world = World(ledger.writer, ledger.ensure(), Descriptor.load(founded / "ledger.json"))
            world.register("M1", _tree())
            assert anvil_pids(founded) != killed


def _kill_writers(home: Path, rounds: int) -> None:
    chance, rows = random.Random(_SEED), []
    for _ in range(rounds):
        with _writer_process(home) as process:
            time.sleep(chance.uniform(0.05, 0.25))
            process.kill()
            rows += _acknowledged(process.communicate()[0])
    assert rows
    _check_all_there(home, rows)


def test_nothing_acknowledged_is_lost_when_writers_are_killed(founded: Path) -> None:
    _kill_writers(founded, 4)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_in_a_hundred_kills(founded: Path) -> None:
    _kill_writers(founded, 100)


def test_what_was_logged_and_never_sent_is_sent_by_the_next_writer(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        orphan, tree = _tree(), _tree()
        act = world.ledger.assets.register(orphan.ids)
        with ledger.writing():
            raw = Transaction(ledger.log.chain_id, 0, 10**8, act.to, act.data).signed_by(account("M1"))
            entry = ledger.log.append(ledger.clock.now(), keccak(raw), raw)
        sent = world.register("M1", tree)
        assert sent.block.number == entry.number + 1
        world = World(ledger.writer, ledger.url, world.descriptor)  # a fresh node took the old one's place
        registered = world.ledger.read_one(
            world.ledger.assets.batch(world.org("M1"), orphan.root), sent.block
        )
        assert registered.count == 5


def test_many_threads_and_processes_write_with_one_account(founded: Path) -> None:
    with embedded.open(founded) as ledger, _writer_process(founded, 8) as other:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(lambda _: world.register("M1", _tree()).block.number, range(16)))
        rows = _acknowledged(other.communicate()[0])
        assert len(rows) == 8
        numbers = [*sent, *(number for _, number, _ in rows)]
        assert len(set(numbers)) == 24
        nonce = Chain(ledger.url).rpc.call("eth_getTransactionCount", account("M1").address, "latest")
        assert int(nonce, 16) == 24


def test_one_node_for_all_and_the_last_user_ends_it(founded: Path) -> None:
    first = embedded.open(founded)
    pids = anvil_pids(founded)
    assert len(pids) == 1
    with _writer_process(founded, 0) as process:
        process.wait(10)
    second = embedded.open(founded)
    assert (second.url, anvil_pids(founded)) == (first.url, pids)
    first.close()
    assert anvil_pids(founded) == pids
    Chain(second.url).block("latest")
    second.close()
    _await_no_node(founded)


def _await_no_node(home: Path) -> None:
    deadline = time.monotonic() + 5
    while anvil_pids(home) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not anvil_pids(home)


def test_the_node_survives_its_starter_as_long_as_somebody_uses_it(founded: Path) -> None:
    with _writer_process(founded) as starter, _writer_process(founded) as user:
        with write_lock(founded / "run" / "write.lock", 10):  # a writer killed in the middle costs the node
            pids = anvil_pids(founded)
            os.kill(starter.pid, signal.SIGKILL)
            starter.wait()
        time.sleep(0.2)
        assert anvil_pids(founded) == pids
        assert user.poll() is None
        os.kill(user.pid, signal.SIGKILL)
        user.wait()
        _await_no_node(founded)


def test_the_node_dies_with_its_supervisor(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        os.kill(json.loads((founded / "run" / "node.json").read_bytes())["pid"], signal.SIGKILL)
        _await_no_node(founded)
        with pytest.raises(NodeUnreachableError):
            Chain(ledger.url).chain_id()
        assert Chain(ledger.ensure()).chain_id() == ledger.log.chain_id


def test_a_busy_writer_is_named(founded: Path) -> None:
    path = founded / "run" / "write.lock"
    with (
        write_lock(path, 1),
        pytest.raises(WriterBusyError, match=str(os.getpid())) as busy,
        write_lock(path, 0.05),
    ):
        pass
    assert busy.value.pid == os.getpid()


def test_blocks_of_strangers_do_not_stay(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        head, rpc = world.pin(), Chain(ledger.url).rpc
        foreign = Transaction(ledger.log.chain_id, 0, 21_000, "0x" + "11" * 20, b"").signed_by(
            account("stranger")
        )
        rpc.call("eth_sendRawTransaction", "0x" + foreign.hex())
        assert world.register("M1", _tree()).block.parent == head.hash
        rpc.call("eth_sendRawTransaction", "0x" + foreign.hex())
        rpc.call("evm_mine")
        block = world.register("M1", _tree()).block
        assert block.number == head.number + 2
        assert Chain(ledger.url).block("latest") == block


def _mines_a_block(world: World) -> None:
    rpc = world.ledger.chain.rpc
    sender, act = account("M1").address, world.ledger.assets.register(_tree().ids)
    rpc.call("anvil_impersonateAccount", sender)
    call = {"from": sender, "to": act.to, "data": "0x" + act.data.hex(), "gasPrice": "0x0"}
    rpc.call("eth_sendTransaction", call)
    rpc.call("evm_mine")


def _replaces_a_block(world: World) -> None:
    head = world.pin()
    world.ledger.chain.rpc.call("anvil_rollback", 1)
    world.ledger.chain.rpc.call("evm_mine", {"timestamp": head.timestamp})
    assert world.pin().number == head.number


def _sets_storage(world: World) -> None:
    membership = world.ledger.descriptor.contracts["membership"]
    world.ledger.chain.rpc.call("anvil_setStorageAt", membership, "0x0", "0x" + "11" * 32)


def _sets_code(world: World) -> None:
    world.ledger.chain.rpc.call("anvil_setCode", "0x" + "22" * 20, "0x00")


@pytest.mark.parametrize("cheat", [_mines_a_block, _replaces_a_block, _sets_storage, _sets_code])
def test_nobody_who_attaches_sees_what_a_stranger_did(founded: Path, cheat: Callable[[World], None]) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        before = _headers(ledger)
        cheat(world)
        with embedded.open(founded) as reader:
            assert reader.url != ledger.url
            assert _headers(reader) == before
        cheat(World(ledger.writer, ledger.ensure(), world.descriptor))
        ledger.ensure()
        assert _headers(ledger) == before
        cheat(World(ledger.writer, ledger.url, world.descriptor))
        assert world.register("M1", _tree()).block.parent == before[-1].hash
    embedded.open(founded).close()


@pytest.mark.parametrize(
    "cheat", [("anvil_setCoinbase", "0x" + "33" * 20), ("evm_setBlockGasLimit", "0x10000000000")]
)
def test_a_block_of_a_strangers_making_is_not_acknowledged(founded: Path, cheat: tuple[str, str]) -> None:
    with embedded.open(founded) as ledger:
        Chain(ledger.url).rpc.call(*cheat)
        block = ledger.writer.send(account("nobody"), Act("0x" + "11" * 20, b"")).block
        assert Chain(ledger.url).block("latest") == block
    _await_no_node(founded)
    with embedded.open(founded) as ledger:
        assert Chain(ledger.url).block("latest") == block


def test_attaching_leaves_a_sound_node_alone(founded: Path) -> None:
    with embedded.open(founded) as ledger, _writer_process(founded) as writer:
        pids = anvil_pids(founded)
        for _ in range(50):
            with embedded.open(founded) as reader:
                assert reader.url == ledger.url
        writer.kill()
        assert len(_acknowledged(writer.communicate()[0])) > 5
        assert anvil_pids(founded) == pids


def test_states_are_kept_for_the_newest_blocks_and_none_on_disk(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        call, old = world.ledger.membership.electorate(), world.pin()
        for _ in range(255):
            ledger.writer.send(account("nobody"), Act("0x" + "11" * 20, b""))
        assert world.ledger.read_one(call, old).quorum == 2
        for _ in range(3):
            ledger.writer.send(account("nobody"), Act("0x" + "11" * 20, b""))
        with pytest.raises(BlockGoneError, match="as of block"):
            world.ledger.read_one(call, old)
        assert sum(f.stat().st_size for f in (founded / "run").rglob("*") if f.is_file()) < 10_000


def test_a_full_disk_is_told_and_nothing_is_sent(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        before, pages = world.pin(), ledger.log._db.execute("PRAGMA page_count").fetchone()[0]
        ledger.log._db.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(LogUnwritableError, match="full"):
            world.register("M1", _tree(1_000))
        assert world.pin() == before
        ledger.log._db.execute("PRAGMA max_page_count=1000000")
        assert world.register("M1", _tree()).block.number == before.number + 1


def test_a_refused_transaction_leaves_the_log(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        with ledger.writing() as chain:
            spent = Transaction(ledger.log.chain_id, 0, 10**7, "0x" + "11" * 20, b"")
            raw = spent.signed_by(account("R1"))
            entry = ledger.log.append(ledger.clock.now(), keccak(raw), raw)
            with pytest.raises(RefusedByNodeError):
                ledger.writer._mine(chain, entry)
        assert ledger.log.head() != entry
        with ledger.writing():
            ledger.log.append(ledger.clock.now(), keccak(raw), raw)
        World(ledger.writer, ledger.ensure(), Descriptor.load(founded / "ledger.json"))
        number = ledger.writer.send(account("nobody"), Act("0x" + "11" * 20, b"")).block.number
        assert number == entry.number


def test_a_damaged_log_is_told(founded: Path) -> None:
    _execute(founded, "UPDATE entry SET timestamp = timestamp + 1")
    with pytest.raises(LogDamagedError, match="not as it was acknowledged"):
        embedded.open(founded)
    _await_no_node(founded)
    (founded / "ledger.db").write_bytes(b"no database" * 100)
    with pytest.raises(LogDamagedError, match=r"ledger\.db is damaged .*restore"):
        embedded.open(founded)


def _execute(home: Path, sql: str) -> None:
    db = sqlite3.connect(home / "ledger.db")
    db.execute(sql)
    db.commit()
    db.close()


@pytest.mark.parametrize("lost", ["= 1", "= 3", "> (SELECT max(number) - 3 FROM entry)", "> 0"])
def test_a_log_that_lost_entries_is_told(founded: Path, lost: str) -> None:
    _execute(founded, f"DELETE FROM entry WHERE number {lost}")
    with pytest.raises(LogDamagedError, match=r"ledger\.db is incomplete: \d+ of \d+ entries: restore"):
        embedded.open(founded)


def test_a_log_of_before_its_head_was_kept_keeps_it_from_now_on(founded: Path) -> None:
    _execute(founded, "DELETE FROM meta WHERE name = 'head'")
    embedded.open(founded).close()
    _execute(founded, "DELETE FROM entry WHERE number > 3")
    with pytest.raises(LogDamagedError, match="is incomplete: 3 of"):
        embedded.open(founded)


def test_every_damaged_page_is_told(founded: Path) -> None:
    path, pages = founded / "ledger.db", 0
    sound = path.read_bytes()
    for page in range(2, len(sound) // 4096 + 1):
        path.write_bytes(sound[: (page - 1) * 4096] + b"\xa5" * 4096 + sound[page * 4096 :])
        with pytest.raises(LogDamagedError, match=r"ledger\.db"):
            log = TransactionLog(path)
            try:
                for entry in log.entries():
                    if keccak(entry.raw) != entry.transaction:
                        raise LogDamagedError("ledger.db: the node would find it")
            finally:
                log.close()
        pages += 1
    assert pages > 5


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_read_only_home_is_told(founded: Path) -> None:
    mount = ["mount", "-o", "bind", str(founded), str(founded)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(founded)], check=True)
        with pytest.raises(LogUnwritableError, match=r"ledger\.db cannot be opened or written"):
            embedded.open(founded)
    finally:
        subprocess.run(["umount", str(founded)], check=True)


def test_a_stale_file_of_another_process_is_no_node(founded: Path) -> None:
    started = {"pid": os.getpid(), "started": "another time", "port": 1}
    (founded / "run" / "node.json").write_text(json.dumps(started))
    with embedded.open(founded) as ledger:
        assert Chain(ledger.url).chain_id() == ledger.log.chain_id


def test_creating_twice_keeps_the_first(home: Path) -> None:
    with TransactionLogOf(home) as log:
        first = log.chain_id
    embedded.create(home)
    with TransactionLogOf(home) as log:
        assert log.chain_id == first
        assert log.chain_id not in (1337, 31337)
        assert log.genesis_time == 1_700_000_000


@contextmanager
def TransactionLogOf(home: Path) -> Iterator[TransactionLog]:
    log = TransactionLog(home / "ledger.db")
    yield log
    log.close()


def test_an_empty_home_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoLedgerError, match=r"ledger\.db"):
        embedded.open(tmp_path)


def test_a_refusal_leaves_no_entry(founded: Path) -> None:
    with embedded.open(founded) as ledger:
        world = World(ledger.writer, ledger.url, Descriptor.load(founded / "ledger.json"))
        head = ledger.log.head()
        with pytest.raises(EmptyBatchError):
            world.writer.send(account("M1"), world.ledger.assets.register([]))
        assert ledger.log.head() == head


def test_a_missing_binary_is_told(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ledger", tmp_path / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    script = "from ledger.node import find_anvil\nfind_anvil()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert "the embedded node is missing" in done.stderr
    assert str(tmp_path / "node_modules") in done.stderr


def test_deploying_again_changes_nothing(founded: Path) -> None:
    registrars = [(f"TEST:{name}", account(name).address) for name in ("R1", "R2", "R3")]
    with embedded.open(founded) as ledger:
        head = ledger.log.head()
        again = deploy(ledger.writer, Chain(ledger.url), account("deployer"), registrars, 2)
        assert again == Descriptor.load(founded / "ledger.json")
        assert ledger.log.head() == head


def test_an_interrupted_deployment_goes_on(home: Path) -> None:
    registrars = [("TEST:R1", account("R1").address)]
    with embedded.open(home) as ledger:
        for _, act in _steps(account("deployer"), registrars, 1)[:2]:
            ledger.writer.send(account("deployer"), act)
        descriptor = deploy(ledger.writer, Chain(ledger.url), account("deployer"), registrars, 1)
        assert ledger.log.head().number == 5
        Ledger.connect(descriptor, ledger.url)
