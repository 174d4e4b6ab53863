"""`Idempotency-Key`: the same key with the same request is given the same answer, and done once.

The first one leaves a row, does the work and stores its answer; one that comes meanwhile waits for it. The same key with another request is
409. A refusal is not kept: what was corrected may be sent under the same key. Answers are kept a day, sealed, since some show a secret once.
After draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from gateway.api.depends import gateway_of
from gateway.api.state import Gateway
from gateway.db.identity import IdempotentAnswer
from gateway.errors import BusyError, ConflictError, UsageError
from gateway.identity.principal import Principal

__all__ = ["KEPT", "PARAMETER", "answered"]

KEPT = 24 * 3600
_PATIENCE = 10.0
_LONGEST = 255
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own name for this request: sent again with the same body it is answered as before and done once; with another body it is 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST, "pattern": "^[ -~]+$"},
}
"""How a description of the API says it."""
_Stored = tuple[bytes, int | None, list[list[str]] | None, bytes | None]


async def answered(request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer to a write: stored before, or worked out now."""
    key = request.headers.get("idempotency-key")
    principal: Principal | None = getattr(request.state, "principal", None)
    if key is None or principal is None:
        return await work()
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise UsageError("IDEMPOTENCY_KEY", f"an Idempotency-Key has 1 to {_LONGEST} printable characters")
    gateway, caller, digest = gateway_of(request), principal.id, await _digest(request)
    deadline = time.monotonic() + _PATIENCE
    while (stored := await run_in_threadpool(_stored, gateway, caller, key)) is not None or not (
        await run_in_threadpool(_claimed, gateway, caller, key, digest)
    ):  # whoever waits only reads: SQLite has one writer, and that is who works
        if stored is not None and stored[0] != digest:
            raise ConflictError(
                "IDEMPOTENCY_KEY_REUSED",
                "this Idempotency-Key was used for another request: take a new one for each",
            )
        if stored is not None and stored[1] is not None:
            return _again(gateway, caller, key, stored)
        if time.monotonic() > deadline:
            raise BusyError("IDEMPOTENCY_KEY_BUSY", "the same request is still being worked on: ask again")
        await anyio.sleep(0.02)
    return await _kept(request, caller, key, work)


async def _digest(request: Request) -> bytes:
    what = json.dumps([request.method, request.url.path, request.url.query]).encode()
    return hashlib.sha256(what + b"\n" + await request.body()).digest()


def _claimed(gateway: Gateway, caller: str, key: str, digest: bytes) -> bool:
    """Whether this request is the one that does the work."""
    try:
        with gateway.database.session() as session:
            session.add(IdempotentAnswer(caller=caller, key=key, digest=digest, at=int(time.time())))
    except IntegrityError:
        return False
    return True


def _stored(gateway: Gateway, caller: str, key: str) -> _Stored | None:
    with gateway.database.session() as session:
        row = session.get(IdempotentAnswer, (caller, key))
        return None if row is None else (row.digest, row.status, row.headers, row.body)


async def _kept(request: Request, caller: str, key: str, work: Callable[[], Awaitable[Response]]) -> Response:
    """Do the work; its answer is stored in the work's own transaction."""
    gateway = gateway_of(request)
    request.state.keep = partial(_keep, gateway, caller, key)
    try:
        return await work()
    except BaseException:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(_release, gateway, caller, key)
        raise


def _release(gateway: Gateway, caller: str, key: str) -> None:
    with gateway.database.session() as session:
        session.execute(delete(IdempotentAnswer).where(*_row(caller, key)))


def _keep(gateway: Gateway, caller: str, key: str, session: Session, response: Response) -> None:
    if response.status_code >= 400 or not hasattr(response, "body") or "set-cookie" in response.headers:
        session.execute(delete(IdempotentAnswer).where(*_row(caller, key)))
        return
    headers = [[name, value] for name, value in response.headers.items() if name != "content-length"]
    sealed = gateway.sealing.seal(bytes(response.body), f"{caller}\n{key}")
    kept = {"status": response.status_code, "headers": headers, "body": sealed}
    session.execute(update(IdempotentAnswer).where(*_row(caller, key)).values(kept))


def _row(caller: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return IdempotentAnswer.caller == caller, IdempotentAnswer.key == key


def _again(gateway: Gateway, caller: str, key: str, stored: _Stored) -> Response:
    _, status, headers, body = stored
    plain = gateway.sealing.open(body or b"", f"{caller}\n{key}")
    response = Response(plain, status or 200)
    for name, value in headers or []:
        response.headers[name] = value
    response.headers["Idempotent-Replayed"] = "true"
    return response
