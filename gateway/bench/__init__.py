"""`assetcert bench`: each figure beside what it is compared with, both measured in this run, and their ratio.

Real parts throughout: the embedded node, the local store, SQLite, processes of our own command. Unlocking keys (scrypt, a second each) is
paid once, outside what is timed. Figures are of this machine at this hour: quote the ratio.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.bench.certifying import Bench
from gateway.bench.credit import credit_results
from gateway.bench.gas import gas_results
from gateway.bench.home import shop_home
from gateway.bench.load import load_results
from gateway.bench.reading import process_results, reading_results
from gateway.bench.result import Result

__all__ = ["Result", "run"]


def run(quick: bool, shown: Callable[[Result], None]) -> list[Result]:
    """Every benchmark, in order; `quick` takes a tenth of the files."""
    results = []
    for result in _all(quick=quick):
        results.append(result)
        shown(result)
    return results


def _all(*, quick: bool) -> Iterator[Result]:
    yield from gas_results()
    with (
        tempfile.TemporaryDirectory(prefix="assetcert-bench-") as folder,
        shop_home(Path(folder), secrets.token_urlsafe(16)) as installation,
    ):
        bench = Bench(installation, Path(folder), 100 if quick else 1000)
        yield from bench.certifying()
        yield from bench.verifying()
        yield from bench.auditing()
        yield from reading_results(Path(folder), bench.count)
        yield from process_results(Path(folder))
    if shutil.which("wrk") is not None:  # the gateway's load is left out where its client is not installed
        yield from load_results(3 if quick else 15)
    yield from credit_results(10 if quick else 50)
