"""One document made ready for its batch: read again, encrypted, committed, its fingerprints evaluated, its receipt written but for the batch.

Everything that each document needs and no other has a part in, from plain values to plain values, so that it can be done in another process
(`certifier.makers`). Nothing is stored or sent here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from certifier import fingerprint, hpke
from certifier.certify import prepare
from certifier.cid import Block
from certifier.commitment import Secret
from certifier.fingerprint import Fingerprint, Inputs
from certifier.receipt.encoding import encode_body

if TYPE_CHECKING:
    from certifier.voprf import EvaluationService

__all__ = ["Job", "Made", "Maker", "Refused"]


class Job(NamedTuple):
    """A document that was read: its fields without CID and fingerprints, and the inputs of fingerprints that are to be evaluated.

    `fingerprints` are those that stand already: with them and its `secret` an asset that a killed run committed to is made once more.
    """

    path: str
    sha256: bytes
    size: int
    fields: Mapping[str, str]
    inputs: Inputs
    fingerprints: Mapping[str, Fingerprint]
    secret: bytes | None

    def __repr__(self) -> str:
        return f"Job({self.path!r}, …)"


class Made(NamedTuple):
    """A document that is ready. `fields` are all of them; `body` is its receipt's `fields` and `prf`, `sealed` its secret wrapped to its owner."""

    asset_id: bytes
    cid: str
    blocks: list[Block]
    fields: dict[str, str]
    prf: dict[str, dict[str, str]]
    sealed: bytes
    body: str

    def __repr__(self) -> str:
        return f"Made({self.asset_id.hex()}, …)"


class Refused(NamedTuple):
    """Why a document could not be made ready: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class Maker:
    """Makes documents of one organisation ready; secrets are wrapped to `public_key`.

    Without a `service` no fingerprint can be evaluated: whoever has inputs brings one. It crosses to other processes with the maker.
    """

    org: bytes
    public_key: bytes
    service: EvaluationService | None

    def make(self, jobs: Sequence[Job]) -> list[Made | Refused]:
        """One answer for each job; one request to the service for all. Refused where a file is not the one that was read a moment ago."""
        plains = [_unchanged(job) for job in jobs]
        inputs = [
            {} if isinstance(plain, Refused) else job.inputs for job, plain in zip(jobs, plains, strict=True)
        ]
        prints: Sequence[Mapping[str, Fingerprint]] = [{}] * len(jobs)
        if any(inputs):
            assert self.service is not None
            prints = fingerprint.evaluate_many(self.service, self.org, inputs)
        return [
            plain if isinstance(plain, Refused) else self._made(job, plain, {**job.fingerprints, **found})
            for job, plain, found in zip(jobs, plains, prints, strict=True)
        ]

    def _made(self, job: Job, plain: bytes, prints: Mapping[str, Fingerprint]) -> Made:
        secret = Secret.generate() if job.secret is None else Secret(job.secret)
        ready = prepare(job.fields, plain, secret, prints)
        asset_id, fields = ready.commitment.asset_id, ready.commitment.fields
        prf = {path: found.prf for path, found in prints.items()}
        return Made(
            asset_id,
            ready.encrypted.cid,
            ready.encrypted.blocks,
            {field.path: field.value for field in fields},
            {path: member.to_json() for path, member in prf.items()},
            hpke.wrap(secret.reveal(), asset_id, self.org, self.public_key),
            encode_body(fields, prf),
        )


def _unchanged(job: Job) -> bytes | Refused:
    """The file's bytes once more."""
    try:
        plain = Path(job.path).read_bytes()
    except OSError:
        return Refused("CHANGED", f"{job.path} went away while it was being certified")
    if sha256(plain).digest() != job.sha256:
        return Refused("CHANGED", f"{job.path} changed while it was being certified: certify it again")
    return plain
