"""Certify jobs: the files of many requests of one organisation in one batch on the ledger, an answer for each file.

Done by `gateway.service.certifying`, whose own job makes it safe to be killed and run again: a document has one live asset. What a person
reads names the file as its sender called it, never a path of this machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from certifier.documents import Reader
from certifier.documents.profile import Profile
from gateway.db.jobs import Job
from gateway.errors import ConflictError
from gateway.installation import Installation, Organisation
from gateway.jobs import feed
from gateway.jobs.spool import Spool
from gateway.jobs.working import Done
from gateway.service import certifying, revoking
from gateway.service.own import own_asset
from gateway.service.profiles import of_home
from ledger.types import parse_hex32

__all__ = ["KIND", "Certification", "group_key"]

KIND = "certify"


def group_key(dossier: str | None, links: Sequence[tuple[str, str]], replaces: str | None = None) -> str:
    """Requests with the same key can be certified in one batch."""
    return json.dumps([dossier, sorted(links), replaces]) if dossier or links or replaces else ""


class Certification:
    """See `gateway.jobs.working.Work`. Up to a batch's thousand files at once."""

    kind = KIND
    jobs = 1_000
    weight = 1_000

    def __init__(self, installation: Installation, spool: Spool) -> None:
        self._installation = installation
        self._spool = spool
        self._reader: Reader | None = None
        self._profiles: tuple[Profile, ...] = ()

    def _read_by(self, organisation: Organisation) -> Reader:
        """Processes that read documents, kept from one batch to the next as long as the profiles are the same."""
        profiles = of_home(self._installation.home, organisation.short)
        if self._reader is None or profiles != self._profiles:
            self.close()
            self._reader, self._profiles = Reader(profiles=profiles), profiles
        return self._reader

    def close(self) -> None:
        """End the processes that read."""
        if self._reader is not None:
            self._reader.__exit__()
            self._reader = None

    def do(self, jobs: Sequence[Job], _: Callable[[str, Mapping[str, Any]], None]) -> dict[str, Done]:
        """Certify what the jobs' files are."""
        organisation = self._organisation(jobs[0].org)
        request = jobs[0].request
        outcome = certifying.certify(
            self._installation,
            organisation,
            [self._spool.path(file["id"]) for job in jobs for file in job.request["files"]],
            dossier=request["dossier"],
            links=[(relation, parse_hex32(target)) for relation, target in request["links"]],
            reader=self._read_by(organisation),
        )
        blocks = {"0x" + one.root.hex(): one.block for one in outcome.batches}
        if request["replaces"] is not None:
            self._replace(organisation, request["replaces"], outcome.assets)
        feed.tell(
            self._installation, self._installation.now
        )  # lists have it before the job is said to be done
        said = {one.path.name: _asset(one, blocks) for one in outcome.assets}
        errors = {one.path.name: (one.code, one.message) for one in outcome.errors}
        return {job.id: self._done(job, said, errors) for job in jobs}

    def _replace(
        self, organisation: Organisation, old: str, made: Sequence[certifying.CertifiedFile]
    ) -> None:
        """Revoke what was corrected, once its successor stands; done again it stays so."""
        if all(one.asset_id != old for one in made) and made:
            row = own_asset(self._installation, organisation, old)
            revoking.revoke(self._installation, organisation, row)

    def _done(
        self, job: Job, assets: Mapping[str, dict[str, Any]], errors: Mapping[str, tuple[str, str]]
    ) -> Done:
        files = []
        for file in job.request["files"]:
            name = file["name"]
            if (asset := assets.get(file["id"])) is not None:
                warnings = [
                    {**one, "message": self._named(one["message"], file)} for one in asset["warnings"]
                ]
                files.append({"name": name, "asset": {**asset, "warnings": warnings}, "error": None})
            else:
                code, message = errors[file["id"]]
                fault = {"code": code, "message": self._named(message, file)}
                files.append({"name": name, "asset": None, "error": fault})
        return Done({"files": files}, tuple(self.forget(job)))

    def forget(self, job: Job) -> Iterable[str]:
        """The job's files."""
        return [file["id"] for file in job.request["files"]]

    def _named(self, message: str, file: Mapping[str, Any]) -> str:
        path: Path = self._spool.path(file["id"])
        return message.replace(str(path), file["name"]).replace(file["id"], file["name"])

    def _organisation(self, org: str) -> Organisation:
        for one in self._installation.book.all():
            if one.hex == org:
                return one
        raise ConflictError("UNKNOWN_ORG", "this home does not know the organisation any more")


def _asset(one: certifying.CertifiedFile, blocks: Mapping[str, int]) -> dict[str, Any]:
    return {
        "asset_id": one.asset_id,
        "cid": one.cid,
        "root": one.root,
        "block": blocks.get(one.root),
        "existing": one.existing,
        "warnings": [{"code": notice.code, "message": notice.message} for notice in one.warnings],
    }
