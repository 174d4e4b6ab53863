"""What others wrote, and streams that are not what they should be: printed as text, read within bounds, never a bug of ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.gateway.conftest import COMMAND, World, assetcert, environment


def _shell(line: str, *words: object) -> subprocess.CompletedProcess[str]:
    """The real command under a shell that plays with its streams."""
    script = line.replace("ASSETCERT", " ".join(COMMAND))
    arguments = ["bash", "-c", script, "bash", *map(str, words)]
    return subprocess.run(
        arguments, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("name", ["[/] Evil", "[bold]x", "[red"])
def test_markup_in_a_document_is_text(world: World, tmp_path: Path, name: str) -> None:
    paper = tmp_path / f"{name.replace('/', '')}.xml"
    text = world.paper("M1/invoice.xml").read_text()
    paper.write_text(text.replace("恒精机械", name))
    done = assetcert("inspect", paper, as_json=False)
    assert done.code == 0, done.err
    assert name in done.out
    assert paper.name in done.out


def test_control_characters_of_a_file_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    paper = tmp_path / "a\x1b[31mred.txt"
    paper.write_text("x")
    done = assetcert("inspect", paper, as_json=False)
    assert done.code == 0
    assert "\x1b" not in done.out


def test_a_reader_that_leaves_early_is_no_success(world: World) -> None:
    done = _shell(
        'ASSETCERT --home "$1" verify "$2" --json | true; echo ${PIPESTATUS[0]}',
        world.home,
        world.receipts["M1/invoice.xml"],
    )
    assert int(done.stdout) not in (0, 1, 70)


@pytest.mark.parametrize("streams", ["2>&-", "<&-", ">&-"])
def test_closed_streams_are_no_bug(world: World, streams: str) -> None:
    assert _shell(f'ASSETCERT inspect "$1" --json {streams}', world.paper("M1/invoice.xml")).returncode == 0


def test_a_pipe_or_a_device_is_no_receipt(world: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for strange in (tmp_path / "fifo", Path("/dev/zero"), tmp_path):
        done = assetcert("verify", strange, home=world.home)
        assert done.code == 65, strange
        assert str(strange) in done.error["message"]


def test_a_document_that_is_empty_or_too_large_now_is_judged_and_not_refused(
    world: World, tmp_path: Path
) -> None:
    empty, large = tmp_path / "empty.xml", tmp_path / "large.xml"
    empty.touch()
    with large.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    for document in (empty, large):
        done = assetcert("verify", world.receipts["M1/invoice.xml"], document, home=world.home)
        assert done.code == 1
        verdicts = {check["code"]: check["verdict"] for check in done.json["checks"]}
        assert (verdicts["CONTENT"], verdicts["FACTS"], verdicts["REGISTRATION"]) == (
            "INVALID",
            "INVALID",
            "VALID",
        )


def test_what_is_no_receipt_is_named(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("\ufeff{}")
    done = assetcert("verify", other, home=world.home)
    assert done.code == 65
    assert str(other) in done.error["message"]


def test_ids_are_whole_wherever_output_goes(world: World) -> None:
    done = assetcert("verify", world.out / "2026-0701.dossier.json", home=world.home, as_json=False)
    assert world.asset("M1/invoice.xml") in done.out
    assert "FACTS" in done.out
