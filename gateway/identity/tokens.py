"""Random secrets that are shown once and kept as their SHA-256: session tokens, machines' keys, ceremonies, recovery codes."""

from __future__ import annotations

import hashlib
import secrets
import time

__all__ = ["API_KEY_PREFIX", "digest", "new_id", "new_token", "now"]

API_KEY_PREFIX = "ak_"


def now() -> int:
    """The wall clock, in seconds: what a sign-in is timed by. Business time is the ledger's."""
    return int(time.time())


def new_id(prefix: str) -> str:
    """A public id that sorts by the time it was made, such as `user_019aef…`."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


def new_token(prefix: str = "") -> str:
    """256 random bits, safe in a header and a cookie."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. Nothing slower is needed: it cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()
