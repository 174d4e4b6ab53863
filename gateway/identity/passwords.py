"""Passwords: argon2id (RFC 9106) and a policy after NIST SP 800-63B and OWASP ASVS: long, not a common one, no rules of composition.

`common.txt` beside this holds the passwords of twelve letters and more that leaks show most often, and patterns of keyboards.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import UsageError

__all__ = ["MINIMUM", "check_policy", "hashed", "verified"]

MINIMUM = 12
_MAXIMUM = 128
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.Semaphore(2)  # each takes 19 MiB and a core


def check_policy(password: str, name: str) -> None:
    """UsageError says what is wrong with a new password."""
    plain = _normal(password)
    if not MINIMUM <= len(plain) <= _MAXIMUM:
        raise UsageError(
            "PASSWORD_LENGTH",
            f"a password has {MINIMUM} to {_MAXIMUM} characters; several words are easy to remember",
        )
    folded = plain.casefold()
    core = folded.replace(name.casefold(), "") if name else folded
    if folded in _common() or len(set(folded)) < 5 or len(core) < MINIMUM // 2:
        raise UsageError(
            "PASSWORD_COMMON",
            "this password is among the first that are guessed: take several unrelated words",
        )


def hashed(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def verified(stored: str | None, password: str) -> bool:
    """Whether the password is the one. Without a stored hash it takes as long and is not."""
    if len(password) > 4 * _MAXIMUM:
        return False
    try:
        with _AT_ONCE:
            return _HASHER.verify(stored or _nobody(), _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common.txt").read_text("utf-8").split("\n"))
