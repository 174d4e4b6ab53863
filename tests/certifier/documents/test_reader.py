"""Worker processes: order, errors of one file only, death, time, memory, and speed of many files."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl

from certifier.documents import Limits, Reader, read_bytes, read_file

from .helpers import sample


def test_readings_come_in_order_with_digest_and_error(tmp_path: Path) -> None:
    good, empty, missing = tmp_path / "good.xml", tmp_path / "empty", tmp_path / "missing"
    good.write_bytes(sample("invoice.xml"))
    empty.write_bytes(b"")
    paths = [good, empty, missing, tmp_path, good]
    with Reader(workers=2) as reader:
        readings = list(reader.read(paths))
    assert [r.path for r in readings] == paths
    assert [r.error.code if r.error else None for r in readings] == [
        None,
        "EMPTY",
        "MISSING",
        "NOT_A_FILE",
        None,
    ]
    assert readings[0].sha256 == hashlib.sha256(sample("invoice.xml")).digest()
    assert readings[0].size == len(sample("invoice.xml"))
    assert readings[0].document == read_bytes(sample("invoice.xml")) == read_file(good).document


def test_many_files_over_two_workers(tmp_path: Path) -> None:
    paths = []
    for i in range(200):
        path = tmp_path / f"{i}.xml"
        path.write_bytes(sample("invoice.xml").replace(b"RC-2026-0713", b"N%d" % i))
        paths.append(path)
    with Reader(workers=2) as reader:
        numbers = [r.document.facts["number"] for r in reader.read(paths) if r.document]
    assert numbers == [f"N{i}" for i in range(200)]


def test_a_reading_that_was_given_up_does_not_disturb_the_next(tmp_path: Path) -> None:
    paths = []
    for i in range(40):
        paths.append(tmp_path / f"{i}.xml")
        paths[-1].write_bytes(sample("invoice.xml").replace(b"RC-2026-0713", b"N%d" % i))
    with Reader(workers=1) as reader:
        next(reader.read(paths))
        again = [r.document.facts["number"] for r in reader.read(paths[20:30]) if r.document]
    assert again == [f"N{i}" for i in range(20, 30)]


def test_a_worker_that_is_killed_costs_one_file(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}" for i in range(4)]
    for path in paths:
        path.write_bytes(b"plain")
    fifo = tmp_path / "slow.xml"
    slow = b"<MTConnectStreams><Streams>" + b"<a/>" * 8_000_000
    fifo.write_bytes(slow)
    with Reader(workers=1) as reader:
        readings = reader.read([fifo, *paths])
        child = None
        for reading in _with_kill(readings, reader):
            child = child or reading
        done = [child, *readings]
    codes = [r.error.code if r and r.error else None for r in done]
    assert codes == ["WORKER_DIED", None, None, None, None]


def _with_kill(readings, reader):  # type: ignore[no-untyped-def]
    """The first reading, with the worker killed by the system's means while it works on it."""
    import threading

    def kill() -> None:
        time.sleep(0.5)
        os.kill(reader._workers[0]._process.pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    yield next(readings)
    thread.join()


def test_time_and_memory_limits_are_errors_of_that_file(tmp_path: Path) -> None:
    long, plain = tmp_path / "long.xml", tmp_path / "plain"
    long.write_bytes(b"<MTConnectStreams><Streams>" + b"<a/>" * 8_000_000)
    plain.write_bytes(b"plain")
    with Reader(Limits(max_seconds=1.0), workers=1) as reader:
        codes = [r.error.code if r.error else None for r in reader.read([long, plain])]
    assert codes == ["TIME_LIMIT", None]
    big = tmp_path / "big.qif"
    big.write_bytes(b"<QIFDocument>" + b"<a>x</a>" * 1_900_000 + b"</QIFDocument>")
    with Reader(Limits(max_memory=160 << 20), workers=1) as reader:
        codes = [r.error.code if r.error else None for r in reader.read([big, plain])]
    assert codes[0] in ("MEMORY_LIMIT", "WORKER_DIED")
    assert codes[1] is None


def test_what_a_library_prints_about_a_document_is_no_answer(tmp_path: Path) -> None:
    """openpyxl prints a line about a cell whose style is not there, on the output that answers come on."""
    book, odd = openpyxl.Workbook(), tmp_path / "odd.xlsx"
    book.active.append(["发票号码", "金额"])
    book.save(tmp_path / "book.xlsx")
    with zipfile.ZipFile(tmp_path / "book.xlsx") as whole, zipfile.ZipFile(odd, "w") as changed:
        for name in whole.namelist():
            part = whole.read(name)
            if name == "xl/styles.xml":
                part = re.sub(rb"<cellStyleXfs.*</cellStyleXfs>", b"<cellStyleXfs></cellStyleXfs>", part)
            changed.writestr(name, part)
    (tmp_path / "order.xml").write_bytes(sample("order.xml"))
    with Reader(workers=1) as reader:
        first, second = reader.read([odd, tmp_path / "order.xml"])
    assert (first.path, second.path) == (odd, tmp_path / "order.xml")
    assert second.document is not None and second.document.kind == "purchase-order"


def test_importing_the_readers_is_light() -> None:
    script = (
        "import sys; from certifier.documents import Reader, read_bytes; read_bytes(b'x');"
        "print(sorted({'web3', 'cryptography', 'pint', 'openpyxl', 'pyhanko', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
