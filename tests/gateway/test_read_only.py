"""A home on a read-only mount: what only reads works as elsewhere, what would act is refused, nothing is left behind."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import World, assetcert


@pytest.fixture(scope="module")
def mounted(made: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy of the world's home that nobody can write."""
    home = tmp_path_factory.mktemp("archive") / "home"
    shutil.copytree(made.home, home)
    mount = ["mount", "-o", "bind", str(home), str(home)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(home)], check=True)
        yield World(home, made.papers, made.out, made.receipts)
    finally:
        subprocess.run(["umount", str(home)], check=True)


def left() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("assetcert-*")}


def test_what_only_reads_works(mounted: World, tmp_path: Path) -> None:
    before = left()
    receipt, paper = mounted.receipts["M1/invoice.xml"], mounted.paper("M1/invoice.xml")
    verified = assetcert("verify", receipt, paper, home=mounted.home)
    assert (verified.code, verified.json["verdict"]) == (0, "VALID"), verified.err
    from_store = assetcert("verify", receipt, home=mounted.home).json["checks"][0]
    assert (from_store["code"], from_store["verdict"]) == ("CONTENT", "VALID")
    assert assetcert("audit", home=mounted.home).json["verdict"] == "VALID"
    for verb in (["org", "list"], ["key", "list", "M1"], ["liens", "--as", "M1"], ["liens", receipt]):
        assert assetcert(*verb, home=mounted.home).code == 0, verb
    shown = assetcert("disclose", mounted.asset("M1/invoice.xml"), "--as", "M1", "--out", tmp_path, home=mounted.home)  # fmt: skip
    assert shown.code == 0, shown.err
    assert left() == before


def test_it_can_be_backed_up_and_restored(mounted: World, tmp_path: Path) -> None:
    saved = assetcert("backup", tmp_path / "saved.tar.gz", home=mounted.home)
    assert saved.code == 0, saved.err
    assert assetcert("restore", tmp_path / "saved.tar.gz", home=tmp_path / "new").code == 0
    again = assetcert("certify", "--as", "M1", mounted.paper("M1/invoice.xml"), home=tmp_path / "new")
    assert again.code == 0 and again.json["assets"][0]["existing"] is True


@pytest.mark.parametrize(
    "verb", [["certify", "--as", "M1", "{paper}"], ["revoke", "{asset}", "--as", "M1"], ["reindex"]]
)
def test_what_would_act_is_refused(verb: list[str], mounted: World) -> None:
    place = {"paper": mounted.paper("M1/invoice.xml"), "asset": mounted.asset("M1/invoice.xml")}
    called = assetcert(*[word.format(**place) for word in verb], home=mounted.home)
    assert called.code == 69 and called.error["code"] == "READ_ONLY"
    assert str(mounted.home) in called.err


def test_the_doctor_says_so(mounted: World) -> None:
    called = assetcert("doctor", home=mounted.home)
    assert called.code == 69
    assert [check["name"] for check in called.json["checks"] if not check["ok"]] == ["home"]
