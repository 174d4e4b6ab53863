"""The demo as a stranger sees it: told once by the real command, then looked at from outside."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger import embedded
from tests.gateway.conftest import COMMAND, ROOT, assetcert


@dataclass(frozen=True)
class Told:
    """A finished demo: its home and what it answered."""

    home: Path
    document: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("demo") / "home"
    done = assetcert("demo", home=home)
    assert done.code == 0, done.err
    return Told(home, done.json)


def test_every_step_is_seen(told: Told) -> None:
    assert [step["name"] for step in told.document["steps"] if not step["ok"]] == []
    assert len(told.document["steps"]) == 16
    assert all(step["figures"] for step in told.document["steps"])


def test_core_enterprises_signed_nothing_and_gas_is_within_the_goals(told: Told) -> None:
    assert told.document["core_enterprise_transactions"] == 0
    assert told.document["gas"]["register_per_asset"] <= 1250
    assert told.document["gas"]["pledge_per_line"] <= 62_000


def test_the_home_goes_on_without_a_prompt(told: Told, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("a new paper")
    done = assetcert("certify", "--as", "M1", note, "--out", tmp_path / "out", home=told.home)
    assert done.code == 0, done.err
    (asset,) = done.json["assets"]
    assert assetcert("verify", asset["receipt"], note, home=told.home).json["verdict"] == "VALID"


@pytest.fixture
def moved(told: Told, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The whole home moved away under a node that goes on running: where it is now, and the node's address."""
    copy, away = tmp_path / "home", tmp_path / "away"
    shutil.copytree(told.home, copy, ignore=shutil.ignore_patterns("run"))
    with embedded.open(copy) as node:
        url = node.url
        copy.rename(away)
        yield away, url


def _stranger(
    folder: Path, home: Path, url: str, receipt: Path, file: Path
) -> subprocess.CompletedProcess[str]:
    """Another folder, process and environment: receipt, file, descriptor and a node's address are all there is."""
    folder.mkdir()
    receipt_here, file_here, ledger_here = (
        shutil.copy(path, folder) for path in (receipt, file, home / "ledger.json")
    )
    command = [*COMMAND, "verify", receipt_here, file_here, "--ledger", ledger_here, "--rpc", url, "--json"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_stranger_needs_receipt_file_descriptor_and_node_alone(
    moved: tuple[Path, str], tmp_path: Path
) -> None:
    home, url = moved
    file = home / "papers" / "M1-2026-0701" / "invoice.xml"
    receipt = next(
        path for path in (home / "out").glob("*.receipt.json") if "M1-INV-2026-0701" in path.read_text()
    )
    done = _stranger(tmp_path / "elsewhere", home, url, receipt, file)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "VALID"
    assert {
        check["verdict"] for check in report["checks"] if check["number"] in (1, 2, 3, 4, 6, 7, 8, 9)
    } == {"VALID"}
    assert not (tmp_path / "home").exists()


def test_a_stranger_sees_a_changed_file(moved: tuple[Path, str], tmp_path: Path) -> None:
    home, url = moved
    original = home / "papers" / "M1-2026-0701" / "invoice.xml"
    forged = tmp_path / "invoice.xml"
    forged.write_bytes(
        original.read_bytes().replace(b"120</cbc:InvoicedQuantity>", b"121</cbc:InvoicedQuantity>")
    )
    receipt = next(
        path for path in (home / "out").glob("*.receipt.json") if "M1-INV-2026-0701" in path.read_text()
    )
    done = _stranger(tmp_path / "elsewhere", home, url, receipt, forged)
    assert done.returncode == 1
    verdicts = {check["code"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert (verdicts["CONTENT"], verdicts["FACTS"], verdicts["REGISTRATION"]) == (
        "INVALID",
        "INVALID",
        "VALID",
    )


def test_a_demo_replaces_a_demo_and_leaves_any_other_home_alone(told: Told, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("mine")
    refused = assetcert("demo", home=other)
    assert refused.code == 64
    assert refused.error["code"] == "NOT_A_DEMO"
    assert (other / "precious").read_text() == "mine"
