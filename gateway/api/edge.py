"""What every request passes before the application: its id, who makes it, how many there are, and the headers that every answer has.

Plain ASGI, since answers are streamed. Nothing of the body is read here. A request that is one too many is told 429 at once, and never waits.
"""

from __future__ import annotations

import logging
import re
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import cookies
from gateway.api.problems import answer, problem_of
from gateway.api.rates import Rate
from gateway.api.state import Gateway
from gateway.errors import GatewayError, OverloadedError, UnauthenticatedError, UsageError
from gateway.identity.credentials import Known, Shown, recognise

__all__ = ["Edge"]

_LOG = logging.getLogger(__name__)
_OURS = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNCOUNTED = ("/healthz", "/readyz")
_ANONYMOUS = (*_UNCOUNTED, "/static/")
CSP = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data: blob:"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._limits = _Limits(gateway)
        headers = HEADERS | (
            {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
            if gateway.settings.secure
            else {}
        )
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the module."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # as GET; the server leaves the body out (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}
        request = Request(scope, receive)
        request.state.request_id = _request_id(request)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(message, request)
            await send(message)

        try:
            await self._passed(request, receive, sending)
        except GatewayError as error:
            await answer(request, problem_of(error))(scope, receive, sending)
        except Exception as error:
            _LOG.exception("request %s failed", request.state.request_id)
            if started:
                raise
            await answer(request, problem_of(error))(scope, receive, sending)

    async def _passed(self, request: Request, receive: Receive, send: Send) -> None:
        _check_host(request, self._gateway)
        if _path(request) in _UNCOUNTED:
            await self._app(request.scope, receive, send)
            return
        with self._limits.one_more() as place:
            await self._identify(request)
            self._limits.count(request)

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start" and getattr(request.state, "endless", False):
                    place.give_back()
                await send(message)

            await self._app(request.scope, receive, sending)

    async def _identify(self, request: Request) -> None:
        """Leaves the principal, or why there is none, for the guard and the pages."""
        if _path(request).startswith(_ANONYMOUS):
            return
        known = self._gateway.recent.of(request.headers.get("authorization"))
        if known is None:
            shown = _shown(request, self._gateway)
            if (shown.authorization or shown.cookie) is None:
                return
            try:
                known = await run_in_threadpool(self._recognised, shown)
            except UnauthenticatedError as error:
                request.state.refusal = error
        if known is not None:
            request.state.principal = known.principal
            if known.csrf is not None:
                request.state.csrf = known.csrf

    def _recognised(self, shown: Shown) -> Known | None:
        with self._gateway.database.session() as session:
            known = recognise(session, shown, self._gateway.organisation)
        self._gateway.recent.keep(shown, known)
        return known

    def _dress(self, message: Message, request: Request) -> None:
        headers: list[tuple[bytes, bytes]] = message["headers"]
        said = {name.lower() for name, _ in headers}
        headers += [header for header in self._headers if header[0] not in said]
        headers.append((b"x-request-id", request.state.request_id.encode()))
        if b"cache-control" not in said and not _path(request).startswith("/static/"):
            headers.append((b"cache-control", b"no-store"))


class _Place:
    """A request's place among those that are worked on."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        self._held = True

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Once, at its end or before."""
        if self._held:
            self._held = False
            self._limits.at_work -= 1


class _Limits:
    """How many at once, and how many in a time: per organisation, for strangers per address. All on the event loop's thread."""

    def __init__(self, gateway: Gateway) -> None:
        self.at_work = 0
        self._at_once = gateway.settings.at_once
        self._organisation = Rate(gateway.settings.organisation_limit)
        self._address = Rate(gateway.settings.address_limit)

    def one_more(self) -> _Place:
        """OverloadedError where there is none."""
        if self.at_work >= self._at_once:
            raise OverloadedError(
                "OVERLOADED", "too many requests are being worked on: send it again in a second"
            )
        self.at_work += 1
        return _Place(self)

    def count(self, request: Request) -> None:
        """OverloadedError for one too many of its organisation or address."""
        principal = getattr(request.state, "principal", None)
        if principal is not None:
            self._organisation.count(principal.org)
        else:
            self._address.count(request.client.host if request.client is not None else "")


def _path(request: Request) -> str:
    path: str = request.scope["path"]  # the whole address is put together only where it is needed
    return path


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _OURS.fullmatch(given) else secrets.token_hex(12)


def _check_host(request: Request, gateway: Gateway) -> None:
    """Answer under our own names only, so that no other site's name can be made to mean this machine."""
    host = request.headers.get("host", "")
    name = urlsplit(f"//{host}").hostname
    if name not in (gateway.settings.host, "127.0.0.1", "localhost", "::1"):
        raise UsageError("HOST", f"this gateway is {gateway.settings.origin} and does not answer as {host!r}")


def _shown(request: Request, gateway: Gateway) -> Shown:
    return Shown(
        request.headers.get("authorization"),
        request.headers.get("dpop"),
        request.cookies.get(cookies.name(gateway.settings)),
        request.method,
        str(request.url),
        getattr(request.state, "certificate", None),
    )
