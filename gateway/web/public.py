"""`/verify`: drop a bundle, or follow a certificate's QR code, and get the report without an account.

A QR code leads to a receipt that shows what a verifier cannot judge without, most of which the certificate prints, under a link that only
its holder has: the link's key is derived from the asset and this home's identity key.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import File, Query, Request, UploadFile
from fastapi.responses import HTMLResponse

from certifier.receipt import Receipt
from certifier.verify import Verifier
from gateway.api.depends import Anybody, Installed, gateway_of
from gateway.api.guard import body_limit
from gateway.db import repository
from gateway.errors import ConflictError, GatewayError, NotFoundError
from gateway.home import Home
from gateway.identity.sealing import Sealing
from gateway.installation import Installation
from gateway.service import profiles, verifying
from gateway.service.own import own_receipt
from gateway.web import bundle
from gateway.web.depends import Id, router_of_pages
from gateway.web.faults import fault_of
from gateway.web.parties import Parties
from gateway.web.render import language_of, render
from gateway.web.report import ReportView, view, worst_first
from ledger.types import hex32

__all__ = ["public_link", "router"]

router = router_of_pages()
LIMIT = 64 * 2**20
_KEY = 24


@router.get("/verify")
def form(request: Request, _: Anybody) -> HTMLResponse:
    """The drop zone."""
    return render(request, "verify.html", reports=[], fault=None)


@router.post("/verify/report", openapi_extra=body_limit(LIMIT, streamed=True))
def verify(
    request: Request, _: Anybody, home: Installed, evidence: Annotated[Sequence[UploadFile], File()]
) -> HTMLResponse:
    """The reports on what was dropped. Nothing of it is kept."""
    files = [(one.filename or "document", one.file.read()) for one in evidence]
    try:
        brought = bundle.opened(files, profiles.of_home(home.home))
    except GatewayError as error:
        fault = fault_of(language_of(request), error.code, str(error))
        return render(request, "verify.html", status=422, block="result", reports=[], fault=fault)
    verifier = verifying.of_installation(home)
    if brought.dossier is not None and len(brought.given) > 1:
        made = verifier.verify_dossier(brought.given)
    else:
        made = list(verifier.verify_many(brought.given))
    reports = [_named(home, view(r, g.receipt), g.receipt) for r, g in zip(made, brought.given, strict=True)]
    reports += [view(report) for report in brought.refused]
    return _shown(request, reports)


def _named(home: Installation, report: ReportView, receipt: Receipt) -> ReportView:
    """The report with the name of who issued the receipt."""
    with home.database.session() as session:
        return replace(report, issuer=Parties(session)[hex32(receipt.org)])


def _shown(request: Request, reports: Sequence[ReportView]) -> HTMLResponse:
    return render(request, "verify.html", block="result", reports=worst_first(reports), fault=None)


@router.get("/verify/{asset_id}")
def linked(
    request: Request, _: Anybody, home: Installed, asset_id: Id, k: Annotated[str, Query()] = ""
) -> HTMLResponse:
    """The report that a certificate's QR code leads to."""
    receipt = None
    if hmac.compare_digest(k.encode(), _key(home.home, asset_id).encode()):
        receipt = _receipt(home, asset_id)
    if receipt is None:
        raise NotFoundError("NO_LINK", "this link leads nowhere: scan the certificate again, whole and flat")
    verifier: Verifier = verifying.of_installation(home)
    report = view(verifier.verify(receipt), receipt)
    return _shown(request, [_named(home, report, receipt)])


def _receipt(home: Installation, asset_id: str) -> Receipt | None:
    """The certified asset's receipt with what every verifier must see; None where it cannot be made any more."""
    with home.database.session() as session:
        row = repository.asset(session, asset_id)
    owner = next((one for one in home.book.all() if row is not None and one.hex == row.org), None)
    if owner is None:
        return None
    try:
        return own_receipt(home, owner, asset_id).redact("must-disclose")
    except ConflictError:  # not on the ledger yet, or shredded
        return None


def public_link(request: Request, home: Installation, asset_id: str) -> str:
    """Where a certificate's QR code leads."""
    return f"{gateway_of(request).settings.origin}/verify/{asset_id}?k={_key(home.home, asset_id)}"


def _key(home: Home, asset_id: str) -> str:
    return Sealing.of(home).derived(f"link/{asset_id}").hex()[:_KEY]
