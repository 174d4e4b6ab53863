"""A Web3Signer's key as a `ledger.account.Signer`, through its HTTP API (`/upcheck`, `/api/v1/eth1/publicKeys`, `/api/v1/eth1/sign/…`).

It hashes what it is sent, so it sees what it signs. Nothing it answers is trusted: a signature counts only where the member's address is
recovered from it, with a low s. https, or this machine; no redirects, no proxies, a few hundred bytes, a few seconds.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.errors import RefusedError, UnavailableError, UnreadableError, UsageError
from gateway.signing.places import AtWeb3Signer
from ledger.account import recover
from ledger.types import keccak

__all__ = ["Door", "Web3Signer", "place_at"]

_TIMEOUT = 5.0
_MOST = 2**20
_SIGNATURE = re.compile("0x[0-9a-f]{130}")
_PUBLIC_KEY = re.compile("0x[0-9a-f]{128}")
_REFUSALS = {
    401: "it does not take our token",
    403: "it does not take our token or certificate",
    404: "it has no such key: load the key there, or move the account to another one",
}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Door:
    """Where a Web3Signer is reached, and by what it knows us: files of this machine."""

    url: str
    token_file: Path | None = None
    certificate_file: Path | None = None
    authority_file: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        near = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not (parts.scheme == "https" or near) or parts.username or parts.query or parts.fragment:
            raise UsageError(
                "WEB3SIGNER_URL", "a Web3Signer is reached by https://…, or by http:// on this machine"
            )

    def ask(self, method: str, path: str, body: object = None) -> str:
        """The text of an answer. UnavailableError where there is none, RefusedError for a refusal."""
        try:
            with self._client() as client, client.stream(method, path, json=body) as answer:
                text = _bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(
                "WEB3SIGNER",
                f"the Web3Signer at {self.url} does not answer ({error or type(error).__name__}): see that it runs, "
                "that its certificate is one we trust, and that it trusts ours",
            ) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise UnavailableError(
                "WEB3SIGNER",
                f"the Web3Signer at {self.url} answers {answer.status_code}: try again later, or look at its log",
            )
        if answer.status_code != 200:
            wrong = _REFUSALS.get(answer.status_code, "look at its log")
            raise RefusedError(
                "WEB3SIGNER", f"the Web3Signer at {self.url} refused ({answer.status_code}): {wrong}"
            )
        return text

    def _client(self) -> httpx.Client:
        headers = {"accept": "text/plain, application/json"}
        if self.token_file is not None:
            headers["authorization"] = f"Bearer {_read(self.token_file)}"
        return httpx.Client(
            base_url=self.url.rstrip("/"),
            headers=headers,
            timeout=_TIMEOUT,
            verify=self._trust(),
            trust_env=False,
        )

    def _trust(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.authority_file)
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file)
        except (OSError, ssl.SSLError) as error:
            raise UnreadableError(
                "WEB3SIGNER_FILES", f"the certificates for {self.url} cannot be used: {error}"
            ) from error
        return context


def _bounded(answer: httpx.Response) -> str:
    content, until = b"", time.monotonic() + _TIMEOUT
    for piece in answer.iter_bytes():
        content += piece
        if time.monotonic() > until:  # httpx measures from one piece to the next
            raise httpx.ReadTimeout("it answers too slowly")
        if len(content) > _MOST:
            raise RefusedError("WEB3SIGNER", "the Web3Signer answers more than any answer has: not taken")
    return content.decode("utf-8", "replace").strip()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise UnreadableError("WEB3SIGNER_FILES", f"{path} holds no token: {error}") from error


def place_at(door: Door, wanted: str | None, since: int) -> AtWeb3Signer:
    """Where to sign with the key `wanted`, else its only one, which has signed once then. UsageError where there is no such key, or several."""
    door.ask("GET", "/upcheck")
    known = _keys(door)
    if wanted is None and len(known) != 1:
        raise UsageError(
            "WEB3SIGNER_KEY", f"the Web3Signer has {len(known)} keys: say which with --public-key"
        )
    key = known[0] if wanted is None else wanted.lower()
    if key not in known:
        raise UsageError("WEB3SIGNER_KEY", f"the Web3Signer has no key {key[:20]}…: give one that it lists")
    address = "0x" + keccak(bytes.fromhex(key[2:]))[12:].hex()
    files = (door.token_file, door.certificate_file, door.authority_file)
    place = AtWeb3Signer(address, since, door.url, key, *(None if one is None else str(one) for one in files))
    Web3Signer(place).sign(b"assetcert/1/web3signer")
    return place


def _keys(door: Door) -> Sequence[str]:
    try:
        said: Any = json.loads(door.ask("GET", "/api/v1/eth1/publicKeys"))
        keys = [str(one).lower() for one in said]
    except (ValueError, TypeError) as error:
        raise RefusedError("WEB3SIGNER", f"the Web3Signer at {door.url} lists no keys") from error
    return [one for one in keys if _PUBLIC_KEY.fullmatch(one)]


class Web3Signer:
    """See the module."""

    def __init__(self, place: AtWeb3Signer) -> None:
        files = (place.token_file, place.certificate_file, place.authority_file)
        self._door = Door(place.url, *(None if one is None else Path(one) for one in files))
        self._place = place

    @property
    def address(self) -> str:
        """See `Signer`."""
        return self._place.address

    def sign(self, data: bytes) -> bytes:
        """See `Signer`. RefusedError for an answer that is no signature of this account."""
        path = f"/api/v1/eth1/sign/{self._place.public_key}"
        text = self._door.ask("POST", path, {"data": "0x" + data.hex()}).strip('"').lower()
        if _SIGNATURE.fullmatch(text):
            signature = bytes.fromhex(text[2:])
            signature = signature[:64] + bytes([signature[64] % 27 + 27])
            if recover(keccak(data), signature) == self.address:
                return signature
        raise RefusedError(
            "WEB3SIGNER", f"the Web3Signer at {self._door.url} answered no signature of {self.address}"
        )

    def __repr__(self) -> str:
        return f"Web3Signer({self.address} at {self._door.url})"
