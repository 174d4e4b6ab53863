"""Documents to facts, and whole processes of our command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from certifier.documents import Reader, read_file
from gateway.bench.home import adapter_log, invoice, machine_log
from gateway.bench.result import MB, Result, median_seconds, result
from gateway.errors import UnavailableError

__all__ = ["process_results", "reading_results"]


def reading_results(folder: Path, count: int) -> Iterator[Result]:
    """Documents to facts: long logs streamed, beside the XML parser alone and a loop that only splits the lines; a folder
    of invoices, beside one process."""
    log = folder / "long.xml"
    log.write_bytes(machine_log(7, 200 * 100_000))
    size = log.stat().st_size / MB
    parser = size / median_seconds(lambda: etree.parse(log), 3)
    ours = size / median_seconds(lambda: read_file(log), 3)
    yield result("read machine data of 20 MB", ours, "MB/s", "lxml.etree.parse alone", parser)
    lines = folder / "long.shdr"
    lines.write_bytes(adapter_log(20 * MB))
    size = lines.stat().st_size / MB
    split = size / median_seconds(lambda: _split(lines), 3)
    ours = size / median_seconds(lambda: read_file(lines), 3)
    yield result("read an adapter's log (SHDR) of 20 MB", ours, "MB/s", "a loop that splits its lines", split)
    invoices = folder / "to-read"
    invoices.mkdir()
    for number in range(3 * count):
        (invoices / f"{number}.xml").write_bytes(
            invoice(number).replace(b"</Invoice>", b"<!--" + b"x" * 7_500 + b"--></Invoice>")
        )
    paths = sorted(invoices.iterdir())
    alone = len(paths) / median_seconds(lambda: [read_file(path) for path in paths], 1)
    yield result(
        "read invoices of 10 kB",
        len(paths) / median_seconds(lambda: _read_all(paths), 1),
        "docs/s",
        "one process",
        alone,
    )


def _split(path: Path) -> None:
    with path.open("rb") as stream:
        for line in stream:
            line.split(b"|")


def _read_all(paths: Sequence[Path]) -> None:
    with Reader() as reader:
        for reading in reader.read(paths):
            if reading.error is not None:
                raise UnavailableError("BENCH", str(reading.error))


def process_results(folder: Path) -> Iterator[Result]:
    """Whole processes of our command, beside an interpreter that does nothing."""
    log = folder / "log.xml"
    log.write_bytes(machine_log(1, 400_000))
    command = [sys.executable, "-m", "gateway.cli.main"]

    def seconds(arguments: list[str]) -> float:
        return median_seconds(lambda: subprocess.run(arguments, check=True, capture_output=True), 7)

    bare = seconds([sys.executable, "-c", "pass"])
    yield result(
        "assetcert --help, whole process",
        seconds([*command, "--help"]),
        "s",
        "an interpreter that does nothing",
        bare,
    )
    yield result(
        "assetcert inspect of 400 kB, whole process",
        seconds([*command, "inspect", str(log), "--json"]),
        "s",
        "an interpreter that does nothing",
        bare,
    )
