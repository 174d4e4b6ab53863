"""The proxy's own way in: a Unix socket that only it can open, by the file's permissions, and by which alone it may say what TLS connection
a request came over.

Whoever reaches the gateway's port can write any header; what comes over the socket is the proxy's word: the client certificate in `Client-Cert`
(RFC 9440), and, as from a proxy on 127.0.0.1, `X-Forwarded-For` and `X-Forwarded-Proto`.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway.errors import UnavailableError
from gateway.identity.certificates import of_header

__all__ = ["Proxied", "at_socket"]

_THIS_MACHINE = "127.0.0.1"


class Proxied:
    """The outermost layer of a served application; without a `socket` no request is the proxy's word on certificates."""

    def __init__(self, app: ASGIApp, socket: Path | None) -> None:
        self._app = ProxyHeadersMiddleware(app, _THIS_MACHINE)  # type: ignore[arg-type]
        self._server = None if socket is None else (str(socket), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the module."""
        if scope["type"] == "http" and self._server is not None and scope.get("server") == self._server:
            shown = [value for name, value in scope["headers"] if name == b"client-cert"]
            scope.setdefault("state", {})["certificate"] = of_header(shown)
            scope["client"] = (_THIS_MACHINE, 0)
        await self._app(scope, receive, send)  # type: ignore[arg-type]


@contextlib.contextmanager
def at_socket(path: Path | None) -> Iterator[list[socket.socket]]:
    """Listening there, for its owner and group; none without a path. UnavailableError where that cannot be."""
    if path is None:
        yield []
        return
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            path.unlink(missing_ok=True)  # of a gateway that was killed: two never serve one home
            listener.bind(str(path))
            path.chmod(0o660)
            listener.listen(128)
        except OSError as error:
            raise UnavailableError(
                "PROXY_SOCKET", f"the proxy's socket cannot be made at {path} ({error.strerror or error}): change "
                "proxy_socket in gateway.json"
            ) from error  # fmt: skip
        try:
            yield [listener]
        finally:
            path.unlink(missing_ok=True)
