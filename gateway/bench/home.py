"""A founded home with one shop that may certify, and documents of it that nobody has twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from gateway import samples
from gateway.home import Home
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import consortium, published_keys
from ledger import embedded
from ledger.membership import Role

__all__ = ["SHOP", "adapter_log", "invoice", "machine_log", "shop", "shop_home"]

REGISTRAR, SHOP = samples.REGISTRARS[0], samples.MEMBERS[0][0]


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
                published_keys.set_key(installation, SHOP, purpose)
            published_keys.set_key(installation, REGISTRAR, "fingerprint")
            yield installation


def shop(installation: Installation) -> Organisation:
    """That shop."""
    return installation.book.find(SHOP.short)


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


def adapter_log(size: int) -> bytes:
    """SHDR lines of about `size` bytes as adapters mix them: one item or several, conditions, messages, states, a counter,
    items that are gone, times with and without a fraction."""
    lines = (
        "{at}.{n:03}Z|Xabs|{n}.0721|Yabs|-{n}.5|Zabs|{n}.25",
        "{at}.{n:03}Z|Xload|{n}",
        "{at}.{n:03}125Z|Sspeed|{n}.5|Sload|{n}",
        "{at}Z|path_feedrate|{n}.75",
        "{at}Z|path_position|{n}.1 {n}.2 {n}.3",
        "{at}.5Z|line|{n}|block|G01 X{n}.25 F200|Fovr|100|Sovr|100",
        "{at}.5Z|Zload|{n}|Zabs|-{n}.125",
        "{at}.75Z|tool_id|{n}",
    )
    rare = (
        "{at}Z|execution|ACTIVE|mode|AUTOMATIC",
        "{at}Z|system|NORMAL||||",
        "{at}Z|Yload|UNAVAILABLE",
        "{at}Z|servo|FAULT|{n}|2|HIGH|overtravel",
        "{at}Z|execution|READY",
        "{at}Z|message|CHG|change inserts",
        "{at}Z|PartCountAct|{second}",
    )
    out: list[str] = []
    left, second = size, 0
    while left > 0:
        at = f"2026-07-{6 + second // 86400 % 20:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
        shapes = (*lines, lines[second % len(lines)], rare[second % len(rare)])
        out += (shape.format(at=at, n=second * 7 % 999, second=second) for shape in shapes)
        left -= sum(map(len, out[-len(shapes) :])) + len(shapes)
        second += 1
    return "\n".join([*out, ""]).encode()


def invoice(seed: int) -> bytes:
    """An invoice of M1 with an order reference: four fingerprints."""
    return samples.invoice(replace(samples.JOBS[0], number=f"BENCH-{seed:06}", quantity=100 + seed)).encode()
