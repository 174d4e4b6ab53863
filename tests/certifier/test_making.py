"""Documents made ready: what comes out opens, verifies and is the same wherever it was made; keys show nowhere; a dead process costs nothing."""

from __future__ import annotations

import json
import os
import signal
from hashlib import sha256
from pathlib import Path

import pytest

from certifier import content, fingerprint, hpke
from certifier.certify import Draft, fields_of
from certifier.commitment import Commitment, Secret
from certifier.documents import read_bytes
from certifier.errors import TreeError
from certifier.fingerprint import Fingerprint, Prf
from certifier.makers import FEW, Makers
from certifier.making import Job, Made, Maker, Refused
from certifier.receipt.encoding import encode_body
from certifier.voprf import LocalEvaluation
from ledger.types import keccak, parse_hex32

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ORG, SEED = keccak(b"TEST:M1"), bytes(range(32))
MAKER = Maker(ORG, hpke.seed_public_key(SEED), LocalEvaluation(bytes(32)))


def job(path: Path, secret: bytes | None = None) -> Job:
    data = path.read_bytes()
    document = read_bytes(data)
    draft = Draft(ORG, "2026-07-14T00:00:00Z", document, sha256(data).digest(), len(data))
    inputs = fingerprint.assess(document.kind, ORG, ["9150000000000022XC"], document.facts).inputs
    return Job(str(path), draft.sha256, draft.size, fields_of(draft), inputs, {}, secret)


def invoices(folder: Path, count: int) -> list[Job]:
    jobs = []
    for number in range(count):
        path = folder / f"{number}.xml"
        path.write_bytes((SAMPLES / "invoice.xml").read_bytes() + f"<!-- {number} -->".encode())
        jobs.append(job(path))
    return jobs


def holds(job: Job, made: Made | Refused) -> None:
    """The content opens with the wrapped secret, the fields commit to the id, the receipt's body and the fingerprints say so."""
    assert isinstance(made, Made)
    secret = Secret(hpke.unwrap(made.sealed, made.asset_id, ORG, SEED))
    blocks = {block.cid: block.data for block in made.blocks}
    plain = b"".join(content.decrypt(blocks.__getitem__, made.cid, secret.content_key()))
    assert plain == Path(job.path).read_bytes()
    commitment = Commitment(made.fields, secret)
    assert commitment.asset_id == made.asset_id
    prf = {path: Prf.from_json(member) for path, member in made.prf.items()}
    assert made.body == encode_body(commitment.fields, prf)
    prints = {path: parse_hex32(made.fields[path]) for path in prf}
    assert made.fields == {**job.fields, "content.cid": made.cid, **{path: made.fields[path] for path in prf}}
    assert prf.keys() == job.inputs.keys()
    assert MAKER.service is not None
    assert fingerprint.check(job.inputs, prints, prf, MAKER.service.public_key()) == bool(prf)


@pytest.mark.parametrize("name", ["invoice.xml", "order.xml", "machine.xml"])
def test_a_document_is_ready(name: str) -> None:
    one = job(SAMPLES / name)
    holds(one, MAKER.make([one])[0])


def test_an_asset_that_was_committed_to_is_made_once_more() -> None:
    one = job(SAMPLES / "invoice.xml", bytes(32))
    (made,) = MAKER.make([one])
    assert isinstance(made, Made)
    prints = {
        path: Fingerprint(parse_hex32(made.fields[path]), Prf.from_json(member))
        for path, member in made.prf.items()
    }
    again = one._replace(fields=made.fields, inputs={}, fingerprints=prints)
    (same,) = Maker(ORG, MAKER.public_key, None).make([again])
    assert isinstance(same, Made)
    assert same._replace(sealed=b"") == made._replace(sealed=b"")


def test_a_file_that_changed_or_went_away_is_refused_alone(tmp_path: Path) -> None:
    changed, gone, sound = invoices(tmp_path, 3)
    Path(changed.path).write_bytes(b"other")
    Path(gone.path).unlink()
    answers = MAKER.make([changed, gone, sound])
    assert [type(answer) for answer in answers] == [Refused, Refused, Made]
    assert "changed while" in answers[0].message and "went away" in answers[1].message  # type: ignore[union-attr]
    holds(sound, answers[2])


def test_processes_make_what_this_one_makes_in_order(tmp_path: Path) -> None:
    jobs = invoices(tmp_path, FEW + 6)
    Path(jobs[5].path).write_bytes(b"other")
    with Makers(MAKER, workers=2) as makers:
        answers = makers.make(jobs)
        for place, (one, answer) in enumerate(zip(jobs, answers, strict=True)):
            assert isinstance(answer, Refused) if place == 5 else holds(one, answer) is None
        for worker in makers._workers:
            os.kill(worker._process.pid, signal.SIGKILL)
        assert [type(one) for one in makers.make(jobs)] == [type(one) for one in answers]
    assert all(worker._process.returncode is not None for worker in makers._workers)


def test_what_cannot_be_committed_to_is_an_error_here_too(tmp_path: Path) -> None:
    jobs = invoices(tmp_path, FEW + 1)
    jobs[0] = jobs[0]._replace(fields={**jobs[0].fields, "fact.note": ""})
    with Makers(MAKER, workers=1) as makers, pytest.raises(TreeError, match=r"fact\.note is empty"):
        makers.make(jobs)


def test_no_secret_shows(tmp_path: Path) -> None:
    secret = bytes(range(100, 132))
    one = job(SAMPLES / "invoice.xml", secret)
    (made,) = MAKER.make([one])
    assert isinstance(made, Made)
    salts = [field["salt"][2:] for field in json.loads("{" + made.body + "}")["fields"]]
    with Makers(MAKER, workers=1) as makers:
        makers.make(invoices(tmp_path, FEW + 1))
        told = (
            repr(one)
            + repr(made)
            + repr(MAKER)
            + str(Path(f"/proc/{makers._workers[0]._process.pid}/cmdline").read_bytes())
        )
    assert not any(text in told for text in (repr(secret)[2:-1], secret.hex(), *salts))
