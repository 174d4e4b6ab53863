"""A node that lies: a real HTTP JSON-RPC proxy before an honest node, whose answers a test alters per method.

    with HostileNode(url) as node:
        node.alter("eth_getLogs", lambda params, result: result[:-1])

`alter` changes results, `answer` replaces whole JSON-RPC answers (another id, no result, an error), `raw` replaces
the body, `status` the HTTP status, `delay` holds answers back, `hang_up` closes connections without one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from ledger.errors import RpcError
from ledger.rpc import JsonRpc

Alter = Callable[[list[Any], Any], Any]
Answer = Callable[[dict[str, Any]], dict[str, Any]]


class HostileNode:
    """Listens on 127.0.0.1 on a free port. Records every method it is asked in `asked`."""

    def __init__(self, upstream: str) -> None:
        self._upstream = JsonRpc(upstream)
        self._alter: dict[str, Alter] = {}
        self._answer: dict[str, Answer] = {}
        self.raw: Callable[[bytes], bytes] | None = None
        self.status = 200
        self.delay = 0.0
        self.hang_up = False
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def alter(self, method: str, change: Alter) -> None:
        """From now on the result of `method` is what `change(params, result)` gives."""
        self._alter[method] = change

    def answer(self, method: str, change: Answer) -> None:
        """From now on the whole answer to `method` is what `change(answer)` gives."""
        self._answer[method] = change

    def honest(self) -> None:
        """Stops lying."""
        self._alter.clear()
        self._answer.clear()
        self.raw, self.status, self.delay, self.hang_up = None, 200, 0.0, False

    def _one(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], list(request.get("params", []))
        self.asked.append(method)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            answer["result"] = self._upstream.call(method, *params)
        except RpcError as e:
            answer["error"] = {"code": e.code, "message": e.message, "data": e.data}
        if method in self._alter and "result" in answer:
            answer["result"] = self._alter[method](params, answer["result"])
        return self._answer[method](answer) if method in self._answer else answer

    def _body(self, data: bytes) -> bytes:
        request = json.loads(data)
        many = isinstance(request, list)
        answers = [self._one(r) for r in (request if many else [request])]
        body = json.dumps(answers if many else answers[0]).encode()
        return self.raw(body) if self.raw else body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet

            def do_POST(self) -> None:
                body = node._body(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(node.delay)
                if node.hang_up:
                    self.close_connection = True
                    return
                self.send_response(node.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._upstream.close()
