"""`assetcert bench`: each figure beside what it is compared with, both measured in this run, and their ratio.

Real parts throughout: the embedded node, the local store, SQLite, processes of our own command. Unlocking keys (scrypt, a second each) is
paid once, outside what is timed. Figures are of this machine at this hour: quote the ratio.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from certifier import voprf
from certifier.documents import Reader, read_file
from certifier.receipt import Receipt
from certifier.store.files import File, write_durably
from certifier.verify import Given, Node, Verifier
from gateway import samples
from gateway.errors import UnavailableError
from gateway.home import Home
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import certifying, consortium, evidence
from ledger import embedded
from ledger.artifacts import ROOT
from ledger.membership import Role

__all__ = ["SHOP", "Result", "invoice", "machine_log", "run", "shop_home"]

REGISTRAR, SHOP = samples.REGISTRARS[0], samples.MEMBERS[0][0]
MB = 1_000_000
BATCHES = 4  # so that reading, making ready and anchoring go on at once, as they do in a long run
FILES = 3  # a document leaves: its encrypted content, the root block over it, its receipt
MULTIPLICATIONS = 20  # that checking four fingerprints takes (RFC 9497 with one batched proof)
MADE_BY = 25  # multiplications that evaluating, proving and checking four fingerprints takes


@dataclass(frozen=True)
class Result:
    """One figure: `ratio` is value by the value of what it is compared with."""

    name: str
    value: float
    unit: str
    compared_to: str
    ratio: float

    def to_json(self) -> dict[str, Any]:
        """Members of DESIGN's `bench` document."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "compared_to": self.compared_to,
            "ratio": self.ratio,
        }

    def line(self) -> str:
        """For people."""
        return f"{self.name:<46} {self.value:>12,.1f} {self.unit:<8} {self.ratio:>8.2f} x  {self.compared_to}"


def run(quick: bool, shown: Callable[[Result], None]) -> list[Result]:
    """Every benchmark, in order; `quick` takes a tenth of the files."""
    results = []
    with (
        tempfile.TemporaryDirectory(prefix="assetcert-bench-") as folder,
        shop_home(Path(folder), secrets.token_urlsafe(16)) as installation,
    ):
        bench = _Bench(installation, Path(folder), 100 if quick else 1000)
        for result in (
            *_gas(),
            *bench.certifying(),
            *bench.verifying(),
            *bench.auditing(),
            *_reading(Path(folder), bench.count),
            *_processes(Path(folder)),
            *_gateway(quick=quick),
        ):
            results.append(result)
            shown(result)
    return results


def _gas() -> Iterator[Result]:
    """What the contracts cost, from real trees; needs Node.js and the development dependencies."""
    node = shutil.which("node") or "node"
    script = str(ROOT / "scripts" / "gas.js")
    done = subprocess.run([node, script], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise UnavailableError("GAS", f"scripts/gas.js did not run: {done.stderr.strip()[-300:]}")
    gas = json.loads(done.stdout)
    alone = "anchoring one document per transaction"
    for suffix, label in (("", "paris"), ("_prague", "prague")):
        each = gas[f"register_1000{suffix}"] / 1000
        yield _result(
            f"gas per asset, register of 1,000 ({label})", each, "gas", alone, gas[f"register_1{suffix}"]
        )
    line = gas["pledge_10"] / 10
    yield _result("gas per pledged line at ten lines", line, "gas", "a pledge of one line", gas["pledge_one"])
    yield _result(
        "gas of a pledge of one document",
        gas["pledge_one"],
        "gas",
        "anchoring one document",
        gas["register_1"],
    )


def _result(name: str, value: float, unit: str, compared_to: str, other: float) -> Result:
    return Result(
        name, round(value, 2), unit, f"{compared_to} ({other:,.1f} {unit})", round(value / other, 3)
    )


@contextmanager
def shop_home(folder: Path, passphrase: str) -> Iterator[Installation]:
    """A founded home below `folder` with one shop, SHOP, that may certify."""
    home = Home(folder / "home").create()
    embedded.create(home.root)
    keys = Keystore(home.keys, lambda: passphrase)
    with embedded.open(home.root) as node:
        consortium.found(home, node, keys, [REGISTRAR], 1)
        with Installation.attached(home, node, keys) as installation:
            keys.create((SHOP.short, purpose) for purpose in ("account", "encryption"))
            consortium.admit(installation, SHOP, Role.ENTERPRISE)
            for purpose in ("account", "encryption"):
                consortium.set_key(installation, SHOP, purpose)
            consortium.set_key(installation, REGISTRAR, "fingerprint")
            yield installation


class _Bench:
    """Certifies, then verifies and audits what was certified."""

    def __init__(self, installation: Installation, folder: Path, count: int) -> None:
        self._i = installation
        self._folder = folder
        self.count = count
        self._evidence: list[Receipt] = []
        self._invoices: list[Receipt] = []

    def certifying(self) -> Iterator[Result]:
        """Documents a second in batches of `count`, beside one transaction a document; bytes a second, beside what disk and hash allow."""
        alone = self._alone()
        many = BATCHES * self.count
        logs = self._write("logs", ((f"{n}.xml", machine_log(n, 5_000)) for n in range(many)))
        name = "certify machine data of 5 kB"
        rate, self._evidence = self._rate(logs)
        yield _result(name, rate, "docs/s", "one document per transaction", alone)
        files = self._files_a_second(name, 5_000)
        yield _result(name, rate, "docs/s", f"its {FILES} files alone, durably", files / FILES)
        invoices = self._write("invoices", ((f"{n}.xml", invoice(n)) for n in range(many)))
        rate, self._invoices = self._rate(invoices)
        name = "certify invoices with four fingerprints"
        yield _result(name, rate, "docs/s", "one document per transaction", alone)
        limit = 1 / (MADE_BY * _multiplication())
        yield _result(name, rate, "docs/s", f"{MADE_BY} bare multiplications each, one core", limit)
        other = self._write("other", ((f"{n}.bin", secrets.token_bytes(400_000)) for n in range(self.count)))
        yield from self._bytes_rate("certify `other` of 400 kB", other)
        large = self._write(
            "large", ((f"{n}.xml", machine_log(2 * 10**6 + n, 400_000)) for n in range(self.count // 4))
        )
        yield from self._bytes_rate("certify machine data of 400 kB", large)

    def _alone(self) -> float:
        single = self._write("single", ((f"{n}.xml", machine_log(10**6 + n, 5_000)) for n in range(20)))
        started = time.perf_counter()
        for path in sorted(single.iterdir()):
            self._certify(path)
        return 20 / (time.perf_counter() - started)

    def _files_a_second(self, name: str, size: int) -> float:
        """New files that the file system takes now: ext4 is slow for minutes after many were deleted."""
        place = self._folder / f"{name}-written"
        place.mkdir()
        data, count = bytes(size), FILES * self.count
        started = time.perf_counter()
        write_durably(File(f"{place}/.{n}", f"{place}/{n}", data) for n in range(count))
        return count / (time.perf_counter() - started)

    def _bytes_rate(self, name: str, folder: Path) -> Iterator[Result]:
        paths = sorted(folder.iterdir())
        size = sum(path.stat().st_size for path in paths) / MB
        started = time.perf_counter()
        for path in paths:
            hashlib.sha256(path.read_bytes()).digest()
        hashing = time.perf_counter() - started
        written = self._folder / f"{folder.name}-written"
        written.mkdir()
        started = time.perf_counter()
        copies = (
            File(f"{written}/.{path.name}", f"{written}/{path.name}", path.read_bytes()) for path in paths
        )
        write_durably(copies)
        writing = time.perf_counter() - started
        rate = size / self._certify(folder)
        yield _result(name, rate, "MB/s", "reading and hashing the files", size / hashing)
        yield _result(name, rate, "MB/s", "copying them durably", size / writing)

    def _rate(self, folder: Path) -> tuple[float, list[Receipt]]:
        out = self._folder / "receipts" / folder.name
        seconds = self._certify(folder, out)
        receipts = [evidence.load_receipt(path) for path in sorted(out.iterdir())]
        return len(receipts) / seconds, receipts

    def _certify(self, path: Path, out: Path | None = None) -> float:
        started = time.perf_counter()
        outcome = certifying.certify(self._i, _shop(self._i), [path], out=out)
        seconds = time.perf_counter() - started
        if outcome.errors:
            raise UnavailableError(
                "BENCH", f"a document of the benchmark was not certified: {outcome.errors[0].message}"
            )
        return seconds

    def _write(self, name: str, documents: Iterator[tuple[str, bytes]]) -> Path:
        place = self._folder / name
        place.mkdir()
        for file, content in documents:
            (place / file).write_bytes(content)
        return place

    def verifying(self) -> Iterator[Result]:
        """One receipt in a running process, beside one bare call of the node; in bulk, beside a plain loop."""
        node = Node(self._i.ledger)
        verifier = Verifier(self._i.ledger.descriptor, [node], self._i.store)
        call = self._i.ledger.membership.organisation(SHOP.id)
        bare = _median(lambda: self._i.ledger.read_one(call, self._i.ledger.pin()), 50)
        one = _median(lambda: verifier.verify(self._invoices[0]), 50)
        yield _result(
            "verify one receipt (p50)", 1000 * one, "ms", "pinning a block and one call", 1000 * bare
        )
        no_store = Verifier(self._i.ledger.descriptor, [node], None)
        for name, receipts in (
            ("without fingerprints", self._evidence),
            ("with four fingerprints", self._invoices),
        ):
            given = [Given(receipt) for receipt in receipts]
            plain = _rate_of(
                lambda sample: [no_store.verify(one.receipt) for one in sample],
                given[: max(20, len(given) // 10)],
            )
            bulk = _rate_of(lambda sample: list(no_store.verify_many(sample)), given)
            yield _result(f"verify in bulk, {name}", bulk, "docs/s", "a plain loop", plain)
        limit = 1 / (MULTIPLICATIONS * _multiplication())
        yield _result(
            "verify in bulk, with four fingerprints",
            bulk,
            "docs/s",
            f"{MULTIPLICATIONS} bare multiplications each",
            limit,
        )

    def auditing(self) -> Iterator[Result]:
        """Assets a second re-derived from block 0, beside reading the same logs and doing nothing."""
        from certifier.audit import audit

        ledger = self._i.ledger
        pinned = ledger.pin()
        started = time.perf_counter()
        for _ in ledger.chain.logs([ledger.assets.address], 0, pinned.number):
            pass
        reading = time.perf_counter() - started
        started = time.perf_counter()
        result = audit(ledger)
        seconds = time.perf_counter() - started
        yield _result(
            "audit replay",
            result.assets / seconds,
            "assets/s",
            "reading the same logs",
            result.assets / reading,
        )


def _multiplication() -> float:
    """Seconds that one multiplication of a ristretto point takes here: the primitive's own limit."""
    point = voprf.hash_to_group(b"bench")
    scalar, _ = voprf.blind(b"bench")
    return _median(lambda: voprf.multiply(scalar, point), 2000)


def _reading(folder: Path, count: int) -> Iterator[Result]:
    """Documents to facts: a long log streamed, beside the XML parser alone; a folder of invoices, beside one process."""
    log = folder / "long.xml"
    log.write_bytes(machine_log(7, 200 * 100_000))
    size = log.stat().st_size / MB
    parser = size / _median(lambda: etree.parse(log), 3)
    ours = size / _median(lambda: read_file(log), 3)
    yield _result("read machine data of 20 MB", ours, "MB/s", "lxml.etree.parse alone", parser)
    invoices = folder / "to-read"
    invoices.mkdir()
    for number in range(3 * count):
        (invoices / f"{number}.xml").write_bytes(
            invoice(number).replace(b"</Invoice>", b"<!--" + b"x" * 7_500 + b"--></Invoice>")
        )
    paths = sorted(invoices.iterdir())
    alone = len(paths) / _median(lambda: [read_file(path) for path in paths], 1)
    yield _result(
        "read invoices of 10 kB",
        len(paths) / _median(lambda: _read_all(paths), 1),
        "docs/s",
        "one process",
        alone,
    )


def _read_all(paths: Sequence[Path]) -> None:
    with Reader() as reader:
        for reading in reader.read(paths):
            if reading.error is not None:
                raise UnavailableError("BENCH", str(reading.error))


def _shop(installation: Installation) -> Organisation:
    return installation.book.find(SHOP.short)


def _gateway(*, quick: bool) -> Iterator[Result]:
    """The gateway under load; left out where wrk is not installed."""
    if shutil.which("wrk") is not None:
        from gateway.benchmark_api import api_results

        yield from api_results(3 if quick else 15)


def machine_log(seed: int, size: int) -> bytes:
    """A shift's log of about `size` bytes that no other seed gives: parts and states among many axis positions, as machines report."""
    day = date(2000, 1, 1) + timedelta(days=seed % 9000)
    job = samples.Job(
        "M1", "B1", f"{seed:08}", "P101", "轴", 80, Decimal(46), 60 + seed % 40, f"L{seed % 6}", day
    )
    log = samples.machine_log(job)
    count = max(1, (size - len(log)) // 133)
    positions = "".join(
        f'<Position dataItemId="{job.machine}-x{at % 3}" name="X{at % 3}actm" subType="ACTUAL" '
        f'timestamp="{day}T04:{at // 60 % 60:02}:{at % 60:02}.{at % 1000:03}000Z" sequence="{5000 + at}">{at * 7 % 90000 / 1000:.3f}</Position>\n'
        for at in range(count)
    )
    return log.replace(b"<Events>", f"<Samples>{positions}</Samples><Events>".encode(), 1)


def invoice(seed: int) -> bytes:
    """An invoice of M1 with an order reference: four fingerprints."""
    return samples.invoice(replace(samples.JOBS[0], number=f"BENCH-{seed:06}", quantity=100 + seed)).encode()


def _median(work: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _rate_of(work: Callable[[Sequence[Given]], object], sample: Sequence[Given]) -> float:
    started = time.perf_counter()
    work(sample)
    return len(sample) / (time.perf_counter() - started)


def _processes(folder: Path) -> Iterator[Result]:
    """Whole processes of our command, beside an interpreter that does nothing."""
    log = folder / "log.xml"
    log.write_bytes(machine_log(1, 400_000))
    command = [sys.executable, "-m", "gateway.cli.main"]

    def seconds(arguments: list[str]) -> float:
        return _median(lambda: subprocess.run(arguments, check=True, capture_output=True), 7)

    bare = seconds([sys.executable, "-c", "pass"])
    yield _result(
        "assetcert --help, whole process",
        seconds([*command, "--help"]),
        "s",
        "an interpreter that does nothing",
        bare,
    )
    yield _result(
        "assetcert inspect of 400 kB, whole process",
        seconds([*command, "inspect", str(log), "--json"]),
        "s",
        "an interpreter that does nothing",
        bare,
    )
