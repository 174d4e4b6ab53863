"""What anybody can check: a stranger alone, a whole dossier with its documents, and a changed byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from certifier.receipt import Dossier, parse
from certifier.verify import Code, Given, Report, Verdict, dossier_verdict
from gateway.demo.stage import Seen, Stage
from gateway.demo.world import dossier_of
from gateway.service import readings, verifying
from ledger.types import hex32

__all__ = ["flipped_byte", "stranger", "whole_dossier"]


def stranger(stage: Stage) -> Seen:
    """Another process in another folder, with receipt, file, descriptor and a node's address, and nothing else."""
    path = stage.last("M1", "invoice")
    given = (stage.certified[path].receipt, stage.file(path), stage.installation.home.descriptor)
    with tempfile.TemporaryDirectory() as elsewhere:
        receipt, file, ledger = (shutil.copy(one, elsewhere) for one in given)
        command = [
            sys.executable,
            "-m",
            "gateway.cli.main",
            "--home",
            f"{elsewhere}/none",
            "verify",
            receipt,
            file,
        ]
        started = time.monotonic()
        done = subprocess.run(
            [*command, "--ledger", ledger, "--rpc", stage.installation.node.url, "--json"],
            cwd=elsewhere,
            env={"PATH": "/usr/bin:/bin", "HOME": elsewhere, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        took = round(time.monotonic() - started, 2)
    report = json.loads(done.stdout or "{}")
    verdicts = Counter(check["verdict"] for check in report.get("checks", []))
    verdict = report.get("verdict", done.stderr.strip())
    return verdict == "VALID", {"verdict": verdict, "checks_valid": verdicts["VALID"], "seconds": took}


def whole_dossier(stage: Stage) -> Seen:
    """M1's dossier with its documents as they were read: each is what was certified, links lead to certified papers, and together
    they can be true.
    """
    path = stage.installation.home.receipts / f"{dossier_of('M1')}.dossier.json"
    dossier = parse(path.read_bytes())
    assert isinstance(dossier, Dossier)
    started = time.monotonic()
    kept = readings.load(stage.installation, [receipt.asset_id_hex for receipt in dossier.receipts])
    files = {hex32(paper.sha256): stage.file(paper.path) for paper in stage.world.papers.values()}
    given = [
        Given(
            receipt, replace(kept[receipt.asset_id_hex].reading, path=files[receipt.values["content.sha256"]])
        )
        for receipt in dossier.receipts
    ]
    reports = verifying.of_installation(stage.installation).verify_dossier(given)
    took = round(time.monotonic() - started, 1)
    verdict = dossier_verdict(reports)
    figures = {
        "papers": len(reports),
        "valid": sum(report.verdict is Verdict.VALID for report in reports),
        "pointing_to_earlier_papers": _count(reports, Code.LINKS, Verdict.VALID),
        "agreeing_with_one_another": _count(reports, Code.PLAUSIBILITY, Verdict.VALID),
        "contradicted": sum(
            _count(reports, Code.PLAUSIBILITY, found) for found in (Verdict.INVALID, Verdict.UNKNOWN)
        ),
        "independently_signed": _count(reports, Code.INDEPENDENCE, Verdict.VALID),
        "verdict": verdict.value,
        "seconds": took,
    }
    return verdict is Verdict.VALID and not figures["contradicted"], figures


def _count(reports: Sequence[Report], code: Code, verdict: Verdict) -> int:
    return sum(report.check(code).verdict is verdict for report in reports)


def flipped_byte(stage: Stage) -> Seen:
    """One byte of a document changed."""
    path = stage.last("M1", "invoice")
    data = bytearray(stage.file(path).read_bytes())
    data[len(data) // 2] ^= 1
    with tempfile.TemporaryDirectory() as elsewhere:
        forged = Path(elsewhere, stage.file(path).name)
        forged.write_bytes(data)
        report = stage.verify(path, file=forged)
    found = [check.code.name for check in report.checks if check.verdict is Verdict.INVALID]
    figures = {"bytes": len(data), "verdict": report.verdict.value, "by": ", ".join(found)}
    return "CONTENT" in found and report.verdict is Verdict.INVALID, figures
