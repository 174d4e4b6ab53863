"""What is to be certified: files of a form, or uploads that are here already; and how it becomes a job of `POST /assets`."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError

from certifier.schema import RELATIONS
from gateway.api.shapes import Strict
from gateway.api.v1.common import Hex32, inlined
from gateway.api.v1.jobs import FileOut, JobOut, answer, located, waited
from gateway.api.v1.multipart import Form
from gateway.db import jobs as table
from gateway.errors import NotFoundError, UsageError
from gateway.jobs import certification, intake
from gateway.jobs.running import Jobs
from gateway.jobs.spool import SpooledFile
from gateway.service.files import SIGNERS_SUFFIX

__all__ = [
    "BODY",
    "DOSSIER_NAME",
    "MAX_FILES",
    "DossierName",
    "Order",
    "Reference",
    "formed",
    "linked",
    "referenced",
    "submit",
]

MAX_FILES = 1_000
_MAX_JSON = 2**20
DOSSIER_NAME = r"^[^./\\\x00][^/\\\x00]{0,127}$"
DossierName = Annotated[str, StringConstraints(pattern=DOSSIER_NAME, max_length=128)]


class Link(Strict):
    """A stated link to an earlier asset."""

    relation: Annotated[str, Field(pattern="^[a-z]{2,16}$", examples=["fulfils"])]
    asset_id: Hex32


class Reference(Strict):
    """A file that was uploaded before, by its SHA-256; `name` is what to call it in answers."""

    sha256: Hex32
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class ByReference(Strict):
    """Documents to certify whose bytes are here already (`POST /uploads`)."""

    documents: Annotated[list[Reference], Field(min_length=1, max_length=MAX_FILES)]
    dossier: DossierName | None = None
    links: list[Link] = Field(default_factory=list, max_length=64)


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "dossier": {"type": "string", "maxLength": 128},
                    "links": {
                        "type": "array",
                        "items": {"type": "string", "example": "fulfils=0x…"},
                    },
                },
            },
        },
        "application/json": {"schema": inlined(ByReference)},
    },
}


class Order:
    """What is to be certified, its files in the spool."""

    def __init__(
        self,
        files: Sequence[SpooledFile],
        dossier: str | None = None,
        links: Sequence[tuple[str, str]] = (),
        replaces: str | None = None,
        signers: Sequence[str] = (),
    ) -> None:
        self.files = files
        self.dossier = dossier
        self.links = links
        self.replaces = replaces
        self.signers = signers

    @property
    def request(self) -> dict[str, Any]:
        """As the job keeps it."""
        files = [
            {"id": one.id, "name": one.name, "sha256": one.sha256, "bytes": one.bytes} for one in self.files
        ]
        links = [list(one) for one in self.links]
        return {"dossier": self.dossier, "links": links, "replaces": self.replaces, "files": files}

    @property
    def digest(self) -> str:
        """Of all that makes it another request."""
        said = self.request
        said["files"] = [[one.name, one.sha256] for one in self.files]
        return hashlib.sha256(json.dumps([said, sorted(self.signers)]).encode()).hexdigest()


def formed(form: Form, jobs: Jobs) -> Order:
    """A form's files, those of signers put beside what they sign."""
    try:
        documents = [one for one in form.files if not one.name.endswith(SIGNERS_SUFFIX)]
        named = {one.name: one for one in documents}
        beside = [one for one in form.files if one.name.endswith(SIGNERS_SUFFIX)]
        if not documents or len(documents) > MAX_FILES:
            raise UsageError("FILES", f"1 to {MAX_FILES:,} files are expected, in parts named `files`")
        for one in beside:
            if (document := named.get(one.name.removesuffix(SIGNERS_SUFFIX))) is None:
                raise UsageError(
                    "SIGNERS", f"{one.name} is beside no file of this form: send the file it signs with it"
                )
            jobs.spool.put_beside(document, one)
        dossier = form.texts.get("dossier", [None])[-1] or None
        said = {"dossier": dossier, "links": [_link(text) for text in form.texts.get("links", [])]}
        asked = _Terms.model_validate(said)
    except BaseException as error:
        jobs.spool.drop(file.id for file in form.files)
        if isinstance(error, ValidationError):
            raise _invalid(error) from error
        raise
    links = [(one.relation, one.asset_id) for one in asked.links]
    return Order(documents, asked.dossier, links, signers=[f"{one.name} {one.sha256}" for one in beside])


class _Terms(Strict):
    """What a form says beside its files."""

    dossier: DossierName | None = None
    links: list[Link] = Field(default_factory=list, max_length=64)


def _link(text: str) -> dict[str, str]:
    relation, _, target = text.partition("=")
    return {"relation": relation, "asset_id": target}


def _invalid(error: ValidationError) -> RequestValidationError:
    """As the framework refuses a document."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found])


async def referenced(request: Request, jobs: Jobs, org: str) -> Order:
    """What a document that names uploads asks for."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_JSON:
            raise UsageError("TOO_LONG", f"a document that names uploads has at most {_MAX_JSON:,} bytes")
    try:
        asked = ByReference.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _invalid(error) from error
    links = [(one.relation, one.asset_id) for one in asked.links]
    files = await asyncio.to_thread(linked, jobs, org, asked.documents)
    return Order(files, asked.dossier, links)


def linked(jobs: Jobs, org: str, documents: Sequence[Reference]) -> list[SpooledFile]:
    """The uploads that are meant, each under an id of the job's own."""
    files: list[SpooledFile] = []
    with jobs.installation.database.session() as session:
        for one in documents:
            if (row := table.upload_with(session, org, one.sha256)) is None:
                jobs.spool.drop(file.id for file in files)
                raise NotFoundError(
                    "UNKNOWN_UPLOAD",
                    f"no upload with SHA-256 {one.sha256} is here (any more): upload it first",
                )
            upload = SpooledFile(row.id, one.name or row.name, row.sha256, row.bytes)
            files.append(jobs.spool.link(upload))
    return files


async def submit(jobs: Jobs, org: str, order: Order, prefer: str | None, key: str | None) -> Response:
    """Commit the job, and answer with it: as it stands, or once it is done in the time that `prefer` allows."""
    for relation, _ in order.links:
        if all(relation != known for _, known in RELATIONS):
            jobs.spool.drop(one.id for one in order.files)
            raise UsageError("LINK", f"there is no relation {relation!r}")
    ids = [one.id for one in order.files]
    asked = intake.Asked(
        org,
        certification.KIND,
        order.request,
        order.digest,
        certification.group_key(order.dossier, order.links, order.replaces),
        len(ids),
        key,
        ids,
    )
    accepted = await asyncio.wrap_future(jobs.intake.submit(asked))
    if prefer is None and not accepted.existing:
        return _accepted(accepted, asked)
    job = await waited(jobs, org, accepted.job_id, prefer)
    response = answer(job, 202 if job.finished_at is None else 201)
    if accepted.existing:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _accepted(made: intake.Accepted, asked: intake.Asked) -> Response:
    """The job as it was committed a moment ago, without asking for it again."""
    shown = JobOut(
        id=made.job_id,
        kind="certify",
        state="queued",
        created_at=made.at,
        finished_at=None,
        files=[
            FileOut(name=one["name"], sha256=one["sha256"], bytes=one["bytes"], asset=None, error=None)
            for one in asked.request["files"]
        ],
        error=None,
        waiting_for=None,
        progress=None,
        audit=None,
    )
    return located(shown, 202)
