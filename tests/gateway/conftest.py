"""One small consortium for all tests of the gateway, founded and filled once through the real services and a real node.

Three registrars (two decide), M1 and M2 who certify, L1 and L2 who lend, I1 who inspects; a job of five papers certified for M1 and one
for M2, each in a dossier. Keyfiles are made here with a cheap scrypt, so that a hundred processes can unlock them (what the product itself
writes is looked at in `test_keys.py`). Tests that change nothing use `world`; the others get a copy of its folder.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from eth_keyfile.keyfile import create_keyfile_json

from gateway import samples as papers
from gateway.home import Home, write_private
from gateway.installation import Installation
from gateway.keys import Keystore
from gateway.service import certifying, consortium, published_keys
from ledger import embedded
from ledger.types import keccak

if TYPE_CHECKING:
    from .running import Running as Gateway
    from .telling import Told

PASSPHRASE = "correct horse battery staple"
MEMBERS = tuple(member for member in papers.MEMBERS if member[0].short in ("M1", "M2", "L1", "L2", "I1"))
COMMAND = [sys.executable, "-m", "gateway.cli.main"]
RUNNING = 1000  # no exit code
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error that `--json` names; the person's line says the same, once, and is no traceback."""
        found: dict[str, str] = self.json["error"]
        assert self.err == f"assetcert: {found['message']}\n"
        return found


@dataclass(frozen=True)
class World:
    """A home that nothing may change, with the papers that were certified in it, by organisation and name."""

    home: Path
    papers: Path
    out: Path
    receipts: dict[str, Path]

    def paper(self, name: str) -> Path:
        """The document, such as `M1/invoice.xml`."""
        return self.papers / name

    def asset(self, name: str) -> str:
        """Its asset's id."""
        return self.receipts[name].name.removesuffix(".receipt.json")


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The tests' own, without a home; the packages are found from any working directory."""
    kept = {name: value for name, value in os.environ.items() if name != "ASSETCERT_HOME"}
    return {**kept, "PYTHONPATH": str(ROOT), **(extra or {})}


class Running:
    """A call of the command in a process of its own, a child of the `forkserver`."""

    def __init__(self, server: Commands, pid: int, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.pid = pid
        self._server = server
        self._folder = folder

    def wait(self) -> Result:
        """Its outcome; a negative code is the signal that ended it."""
        deadline = time.monotonic() + 280
        while (code := self._server.ask({"wait": self.pid})) == RUNNING:
            assert time.monotonic() < deadline, f"process {self.pid} does not end"
            time.sleep(0.005)
        with self._folder as folder:
            return Result(code, Path(folder, "out").read_text(), Path(folder, "err").read_text())

    def line(self) -> str:
        """What it has written to standard output once there is a whole line."""
        deadline = time.monotonic() + 60
        out = Path(self._folder.name, "out")
        while not (out.exists() and (text := out.read_text()).endswith("\n")):
            assert time.monotonic() < deadline, Path(self._folder.name, "err").read_text()
            time.sleep(0.01)
        return text


class Commands:
    """Starts the command without paying for its imports each time (see `forkserver`)."""

    def __init__(self) -> None:
        server = [sys.executable, str(Path(__file__).with_name("forkserver.py"))]
        self._server = subprocess.Popen(
            server, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, arguments: list[str], cwd: Path, env: dict[str, str]) -> Running:
        folder = tempfile.TemporaryDirectory()
        call = {"args": arguments, "cwd": str(cwd), "env": env, "folder": folder.name}
        return Running(self, self.ask(call), folder)

    def ask(self, request: dict[str, object]) -> int:
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the server; calls that still run are none of its business."""
        self._server.communicate()


@functools.cache
def _commands() -> Commands:
    return Commands()


@pytest.fixture(scope="session", autouse=True)
def _closed() -> Iterator[None]:
    yield
    _commands().close()


def started(
    *args: object,
    home: Path | None = None,
    as_json: bool = True,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Running:
    """Start the command in a process of its own."""
    place = ["--home", str(home)] if home is not None else []
    flags = ["--json"] if as_json else []
    return _commands().start([*place, *map(str, args), *flags], cwd or Path.cwd(), environment(env))


def assetcert(*args: object, **rest: Any) -> Result:
    """Run the command to its end; takes what `started` does."""
    return started(*args, **rest).wait()


def new_note(folder: Path, content: bytes = b"\x00note") -> Path:
    """A file that states no facts."""
    (folder / "note.bin").write_bytes(content)
    return folder / "note.bin"


def write_keys(home: Path, organisations: dict[str, tuple[str, ...]]) -> None:
    """Keyfiles as the product's, but for the cost of their scrypt; a verb that makes a key leaves one that is there already."""
    for short, purposes in organisations.items():
        for purpose in purposes:
            seed = keccak(f"{short} {purpose}".encode())
            content = create_keyfile_json(seed, PASSPHRASE.encode(), kdf="scrypt", iterations=2)
            write_private(home / "keys" / short / f"{purpose}.json", json.dumps(content).encode())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world, founded and at rest: no node runs, so that its folder can be copied."""
    root = tmp_path_factory.mktemp("world")
    home = Home(root / "home").create()
    write_private(home.passphrase_file, PASSPHRASE.encode() + b"\n")
    embedded.create(home.root, papers.BEGINS)
    seats = {one.short: ("account",) for one in papers.REGISTRARS} | {"R1": ("account", "fingerprint")}
    write_keys(home.root, seats | {one.short: purposes for one, _, purposes in MEMBERS})
    keys = Keystore(home.keys, lambda: PASSPHRASE)
    with embedded.open(home.root) as node:
        consortium.found(home, node, keys, papers.REGISTRARS, quorum=2)
        with Installation.attached(home, node, keys) as installation:
            _admit(installation)
            return _certified(root, home, installation)


def _admit(installation: Installation) -> None:
    for organisation, role, purposes in MEMBERS:
        consortium.admit(installation, organisation, role)
        for purpose in purposes:
            published_keys.set_key(installation, organisation, purpose)
    published_keys.set_key(installation, papers.REGISTRARS[0], "fingerprint")


def _certified(root: Path, home: Home, installation: Installation) -> World:
    receipts = {}
    for job in papers.JOBS[:2]:
        folder = root / "papers" / job.seller
        folder.mkdir(parents=True)
        for name, content in papers.papers(job).items():
            (folder / name).write_bytes(content)
        installation.node.clock.set(papers.noon(job.invoiced))
        outcome = certifying.certify(
            installation, installation.book.find(job.seller), [folder], out=root / "out", dossier=job.number
        )
        receipts |= {f"{job.seller}/{asset.path.name}": asset.receipt for asset in outcome.assets}
    return World(home.root, root / "papers", root / "out", receipts)


@pytest.fixture(scope="session")
def world(made: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with its ledger running for the whole session; for tests that change nothing anybody else looks at."""
    place = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(made.home, place)
    with embedded.open(place):
        yield World(place, made.papers, made.out, made.receipts)


@pytest.fixture()
def cold(made: World, tmp_path: Path) -> World:
    """A world of the test's own: home and papers copied, nothing running."""
    shutil.copytree(made.home, tmp_path / "home")
    shutil.copytree(made.papers, tmp_path / "papers")
    return World(tmp_path / "home", tmp_path / "papers", made.out, made.receipts)


@pytest.fixture()
def own(cold: World) -> Iterator[World]:
    """The same with its ledger running until the test ends."""
    with embedded.open(cold.home):
        yield cold


@pytest.fixture()
def installed() -> Iterator[Callable[[Path], Installation]]:
    """Opens homes in this process, for looking at what the command did; all are closed at the end."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda home: stack.enter_context(Installation.open(Home(home), lambda: PASSPHRASE))


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One running gateway for all tests of API, identity and pages that change nothing others stand on: see `running.Running`."""
    from .running import running

    with running(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo, told once for whoever looks at it: nothing in its home may be taken away from the others."""
    from .telling import tell

    return tell(tmp_path_factory.mktemp("demo") / "home")
