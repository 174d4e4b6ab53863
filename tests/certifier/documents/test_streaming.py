"""A gigabyte of a machine's log in flat memory: every minute sixty positions, a state, a part and a condition."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .test_mtconnect import page

SIZE = 1_000_000_000
SCRIPT = (
    "import sys; from pathlib import Path; from certifier.documents import Limits, read_file;"
    "r = read_file(Path(sys.argv[1]), Limits(max_bytes=2 << 30)); assert r.document, r.error;"
    "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM:')).split()[1];"
    "print(peak, r.document.facts['device.0001.parts'])"
)
"""Prints the peak of its own memory in kB: `ru_maxrss` begins with that of who started the process."""


def time_of(minute: int) -> str:
    """Minutes from July 2026, in months of 28 days."""
    month, day = 6 + minute // 40_320, 1 + minute // 1440 % 28
    return f"{2026 + month // 12}-{1 + month % 12:02}-{day:02}T{minute // 60 % 24:02}:{minute % 60:02}"


def mtconnect(minute: int) -> str:
    at, number, state = time_of(minute), minute * 62, ("ACTIVE", "READY")[minute % 2]
    positions = "".join(
        f'<Position dataItemId="X" timestamp="{at}:{s:02}.123456Z" name="Xact" sequence="{number + s}" subType="ACTUAL">{minute}.{s}</Position>\n'
        for s in range(60)
    )
    return (
        f'{positions}<Execution dataItemId="e" timestamp="{at}:59.5Z" sequence="{number + 60}">{state}</Execution>\n'
        f'<PartCount dataItemId="p" timestamp="{at}:59.6Z" sequence="{number + 61}">{minute}</PartCount>\n'
    )


def shdr(minute: int) -> str:
    at, state = time_of(minute), ("ACTIVE", "READY")[minute % 2]
    positions = "".join(f"{at}:{s:02}.123Z|Xabs|{minute}.{s}\n" for s in range(60))
    return f"{positions}{at}:59.5Z|execution|{state}|partcount|{minute}\n{at}:59.6Z|system|NORMAL||||\n"


def write(path: Path, head: bytes, minute_of: Callable[[int], str], tail: bytes) -> int:
    """Write the log. How many minutes it tells."""
    minutes = 0
    with path.open("wb") as out:
        out.write(head)
        while out.tell() < SIZE:
            out.write("".join(map(minute_of, range(minutes, minutes + 500))).encode())
            minutes += 500
        out.write(tail)
    return minutes


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", ["mtconnect", "shdr"])
def test_memory_stays_flat_over_a_gigabyte(form: str, tmp_path: Path) -> None:
    path = tmp_path / form
    before, end, after = page().partition(b"</Events>")
    if form == "mtconnect":
        minutes = write(path, before, mtconnect, end + after)
    else:
        minutes = write(path, b"", shdr, b"")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    peak, parts = done.stdout.split()
    assert int(peak) < 200_000
    assert int(parts) == minutes - 1
