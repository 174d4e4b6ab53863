"""The way of a request into an endpoint, in this order: permission, then CSRF, then the kind and size of the body, then an idempotent answer, then
the endpoint in one transaction that is committed before the answer leaves.

Permission comes before the body is read: nobody makes us take 200 MB to tell him 401.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, params
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from gateway.api import idempotency
from gateway.api.depends import SAFE, Allowed, Open, gateway_of
from gateway.db.session import Database
from gateway.errors import ForbiddenError
from gateway.identity.sessions import csrf_holds

__all__ = ["BODY_LIMIT", "Guarded", "Transaction", "body_limit"]

BODY_LIMIT = 2**20
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def body_limit(limit: int, *, streamed: bool = False) -> dict[str, Any]:
    """A route's `openapi_extra`: how many bytes its body may have. A `streamed` one is read by the endpoint alone, which minds
    `Idempotency-Key` itself."""
    return {"x-body-limit": limit, "x-streamed": streamed}


class Transaction:
    """A request's session, opened when it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session; the same for all who ask."""
        if self._session is None:
            self._session = self._stack.enter_context(self._database.session())
        return self._session

    @property
    def opened(self) -> bool:
        """Whether anybody asked."""
        return self._session is not None

    def commit(self) -> None:
        """Keep what was done."""
        self._stack.close()

    def roll_back(self, error: BaseException) -> None:
        """Keep nothing."""
        self._stack.__exit__(type(error), error, error.__traceback__)


class Guarded(APIRoute):
    """The route class of every router of ours."""

    def get_route_handler(self) -> _Handler:
        """The endpoint behind its guard. TypeError for one that does not say who may call it."""
        handle = super().get_route_handler()
        marks = list(_marks(self.dependant))
        if not marks:
            raise TypeError(f"{self.path} does not say who may call it: May(…) or Anybody")
        strangers = any(isinstance(mark, Open) for mark in marks)
        extra = self.openapi_extra or {}
        limit, streamed = extra.get("x-body-limit", BODY_LIMIT), extra.get("x-streamed", False)
        as_json = self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)
        actions = [mark.action for mark in marks if isinstance(mark, Allowed)]
        self.openapi_extra = extra | {"x-permission": str(actions[0]) if actions else "anybody"}
        if actions and not streamed and set(self.methods or ()) - SAFE:
            self.openapi_extra |= {"parameters": [idempotency.PARAMETER]}

        async def guarded(request: Request) -> Response:
            for mark in marks:
                if isinstance(mark, Allowed):
                    mark.admit(request)
            request = Request(request.scope, _limited(request, limit))
            if request.method not in SAFE:
                _check_origin(request)
                if not strangers:
                    await _check_csrf(request, streamed)
                if as_json:
                    _check_json(request)
            if request.method in SAFE or streamed:
                return await _transacted(request, handle)
            return await idempotency.answered(request, lambda: _transacted(request, handle))

        return guarded


def _marks(dependant: Dependant) -> Iterator[Allowed | Open]:
    for each in dependant.dependencies:
        if isinstance(each.call, Allowed | Open):
            yield each.call
        yield from _marks(each)


async def _transacted(request: Request, handle: _Handler) -> Response:
    transaction = request.state.transaction = Transaction(gateway_of(request).database)
    try:
        response = await handle(request)
        if (keep := getattr(request.state, "keep", None)) is not None:
            await run_in_threadpool(lambda: keep(transaction.session, response))
    except BaseException as error:
        if transaction.opened:
            await run_in_threadpool(_undone, transaction, error)
        raise
    if transaction.opened:
        await run_in_threadpool(transaction.commit)
    return response


def _undone(transaction: Transaction, error: BaseException) -> None:
    try:
        transaction.roll_back(error)
    except BaseException as raised:
        if raised is not error:
            raise


def _limited(request: Request, limit: int) -> Receive:
    """The body, up to the limit: what is longer is refused by its announced length, or when it comes."""
    receive = request.receive
    left = limit

    def refuse() -> (
        HTTPException
    ):  # of the framework's own kind: it makes 400 of any other that comes while it reads
        return HTTPException(413, f"this address takes at most {limit:,} bytes: send less at once")

    announced = request.headers.get("content-length", "")

    async def limited() -> Message:
        nonlocal left
        if announced.isdecimal() and int(announced) > limit:
            raise refuse()
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise refuse()
        return message

    return limited


async def _check_csrf(request: Request, streamed: bool) -> None:
    """ForbiddenError for an act of a session that does not show the session's own token."""
    expected = getattr(request.state, "csrf", None)
    if expected is None:  # no cookie was used: nothing that a browser sends by itself
        return
    shown = request.headers.get("x-csrf-token")
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if shown is None and form and not streamed:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        shown = fields.get("csrf", [None])[0]
    if not csrf_holds(expected, shown):
        raise ForbiddenError(
            "CSRF", "this form is of another session: open the page again and send it from there"
        )


def _check_json(request: Request) -> None:
    """415 for a body that says it is something else than the JSON that is read here."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and media != "application/json" and not media.endswith("+json"):
        raise HTTPException(415, f"this address takes application/json, not {media}")


def _check_origin(request: Request) -> None:
    """ForbiddenError for an act that another site has made a browser send."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and origin not in _origins(request)
    if foreign:
        raise ForbiddenError("CSRF", "another site has sent this: open our own page and send it from there")


def _origins(request: Request) -> set[str]:
    return {gateway_of(request).settings.origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
