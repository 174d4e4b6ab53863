"""The command line itself: usage, homes, output, and what it does not import (DESIGN, Command line)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import VERBS, classify, command

from .conftest import COMMAND, World, assetcert, environment

HEAVY = ("web3", "sqlalchemy", "cryptography", "lxml", "rich", "fastapi", "eth_account")


def test_a_bare_call_is_a_usage_error_and_shows_the_verbs() -> None:
    called = subprocess.run(COMMAND, env=environment(), capture_output=True, text=True, check=False)
    assert called.returncode == 64
    assert called.stdout == ""
    assert all(f"  {verb} " in called.stderr for verb in VERBS)


@pytest.mark.parametrize("group", ["org", "key"])
def test_a_bare_group_is_a_usage_error_too(group: str) -> None:
    assert assetcert(group, as_json=False).code == 64


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_table_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    command.main([verb, "--help"], prog_name="assetcert", standalone_mode=False)
    assert capsys.readouterr().out.startswith(f"Usage: assetcert {verb} ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["org"],
        ["frobnicate"],
        ["inspect"],
        ["inspect", "--frobnicate", "x"],
        ["verify"],
        ["close", "0x00", "--status", "lost"],
    ],
)
def test_a_wrong_call_is_64_with_one_line(arguments: list[str]) -> None:
    called = assetcert(*arguments)
    assert called.code == 64
    assert called.error["code"] == "USAGE"
    known = [word for word in arguments[:1] if word in VERBS]
    assert f"`{' '.join(['assetcert', *known])} --help`" in called.error["message"]


def test_the_home_stands_before_or_after_the_verb_or_in_the_environment(world: World, tmp_path: Path) -> None:
    before = assetcert("org", "list", home=world.home)
    after = assetcert("org", "list", "--home", world.home)
    configured = assetcert("org", "list", env={"ASSETCERT_HOME": str(world.home)})
    nearer = assetcert("org", "list", "--home", world.home, home=tmp_path / "other")
    assert [called.code for called in (before, after, configured, nearer)] == [0] * 4
    assert before.json == after.json == configured.json == nearer.json


@pytest.mark.parametrize(
    "call",
    [
        "--home {home} --json org list",
        "org --home {home} --json list",
        "org list --home {home} --json",
        "--home nowhere --json org --home {home} list",
    ],
)
def test_home_and_json_stand_anywhere_and_the_nearest_home_counts(
    call: str, world: World, tmp_path: Path
) -> None:
    done = assetcert(*call.format(home=world.home).split(), as_json=False)
    assert done.code == 0 and done.json["organisations"]
    refused = assetcert(*call.format(home=tmp_path).split(), as_json=False)
    assert refused.code == 64 and refused.error["code"] == "NO_HOME"


def test_any_working_directory_and_relative_paths(world: World, tmp_path: Path) -> None:
    (tmp_path / "log.xml").write_bytes(world.paper("M1/machine.xml").read_bytes() + b"\n<!-- cwd -->")
    called = assetcert("certify", "--as", "M1", "log.xml", "--out", "out", home=world.home, cwd=tmp_path)
    assert called.code == 0, called.err
    (asset,) = called.json["assets"]
    assert Path(asset["receipt"]) == tmp_path / "out" / f"{asset['asset_id']}.receipt.json"
    assert Path(asset["receipt"]).is_file()


@pytest.mark.parametrize(
    "verb", [["org", "list"], ["liens", "--as", "M1"], ["revoke", "0x00"], ["audit"], ["verify", "x"]]
)
def test_a_folder_that_is_no_home_is_64_and_stays_as_it_is(verb: list[str], tmp_path: Path) -> None:
    called = assetcert(*verb, home=tmp_path)
    assert called.code == 64
    assert called.error["code"] in ("NO_HOME", "NO_DESCRIPTOR")
    assert str(tmp_path) in called.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_organisation_is_64_and_those_known_are_named(world: World) -> None:
    called = assetcert("certify", "--as", "M9", world.paper("M1/invoice.xml"), home=world.home)
    assert called.code == 64
    assert called.error["code"] == "UNKNOWN_ORG"
    assert "'M9'" in called.err and "M1, M2" in called.err
    assert assetcert("certify", world.paper("M1/invoice.xml"), home=world.home).error["code"] == "WHICH_ORG"


def test_organisations_go_by_short_name_identifier_or_id(world: World) -> None:
    listed = assetcert("org", "list", home=world.home).json["organisations"]
    m1 = next(row for row in listed if row["short"] == "M1")
    assert m1 == {
        "org": m1["org"],
        "short": "M1",
        "identifier": "CN-USCC:91500000000000211L",
        "name": "恒精机械",
        "roles": ["enterprise"],
        "suspended": False,
    }
    rows = [
        assetcert("key", "list", name, home=world.home).json for name in ("M1", m1["identifier"], m1["org"])
    ]
    assert rows[0] == rows[1] == rows[2]
    assert [row["purpose"] for row in rows[0]["keys"]] == ["account", "encryption", "instrument"]


def test_without_json_a_person_reads_lines(world: World) -> None:
    called = assetcert("org", "list", home=world.home, as_json=False)
    assert called.code == 0 and called.err == ""
    assert "恒精机械" in called.out and not called.out.startswith("{")


@pytest.mark.parametrize("arguments", [["--help"], ["certify", "--help"], ["inspect", "{paper}", "--json"]])
def test_light_verbs_import_nothing_heavy(arguments: list[str], world: World) -> None:
    script = (
        "import sys\nfrom gateway.cli.main import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        f"    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    given = [argument.format(paper=world.paper("M1/machine.xml")) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", script, *given], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_closed_pipe_is_neither_an_error_nor_a_success(world: World) -> None:
    piped = " ".join(
        [*COMMAND, "--home", str(world.home), "org", "list", "--json", "| head -c 0; exit ${PIPESTATUS[0]}"]
    )
    done = subprocess.run(
        ["bash", "-c", piped], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_our_own_bug_is_70() -> None:
    code, name, message = classify(ZeroDivisionError("1 / 0"))
    assert (code, name) == (70, "BUG")
    assert "ZeroDivisionError: 1 / 0" in message
