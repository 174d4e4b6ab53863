"""Several processes on one home: writers queue, readers do not, and no document becomes two assets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from gateway.installation import Installation
from ledger.locks import write_lock

from .conftest import World, assetcert, started

Opens = Callable[[Path], Installation]


def test_a_second_writer_is_69_with_the_holders_pid(own: World, tmp_path: Path) -> None:
    with write_lock(own.home / "run" / "write.lock", 1):
        begun = time.monotonic()
        called = assetcert("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home)
        waited = time.monotonic() - begun
        assert called.code == 69 and called.error["code"] == "WRITER_BUSY"
        assert str(os.getpid()) in called.err and waited >= 10
        receipt, paper = own.receipts["M1/invoice.xml"], own.paper("M1/invoice.xml")
        assert assetcert("verify", receipt, paper, home=own.home).code == 0  # readers do not wait
    assert assetcert("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home).code == 0


def test_a_writer_waits_for_a_short_hold(own: World) -> None:
    with write_lock(own.home / "run" / "write.lock", 1):
        running = started("revoke", own.asset("M1/machine.xml"), "--as", "M1", home=own.home)
        time.sleep(1)
    assert running.wait().code == 0


def test_two_certify_at_once_and_no_document_becomes_two_assets(own: World, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.bin").write_bytes(b"both %d" % number)
    running = [
        started("certify", "--as", "M1", folder, "--out", tmp_path / f"{n}", home=own.home) for n in range(2)
    ]
    done = [one.wait() for one in running]
    assert [one.code for one in done] == [0, 0], done[0].err + done[1].err
    ids = [[asset["asset_id"] for asset in one.json["assets"]] for one in done]
    assert ids[0] == ids[1] and len(set(ids[0])) == 40
