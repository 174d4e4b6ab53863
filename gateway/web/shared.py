"""What somebody may read: its reading stands on the ledger first, then the document is opened beside its certified facts.

Nothing that was opened is kept: each view asks for the sealed bytes again, so that a grant that has ended shows nothing more.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from certifier.documents import Reading
from certifier.receipt import Receipt
from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.models import Grant
from gateway.errors import NotFoundError, RefusedError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import grant_reading, indexing, verifying
from gateway.service.own import own_receipt
from gateway.web import bundle, originals
from gateway.web.certificates import attachment, picture
from gateway.web.depends import Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import render, say
from gateway.web.report import facts_of, view
from gateway.web.words import KINDS
from ledger.types import parse_hex32

__all__ = ["read_before", "router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.CONTENT_READ)]


def _grant(home: Installation, who: Principal, grant_id: str) -> Grant:
    with home.database.session() as session:
        found = listing.grant_to(session, who.org, grant_id)
    if found is None:
        raise NotFoundError("NOT_FOUND", f"nothing was granted to you as {grant_id}")
    return found


def _was_read(home: Installation, who: Principal, grant_id: str) -> bool:
    indexing.sync(home)
    with home.database.session() as session:
        done = listing.accesses_on(session, [grant_id])
    return any(event.event == "read" and event.org == who.org for event in done)


@router.get("/shared/{grant_id}")
def one(request: Request, who: Reader, home: Installed, grant_id: Id) -> HTMLResponse:
    """Before reading: what it means. After: the document beside its facts, and every check."""
    row = _grant(home, who, grant_id)
    with home.database.session() as session:
        parties = Parties(session)
        kind, number = listing.numbers(session, [row.asset_id]).get(row.asset_id, ("other", None))
    common: dict[str, Any] = {
        "title": f"{say(request, KINDS.get(kind, kind))} {number or ''}".strip(),
        "owner": parties[row.owner],
        "purpose": row.purpose,
        "until": row.expires_at,
        "path": f"/shared/{grant_id}",
    }
    if not _was_read(home, who, grant_id):
        return render(request, "shared.html", read=False, **common)
    receipt, document = _opened(home, who, row)
    facts = facts_of(receipt.values)
    reading, reader = _reading(receipt, document), who.organisation.id
    report = verifying.of_installation(home).verify(receipt, reading, as_org=reader)
    original = originals.shown(document, list(facts.values())) if document is not None else None
    return render(
        request, "shared.html", read=True, original=original, facts_shown=facts, result=view(report), **common
    )


def _reading(receipt: Receipt, document: bytes | None) -> Reading | None:
    """What the verifier compares with the receipt."""
    if document is None:
        return None
    brought = bundle.opened([("receipt.json", receipt.to_json().encode()), ("document", document)])
    return brought.given[0].reading


def read_before(home: Installation, who: Principal, asset_id: str) -> Reading | None:
    """The document of a paper for the verifier, where it was granted to this reader, who has read it; None otherwise."""
    with home.database.session() as session:
        rows = listing.grants_on(session, who.org, [asset_id])
    for row in rows:
        with suppress(RefusedError):  # it ended, or was withdrawn
            if _was_read(home, who, row.grant_id) and (reading := _reading(*_opened(home, who, row))):
                return reading
    return None


def _opened(home: Installation, who: Principal, row: Grant) -> tuple[Receipt, bytes | None]:
    """Receipt and document of a grant that was read; what has ended or was withdrawn is refused."""
    sealed = grant_reading.release(home, parse_hex32(row.grant_id), who.organisation.id)
    bare = own_receipt(home, home.book.find(row.owner), row.asset_id).redact([])
    return grant_reading.unseal(home, who.organisation, bare, sealed)


@router.post("/shared/{grant_id}")
def read(who: Reader, home: Installed, grant_id: Id) -> Response:
    """Put the reading on the ledger; the key is handed over once it is final."""
    row = _grant(home, who, grant_id)
    if not _was_read(home, who, grant_id):
        grant_reading.record_reading(home, who.organisation, parse_hex32(row.grant_id))
    return gone(f"/shared/{grant_id}")


@router.get("/shared/{grant_id}/original")
def original(who: Reader, home: Installed, grant_id: Id) -> Response:
    """The document that was read."""
    return attachment(_read_document(home, who, grant_id), "application/octet-stream", "document")


@router.get("/shared/{grant_id}/page/{number}")
def page(who: Reader, home: Installed, grant_id: Id, number: int) -> Response:
    """A page of it as a picture."""
    return picture(_read_document(home, who, grant_id), number)


def _read_document(home: Installation, who: Principal, grant_id: str) -> bytes:
    row = _grant(home, who, grant_id)
    if not _was_read(home, who, grant_id):
        raise NotFoundError("NOT_READ", "it was not read yet: open it first, so that its owner sees it")
    document = _opened(home, who, row)[1]
    if document is None:
        raise NotFoundError("NOT_GRANTED", "the document itself was not granted to you: ask its owner for it")
    return document
