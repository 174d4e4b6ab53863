"""A small OpenID provider on 127.0.0.1, over real HTTP: discovery, keys, authorisation with PKCE, tokens signed with ES256.

`login` is whom it signs in without asking, `email` their address and whether it was verified; `spoil` changes the claims of the ID token before it is signed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "assetcert", "a secret with : and /"


class OpenIdProvider:
    """See the module."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.login = "subject-1"
        self.email: tuple[str, bool] | None = None
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.key = ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"})
        self.signs_with = self.key
        self._codes: dict[str, dict[str, str]] = {}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def authorize(self, said: dict[str, str]) -> str:
        """Where the browser goes next."""
        assert (said["response_type"], said["client_id"], said["scope"]) == ("code", CLIENT, "openid email")
        assert said["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self._codes[code] = said
        return (
            said["redirect_uri"] + "?" + urlencode({"code": code, "state": said["state"], "iss": self.issuer})
        )

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint."""
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        asked = self._codes.pop(form["code"], None)
        if asked is None or (name, secret) != (CLIENT, "a%20secret%20with%20%3A%20and%20%2F"):
            return 400, {"error": "invalid_grant"}
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if shown != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": self.login, "aud": CLIENT, "exp": now + 300, "iat": now}
        if self.email is not None:
            claims |= {"email": self.email[0], "email_verified": self.email[1]}
        token = jwt.encode(
            {"alg": "ES256", "kid": "1"}, self.spoil(claims | {"nonce": asked["nonce"]}), self.signs_with
        )
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


@contextmanager
def provider() -> Iterator[OpenIdProvider]:
    """Running until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/authorize":
                said = {name: values[0] for name, values in parse_qs(url.query).items()}
                self.send_response(302)
                self.send_header("Location", found.authorize(said))
                self.end_headers()
                return
            pages = {
                "/.well-known/openid-configuration": found.metadata(),
                "/keys": {"keys": [found.key.as_dict(private=False)]},
            }
            self._say(200 if url.path in pages else 404, pages.get(url.path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*found.token(form, self.headers.get("Authorization", "")))

        def _say(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = OpenIdProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
