"""The application: routers behind the guard, errors as problems, the edge around it all."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.api import problems
from gateway.api.edge import Edge
from gateway.api.idempotency import KEPT
from gateway.api.probes import router as probes
from gateway.api.problems import MEDIA_TYPE, Problems
from gateway.api.state import Gateway
from gateway.api.v1 import (
    api_keys,
    applications,
    approvals,
    assets,
    audits,
    batches,
    decisions,
    dossiers,
    drafts,
    evaluation,
    events,
    grants,
    jobs,
    loans,
    me,
    organisations,
    pledging,
    products,
    session,
    signatures,
    uploads,
    users,
    verifications,
)
from gateway.db import identity as table
from gateway.errors import UnavailableError
from gateway.identity.tokens import now

__all__ = ["create_app"]

PREFIX = "/api/v1"
_V1 = (
    verifications.router,
    assets.router,
    uploads.router,
    jobs.router,
    events.router,
    session.router,
    me.router,
    users.router,
    api_keys.router,
    approvals.router,
    drafts.router,
    organisations.router,
    batches.router,
    dossiers.router,
    pledging.router,
    signatures.router,
    grants.router,
    audits.router,
    evaluation.router,
    products.router,
    applications.router,
    decisions.router,
    loans.router,
)
"""Every router of `/api/v1`; what is asked for most stands first, since routes are tried in order."""


def create_app(gateway: Gateway, pages: Problems | None = None) -> FastAPI:
    """The ASGI application of a gateway; `pages` shows problems to browsers."""
    app = FastAPI(
        title="assetcert",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: f"{route.tags[0] if route.tags else 'pages'}-{route.name}",
    )
    app.state.gateway = gateway
    app.include_router(probes)
    for router in _V1:
        app.include_router(router, prefix=PREFIX)
    app.include_router(verifications.public)
    problems.install(app, pages)
    app.add_middleware(Edge, gateway=gateway)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    gateway: Gateway = app.state.gateway
    anyio.to_thread.current_default_thread_limiter().total_tokens = gateway.settings.threads
    with gateway.database.session() as db:
        table.forget_unfinished_answers(db)
    async with gateway.running(), anyio.create_task_group() as group:
        group.start_soon(_tidy, gateway)
        yield
        group.cancel_scope.cancel()


async def _tidy(gateway: Gateway) -> None:
    """Now and every ten minutes: forget sessions, ceremonies, proofs and answers that count no more."""
    while True:
        await anyio.to_thread.run_sync(_forget, gateway)
        await anyio.sleep(600)


def _forget(gateway: Gateway) -> None:
    try:
        with gateway.database.session() as db:
            table.forget_expired(db, now(), now() - KEPT)
    except UnavailableError:
        logging.getLogger(__name__).exception("what has expired is kept a while longer")


def _described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, with how a caller proves who it is and the form of every refusal."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = _PROBLEM
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        made["components"]["securitySchemes"] = _SCHEMES
        made["security"] = [{"key": []}, {"session": []}]
        for operations in made["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = _REFUSAL
        app.openapi_schema = made
    return app.openapi_schema


_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A machine's key, or `DPoP` with a proof beside it",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
}
_REFUSAL = {
    "description": "Refused, or failed: RFC 9457",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "detail": {"type": "string", "description": "For people: what, where, what to do"},
        "instance": _TEXT,
        "request_id": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "code", "message"],
                "properties": {"at": _TEXT, "code": _TEXT, "message": _TEXT},
            },
        },
    },
}
