"""All pages of the gateway, and how an error shows on one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from gateway.api.app import create_app
from gateway.api.problems import Problem
from gateway.api.state import Gateway
from gateway.web import (
    account,
    approvals,
    auditor,
    borrow,
    casework,
    certificates,
    corrections,
    drafts,
    exceptions,
    explorer,
    health,
    jobs,
    lender,
    loans,
    machines,
    member_keys,
    offers,
    papers,
    people,
    products,
    public,
    reference,
    registrar,
    session,
    shared,
    signers,
    signing,
)
from gateway.web.depends import gone
from gateway.web.faults import fault_of
from gateway.web.language import LANGUAGES
from gateway.web.reading import PaperReader
from gateway.web.render import HERE, environment, is_partial, language_of, render

__all__ = ["application"]

_ROUTERS = (
    session,
    account,
    people,
    machines,
    public,
    reference,
    papers,
    jobs,
    offers,
    drafts,
    certificates,
    corrections,
    lender,
    shared,
    borrow,
    casework,
    products,
    loans,
    auditor,
    exceptions,
    explorer,
    registrar,
    member_keys,
    signers,
    health,
    approvals,
    signing,
)
_NOT_PAGES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/static/")
_AT_PROVIDER = "/api/v1/session/oidc/"
"""Addresses of the API that a browser is sent to."""


def application(gateway: Gateway) -> FastAPI:
    """The whole gateway: its API, and every page with what pages load."""
    app = create_app(gateway, problem_page)
    for module in _ROUTERS:
        app.include_router(module.router)
    app.router.lifespan_context = _with_reader(app.router.lifespan_context)
    app.mount("/static", _Static(directory=HERE / "static"), name="static")
    for language in LANGUAGES:  # so that the first visitor does not wait for them
        environment(language).get_template("login.html")
    return app


def _with_reader(inner: Callable[[FastAPI], Any]) -> Callable[[FastAPI], Any]:
    """The application's life, with the reader of dropped papers in it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[Any]:
        gateway: Gateway = app.state.gateway
        async with inner(app) as state:
            with PaperReader.running(gateway.installation, gateway.jobs.spool) as reader:
                app.state.papers = reader
                yield state

    return life


class _Static(StaticFiles):
    """Files whose address changes with their content are kept by browsers for good."""

    def file_response(self, *args: object, **rest: object) -> Response:
        """The file; only one that was asked with its mark may be kept long."""
        response: Response = super().file_response(*args, **rest)  # type: ignore[arg-type]
        scope = args[2] if len(args) > 2 else rest.get("scope")
        marked = isinstance(scope, dict) and scope.get("query_string")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        return response


async def problem_page(request: Request, problem: Problem) -> Response | None:
    """A problem as a page, or as a part of one; None for a program."""
    path = request.url.path
    if path.startswith(_NOT_PAGES) and not path.startswith(_AT_PROVIDER):
        return None
    if "text/html" not in request.headers.get("accept", ""):
        return None
    if problem.status == 401 and not is_partial(request) and not path.startswith(_AT_PROVIDER):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(here, safe='')}", 303)
    if problem.code == "SIGNATURE_NEEDED":
        return gone("/sign")
    fault = fault_of(language_of(request), problem.code, problem.detail)
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return render(
        request, "error.html", status=problem.status, block="fragment", headers=headers, fault=fault
    )
