"""Keccak-256 as the browser computes it is the ledger's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from ledger.types import keccak

MODULE = Path(__file__).resolve().parents[3] / "gateway" / "web" / "static" / "eip712.js"
SIZES = (*range(0, 8), *range(134, 139), 271, 272, 273, 1_000)
"""Around a block's 136 bytes, and two of them."""


def test_it_is_the_ledgers() -> None:
    inputs = [bytes((7 * at + size) % 256 for at in range(size)) for size in SIZES]
    script = f"""import {{ keccak }} from {json.dumps(str(MODULE))};
    const hash = (data) => Buffer.from(keccak(Buffer.from(data, "hex"))).toString("hex");
    process.stdout.write(JSON.stringify({json.dumps([one.hex() for one in inputs])}.map(hash)));"""
    command = ["node", "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == [keccak(one).hex() for one in inputs]
