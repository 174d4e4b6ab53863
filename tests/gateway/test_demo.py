"""The demo as a stranger sees it: told once by the real command, then looked at from outside, and held against the world's manifest."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from certifier.verify import Code, Given, Report
from gateway import demo
from gateway.home import Home
from gateway.installation import Installation
from gateway.service import readings, verifying
from ledger import embedded

from .conftest import COMMAND, ROOT, assetcert
from .telling import SAMPLES, Told

EVIDENCE = {f"E{number:02}" for number in range(1, 16)}
LIENS = {"DUPLICATE": ("INVALID", None), "LOOSE_MATCH": ("UNKNOWN", "LOOSE_MATCH")}


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


def test_the_decisions_are_the_worlds(told: Told) -> None:
    known, m1, m3 = (
        told.world["known_answers"]["M1"],
        told.step("M1 applies"),
        told.step("2026-09-21: M3 applies"),
    )
    assert (m1["outcome"], m1["score"], m1["grade"]) == ("approve", known["score"], known["grade"])
    assert Decimal(m1["amount"]) == Decimal(known["offer"])
    assert Decimal(m1["borrowing_base"]) == Decimal(known["base"])
    assert Decimal(m1["need"]) == Decimal(known["need"])
    assert m3["outcome"] == "decline" and set(told.act("apply", "M3")["expected"]["codes"]) <= set(
        m3["reasons"]
    )
    replays = told.step("recomputed")
    assert replays["decisions"] == replays["identical"] == replays["anchored"] == 4


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


def given(told: Told, installation: Installation, paths: list[str]) -> list[Given]:
    """Receipts of files of the world, with what was read of their documents."""
    receipts = [told.receipts["0x" + told.world["files"][path]["sha256"]][1] for path in paths]
    kept = readings.load(installation, [receipt.asset_id_hex for receipt in receipts])
    return [
        Given(receipt, replace(kept[receipt.asset_id_hex].reading, path=told.home / "papers" / path))
        for path, receipt in zip(paths, receipts, strict=True)
    ]


def found(report: Report) -> set[str]:
    """What was found of a paper when the papers of its job were held against one another."""
    return {one["code"] for one in report.check(Code.PLAUSIBILITY).evidence.get("findings", [])}


@pytest.fixture(scope="module")
def reports(told: Told, opened: Installation) -> dict[str, Report]:
    """Reports on everything but M1's papers (the dossier's step has these) and what was shredded.

    As L1 sees it, whose own pledges do not count, and M4's guises of what it had pledged as L2 does; M2's and M3's as dossiers.
    """
    files, verifier = told.world["files"], verifying.of_installation(opened)
    l1, l2 = opened.book.find("L1").id, opened.book.find("L2").id
    readings.prepare(opened, opened.book.find("M4"))  # the order that it certified again
    again = told.act("offer", "M4")["files"][:3]
    there = [path for path in files if "0x" + files[path]["sha256"] in told.receipts and path not in again]
    made = dict(zip(again, verifier.verify_many(given(told, opened, again), as_org=l2), strict=True))
    for firm in ("M2", "M3"):
        paths = [path for path in there if files[path]["organisation"] == firm]
        made |= zip(paths, verifier.verify_dossier(given(told, opened, paths), as_org=l1), strict=True)
    rest = [path for path in there if files[path]["organisation"] not in ("M1", "M2", "M3")]
    return made | dict(zip(rest, verifier.verify_many(given(told, opened, rest), as_org=l1), strict=True))


def test_every_asset_by_itself_is_what_the_manifest_expects(told: Told, reports: dict[str, Report]) -> None:
    files = told.world["files"]
    others = [path for path in files if files[path]["organisation"] != "M1"]
    (gone,) = set(others) - reports.keys()
    assert (files[gone]["label"], files[gone]["kind"]) == ("F2a", "other")  # shredded
    assert {row["expected"]["verdict"] for row in files.values() if row["organisation"] == "M1"} == {"VALID"}
    dossier = told.step("M1's dossier")
    assert dossier["valid"] == dossier["papers"] and dossier["contradicted"] == 0
    together = (Code.LINKS, Code.PLAUSIBILITY, Code.INDEPENDENCE)
    guises = told.act("offer", "M4")["files"][:3]
    for path, report in reports.items():
        lien = report.check(Code.LIEN)
        if path in guises:
            (code,) = LIENS.keys() & set(files[path]["expected"]["codes"])
            assert (lien.verdict.value, lien.cause.value if lien.cause else None) == LIENS[code], path
            assert report.verdict.value == files[path]["expected"]["verdict"], path
        else:
            alone = {check.verdict.value for check in report.checks if check.code not in together}
            assert alone <= {"VALID", "SKIPPED"}, path


def test_honest_flaws_are_amber_and_nothing_else(told: Told, reports: dict[str, Report]) -> None:
    files = {path: row for path, row in told.world["files"].items() if row["organisation"] == "M2"}
    expected = {path: set(row["expected"]["codes"]) & EVIDENCE for path, row in files.items()}
    assert {path: found(reports[path]) for path in files if found(reports[path])} == {
        path: codes for path, codes in expected.items() if codes
    }
    verdicts = {reports[path].check(Code.PLAUSIBILITY).verdict.value for path in files if expected[path]}
    assert verdicts == {"UNKNOWN"}
    assert {report.verdict.value for path, report in reports.items() if path in files} == {"VALID"}


def test_phantom_output_is_caught_by_every_signal_that_the_manifest_names(
    told: Told, reports: dict[str, Report]
) -> None:
    """By whoever has M3's papers alone, E06 too: the bar of F3 comes from a seller that is paid into M3's own account."""
    rows = [row for row in told.world["findings"] if row["label"] == "F1" and row["code"] != "INDEPENDENCE"]
    for row in rows:
        seen = [path for path in row["files"] if row["code"] in found(reports[path])]
        assert seen, f"{row['code']}: {row['says']}"
    assert {"VALID"} != {reports[path].verdict.value for row in rows for path in row["files"]}


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
