"""`assetcert certify` killed at random microseconds, and the node while it writes; ledger, store and receipts compared afterwards.

After every kill the same call is run again and must complete: each document one asset, registered once, its content readable, its receipt
on disk and true, every acknowledged block with the same hash. The comparison reads the ledger from a node of its own that gets the log
alone, and it is shown to fail where the log is not durable. Ten kills here, two hundred in the long part.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from certifier.content import decrypt
from certifier.receipt import Receipt, parse
from gateway.db.models import Asset
from gateway.home import Home
from gateway.installation import Installation
from ledger.chain import Chain
from ledger.embedded import Embedded
from ledger.events import Registered
from ledger.node import published
from ledger.replay import events
from ledger.types import hex32

from .conftest import PASSPHRASE, Running, World, started

DOCUMENTS = 200


@dataclass
class Batch:
    """A home, the documents of one round, and where their receipts go."""

    home: Path
    documents: Path
    out: Path

    def start(self) -> Running:
        """`assetcert certify` of all documents, in a process of its own."""
        return started("certify", "--as", "M1", self.documents, "--out", self.out, home=self.home)

    def finish(self) -> Any:
        """The same to its end."""
        done = self.start().wait()
        assert done.code == 0, done.err
        return done.json

    def renew(self, seed: int) -> None:
        """Other documents for another round."""
        shutil.rmtree(self.documents, ignore_errors=True)
        shutil.rmtree(self.out, ignore_errors=True)
        self.documents.mkdir()
        for number in range(DOCUMENTS):
            (self.documents / f"{number:03}.bin").write_bytes(f"{seed} {number} ".encode() * 40)


@pytest.fixture()
def batch(cold: World, tmp_path: Path) -> Batch:
    made = Batch(cold.home, tmp_path / "documents", tmp_path / "receipts")
    made.renew(-1)
    return made


def compare(batch: Batch, blocks: Mapping[int, bytes] = MappingProxyType({})) -> list[str]:
    """Everything that is not as it was promised. Reads the ledger as a node shows it that got the log and nothing else.

    `blocks` are those that were acknowledged before, by number.
    """
    with Installation.open(Home(batch.home), lambda: PASSPHRASE) as home:
        registered = _registered(home)
        counts = Counter(asset_id for _, ids in registered.values() for asset_id in ids)
        faults = [f"{hex32(one)} is registered {count} times" for one, count in counts.items() if count > 1]
        documents = {path.read_bytes() for path in batch.documents.iterdir()}
        found: Counter[bytes] = Counter()
        for path in batch.out.iterdir():
            receipt = parse(path.read_bytes())
            assert isinstance(receipt, Receipt)
            faults += _faults(home, receipt, registered, found)
        faults += (
            [f"{len(found)} of {len(documents)} documents have a receipt"]
            if found.keys() != documents
            else []
        )
        faults += [f"a document has {count} receipts" for count in found.values() if count > 1]
        faults += _lost(home, registered)
        chain = home.ledger.chain
        faults += [
            f"block {number} has another hash"
            for number, one in blocks.items()
            if chain.block(number).hash != one
        ]
    return faults


def _registered(home: Installation) -> dict[bytes, tuple[int, tuple[bytes, ...]]]:
    """Root → block and ids of M1's batches."""
    m1 = home.book.find("M1").id
    log = events(home.ledger, 0, home.ledger.pin(), ["asset_registry"])
    return {
        one.root: (one.at.block, one.asset_ids)
        for one in log
        if isinstance(one, Registered) and one.org == m1
    }


def _faults(
    home: Installation,
    receipt: Receipt,
    registered: dict[bytes, tuple[int, tuple[bytes, ...]]],
    found: Counter[bytes],
) -> Iterator[str]:
    block, ids = registered.get(receipt.root, (0, ()))
    if receipt.asset_id not in ids:
        yield f"{receipt.asset_id_hex} has a receipt and is not on the ledger"
    assert receipt.hint is not None
    if receipt.hint.block != block:
        yield f"{receipt.asset_id_hex} stands in block {block}, its receipt says {receipt.hint.block}"
    found[_content(home, receipt.asset_id_hex)] += 1


def _content(home: Installation, asset_id: str) -> bytes:
    with home.database.session() as session:
        row = session.get_one(Asset, asset_id)
    assert row.sealed_secret is not None
    secret = home.open_secret(home.book.find("M1"), bytes.fromhex(asset_id[2:]), row.sealed_secret)
    return b"".join(decrypt(home.store.get, row.cid, secret.content_key()))


def _lost(home: Installation, registered: dict[bytes, tuple[int, tuple[bytes, ...]]]) -> Iterator[str]:
    """Assets on the ledger that this home holds no secret of, or whose content its store has not."""
    with home.database.session() as session:
        rows = {row.asset_id: row for row in session.query(Asset).all()}
    anchored = {hex32(one) for _, ids in registered.values() for one in ids}
    yield from (f"{one} is anchored and its secret is lost" for one in anchored - rows.keys())
    cids = {rows[one].cid for one in anchored & rows.keys()}
    yield from (f"the content {cid} is lost" for cid in cids - home.store.has(cids))


def block_hashes(home: Path) -> dict[int, bytes]:
    """Acknowledged blocks by number, as the log notes them."""
    log = sqlite3.connect(home / "ledger.db")
    try:
        return dict(log.execute("SELECT number, block_hash FROM entry WHERE block_hash IS NOT NULL"))
    finally:
        log.close()


def kill_certifier(batch: Batch, delay: float) -> None:
    """The certifying process alone; its node ends with its last user."""
    process = batch.start()
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def kill_node(batch: Batch, delay: float) -> None:
    """The node (all of it: supervisor and anvil) while the certifying process goes on, which must then end in order."""
    process = batch.start()
    time.sleep(delay)
    if (node := published(batch.home / "run")) is not None and node.pid > 1:
        _kill_children(node.pid)
    done = process.wait()
    assert done.code in (0, 69), done.err


def _kill_children(pid: int) -> None:
    """Every child of a live supervisor of ours; it ends by itself after them."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            os.kill(int(entry.parent.name), signal.SIGKILL)


def rounds(batch: Batch, count: int, seed: int) -> None:
    """Kill `count` times: mostly the certifier, every third time the node; finish; compare."""
    started = time.monotonic()
    batch.finish()
    duration = time.monotonic() - started
    chance = random.Random(seed)
    for number in range(count):
        batch.renew(number)
        before = block_hashes(batch.home)
        delay = chance.uniform(0, duration)
        (kill_node if number % 3 == 2 else kill_certifier)(batch, delay)
        document = batch.finish()
        assert not document["errors"]
        where = f"round {number}, killed after {delay:.6f} of {duration:.3f} s"
        assert compare(batch, before) == [], where


def test_ten_kills(batch: Batch) -> None:
    rounds(batch, 10, seed=1)


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_two_hundred_kills(batch: Batch) -> None:
    rounds(batch, 200, seed=2)


def test_a_log_that_forgets_its_last_entry_is_found(batch: Batch) -> None:
    batch.finish()
    assert compare(batch) == []
    last = (
        "SELECT max(number) FROM entry"  # what a log forgets that is not synced: an acknowledged transaction
    )
    _execute(batch.home / "ledger.db", f"DELETE FROM entry WHERE number = ({last})")
    _execute(batch.home / "ledger.db", "UPDATE meta SET value = value - 1 WHERE name = 'head'")
    assert any("is not on the ledger" in fault for fault in compare(batch))


def test_lost_content_is_found(batch: Batch) -> None:
    batch.finish()
    (batch.home / "blocks").rename(batch.home / "away")
    with pytest.raises(Exception, match="restore it from another copy"):
        compare(batch)


def test_a_lost_job_is_found(batch: Batch) -> None:
    batch.finish()
    asset_id = next(batch.out.iterdir()).name[:66]
    _execute(batch.home / "assetcert.db", "UPDATE assets SET asset_id = 'other' WHERE asset_id = ?", asset_id)
    next(batch.out.glob(f"{asset_id}*")).unlink()
    assert any("its secret is lost" in fault for fault in compare(batch))


def test_a_batch_that_was_logged_and_never_sent_is_not_batched_again(batch: Batch) -> None:
    """The state that a kill between log and node leaves, with another process keeping a node that lacks the entry."""
    with Embedded(batch.home) as kept:
        document = batch.finish()
        Chain(kept.url).rpc.call("anvil_rollback", 1)
        _execute(
            batch.home / "ledger.db",
            "UPDATE entry SET block_hash = NULL WHERE number = (SELECT max(number) FROM entry)",
        )
        _execute(
            batch.home / "assetcert.db",
            "UPDATE assets SET root = NULL WHERE root = ?",
            document["batches"][0]["root"],
        )
        _execute(
            batch.home / "assetcert.db",
            'UPDATE batches SET block = NULL, "transaction" = NULL WHERE root = ?',
            document["batches"][0]["root"],
        )
        (batch.documents / "another.bin").write_bytes(b"the next batch has another root")
        again = batch.finish()
    assert sum(asset["existing"] for asset in again["assets"]) == DOCUMENTS
    assert compare(batch) == []


def _execute(database: Path, statement: str, *values: str) -> None:
    connection = sqlite3.connect(database)
    connection.execute(statement, values)
    connection.commit()
    connection.close()
