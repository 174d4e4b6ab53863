"""One set of tests for both stores: the local folder, and Kubo (the long part; `make kubo` builds it)."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dag_cbor
import pytest
from multiformats import CID

from certifier import content
from certifier.cid import RAW, Block, cid_of
from certifier.commitment import Secret
from certifier.errors import BlockCorruptError, BlockMissingError, StoreUnreachableError
from certifier.store import ContentStore
from certifier.store.local import LocalStore

ROOT = Path(__file__).resolve().parent.parent.parent.parent
IPFS = ROOT / ".build" / "kubo" / "ipfs"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def kubo(folder: Path) -> Iterator[str]:
    """A fresh offline node; gives its API's multiaddr."""
    if not IPFS.is_file():
        pytest.skip("Kubo is not built: make kubo")
    env = os.environ | {"IPFS_PATH": str(folder)}
    api = f"/ip4/127.0.0.1/tcp/{free_port()}"
    quiet: dict[str, Any] = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([IPFS, "init", "--profile=server,test"], check=True, **quiet)
    subprocess.run([IPFS, "config", "Addresses.API", api], check=True, **quiet)
    subprocess.run(
        [IPFS, "config", "Addresses.Gateway", f"/ip4/127.0.0.1/tcp/{free_port()}"], check=True, **quiet
    )
    daemon = subprocess.Popen([IPFS, "daemon", "--offline"], **quiet)
    try:
        _await(int(api.rpartition("/")[2]), daemon)
        yield api
    finally:
        daemon.terminate()
        daemon.wait(20)


def _await(port: int, daemon: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert daemon.poll() is None, "the node did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("the node does not listen")


@pytest.fixture(scope="module", params=["local", pytest.param("kubo", marks=pytest.mark.long)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContentStore]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "local":
        yield LocalStore(folder)
        return
    from certifier.store.kubo import KuboStore

    with kubo(folder) as address:
        node = KuboStore(address)
        yield node
        node.close()


def encrypted(size: int) -> content.Encrypted:
    return content.encrypt(os.urandom(size), Secret.generate())


def test_content_comes_back(store: ContentStore) -> None:
    secret = Secret.generate()
    for size in (0, 1, 5000, content.CHUNK, 2 * content.CHUNK + 5):
        plain = os.urandom(size)
        made = content.encrypt(plain, secret)
        store.put(made.blocks, [made.cid])
        assert b"".join(content.decrypt(store.get, made.cid, secret.content_key())) == plain
        assert content.check(store.get, made.cid) == size


def test_a_batch_of_many(store: ContentStore) -> None:
    made = [encrypted(200) for _ in range(300)]
    store.put((block for one in made for block in one.blocks), [one.cid for one in made])
    cids = {block.cid for one in made for block in one.blocks}
    assert store.has(cids) == cids
    for one in made:
        for block in one.blocks:
            assert store.get(block.cid) == block.data


def test_putting_twice_is_harmless(store: ContentStore) -> None:
    made = encrypted(10)
    for _ in range(2):
        store.put(made.blocks, [made.cid])
    assert store.get(made.cid) == made.blocks[-1].data


def test_what_is_not_there(store: ContentStore) -> None:
    here, absent = encrypted(10), encrypted(10)
    store.put(here.blocks, [here.cid])
    assert store.has([here.cid, absent.cid]) == {here.cid}
    with pytest.raises(BlockMissingError, match=absent.cid):
        store.get(absent.cid)


@pytest.mark.parametrize(
    "name", ["", "x", "../../../etc/hostname", "QmTkzDwWqPbnAh5YiV5VwcTLnGdwSNsNTn2aDxdXBFca7D"]
)
def test_names_that_are_no_cids_are_refused(store: ContentStore, name: str) -> None:
    with pytest.raises(BlockCorruptError):
        store.get(name)
    with pytest.raises(BlockCorruptError):
        store.has([name])


def test_a_damaged_block_is_found_out_and_healed(tmp_path: Path) -> None:
    store, made = LocalStore(tmp_path), encrypted(1000)
    store.put(made.blocks, [made.cid])
    victim = next(tmp_path.rglob(made.blocks[0].cid))
    data = victim.read_bytes()
    for bad in (b"", data[:-1], data + b"\0", bytes([data[0] ^ 1]) + data[1:]):
        victim.write_bytes(bad)
        with pytest.raises(BlockCorruptError, match="damaged"):
            store.get(made.blocks[0].cid)
    store.put(made.blocks, [made.cid])
    assert store.get(made.blocks[0].cid) == data


def test_nothing_but_blocks_is_left_behind(tmp_path: Path) -> None:
    store, made = LocalStore(tmp_path), encrypted(3 * content.CHUNK)
    store.put(made.blocks, [made.cid])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        block.cid for block in made.blocks
    }


def test_a_failure_midway_leaves_no_name(tmp_path: Path) -> None:
    store, made = LocalStore(tmp_path), encrypted(3 * content.CHUNK)

    def broken() -> Iterator[Block]:
        yield made.blocks[0]
        raise KeyError("the source fails")

    with pytest.raises(KeyError):
        store.put(broken(), [made.cid])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


KILLED = """
import os, sys
from pathlib import Path
from certifier.cid import RAW, Block, cid_of
from certifier.store.local import LocalStore
def blocks():
    for number in range(10):
        data = b"block %d" % number
        yield Block(cid_of(data, RAW), data)
    print("half", flush=True)
    sys.stdin.read()
LocalStore(Path(sys.argv[1])).put(blocks(), [])
"""


def test_a_killed_writer_leaves_no_name_and_its_rest_is_swept(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdin and writer.stdout and writer.stdout.readline() == b"half\n"
    writer.kill()
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    store, made = LocalStore(tmp_path), encrypted(10)
    assert store.has([cid_of(b"block 0", RAW)]) == set()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 10
    store.put(made.blocks, [made.cid])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        block.cid for block in made.blocks
    }


def test_two_writers_at_once(tmp_path: Path) -> None:
    script = KILLED.replace('    print("half", flush=True)\n    sys.stdin.read()\n', "")
    writers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = LocalStore(tmp_path)
    for number in range(10):
        assert store.get(cid_of(b"block %d" % number, RAW)) == b"block %d" % number


def test_two_threads_of_one_process_at_once(tmp_path: Path) -> None:
    store, made = LocalStore(tmp_path), [encrypted(100) for _ in range(40)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: store.put(one.blocks, [one.cid]), made))
    assert len(store.has([one.cid for one in made])) == 40
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store, made = LocalStore(tmp_path / "file"), encrypted(10)
    with pytest.raises(StoreUnreachableError, match="fails"):
        store.put(made.blocks, [made.cid])


FULL = """
import resource, signal, sys
from pathlib import Path
from certifier import content
from certifier.commitment import Secret
from certifier.errors import StoreFullError, StoreUnreachableError
from certifier.store.local import LocalStore
made = content.encrypt(bytes(3 << 20), Secret.generate())
try:
    LocalStore(Path(sys.argv[1])).put(made.blocks, [made.cid])
except StoreFullError as error:
    print(error)
"""


def full_file_system(folder: Path) -> bool:
    """A file system of 1 MiB at `folder`, where this machine lets us mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    if not full_file_system(folder):
        pytest.skip("this user may not mount a small file system")
    try:
        answer = subprocess.run(
            [sys.executable, "-c", FULL, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "no space left" in answer.stdout and answer.stdout.count("\n") == 1
        assert [path for path in folder.rglob("*") if path.is_file()] == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("count", [1, 23, 24, 255, 256, 1000])
def test_a_car_is_a_header_and_blocks(count: int) -> None:
    from certifier.store.kubo import car

    blocks = [Block(cid_of(data, RAW), data) for data in (b"%d" % number * 9 for number in range(count))]
    rest, frames = io.BytesIO(car(blocks, [block.cid for block in blocks])), []
    while frame := sized(rest):
        frames.append(frame)
    header = dag_cbor.decode(frames[0])
    assert isinstance(header, dict) and header["version"] == 1
    assert [root.encode("base32") for root in header["roots"]] == [block.cid for block in blocks]
    assert dag_cbor.encode(header) == frames[0]
    assert frames[1:] == [bytes(CID.decode(block.cid)) + block.data for block in blocks]


def sized(stream: io.BytesIO) -> bytes:
    """What stands behind the next unsigned LEB128 length."""
    length, shift = 0, 0
    while byte := stream.read(1):
        length |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            break
    return stream.read(length)


def test_a_batch_without_roots_is_a_mistake() -> None:
    from certifier.store.kubo import KuboStore

    store = KuboStore("/ip4/127.0.0.1/tcp/1")
    with pytest.raises(ValueError, match="one root"):
        store.put([], [])
    store.close()


@pytest.mark.long
def test_a_root_that_kubo_cannot_hold_on_to_is_told(tmp_path: Path) -> None:
    from certifier.store.kubo import KuboStore

    with kubo(tmp_path) as address:
        store, made = KuboStore(address), encrypted(10)
        with pytest.raises(StoreUnreachableError):
            store.put(made.blocks[:1], [made.cid])
        store.close()


@pytest.mark.long
def test_a_node_that_is_down_is_told_in_one_line() -> None:
    from certifier.store.kubo import KuboStore

    store, made = KuboStore(f"/ip4/127.0.0.1/tcp/{free_port()}", timeout=2), encrypted(10)
    for call in (
        lambda: store.put(made.blocks, [made.cid]),
        lambda: store.get(made.cid),
        lambda: store.has([made.cid]),
    ):
        with pytest.raises(StoreUnreachableError, match="not reachable"):
            call()
    store.close()


@pytest.mark.long
def test_a_node_that_never_answers_is_given_up(tmp_path: Path) -> None:
    from certifier.store.kubo import KuboStore

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        store, started = (
            KuboStore(f"/ip4/127.0.0.1/tcp/{listener.getsockname()[1]}", timeout=0.5),
            time.monotonic(),
        )
        with pytest.raises(StoreUnreachableError):
            store.get(encrypted(10).cid)
        assert time.monotonic() - started < 5
        store.close()


@pytest.mark.long
def test_a_damaged_block_in_kubo_is_found_out(tmp_path: Path) -> None:
    from certifier.store.kubo import KuboStore

    with kubo(tmp_path) as address:
        store, made = KuboStore(address), encrypted(1000)
        store.put(made.blocks, [made.cid])
        victims = [
            path for path in (tmp_path / "blocks").rglob("*.data") if path.read_bytes() == made.blocks[0].data
        ]
        assert len(victims) == 1
        victims[0].chmod(0o600)
        victims[0].write_bytes(bytes(len(made.blocks[0].data)))
        with pytest.raises((BlockCorruptError, StoreUnreachableError)):
            store.get(made.blocks[0].cid)
        assert store.get(made.cid) == made.blocks[-1].data
        store.close()
