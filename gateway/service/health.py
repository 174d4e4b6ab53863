"""`assetcert doctor`: what this machine and this home have, what is missing, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.errors import UnavailableError
from gateway.home import Home
from gateway.installation import open_store
from gateway.service import published_keys
from gateway.service.verifying import connected
from gateway.standin import readable, require_writable
from ledger import artifacts
from ledger.node import find_anvil

__all__ = ["Finding", "examine"]

ROOM = 200 * 2**20


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str

    def to_json(self) -> dict[str, Any]:
        """Members for `--json`."""
        return {"name": self.name, "ok": self.ok, "message": self.message}


def examine(home: Home) -> list[Finding]:
    """Everything that can be looked at without changing anything."""
    findings = [
        _try("embedded node", lambda: find_anvil().name),
        _try("compiled contracts", lambda: ", ".join(artifacts.load(name).name for name in artifacts.NAMES)),
        _room(home),
    ]
    if not home.exists:
        return [
            *findings,
            Finding("home", False, f"{home.root} holds no installation yet: `assetcert up` founds one"),
        ]
    with readable(home) as usable:
        return [
            *findings,
            *_writable(home),
            _try("ledger", lambda: _ledger(usable)),
            _try("fingerprint key", lambda: _fingerprint_key(usable)),
            _try("store", lambda: _store(usable)),
            _keys(home),
        ]


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except Exception as error:  # noqa: BLE001 (a doctor reports whatever ails)
        return Finding(name, False, str(error))


def _room(home: Home) -> Finding:
    place = home.root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Finding("disk", free > ROOM, f"{free // 2**20:,} MiB free")


def _writable(home: Home) -> list[Finding]:
    """Nothing, where all is as it should be."""
    try:
        require_writable(home)
    except UnavailableError as error:
        return [Finding("home", False, str(error))]
    return []


def _ledger(home: Home) -> str:
    with connected(home, None, ()) as nodes:
        block = nodes[0].ledger.pin()
        return f"chain {nodes[0].ledger.descriptor.chain_id} stands at block {block.number:,}"


def _fingerprint_key(home: Home) -> str:
    with connected(home, None, ()) as nodes:
        if not published_keys.has_fingerprint_key(nodes[0].ledger):
            raise UnavailableError(
                "UNPUBLISHED",
                "not published, so nothing can be pledged: `assetcert up` finishes the founding",
            )
    return "published"


def _store(home: Home) -> str:
    store = open_store(home)
    store.has([])
    return type(store).__name__


def _keys(home: Home) -> Finding:
    loose = [path for path in home.keys.rglob("*.json") if path.stat().st_mode & 0o077]
    message = f"readable by others: {loose[0]}; chmod 600 it" if loose else "readable by their owner only"
    return Finding("keyfiles", not loose, message)
