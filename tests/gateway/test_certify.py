"""`assetcert certify`: shape, receipts, repetition, dossiers, links, signers, and files that fail alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from certifier.canonical import base64url
from certifier.content import decrypt
from certifier.receipt import Dossier, Receipt, parse
from certifier.voprf import EvaluationService
from gateway.db.models import Asset
from gateway.errors import UsageError
from gateway.installation import Installation
from gateway.service import certifying
from gateway.service.evaluating import decode
from gateway.service.own import own_asset
from ledger.types import parse_hex32

from .conftest import World, assetcert

Opens = Callable[[Path], Installation]


def fresh(world: World, folder: Path, name: str = "M1/machine.xml", mark: str = "new") -> Path:
    """A paper of the world with other bytes and the same facts."""
    path = folder / Path(name).name
    path.write_bytes(world.paper(name).read_bytes() + f"<!-- {mark} -->".encode())
    return path


def receipt_of(asset: dict[str, Any]) -> Receipt:
    found = parse(Path(asset["receipt"]).read_bytes())
    assert isinstance(found, Receipt)
    return found


def test_the_document_has_the_shape_of_the_design(own: World, tmp_path: Path, installed: Opens) -> None:
    paper = fresh(own, tmp_path)
    called = assetcert("certify", "--as", "M1", paper, "--out", tmp_path / "out", home=own.home)
    assert called.code == 0 and called.err == ""
    document = called.json
    assert set(document) == {"batches", "assets", "errors", "dossier"}
    ((batch,), (asset,)) = document["batches"], document["assets"]
    assert list(batch) == ["root", "block", "transaction"]
    assert list(asset) == ["path", "asset_id", "cid", "receipt", "root", "existing", "warnings"]
    assert asset["receipt"] == str(tmp_path / "out" / f"{asset['asset_id']}.receipt.json")
    assert (asset["path"], asset["root"], asset["existing"], asset["warnings"]) == (
        str(paper),
        batch["root"],
        False,
        [],
    )
    assert document["errors"] == []

    receipt = receipt_of(asset)
    assert receipt.asset_id_hex == asset["asset_id"] and receipt.values["content.cid"] == asset["cid"]
    home = installed(own.home)
    standing = home.ledger.read_one(home.ledger.assets.batch(receipt.org, receipt.root), home.ledger.pin())
    assert standing.registered_at > 0
    with home.database.session() as session:
        row = session.get_one(Asset, asset["asset_id"])
    assert row.sealed_secret is not None
    secret = home.open_secret(home.book.find("M1"), receipt.asset_id, row.sealed_secret)
    assert b"".join(decrypt(home.store.get, asset["cid"], secret.content_key())) == paper.read_bytes()


def test_without_out_receipts_lie_in_the_home(own: World, tmp_path: Path) -> None:
    (asset,) = assetcert("certify", "--as", "M1", fresh(own, tmp_path), home=own.home).json["assets"]
    assert asset["receipt"] == str(own.home / "receipts" / f"{asset['asset_id']}.receipt.json")
    assert Path(asset["receipt"]).is_file()


def test_again_answers_the_existing_asset_and_writes_its_receipt(world: World, tmp_path: Path) -> None:
    out = tmp_path / "made" / "here"
    called = assetcert("certify", "--as", "M1", world.papers / "M1", "--out", out, home=world.home)
    assert called.code == 0 and called.json["batches"] == []
    for asset in called.json["assets"]:
        earlier = world.receipts[f"M1/{Path(asset['path']).name}"]
        assert asset["existing"] is True
        assert Path(asset["receipt"]).read_bytes() == earlier.read_bytes()


def test_one_document_given_twice_is_one_asset(own: World, tmp_path: Path) -> None:
    first = fresh(own, tmp_path)
    shutil.copy(first, tmp_path / "copy.xml")
    called = assetcert("certify", "--as", "M1", first, tmp_path / "copy.xml", home=own.home).json
    assert [asset["existing"] for asset in called["assets"]] == [False, True]
    assert len({asset["asset_id"] for asset in called["assets"]}) == 1


def test_another_organisation_makes_its_own_asset_of_the_same_bytes(own: World) -> None:
    called = assetcert("certify", "--as", "M2", own.paper("M1/invoice.xml"), home=own.home)
    assert called.code == 0
    (asset,) = called.json["assets"]
    assert asset["existing"] is False and asset["asset_id"] != own.asset("M1/invoice.xml")
    assert [warning["code"] for warning in asset["warnings"]] == ["SELLER_NOT_ISSUER"]
    assert not any(path.startswith("fingerprint.") for path in receipt_of(asset).values)


def test_after_revocation_the_document_is_a_new_asset(own: World, tmp_path: Path) -> None:
    target = own.asset("M1/machine.xml")
    revoked = assetcert("revoke", target, "--as", "M1", home=own.home)
    assert revoked.code == 0 and revoked.json["asset_id"] == target and revoked.json["block"] > 0
    (asset,) = assetcert("certify", "--as", "M1", own.paper("M1/machine.xml"), home=own.home).json["assets"]
    assert asset["existing"] is False and asset["asset_id"] != target
    assert assetcert("verify", asset["receipt"], home=own.home).json["verdict"] != "INVALID"
    assert assetcert("verify", own.receipts["M1/machine.xml"], home=own.home).code == 1


def test_a_dossier_links_its_papers_whatever_their_order(made: World) -> None:
    links = {
        name: {
            path: value
            for path, value in receipt_of({"receipt": made.receipts[f"M1/{name}"]}).values.items()
            if path.startswith("link.")
        }
        for name in ("order.xml", "work-order.xml", "invoice.xml", "inspection.qif")
    }
    assert links["order.xml"] == {}
    assert links["work-order.xml"] == {"link.orders.0001": made.asset("M1/order.xml")}
    assert links["invoice.xml"]["link.bills.0001"] == made.asset("M1/order.xml")
    assert links["inspection.qif"] == {}  # it states no number of an earlier paper


def test_a_dossier_is_a_file_of_whole_receipts(world: World, tmp_path: Path) -> None:
    called = assetcert(
        "certify",
        "--as",
        "M1",
        world.paper("M1/order.xml"),
        "--dossier",
        "2026-0701",
        "--out",
        tmp_path,
        home=world.home,
    )
    assert called.json["dossier"] == str(tmp_path / "2026-0701.dossier.json")
    dossier = parse(Path(called.json["dossier"]).read_bytes())
    assert isinstance(dossier, Dossier) and dossier.name == "2026-0701"
    assert {one.asset_id_hex for one in dossier.receipts} == {
        path.name[:66] for name, path in world.receipts.items() if name.startswith("M1/")
    }
    assert all(len(one.values) == len(one.fields) for one in dossier.receipts)


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", ""])
def test_a_dossier_that_is_no_file_name_is_refused(name: str, world: World) -> None:
    called = assetcert(
        "certify", "--as", "M1", world.paper("M1/order.xml"), "--dossier", name, home=world.home
    )
    assert called.code == 64 and called.error["code"] == "DOSSIER"


def test_a_stated_link_is_committed(own: World, tmp_path: Path) -> None:
    target = own.asset("M1/work-order.xml")
    paper = fresh(own, tmp_path)
    called = assetcert("certify", "--as", "M1", paper, "--link", f"measures={target}", home=own.home)
    assert called.code == 0
    assert receipt_of(called.json["assets"][0]).values["link.measures.0001"] == target


def test_links_that_cannot_be_are_refused(own: World, tmp_path: Path) -> None:
    paper, target = fresh(own, tmp_path), own.asset("M1/order.xml")
    unknown = assetcert("certify", "--as", "M1", paper, "--link", f"likes={target}", home=own.home)
    no_id = assetcert("certify", "--as", "M1", paper, "--link", "measures=7", home=own.home)
    other_kind = assetcert("certify", "--as", "M1", paper, "--link", f"bills={target}", home=own.home)
    assert (unknown.code, no_id.code) == (64, 64)
    assert other_kind.code == 65 and other_kind.json["errors"][0]["code"] == "LINK"
    assert other_kind.json["assets"] == other_kind.json["batches"] == []


def test_signers_are_picked_up_from_beside_the_file(own: World, tmp_path: Path) -> None:
    paper = fresh(own, tmp_path, "M1/inspection.qif")
    for signer, role in (("I1", "inspector"), ("M1", "instrument")):
        signed = assetcert("sign", paper, "--as", signer, "--for", "M1", "--role", role, home=own.home)
        assert signed.code == 0 and signed.json["signers"] == f"{paper}.signers.json"
    called = assetcert("certify", "--as", "M1", paper, home=own.home)
    (asset,) = called.json["assets"]
    values = receipt_of(asset).values
    assert {values["signer.0001.role"], values["signer.0002.role"]} == {"inspector", "instrument"}
    checks = {
        check["code"]: check["verdict"]
        for check in assetcert("verify", asset["receipt"], home=own.home).json["checks"]
    }
    assert checks["SIGNERS"] == "VALID"


def test_a_statement_of_other_bytes_is_never_lost_silently(own: World, tmp_path: Path) -> None:
    paper = fresh(own, tmp_path, "M1/inspection.qif")
    assetcert("sign", paper, "--as", "I1", "--for", "M1", "--role", "inspector", home=own.home)
    paper.write_bytes(paper.read_bytes() + b"<!-- edited -->")
    called = assetcert("certify", "--as", "M1", paper, home=own.home)
    assert called.code == 65
    assert called.json["errors"][0]["code"] == "SIGNERS" and called.json["assets"] == []


def test_a_bad_file_fails_alone(own: World, tmp_path: Path) -> None:
    (tmp_path / "cut.xml").write_bytes(own.paper("M1/invoice.xml").read_bytes()[:-40])
    paper = fresh(own, tmp_path)
    called = assetcert("certify", "--as", "M1", tmp_path / "cut.xml", paper, tmp_path / "none", home=own.home)
    assert called.code == 65
    assert [asset["path"] for asset in called.json["assets"]] == [str(paper)]
    assert [error["path"] for error in called.json["errors"]] == [
        str(tmp_path / "cut.xml"),
        str(tmp_path / "none"),
    ]
    assert all(set(error) == {"path", "code", "message"} for error in called.json["errors"])


def test_a_file_that_changes_meanwhile_fails_alone(own: World, tmp_path: Path, installed: Opens) -> None:
    paper = fresh(own, tmp_path)
    home, other = installed(own.home), fresh(own, tmp_path, "M1/order.xml")
    unlinked = lambda _: paper.unlink(missing_ok=True)  # noqa: E731 (after both were read, before they are certified)
    outcome = certifying.certify(home, home.book.find("M1"), [other, paper], out=tmp_path, advance=unlinked)
    assert [asset.path for asset in outcome.assets] == [other]
    assert len(outcome.errors) == 1


def test_out_that_can_be_no_folder_is_64_and_nothing_is_registered(own: World, tmp_path: Path) -> None:
    paper = fresh(own, tmp_path)
    called = assetcert("certify", "--as", "M1", paper, "--out", paper / "out", home=own.home)
    assert called.code == 64
    again = assetcert("certify", "--as", "M1", paper, home=own.home)
    assert again.json["assets"][0]["existing"] is False


def test_what_a_killed_writer_left_half_written_is_swept(own: World, tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    name = f".{own.asset('M1/order.xml')}.receipt.json"
    mine, theirs = tmp_path / f"{name}.{ended.pid}", tmp_path / f"{name}.{os.getpid()}"
    mine.touch()
    theirs.touch()
    assetcert("certify", "--as", "M1", own.paper("M1/order.xml"), "--out", tmp_path, home=own.home)
    assert not mine.exists() and theirs.exists()


def test_batches_are_of_a_thousand_and_receipts_of_each_verify(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1001):
        (folder / f"{number:04}.bin").write_bytes(number.to_bytes(4, "big"))
    home = installed(own.home)
    outcome = certifying.certify(home, home.book.find("M1"), [folder], out=tmp_path / "out")
    assert len(outcome.assets) == 1001 and len(outcome.batches) == 2
    assert [asset.path.name for asset in outcome.assets] == sorted(path.name for path in folder.iterdir())
    assert len({asset.asset_id for asset in outcome.assets}) == 1001
    last = outcome.assets[-1]
    assert assetcert("verify", last.receipt, last.path, home=own.home).code == 0


def test_a_revoked_row_needs_its_owner(own: World, installed: Opens) -> None:
    home = installed(own.home)
    with pytest.raises(UsageError, match="M2 has certified no asset"):
        own_asset(home, home.book.find("M2"), own.asset("M1/invoice.xml"))
    row = own_asset(home, home.book.find("M1"), own.asset("M1/invoice.xml"))
    assert json.loads(next(certifying.rebuild(home, home.book.find("M1"), [row])).to_json()) == json.loads(
        own.receipts["M1/invoice.xml"].read_text()
    )
    assert parse_hex32(row.asset_id)


def test_what_verbs_wrote_into_a_folder_is_no_document(own: World, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    paper = fresh(own, folder)
    call = ["certify", folder, "--as", "M1", "--dossier", "here", "--out", folder]
    assert assetcert(*call, home=own.home).code == 0
    again = assetcert(*call, home=own.home).json
    assert [asset["path"] for asset in again["assets"]] == [str(paper)]
    assert {path.name.split(".", 1)[1] for path in folder.glob("*.json")} == {
        "receipt.json",
        "dossier.json",
    }


def test_a_statement_for_another_issuer_is_never_lost_silently(own: World, tmp_path: Path) -> None:
    paper = fresh(own, tmp_path, "M1/inspection.qif")
    assetcert("sign", paper, "--as", "I1", "--for", "M2", "--role", "inspector", home=own.home)
    called = assetcert("certify", "--as", "M1", paper, home=own.home)
    assert called.code == 65
    assert called.json["errors"][0]["code"] == "SIGNERS" and called.json["assets"] == []


def test_what_comes_too_late_for_an_asset_is_told(own: World, tmp_path: Path) -> None:
    paper, link = fresh(own, tmp_path), f"measures={own.asset('M1/work-order.xml')}"
    call = ["certify", "--as", "M1", paper]
    assert assetcert(*call, home=own.home).code == 0
    assetcert("sign", paper, "--as", "M1", "--for", "M1", "--role", "instrument", home=own.home)
    (late,) = assetcert(*call, "--link", link, home=own.home).json["assets"]
    assert late["existing"] is True
    assert [warning["code"] for warning in late["warnings"]] == ["SIGNERS_NOT_ADDED", "LINK_NOT_ADDED"]
    assert assetcert("revoke", late["asset_id"], "--as", "M1", home=own.home).code == 0
    for existing in (False, True):
        (asset,) = assetcert(*call, "--link", link, home=own.home).json["assets"]
        assert (asset["existing"], asset["warnings"]) == (existing, [])


def test_a_link_to_a_paper_of_another_kind_is_refused(own: World, tmp_path: Path) -> None:
    link = f"measures={own.asset('M1/invoice.xml')}"
    called = assetcert("certify", "--as", "M1", fresh(own, tmp_path), "--link", link, home=own.home)
    assert called.code == 64 and called.error["code"] == "LINK"
    assert "work-order" in called.error["message"]


def test_somebody_elses_service_is_asked_once_for_a_batch(
    own: World, tmp_path: Path, installed: Opens
) -> None:
    home = installed(own.home)
    asked: list[int] = []
    with evaluating(home.evaluation(), asked) as url:
        (own.home / "evaluation.json").write_text(json.dumps({"url": url, "token": "ak_none"}))
        papers = [fresh(own, tmp_path, "M1/invoice.xml"), tmp_path / "second.xml"]
        papers[1].write_bytes(papers[0].read_bytes() + b"<!-- two -->")
        outcome = certifying.certify(home, home.book.find("M1"), papers, out=tmp_path / "out")
    assert asked == [2]
    prints = [receipt_of({"receipt": one.receipt}).values["fingerprint.exact"] for one in outcome.assets]
    exact = receipt_of({"receipt": own.receipts["M1/invoice.xml"]}).values["fingerprint.exact"]
    assert prints == [exact] * 2
    verified = assetcert("verify", outcome.assets[0].receipt, papers[0], home=own.home).json
    assert [check["verdict"] for check in verified["checks"] if check["code"] == "FINGERPRINT"] == ["VALID"]


@contextmanager
def evaluating(service: EvaluationService, asked: list[int]) -> Iterator[str]:
    """The evaluation endpoint of somebody else's gateway; `asked` gets the number of documents of each request."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"public_key": base64url(service.public_key())})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(len(body["batches"]))
            batches = [[decode(point) for point in batch] for batch in body["batches"]]
            done = service.evaluate(bytes.fromhex(body["org"][2:]), batches)
            answers = [
                {"evaluated": list(map(base64url, one.evaluated)), "proof": base64url(one.proof)}
                for one in done
            ]
            self._answer({"evaluations": answers})

        def _answer(self, document: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
