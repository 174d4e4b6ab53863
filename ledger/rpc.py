"""JSON-RPC over HTTP with kept-alive connections: one call, or many in one round trip.

Not a provider stack: no retries of requests, no middleware, no subscriptions. The standard library opens connections and httptools parses
answers, because a read must cost a fraction of a millisecond (docs/adr/0301). Answers are taken for hostile: shape and ids are checked, sizes
bounded. Specification: JSON-RPC 2.0. Safe for threads.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httptools

from ledger.errors import AnswerTooLargeError, ContradictedError, NodeUnreachableError, RpcError
from ledger.jsontext import loads

__all__ = ["JsonRpc", "Request"]

Request = tuple[str, Sequence[Any]]
"""Method and parameters."""

_MAX_ANSWER = 64 * 2**20
_MAX_HEAD = 2**18
_PIECE = 2**16
_NO_TARGET = re.compile(r"[\x00-\x20\x7f]")
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
        self._closed = False
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
        """Closes idle connections, and each that is at work once it has its answer."""
        with self._lock:
            self._closed = True
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
        except (OSError, ValueError, http.client.HTTPException, httptools.HttpParserError) as e:
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
            self._give_back(connection)
        return answer

    def _give_back(self, connection: _Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

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
        self._url = parts.geturl()
        self.sock = opened.sock
        host = parts.netloc.rpartition("@")[2]
        told = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: "
        self._head = told.encode("ascii")

    def post(self, data: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        try:
            self.sock.sendall(b"%s%d\r\n\r\n%s" % (self._head, len(data), data))
            answer = _Answer()
            while not answer.whole:
                answer.parser.feed_data(self._more(answer))
        except BaseException:
            self.close()
            raise
        self.kept = answer.kept
        if not self.kept:
            self.close()
        return answer.parser.get_status_code(), b"".join(answer.body)

    def close(self) -> None:
        """Nothing can be sent any more."""
        self.sock.close()

    def _more(self, answer: _Answer) -> bytes:
        data: bytes = self.sock.recv(_PIECE)
        if not data and not answer.size:
            raise http.client.RemoteDisconnected("the connection was closed without an answer")
        if not data and not answer.open_ended:
            raise http.client.IncompleteRead(b"")
        answer.size += len(data)
        if answer.size > (_MAX_ANSWER if answer.begun else _MAX_HEAD):
            raise AnswerTooLargeError(f"{self._url} answered more than it may")
        answer.whole = not data
        return data


class _Answer:
    """One answer as it comes, `size` bytes of it so far. One that does not say where it ends is whole when the connection ends."""

    def __init__(self) -> None:
        self.size = 0
        self.body: list[bytes] = []
        self.begun = self.kept = self.open_ended = self.whole = False
        self._sized = False
        self.on_body = self.body.append
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, _: bytes) -> None:
        """Whether it says where it ends."""
        self._sized |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        """What follows is the body."""
        self.begun, self.kept = True, self.parser.should_keep_alive()
        self.open_ended = not self._sized

    def on_message_complete(self) -> None:
        """It ends here."""
        self.whole = True


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
