"""Certifying, verifying and auditing in this process: documents, bytes and assets a second."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from certifier import voprf
from certifier.receipt import Receipt
from certifier.store.files import File, write_durably
from certifier.verify import Given, Node, Verifier
from gateway.bench.home import SHOP, invoice, machine_log, shop
from gateway.bench.result import MB, Result, median_seconds, result
from gateway.errors import UnavailableError
from gateway.installation import Installation
from gateway.service import certifying, evidence

__all__ = ["Bench"]

BATCHES = 4  # so that reading, making ready and anchoring go on at once, as they do in a long run
FILES = 3  # a document leaves: its encrypted content, the root block over it, its receipt
MULTIPLICATIONS = 20  # that checking four fingerprints takes (RFC 9497 with one batched proof)
MADE_BY = 25  # multiplications that evaluating, proving and checking four fingerprints takes


class Bench:
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
        yield result(name, rate, "docs/s", "one document per transaction", alone)
        files = self._files_a_second(name, 5_000)
        yield result(name, rate, "docs/s", f"its {FILES} files alone, durably", files / FILES)
        invoices = self._write("invoices", ((f"{n}.xml", invoice(n)) for n in range(many)))
        rate, self._invoices = self._rate(invoices)
        name = "certify invoices with four fingerprints"
        yield result(name, rate, "docs/s", "one document per transaction", alone)
        limit = 1 / (MADE_BY * _multiplication())
        yield result(name, rate, "docs/s", f"{MADE_BY} bare multiplications each, one core", limit)
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
        yield result(name, rate, "MB/s", "reading and hashing the files", size / hashing)
        yield result(name, rate, "MB/s", "copying them durably", size / writing)

    def _rate(self, folder: Path) -> tuple[float, list[Receipt]]:
        out = self._folder / "receipts" / folder.name
        seconds = self._certify(folder, out)
        receipts = [evidence.load_receipt(path) for path in sorted(out.iterdir())]
        return len(receipts) / seconds, receipts

    def _certify(self, path: Path, out: Path | None = None) -> float:
        started = time.perf_counter()
        outcome = certifying.certify(self._i, shop(self._i), [path], out=out)
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
        """One receipt in a running process, beside one bare call of the node; in bulk, beside a plain loop. Each receipt once: a proof is remembered."""
        node = Node(self._i.ledger)
        verifier = Verifier(self._i.ledger.descriptor, [node], self._i.store)
        call = self._i.ledger.membership.organisation(SHOP.id)
        bare = median_seconds(lambda: self._i.ledger.read_one(call, self._i.ledger.pin()), 50)
        times = self.count // 20
        alone = iter(self._invoices)
        one = median_seconds(lambda: verifier.verify(next(alone)), times)
        yield result(
            "verify one receipt (p50)", 1000 * one, "ms", "pinning a block and one call", 1000 * bare
        )
        no_store = Verifier(self._i.ledger.descriptor, [node], None)
        for name, receipts in (
            ("without fingerprints", self._evidence),
            ("with four fingerprints", self._invoices[times:]),
        ):
            given = [Given(receipt) for receipt in receipts]
            few = len(given) // 10
            plain = _rate_of(lambda sample: [no_store.verify(one.receipt) for one in sample], given[:few])
            bulk = _rate_of(lambda sample: list(no_store.verify_many(sample)), given[few:])
            yield result(f"verify in bulk, {name}", bulk, "docs/s", "a plain loop", plain)
        limit = 1 / (MULTIPLICATIONS * _multiplication())
        yield result(
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
        report = audit(ledger)
        seconds = time.perf_counter() - started
        yield result(
            "audit replay",
            report.assets / seconds,
            "assets/s",
            "reading the same logs",
            report.assets / reading,
        )


def _multiplication() -> float:
    """Seconds that one multiplication of a ristretto point takes here: the primitive's own limit."""
    point = voprf.hash_to_group(b"bench")
    scalar, _ = voprf.blind(b"bench")
    return median_seconds(lambda: voprf.multiply(scalar, point), 2000)


def _rate_of(work: Callable[[Sequence[Given]], object], sample: Sequence[Given]) -> float:
    started = time.perf_counter()
    work(sample)
    return len(sample) / (time.perf_counter() - started)
