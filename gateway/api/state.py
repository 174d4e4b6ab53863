"""What all requests of one running gateway share: the open installation, its settings, its limits.

One installation is shared by all threads. That holds because its parts are made for it: a database session is of one request, JSON-RPC
takes a connection of its own for each call, a writer queues on the home's lock for one act at a time, so that the command line works beside.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from certifier.verify import Verifier
from gateway.db.session import Database
from gateway.errors import NotFoundError, UnreadableError
from gateway.home import Home
from gateway.identity.credentials import Recent
from gateway.identity.oidc import Providers
from gateway.identity.passkeys import Party
from gateway.identity.provider import Provider
from gateway.identity.sealing import Sealing
from gateway.installation import Installation, Organisation
from gateway.jobs.running import Jobs, Room
from gateway.service.deciding import Deciding
from gateway.service.together import Together
from gateway.service.verifying import of_installation
from ledger.connection import Ledger

__all__ = ["Gateway", "Settings"]

_BOOK_AGE = 2.0
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Settings:
    """Limits and the outside of a gateway; `HOME/gateway.json` names what differs from these."""

    origin: str
    """Scheme, host and port under which browsers reach it: cookies, passkeys and redirects depend on it."""
    organisation_limit: str = "1000/second"
    address_limit: str = "200/second"
    at_once: int = 256
    threads: int = 16
    most_waiting: int = Room.most_waiting
    """Certifications that may wait before more are refused with 429."""
    disk_reserve: int = Room.disk
    """Bytes that stay free on the disk: nothing is taken in below that."""
    loopback_webhooks: bool = False
    """Whether webhooks may point to this machine, without https."""
    proxy_socket: Path | None = None
    """A Unix socket for the proxy that ends TLS: only what comes there may name a client's certificate (`gateway.api.proxied`)."""
    providers: Mapping[str, Provider] = field(default_factory=dict)

    @property
    def secure(self) -> bool:
        """Whether browsers come over https."""
        return urlsplit(self.origin).scheme == "https"

    @property
    def host(self) -> str:
        """Its name without the port: the passkeys' relying party."""
        return urlsplit(self.origin).hostname or ""

    def party(self, host: str | None) -> Party:
        """For passkeys. At home that is `localhost`, where browsers allow them, if the page was opened under that name."""
        if self.host in _LOOPBACK and host is not None:
            name = urlsplit(f"//{host}").hostname or ""
            if name in _LOOPBACK:
                return Party(name, f"{urlsplit(self.origin).scheme}://{host}")
        return Party(self.host, self.origin)

    @classmethod
    def load(cls, home: Home, address: str) -> Settings:
        """Of a home served at `address`. UnreadableError for a file that says anything else than it should."""
        path = home.root / "gateway.json"
        if not path.is_file():
            return cls(address)
        try:
            said: dict[str, Any] = json.loads(path.read_bytes())
            providers = {name: _provider(home, name, one) for name, one in said.pop("providers", {}).items()}
            if "proxy_socket" in said:
                said["proxy_socket"] = home.root / said["proxy_socket"]
            return cls(**{"origin": address, **said, "providers": providers})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnreadableError("GATEWAY_SETTING", f"{path} cannot be used: {error!r}") from error


def _provider(home: Home, name: str, said: Mapping[str, Any]) -> Provider:
    secret = said.get("client_secret_file")
    shown = (home.root / secret).read_text("utf-8").strip() if secret else None
    return Provider(name, said.get("label", name), said["issuer"].rstrip("/"), said["client_id"], shown)


class Gateway:
    """See the module. Safe for threads."""

    def __init__(self, installation: Installation, settings: Settings) -> None:
        self.installation = installation
        self.settings = settings
        self.providers = Providers(dict(settings.providers))
        self.sealing = Sealing.of(installation.home)
        self.recent = Recent()
        self._lock = threading.Lock()
        self._book: dict[str, Organisation] = {}
        self._read_at = 0.0
        self._verifier: tuple[Ledger, Verifier] | None = None
        self._jobs: Jobs | None = None
        self._together: Together | None = None
        self._deciding: Deciding | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """With its queue, its feed of events and its webhooks at work."""
        together = self._together = Together(self.installation.home, lambda: self.installation.node.url)
        deciding = self._deciding = Deciding(self.installation)
        try:
            said = self.settings
            room = Room(said.most_waiting, said.disk_reserve)
            running = Jobs.running(self.installation, loopback_webhooks=said.loopback_webhooks, room=room)
            with running as jobs:
                self._jobs = jobs
                yield
        finally:
            deciding.close()
            await together.close()

    @property
    def jobs(self) -> Jobs:
        """What runs beside the requests."""
        assert self._jobs is not None, "the application's lifespan has not begun"
        return self._jobs

    @property
    def together(self) -> Together:
        """Verifies for all requests that ask at once."""
        assert self._together is not None, "the application's lifespan has not begun"
        return self._together

    @property
    def deciding(self) -> Deciding:
        """Decides on credit."""
        assert self._deciding is not None, "the application's lifespan has not begun"
        return self._deciding

    @property
    def verifier(self) -> Verifier:
        """One for all requests: what it has read of the ledger's history stays read. Another one for another node."""
        ledger = self.installation.ledger
        with self._lock:
            if self._verifier is None or self._verifier[0] is not ledger:
                self._verifier = ledger, of_installation(self.installation)
            return self._verifier[1]

    @property
    def database(self) -> Database:
        """The home's database."""
        return self.installation.database

    def organisation(self, org: str) -> Organisation:
        """By its id as hex32. NotFoundError for one that this home does not know."""
        with self._lock:
            if time.monotonic() - self._read_at > _BOOK_AGE or org not in self._book:
                self._book = {one.hex: one for one in self.installation.book.all()}
                self._read_at = time.monotonic()
            if org not in self._book:
                raise NotFoundError("UNKNOWN_ORG", f"this home knows no organisation {org}")
            return self._book[org]
