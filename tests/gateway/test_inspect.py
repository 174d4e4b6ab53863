"""`assetcert inspect`: the shape of its document, and one clear line for what cannot be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .conftest import World, assetcert


def test_the_document_has_the_shape_of_the_design(world: World) -> None:
    paper = world.paper("M1/invoice.xml")
    called = assetcert("inspect", paper)
    assert called.code == 0 and called.err == ""
    assert set(called.json) == {"files"}
    (file,) = called.json["files"]
    assert list(file) == [
        "path",
        "sha256",
        "bytes",
        "media_type",
        "kind",
        "format",
        "schema",
        "facts",
        "warnings",
        "error",
    ]
    assert file["path"] == str(paper)
    assert file["sha256"] == "0x" + hashlib.sha256(paper.read_bytes()).hexdigest()
    assert file["bytes"] == paper.stat().st_size
    assert (file["kind"], file["format"]) == ("invoice", "ubl")
    assert file["schema"].startswith("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2")
    assert file["facts"]["total"] == "6237.6"
    assert file["warnings"] == [] and file["error"] is None


def test_folders_are_walked_by_name_and_signers_statements_left_out(world: World, tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", ".hidden.xml", "a.xml.signers.json"):
        (tmp_path / name).write_bytes(world.paper("M1/machine.xml").read_bytes())
    files = assetcert("inspect", tmp_path).json["files"]
    assert [Path(file["path"]).name for file in files] == ["a.xml", "b.xml"]


def test_a_file_without_a_reader_is_other(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (file,) = assetcert("inspect", tmp_path / "noise.bin").json["files"]
    assert (file["kind"], file["facts"], file["error"]) == ("other", {}, None)


def test_one_bad_file_is_65_and_the_others_are_read(world: World, tmp_path: Path) -> None:
    (tmp_path / "empty.xml").touch()
    called = assetcert(
        "inspect", tmp_path / "empty.xml", world.paper("M1/order.xml"), tmp_path / "absent.xml"
    )
    assert called.code == 65
    empty, order, absent = called.json["files"]
    assert empty["error"]["code"] == "EMPTY" and absent["error"]["code"]
    assert absent["path"] == str(tmp_path / "absent.xml") and "no such file" in absent["error"]["message"]
    assert order["kind"] == "purchase-order" and order["error"] is None
    assert empty["kind"] is None and empty["facts"] == {}


def test_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    assert assetcert("inspect", tmp_path).code == 64
