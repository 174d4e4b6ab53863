"""`assetcert up`: founds a home, serves it, ends cleanly; what it and other verbs write is their caller's alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.home import Home, write_private
from gateway.installation import Installation
from gateway.keys import Keystore
from gateway.service import consortium, serving
from ledger import embedded

from .conftest import PASSPHRASE, World, assetcert, new_note, started, write_keys

Opens = Callable[[Path], Installation]


def ask(url: str) -> tuple[int, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, json.load(answer)


def test_up_prints_one_line_serves_and_ends_cleanly(cold: World, tmp_path: Path) -> None:
    running = started("up", "--port", "0", home=cold.home)
    urls = json.loads(running.line())
    assert running.line().count("\n") == 1
    assert set(urls) >= {"gateway", "ready", "rpc"} and urls["gateway"].startswith("http://127.0.0.1:")
    assert ask(urls["ready"]) == (200, {"status": "ready", "faults": []})
    second = assetcert("up", "--port", "0", home=cold.home)
    assert second.code == 69 and second.error["code"] == "ALREADY_UP" and str(running.pid) in second.err
    certified = assetcert("certify", "--as", "M1", new_note(tmp_path), home=cold.home)
    assert certified.code == 0, certified.err
    os.kill(running.pid, signal.SIGTERM)
    ended = running.wait()
    assert (ended.code, ended.err) == (0, "")
    assert _node_ends(cold.home)


def _node_ends(home: Path) -> bool:
    """Whether nothing of the home's node is left within a few seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        mine = str(home / "run").encode()
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _alive(path)]
        if not any(mine in line for line in lines):
            return True
        time.sleep(0.05)
    return False


def _alive(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_up_founds_a_new_home_without_a_prompt_where_nobody_can_be_asked(tmp_path: Path) -> None:
    home = tmp_path / "new"
    running = started("up", "--port", "0", home=home)
    assert ask(json.loads(running.line())["ready"])[0] == 200
    os.kill(running.pid, signal.SIGINT)  # Ctrl-C
    assert running.wait().code == 0
    assert home.stat().st_mode & 0o777 == 0o700 and (home / "passphrase").stat().st_mode & 0o777 == 0o600
    assert [row["short"] for row in assetcert("org", "list", home=home).json["organisations"]] == ["R1"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        called = assetcert("up", "--port", taken.getsockname()[1], home=home)
    assert called.code == 69 and called.error["code"] == "PORT"


def test_up_finishes_a_founding_that_was_interrupted_and_doctor_says_so_before(tmp_path: Path) -> None:
    home = Home(tmp_path / "half").create()
    write_private(home.passphrase_file, PASSPHRASE.encode() + b"\n")
    write_keys(home.root, {"R1": ("account", "fingerprint")})
    embedded.create(home.root)
    with embedded.open(home.root) as node:
        consortium.found(home, node, Keystore(home.keys, lambda: PASSPHRASE), [serving.FIRST_REGISTRAR], 1)
        ill = assetcert("doctor", home=home.root)
        assert [check["name"] for check in ill.json["checks"] if not check["ok"]] == ["fingerprint key"]
        heads = []
        for _ in range(2):  # nothing is done twice
            running = started("up", "--port", "0", home=home.root)
            running.line()
            os.kill(running.pid, signal.SIGTERM)
            assert running.wait().code == 0
            head = node.log.head()
            heads.append(head.number if head else 0)
        assert heads[0] == heads[1]
        assert assetcert("doctor", home=home.root).code == 0
        rows = assetcert("key", "list", serving.FIRST_REGISTRAR.identifier, home=home.root).json["keys"]
        assert [row["purpose"] for row in rows] == ["account", "fingerprint"]


def test_up_makes_a_folder_that_was_there_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    (tmp_path / "home").mkdir(mode=0o755)
    assert Home(tmp_path / "home").create().root.stat().st_mode & 0o777 == 0o700


def test_what_a_verb_writes_is_for_its_caller_alone(cold: World, tmp_path: Path) -> None:
    for name in ("assetcert.db", "ledger.db"):
        shutil.copyfile(cold.home / name, tmp_path / "kept")
        (cold.home / name).unlink()
        (tmp_path / "kept").rename(cold.home / name)
    out = tmp_path / "out"
    certified = assetcert("certify", "--as", "M1", new_note(tmp_path), "--out", out, home=cold.home)
    given = assetcert(
        "grant", cold.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", out, home=cold.home
    )
    read = assetcert("read", given.json["grant"], "--as", "L1", "--out", out, home=cold.home)
    assert (certified.code, given.code, read.code) == (0, 0, 0)
    written = [*out.rglob("*"), *(cold.home / "receipts").rglob("*"), *(cold.home / "run").rglob("*")]
    assert Path(read.json["document"]) in written
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_up_asks_for_the_passphrase_before_it_writes(tmp_path: Path) -> None:
    refused = assetcert("up", "--port", "0", "--passphrase-file", tmp_path / "none", home=tmp_path / "new")
    assert refused.code == 65 and refused.error["code"] == "PASSPHRASE_FILE"
    assert not (tmp_path / "new").exists()
