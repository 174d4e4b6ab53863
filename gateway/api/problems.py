"""Errors as RFC 9457 documents: every error tree of ours, what the framework refuses, and what nobody foresaw.

`code` is stable and for programs; `detail` is for people, in their language. What is unexpected says nothing of itself but the request's id,
under which the log has it whole. Pages show the same errors their own way: `install` takes a function for them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from certifier.errors import CertifierError
from gateway.errors import FULL, BusyError, Exit, GatewayError, OverloadedError
from gateway.identity.principal import Principal
from gateway.lower_errors import classify_lower
from gateway.web.faults import fault_of
from gateway.web.language import choose
from ledger.errors import LedgerError

__all__ = ["Problem", "Problems", "answer", "install", "problem_of"]

MEDIA_TYPE = "application/problem+json"
_BY_EXIT = {
    Exit.UNREADABLE: 422,
    Exit.USAGE: 422,
    Exit.INVALID: 409,
    Exit.UNAVAILABLE: 503,
    Exit.UNKNOWN: 503,
}
_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "MEDIA_TYPE",
}
_CHALLENGE = 'Bearer realm="assetcert", DPoP realm="assetcert" algs="ES256 Ed25519"'
_OUR_OWN = "en"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """What went wrong: `detail` says what, where and what to do. `errors` names the members of a request that do not fit."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Mapping[str, str], ...] = ()

    def document(self, request: Request) -> dict[str, Any]:
        """RFC 9457's members, ours beside them."""
        said: dict[str, Any] = {
            "type": f"urn:assetcert:problem:{self.code.lower().replace('_', '-')}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "instance": request.url.path,
            "request_id": getattr(request.state, "request_id", ""),
        }
        return said | ({"errors": list(self.errors)} if self.errors else {})


Problems = Callable[[Request, Problem], Awaitable[Response | None]]
"""Shows a problem as a page; None where the request is no browser's."""


def problem_of(error: Exception) -> Problem:
    """The problem that an error is."""
    if isinstance(error, GatewayError):
        return Problem(error.status, error.code, str(error), _headers(error))
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _refused(error)
    if isinstance(error, IntegrityError):
        return Problem(409, "CONFLICT", "somebody else has just done the same: look at what it is now")
    if isinstance(error, OSError) and error.errno in FULL:
        return Problem(
            503, "DISK_FULL", "the disk of the gateway is full: tell its operator", {"Retry-After": "60"}
        )
    if (known := classify_lower(error)) is not None and known[0] in _BY_EXIT:
        status = _BY_EXIT[known[0]]
        return Problem(status, known[1], known[2], {"Retry-After": "1"} if status == 503 else {})
    return Problem(
        500, "INTERNAL", "something went wrong on our side; nothing of this request was kept: try it again"
    )


def _headers(error: GatewayError) -> dict[str, str]:
    if isinstance(error, OverloadedError):
        return {"Retry-After": str(error.retry_after)}
    if error.status == 401:
        return {"WWW-Authenticate": _CHALLENGE}
    return {"Retry-After": "1"} if isinstance(error, BusyError) else {}


def _invalid(error: RequestValidationError) -> Problem:
    """Which members do not fit. Values are not repeated: a password may be among them."""
    found = tuple(
        {"at": ".".join(map(str, one["loc"])), "code": one["type"], "message": one["msg"]}
        for one in error.errors()[:20]
    )
    shown = "; ".join(f"{one['at']}: {one['message']}" for one in found[:3])
    return Problem(422, "INVALID_REQUEST", f"the request does not fit: {shown}", errors=found)


def _refused(error: HTTPException) -> Problem:
    details = {
        404: "there is nothing at this address",
        405: "this address does not take that method: see the header Allow",
    }
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).name)
    detail = details.get(error.status_code, str(error.detail))
    return Problem(error.status_code, code, detail, dict(error.headers or {}))


def answer(request: Request, problem: Problem) -> Response:
    """The problem as a document, `detail` in the language of who has asked."""
    language = _language(request)
    told = problem
    if language != _OUR_OWN:
        fault = fault_of(language, problem.code, problem.detail)
        told = replace(problem, detail=f"{fault.message}{fault.next}")
    headers = {**problem.headers, "Cache-Control": "no-store", "Content-Language": language}
    return JSONResponse(told.document(request), problem.status, headers, media_type=MEDIA_TYPE)


def _language(request: Request) -> str:
    """A person's own choice; else what the request asks for; else the one that our code is written in."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is not None and principal.kind == "person":
        return choose(principal.locale, None)
    asked = request.headers.get("accept-language")
    return _OUR_OWN if asked is None else choose(None, asked)


def install(app: FastAPI, pages: Problems | None) -> None:
    """Answer every error of the application so; `pages` is asked first."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status >= 500:
            _LOG.error("request %s failed", getattr(request.state, "request_id", ""), exc_info=error)
        page = await pages(request, problem) if pages is not None else None
        return page or answer(request, problem)

    ours = (GatewayError, CertifierError, LedgerError)
    for kind in (*ours, HTTPException, RequestValidationError, IntegrityError, OSError, Exception):
        app.add_exception_handler(kind, handle)
