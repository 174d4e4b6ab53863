"""JSON-RPC over HTTP with kept-alive connections: one call, or many in one round trip.

Not a provider stack: no retries of requests, no middleware, no subscriptions. The standard library opens connections, and HTTP is spoken
here, because a read must cost a fraction of a millisecond (docs/adr/0301). Answers are taken for hostile: shape and ids are checked, sizes
bounded. Specifications: JSON-RPC 2.0, RFC 9112. Safe for threads.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ledger.errors import AnswerTooLargeError, ContradictedError, NodeUnreachableError, RpcError
from ledger.jsontext import loads

__all__ = ["JsonRpc", "Request"]

Request = tuple[str, Sequence[Any]]
"""Method and parameters."""

_MAX_ANSWER = 64 * 2**20
_MAX_LINE, _MAX_HEADERS = 2**16, 100
_NO_TARGET = re.compile(r"[\x00-\x20\x7f]")
_STATUS = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})( .*)?\r?\n")
_ONCE = ("evm_", "anvil_")  # methods that are not sent a second time on a connection that broke


class JsonRpc:
    """A node's endpoint. `timeout` bounds each wait for the network, in seconds."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and url.isascii()
        except ValueError:  # brackets that do not close, a port that is none
            sound = False
        if not sound:
            raise NodeUnreachableError(f"{url!r} is not the http(s) address of a node")
        self.url = url
        self._parts = parts
        self._timeout = timeout
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def call(self, method: str, *params: Any) -> Any:
        """The result. Raises RpcError, NodeUnreachableError, ContradictedError."""
        answer = self._exchange({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, method)
        result = _result(answer, 1)
        if isinstance(result, RpcError):
            raise result
        return result

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in the order of the requests, an RpcError in the place of each that failed; the node may
        work in any order.
        """
        if not requests:
            return []
        body = [
            {"jsonrpc": "2.0", "id": i, "method": m, "params": list(p)} for i, (m, p) in enumerate(requests)
        ]
        answer = self._exchange(body, requests[0][0])
        if isinstance(answer, dict) and "error" in answer:  # the whole batch was refused
            raise _error(answer["error"])
        if not isinstance(answer, list) or len(answer) != len(requests):
            raise ContradictedError(f"{self.url} answered a batch of {len(requests)} with something else")
        return _in_order(answer)

    def close(self) -> None:
        """Closes idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # an address that was refused
            self.close()

    def _exchange(self, body: Any, method: str) -> Any:
        data = json.dumps(body, separators=(",", ":")).encode()
        try:
            status, raw = self._post(data, again=not method.startswith(_ONCE))
        except (OSError, ValueError, http.client.HTTPException) as e:  # ValueError: no name of a host
            reason = getattr(e, "strerror", None) or e or type(e).__name__
            raise NodeUnreachableError(
                f"no answer from the node at {self.url} ({reason}): is it running, and is that its address?"
            ) from e
        try:
            return loads(raw)
        except ValueError as e:
            if status != http.HTTPStatus.OK:
                raise NodeUnreachableError(f"{self.url} answered HTTP {status}, not JSON-RPC") from e
            raise ContradictedError(f"{self.url} answered something that is not JSON") from e

    def _post(self, data: bytes, again: bool) -> tuple[int, bytes]:
        connection, used = self._take()
        try:
            answer = connection.post(data)
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            if not (used and again):
                raise
            connection = self._connect()  # the node had closed the idle connection
            answer = connection.post(data)
        if connection.kept:
            with self._lock:
                self._idle.append(connection)
        return answer

    def _take(self) -> tuple[_Connection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        return self._connect(), False

    def _connect(self) -> _Connection:
        return _Connection(self._parts, self._timeout)


class _Connection:
    """One connection, kept as long as its answers end before it does. An error closes it."""

    def __init__(self, parts: SplitResult, timeout: float) -> None:
        assert parts.hostname is not None
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        opened = kind(parts.hostname, parts.port, timeout=timeout)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if _NO_TARGET.search(target):
            raise http.client.InvalidURL("a path has no spaces and no control characters")
        opened.connect()
        self.kept = True
        self.sock = opened.sock
        self._stream = self.sock.makefile("rb")
        host = parts.netloc.rpartition("@")[2]
        told = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: "
        self._head = told.encode("ascii")

    def post(self, data: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        try:
            self.sock.sendall(b"%s%d\r\n\r\n%s" % (self._head, len(data), data))
            status = self._status()
            body = self._body(status, self._headers())
        except BaseException:
            self.close()
            raise
        if not self.kept:
            self.close()
        return status, body

    def close(self) -> None:
        """Nothing can be sent any more."""
        self._stream.close()
        self.sock.close()

    def _line(self) -> bytes:
        line = self._stream.readline(_MAX_LINE)
        if line and not line.endswith(b"\n"):
            raise http.client.LineTooLong("header line")
        return line

    def _status(self) -> int:
        if not (line := self._line()):
            raise http.client.RemoteDisconnected("the connection was closed without an answer")
        if (found := _STATUS.fullmatch(line)) is None:
            raise http.client.BadStatusLine(line[:80].decode("latin-1"))
        self.kept = found[1] == b"1"
        return int(found[2])

    def _headers(self) -> dict[bytes, bytes]:
        headers: dict[bytes, bytes] = {}
        for _ in range(_MAX_HEADERS):
            line = self._line()
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.partition(b":")
            if not colon:
                break
            headers[name.lower()] = value.strip()
        raise http.client.HTTPException("the answer's headers are none, or have no end")

    def _body(self, status: int, headers: dict[bytes, bytes]) -> bytes:
        self.kept = self.kept and headers.get(b"connection", b"").lower() != b"close"
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            return b"".join(self._chunks())
        if (length := headers.get(b"content-length")) is not None:
            return self._exactly(_bounded(int(length)))
        if status == http.HTTPStatus.NO_CONTENT:
            return b""
        self.kept = False  # it ends where the connection does
        body = self._stream.read(_MAX_ANSWER + 1)
        _bounded(len(body))
        return body

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while size := _bounded(int(self._line().partition(b";")[0], 16)):
            total = _bounded(total + size)
            yield self._exactly(size)
            self._line()
        self._headers()

    def _exactly(self, size: int) -> bytes:
        body = self._stream.read(size)
        if len(body) != size:
            raise http.client.IncompleteRead(body, size - len(body))
        return body


def _bounded(size: int) -> int:
    if not 0 <= size <= _MAX_ANSWER:
        raise AnswerTooLargeError(f"the node answered more than {_MAX_ANSWER} bytes")
    return size


def _in_order(answers: list[Any]) -> list[Any]:
    ordered: list[Any] = [None] * len(answers)
    seen: set[int] = set()
    for answer in answers:
        number = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(number, int) or not 0 <= number < len(answers) or number in seen:
            raise ContradictedError("a JSON-RPC answer carries an id that was not asked, or twice")
        seen.add(number)
        ordered[number] = _result(answer, number)
    return ordered


def _result(answer: Any, number: int) -> Any:
    if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
        raise ContradictedError("the node's answer is not a JSON-RPC 2.0 answer")
    if "error" in answer and answer["error"] is not None:
        return _error(answer["error"])
    if answer.get("id") != number or isinstance(answer["id"], bool) or "result" not in answer:
        raise ContradictedError("the node's answer has another id, or no result")
    return answer["result"]


def _error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        raise ContradictedError("the node's JSON-RPC error is not an object")
    code, message = error.get("code"), error.get("message")
    if not isinstance(code, int) or not isinstance(message, str):
        raise ContradictedError("the node's JSON-RPC error has no code or no message")
    return RpcError(code, message, error.get("data"))
