"""The demo's home: what marks a folder as one, and how one is begun anew. Any other folder is refused and left alone."""

from __future__ import annotations

import secrets
import shutil

from gateway.errors import UsageError
from gateway.home import Home, write_private
from ledger.locks import write_lock

__all__ = ["LOADED", "MARK", "begin", "is_loaded", "require_own"]

MARK = b'{"world": "assetcert demo"}'
LOADED = b'{"world": "assetcert demo", "loaded": true}'
"""What `demo.json` says while a demo is being made, and once its world is whole."""
_LOCKS = {"up.lock", "write.lock"}
_DATABASES = {f"{name}.db{end}" for name in ("assetcert", "ledger") for end in ("", "-wal", "-shm")}
_OWN = _DATABASES | {
    "blocks",
    "certificate.p12",
    "decisions",
    "demo.json",
    "keys",
    "ledger.json",
    "out",
    "papers",
    "passphrase",
    "receipts",
    "run",
    "spool",
}
"""What a demo leaves in its home: a folder with anything else in it holds somebody's own."""


def require_own(home: Home) -> None:
    """UsageError unless the folder is a demo's and nothing else, or empty, or not there yet."""
    names = {path.name for path in home.root.iterdir()} if home.root.is_dir() else set()
    if names <= {"run"} or (names <= _OWN and _mark(home) in (MARK, LOADED)):
        return
    raise UsageError(
        "NOT_A_DEMO",
        f"{home.root} is not a demo's home and nothing else, and is left alone: name another folder with --home",
    )


def is_loaded(home: Home) -> bool:
    """Whether the home holds the whole world of a demo."""
    return _mark(home) == LOADED


def begin(home: Home) -> str:
    """Make the home an empty demo's, whatever demo it held, and answer its passphrase. For whom nobody else may be using it."""
    with write_lock(home.run / "write.lock", 0):
        write_private(home.demo_mark, MARK)
        for path in home.root.iterdir():
            if path.name not in ("run", home.demo_mark.name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in home.run.iterdir():
            if path.name not in _LOCKS:
                path.unlink()
    made = secrets.token_urlsafe(24)
    write_private(home.passphrase_file, made.encode() + b"\n")
    return made


def _mark(home: Home) -> bytes | None:
    try:
        return home.demo_mark.read_bytes()
    except OSError:
        return None
