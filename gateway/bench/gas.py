"""What the contracts cost, from real trees."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator

from gateway.bench.result import Result, result
from gateway.errors import UnavailableError
from ledger.artifacts import ROOT

__all__ = ["gas_results"]


def gas_results() -> Iterator[Result]:
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
        yield result(
            f"gas per asset, register of 1,000 ({label})", each, "gas", alone, gas[f"register_1{suffix}"]
        )
    line = gas["pledge_10"] / 10
    yield result("gas per pledged line at ten lines", line, "gas", "a pledge of one line", gas["pledge_one"])
    yield result(
        "gas of a pledge of one document",
        gas["pledge_one"],
        "gas",
        "anchoring one document",
        gas["register_1"],
    )
