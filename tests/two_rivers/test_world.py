"""The world as files: the same bytes from the same seed, every file read as what the manifest says, numbers that check."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from stdnum import ean
from stdnum.cn import uscc

from certifier.canonical import parse_base64url
from certifier.schema import RELATIONS
from certifier.signer import Statement
from ledger.types import hex32, organisation_id
from scripts.two_rivers.plan import Plan
from scripts.two_rivers.world import SEED, build
from tests.two_rivers.reading import World

ROOT = Path(__file__).resolve().parents[2]


def test_the_same_seed_gives_the_same_tree(world: World, tmp_path: Path) -> None:
    book = build(SEED)
    book.write(tmp_path)
    trees = []
    for folder in (world.out, tmp_path):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        trees.append({str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files})
    assert trees[0] == trees[1]
    assert "world.json" in trees[0]


def test_another_seed_is_another_world() -> None:
    one, other = Plan(SEED), Plan(SEED + 1)
    assert {d.invoice.number for d in one.deliveries}.isdisjoint({d.invoice.number for d in other.deliveries})
    assert [d.invoice.total for d in one.deliveries] == [d.invoice.total for d in other.deliveries]
    assert [lot.failed for lot in one.lots] != [lot.failed for lot in other.lots]


def test_every_file_is_read_as_the_manifest_says(world: World) -> None:
    wrong = []
    for path, entry in world.entries.items():
        document = world.documents[path]
        codes = sorted({notice.code for notice in document.warnings})
        found = (document.kind, document.format, codes)
        if found != (entry["kind"], entry["format"], sorted(entry["expected"]["notices"])):
            wrong.append((path, found, entry["expected"]["notices"]))
    assert not wrong


def test_only_pictures_and_one_forgery_are_remarked_on(world: World) -> None:
    """EVENT_HASH and SEAL_VALID tell good news; what is left over is a picture's or the retyped OFD's."""
    bad = Counter(
        (entry["format"], code)
        for entry in world.manifest["files"]
        for code in entry["expected"]["notices"]
        if code not in ("EVENT_HASH", "SEAL_VALID")
    )
    assert bad == {("pdf", "NO_FACTS"): 8, ("e-fapiao", "SEAL_INVALID"): 1}


def test_the_manifest_lists_exactly_the_files(world: World) -> None:
    there = {str(p.relative_to(world.out)) for p in world.out.rglob("*") if p.is_file()}
    signed = {f"{entry['path']}.signers.json" for entry in world.manifest["files"] if "signer" in entry}
    assert there == {"world.json", *world.entries, *signed}
    for path, entry in world.entries.items():
        data = world.data(path)
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["bytes"])
        assert entry["truth"] in ("honest", "flaw", "fraud", "control")
        assert entry["expected"]["verdict"] in ("VALID", "INVALID", "UNKNOWN")
        assert 0 <= entry["week"] <= 13
        assert all(target in world.entries for _, target in entry["links"])


def test_links_point_to_earlier_papers_of_the_right_kind(world: World) -> None:
    for path, entry in world.entries.items():
        for relation, target in entry["links"]:
            earlier = world.entries[target]
            assert RELATIONS[entry["kind"], relation] == earlier["kind"], (path, relation, target)
            assert earlier["day"] <= entry["day"], (path, relation, target)
            assert earlier["organisation"] == entry["organisation"], (path, relation, target)


def test_sizes(world: World) -> None:
    counts = Counter(entry["organisation"] for entry in world.manifest["files"])
    firms = [counts[firm] for firm in ("M1", "M2", "M3", "M4")]
    assert all(190 <= count <= 290 for count in firms), firms
    assert 200 <= sum(firms) / 4 <= 260
    assert sum(p.stat().st_size for p in world.out.rglob("*") if p.is_file()) < 60_000_000


def test_numbers_have_valid_check_digits(world: World) -> None:
    for organisation in world.manifest["organisations"]:
        scheme, _, number = organisation["identifier"].partition(":")
        assert scheme == "CN-USCC"
        assert uscc.is_valid(number), organisation
        assert ean.is_valid(organisation["gln"]), organisation
    known = set(world.uscc.values())
    for path, document in world.documents.items():
        for name, value in document.facts.items():
            if name.endswith(("seller_id", "buyer_id", "payer_id", "payee_id", "carrier_id")):
                assert value in known or ean.is_valid(value), (path, name, value)
            if name == "number" and document.format == "e-fapiao":
                assert len(value) == 20 and value.startswith("26502"), (path, value)


def test_signatures_beside_the_papers_hold(world: World) -> None:
    keys = {k["public_key"]: (k["organisation"], k["role"]) for k in world.manifest["keys"]}
    roles = Counter[str]()
    for path, entry in world.entries.items():
        if "signer" not in entry:
            continue
        body = json.loads(world.data(f"{path}.signers.json"))
        (member,) = body["signers"]
        statement = Statement.from_json(member)
        assert keys[member["public_key"]] == (entry["signer"]["organisation"], entry["signer"]["role"])
        assert statement.sha256.hex() == entry["sha256"]
        issuer = f"CN-USCC:{world.uscc[entry['organisation']]}"
        assert hex32(statement.issuer) == hex32(organisation_id(issuer))
        assert parse_base64url(member["signature"]) == statement.signature
        roles[statement.role] += 1
    assert roles["instrument"] == 4 * 77
    assert roles["witness"] == 73 + 3 + 24
    assert roles["inspector"] == 5 + 5 + 3 + 3 + 4


def test_machine_logs_name_the_one_before(world: World) -> None:
    for firm in ("M1", "M2", "M3", "M4"):
        logs = sorted((day, found["path"]) for day, found in world.days[firm].items())
        assert len(logs) == 77
        for (_, earlier), (_, later) in itertools.pairwise(logs):
            assert world.entries[earlier]["sha256"].encode() in world.data(later)[:600]


def test_uploading_again_is_the_same_file(world: World) -> None:
    (again,) = [entry for entry in world.manifest["files"] if entry["label"] == "M1-AGAIN"]
    assert world.data(again["path"]) == world.data(again["same_as"])


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.two_rivers", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert "not empty" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("path", ["M1/inspections", "M2/orders"])
def test_no_file_carries_the_time_of_writing(world: World, path: str) -> None:
    import zipfile

    for workbook in (world.out / path).glob("*.xlsx"):
        with zipfile.ZipFile(workbook) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
