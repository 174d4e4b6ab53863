"""A signing service in a process of its own that speaks Web3Signer's HTTP API with a real key.

    python remote_signer.py KEY TOKEN       writes its port once it listens

Under the token `other` it signs with another key, under `high` it gives a high s, under `long` too much, under `text` a word.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = PrivateKey(bytes.fromhex(sys.argv[1]))
TOKEN = sys.argv[2]
FAULTS = ("other", "high", "long", "text")


def signature(data: bytes, fault: str) -> str:
    """As Web3Signer gives it: of the hash of what was sent, r ‖ s ‖ v."""
    key = PrivateKey(bytes(31) + b"\x07") if fault == "other" else KEY
    made = key.sign_msg_hash(keccak(data))
    s = ORDER - made.s if fault == "high" else made.s
    v = (1 - made.v if fault == "high" else made.v) + 27
    return f"0x{made.r:064x}{s:064x}{v:02x}"


class Handler(BaseHTTPRequestHandler):
    """The three paths of the API."""

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self) -> None:
        if self.path == "/upcheck":
            self.answer(200, "OK")
        elif self.path == "/api/v1/eth1/publicKeys":
            self.answer(200, json.dumps([KEY.public_key.to_hex()]))
        else:
            self.answer(404, "not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        shown = self.headers["Authorization"].removeprefix("Bearer ") if self.headers["Authorization"] else ""
        if shown not in (TOKEN, *FAULTS):
            self.answer(401, "who are you")
        elif self.path != f"/api/v1/eth1/sign/{KEY.public_key.to_hex()}":
            self.answer(404, "not found")
        else:
            signed = signature(bytes.fromhex(body["data"][2:]), shown)
            self.answer(200, {"long": "0" * 2_000_000, "text": "certainly"}.get(shown, signed))

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
