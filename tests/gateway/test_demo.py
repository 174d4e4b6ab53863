"""The demo as a stranger sees it: told once by the real command, then looked at from outside, and held against the world's manifest."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from certifier.documents import Reader
from certifier.receipt import Receipt, parse
from certifier.verify import Code, Given, Report
from gateway import demo
from gateway.home import Home
from gateway.installation import Installation
from gateway.service import verifying
from ledger import embedded

from .conftest import COMMAND, ROOT, Result, assetcert, started

SAMPLES = ROOT / "tests" / "samples"
LIENS = {"DUPLICATE": ("INVALID", None), "LOOSE_MATCH": ("UNKNOWN", "LOOSE_MATCH")}


@dataclass(frozen=True)
class Told:
    """A finished demo: its home, what it answered, and how a second one was answered meanwhile."""

    home: Path
    document: dict[str, Any]
    pid: int
    meanwhile: Result

    @cached_property
    def world(self) -> dict[str, Any]:
        """The manifest, and its files by path."""
        manifest: dict[str, Any] = json.loads((self.home / "papers" / "world.json").read_text())
        return manifest | {"files": {row["path"]: row for row in manifest["files"]}}

    @cached_property
    def receipts(self) -> dict[str, tuple[Path, Receipt]]:
        """Digest of a document → its newest receipt in the home."""
        found: dict[str, tuple[Path, Receipt]] = {}
        for path in (self.home / "receipts").glob("0x*.receipt.json"):
            receipt = parse(path.read_bytes())
            assert isinstance(receipt, Receipt)
            sha, at = receipt.values["content.sha256"], receipt.values["asset.issued_at"]
            if sha not in found or at > found[sha][1].values["asset.issued_at"]:
                found[sha] = (path, receipt)
        return found

    def step(self, words: str) -> dict[str, Any]:
        """The figures of the one step whose name holds some words."""
        (step,) = [step for step in self.document["steps"] if words in step["name"]]
        figures: dict[str, Any] = step["figures"]
        return figures

    def act(self, name: str, debtor: str) -> dict[str, Any]:
        """An act of the manifest."""
        return next(a for a in self.world["acts"] if (a["act"], a["debtor"]) == (name, debtor))

    @property
    def invoice(self) -> str:
        """M1's newest invoice that is XML."""
        rows = [
            r for r in self.world["files"].values() if (r["organisation"], r["kind"]) == ("M1", "invoice")
        ]
        return str(
            max((row for row in rows if row["format"] == "e-fapiao"), key=lambda row: row["day"])["path"]
        )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("demo") / "home"
    running = started("demo", "--data", SAMPLES, home=home)
    while not (home / "run" / "up.lock").is_file() or not (home / "run" / "up.lock").read_text():
        time.sleep(0.01)
    meanwhile = assetcert("demo", home=home)
    done = running.wait()
    assert done.code == 0, done.out + done.err
    return Told(home, done.json, running.pid, meanwhile)


def test_every_step_is_seen(told: Told) -> None:
    assert [step["name"] for step in told.document["steps"] if not step["ok"]] == []
    assert len(told.document["steps"]) >= 22
    assert all(step["figures"] for step in told.document["steps"])


def test_a_second_demo_leaves_one_that_is_being_told_alone(told: Told) -> None:
    assert told.meanwhile.code == 69
    assert told.meanwhile.error["code"] == "ALREADY_UP"
    assert str(told.pid) in told.meanwhile.error["message"]


def test_core_enterprises_signed_nothing_and_gas_is_within_the_goals(told: Told) -> None:
    assert told.document["core_enterprise_transactions"] == 0
    assert told.document["gas"]["register_per_asset"] <= 1250
    assert told.document["gas"]["pledge_per_line"] <= 62_000


def test_the_figures_are_the_worlds(told: Told) -> None:
    files = told.world["files"]
    weeks = told.step("Thirteen weeks")
    assert weeks["files"] == len(files)
    assert weeks["assets"] == len({(row["organisation"], row["sha256"]) for row in files.values()})
    links = {row["sha256"]: len(row["links"]) for row in files.values()}
    assert weeks["links"] == sum(links.values())
    assert weeks["signed_by_devices_and_others"] == sum("signer" in row for row in files.values())
    pledge, note = told.act("pledge", "M2"), told.act("declare-invalid-in-part", "M2")
    assert told.step("M2 pledges")["lines"] == len(pledge["files"])
    assert told.step("M2 pledges")["loan"] == pledge["amount"]
    red = told.step("M2 corrects")
    assert Decimal(red["correction"]) == -Decimal(note["amount"])
    assert Decimal(red["collateral_before"]) - Decimal(red["collateral_after"]) == Decimal(note["amount"])
    assert told.step("M1's dossier")["papers"] == len(
        {row["sha256"] for row in files.values() if row["organisation"] == "M1"}
    )


def test_real_files_are_named_with_what_they_were_recognised_as(told: Told) -> None:
    real = told.step("real files")
    assert real["files"].keys() == {str(p.relative_to(SAMPLES)) for p in SAMPLES.rglob("*") if p.is_file()}
    assert real["certified"] + real["refused"] == len(real["files"])
    assert real["files"]["invoice.xml"] == "invoice (ubl)"


@pytest.fixture(scope="module")
def opened(told: Told) -> Iterator[Installation]:
    home = Home(told.home)
    with Installation.open(home, lambda: home.passphrase_file.read_text().strip()) as installation:
        yield installation


def verified(told: Told, installation: Installation, lender: str, paths: list[str]) -> dict[str, Report]:
    """Reports on files of the world with their documents, as a lender sees them."""
    with Reader() as reader:
        readings = list(reader.read(told.home / "papers" / path for path in paths))
    receipts = [told.receipts["0x" + told.world["files"][path]["sha256"]][1] for path in paths]
    given = [Given(*one) for one in zip(receipts, readings, strict=True)]
    reports = verifying.of_installation(installation).verify_many(
        given, as_org=installation.book.find(lender).id
    )
    return dict(zip(paths, reports, strict=True))


def test_every_asset_is_what_the_manifest_expects_of_it(told: Told, opened: Installation) -> None:
    """As far as one paper, its fingerprint and the ledger tell; the rest is evidence's. M1's papers stand in the dossier's step."""
    files = told.world["files"]
    again = told.act("offer", "M4")["files"][:3]
    gone = [path for path in files if "0x" + files[path]["sha256"] not in told.receipts]
    assert [files[path]["label"] for path in gone] == ["F2a"] and files[gone[0]][
        "kind"
    ] == "other"  # shredded
    assert {row["expected"]["verdict"] for row in files.values() if row["organisation"] == "M1"} == {"VALID"}
    assert told.step("M1's dossier")["valid"] == told.step("M1's dossier")["papers"]
    rest = [path for path in files if files[path]["organisation"] != "M1" and path not in (*again, *gone)]
    reports = verified(told, opened, "L1", rest)
    assert {
        path: report.verdict.value for path, report in reports.items() if report.verdict.value != "VALID"
    } == {}
    for path, report in verified(told, opened, "L2", again).items():
        expected = files[path]["expected"]
        lien = report.check(Code.LIEN)
        (code,) = LIENS.keys() & set(expected["codes"])
        assert (lien.verdict.value, lien.cause.value if lien.cause else None) == LIENS[code], path
        assert report.verdict.value == expected["verdict"], path


def test_the_home_ends_at_its_as_of_and_m1_owes_nothing(told: Told, opened: Installation) -> None:
    as_of = datetime.fromisoformat(told.world["window"]["as_of"]).timestamp()
    assert 0 <= opened.ledger.pin().timestamp - as_of < 600
    pledged = assetcert("liens", "--as", "M1", home=told.home)
    assert pledged.code == 0 and pledged.json["liens"] == []


def test_loading_a_whole_world_again_changes_nothing(told: Told, opened: Installation) -> None:
    before = opened.ledger.pin()
    demo.load(Home(told.home), lambda label, total: contextlib.nullcontext(lambda _: None))
    assert opened.ledger.pin() == before


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
    shutil.copytree(told.home, copy, ignore=shutil.ignore_patterns("run", "papers", "receipts", "blocks"))
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
    told: Told, moved: tuple[Path, str], tmp_path: Path
) -> None:
    home, url = moved
    receipt, _ = told.receipts["0x" + told.world["files"][told.invoice]["sha256"]]
    original = told.home / "papers" / told.invoice
    done = _stranger(tmp_path / "elsewhere", home, url, receipt, original)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "VALID"
    needed = [check for check in report["checks"] if check["number"] in (1, 2, 3, 4, 6, 7, 8, 9)]
    assert {check["verdict"] for check in needed} == {"VALID"}
    assert not (tmp_path / "home").exists()
    forged = tmp_path / original.name
    forged.write_bytes(original.read_bytes().replace(b"<Quantity>", b"<Quantity>9", 1))
    done = _stranger(tmp_path / "again", home, url, receipt, forged)
    assert done.returncode == 1
    verdicts = {check["code"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert (verdicts["CONTENT"], verdicts["FACTS"], verdicts["REGISTRATION"]) == (
        "INVALID",
        "INVALID",
        "VALID",
    )


def test_without_the_generator_the_demo_says_what_is_missing(tmp_path: Path) -> None:
    """The packages alone, as a wheel brings them."""
    for package in ("ledger", "certifier", "gateway"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "--home", str(tmp_path / "home"), "demo", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 69
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "NO_WORLD" and "scripts/two_rivers" in error["message"]


def test_a_demo_leaves_any_other_home_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("mine")
    refused = assetcert("demo", home=other)
    assert refused.code == 64
    assert refused.error["code"] == "NOT_A_DEMO"
    assert [path.name for path in other.iterdir()] == ["precious"]
