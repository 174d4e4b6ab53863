"""The demo's steps in a terminal of eighty columns: every figure whole, numbers and truths in words."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from gateway.cli import story
from gateway.demo import Step


def shown(step: Step) -> list[str]:
    out = StringIO()
    story.show(Console(file=out, width=80, highlight=False, soft_wrap=True), step)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_step_is_told_in_lines_that_fit() -> None:
    figures = {"collateral_before": "584571.60", "names_the_first_lender": False, "reasons": ["K04", "F12"], "seconds": 0.3, "cause": None}  # fmt: skip
    lines = shown(Step("M2 offers what is pledged to L2, which looks first " * 2, False, figures))
    assert lines[0].startswith("✘ M2 offers") and all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).replace("\xa0", " ").split())
    assert "collateral before 584,571.60 · names the first lender no · reasons K04, F12" in text
    assert "seconds 0.3 · cause none" in text


def test_tables_fold_long_names_and_show_no_control_characters() -> None:
    name = "inspection/" + "characteristic" * 6 + ".dfq"
    lines = shown(Step("files", True, {"certified": 1, "files": {name: "inspection-report (aqdef)", "x\x1b[31m": "other"}}))  # fmt: skip
    assert all(len(line) <= 80 for line in lines)
    assert name in "".join(line.split("  inspection-report")[0].strip() for line in lines)
    assert not any("\x1b" in line for line in lines)
