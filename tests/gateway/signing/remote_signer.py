"""A signing service in a process of its own that speaks Web3Signer's HTTP API with a real key.

    python remote_signer.py KEY TOKEN [SITE CLIENTS]       writes its port once it listens

With the files SITE (its certificate and key) and CLIENTS (certificates) it speaks TLS with those clients alone. Under the token `other` it signs with
another key, under `high` it gives a high s, under `long` too much, under `text` a word, under `short` half a signature, under `slow` a byte a second;
under a number it answers with that status.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = PrivateKey(bytes.fromhex(sys.argv[1]))
TOKEN = sys.argv[2]
FAULTS = ("other", "high", "long", "text", "short", "slow")


def signature(data: bytes, fault: str) -> str:
    """As Web3Signer gives it: of the hash of what was sent, r ‖ s ‖ v."""
    key = PrivateKey(bytes(31) + b"\x07") if fault == "other" else KEY
    made = key.sign_msg_hash(keccak(data))
    s = ORDER - made.s if fault == "high" else made.s
    v = (1 - made.v if fault == "high" else made.v) + 27
    return f"0x{made.r:064x}{s:064x}{v:02x}"


class Handler(BaseHTTPRequestHandler):
    """The three paths of the API."""

    def answer(self, status: int, text: str, slowly: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for piece in [text] if not slowly else text:
            self.wfile.write(piece.encode())
            self.wfile.flush()
            time.sleep(1 if slowly else 0)

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
        if shown.isdecimal():
            self.answer(int(shown), "no")
        elif shown not in (TOKEN, *FAULTS):
            self.answer(401, "who are you")
        elif self.path != f"/api/v1/eth1/sign/{KEY.public_key.to_hex()}":
            self.answer(404, "not found")
        else:
            signed = signature(bytes.fromhex(body["data"][2:]), shown)
            wrong = {"long": "0" * 2_000_000, "text": "certainly", "short": signed[:66]}
            self.answer(200, wrong.get(shown, signed), slowly=shown == "slow")

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 3:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=sys.argv[4])
        context.load_cert_chain(sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
