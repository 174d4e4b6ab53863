"""A small running gateway for tests: a fresh home of M1, M2, L1, L2, A1 and one registrar R1, served over real HTTP by uvicorn in a thread.

Used as a session's fixture by the tests of the API and of the pages; nobody may revoke or suspend what others stand on.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from gateway import samples
from gateway.api.state import Gateway, Settings
from gateway.db.identity import User, UserSession
from gateway.home import Home, write_private
from gateway.identity import logins
from gateway.identity.sessions import PASSWORD_AND_CODE
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import consortium, published_keys
from gateway.service.serving import listening
from gateway.web.pages import application
from ledger import embedded
from ledger.membership import Role

from .conftest import PASSPHRASE, write_keys

ORGANISATIONS = ("M1", "M2", "L1", "L2", "A1")


@dataclass
class Running:
    """The gateway, its address, and everybody's password."""

    gateway: Gateway
    app: FastAPI
    url: str
    passwords: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        return self.gateway.installation.home

    def organisation(self, short: str) -> Organisation:
        return self.gateway.installation.book.find(short)

    def database_files(self) -> bytes:
        """The database as it lies on the disk. Read by another process: closing one of its files in ours would drop SQLite's locks."""
        files = sorted(map(str, self.home.root.glob("assetcert.db*")))
        return subprocess.run(["/bin/cat", *files], check=True, capture_output=True).stdout

    def stranger(self) -> httpx.Client:
        """A new client that nobody knows; close it."""
        return httpx.Client(base_url=self.url, timeout=20)

    def signed_in(self, user: str) -> httpx.Client:
        """A client in a new session of a user such as `m1-accountant`, its CSRF token in every request; close it."""
        with self.stranger() as client:
            said = {"name": user, "password": self.passwords[user]}
            answer = client.post("/api/v1/session", json=said)
        assert answer.status_code == 201, answer.text
        self.show_factor(user)
        mine = self.stranger()
        mine.cookies.update(answer.cookies)
        mine.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return mine

    def show_factor(self, user: str) -> None:
        """A user's sessions as if more than the password had opened them: `test_second_factor` shows how that comes about."""
        with self.gateway.database.session() as session:
            for row in session.scalars(select(UserSession).join(User).where(User.name == user)):
                row.method = PASSWORD_AND_CODE

    def client(self, user: str) -> httpx.Client:
        """The one session of a user that all tests share: nobody may end it."""
        if user not in self._clients:
            self._clients[user] = self.signed_in(user)
        return self._clients[user]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Running]:
    """Found a home in `folder` and serve it."""
    with founded(folder) as installation, served(installation, **settings) as found:
        yield found


@contextmanager
def founded(folder: Path) -> Iterator[Installation]:
    """A new home in `folder` with its members, open."""
    home = Home(folder / "home").create()
    write_private(home.passphrase_file, PASSPHRASE.encode() + b"\n")
    embedded.create(home.root, samples.BEGINS)
    members = [one for one in samples.MEMBERS if one[0].short in ORGANISATIONS]
    write_keys(home.root, {"R1": ("account", "fingerprint")} | {one.short: keys for one, _, keys in members})
    keys = Keystore(home.keys, lambda: PASSPHRASE)
    with embedded.open(home.root) as node:
        consortium.found(home, node, keys, samples.REGISTRARS[:1], quorum=1)
        with Installation.attached(home, node, keys) as installation:
            for organisation, role, purposes in members:
                consortium.admit(installation, organisation, role)
                for purpose in purposes:
                    published_keys.set_key(installation, organisation, purpose)
            published_keys.set_key(installation, samples.REGISTRARS[0], "fingerprint")
            yield installation


@contextmanager
def served(installation: Installation, **settings: Any) -> Iterator[Running]:
    """An open installation behind HTTP, with a login for every role."""
    with listening(0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        gateway = Gateway(
            installation, Settings(**({"origin": url, "address_limit": "5000/second"} | settings))
        )
        found = Running(gateway, application(gateway), url)
        roles = {one.short: role for one, role, _ in samples.MEMBERS} | {"R1": Role.REGISTRAR}
        known = [(one, roles[one.short]) for one in installation.book.all() if one.short in roles]
        with gateway.database.session() as session:
            logins.for_each_role(
                session, known, lambda login: found.passwords.update({login["user"]: login["password"]})
            )
        server = uvicorn.Server(uvicorn.Config(found.app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield found
        finally:
            found.close()
            server.should_exit = True
            thread.join(20)
