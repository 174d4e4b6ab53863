"""The error tree of the gateway. Each error knows the exit code of the command line (DESIGN, Command line)."""

from __future__ import annotations

import errno
from enum import IntEnum

__all__ = [
    "FULL",
    "BusyError",
    "ConflictError",
    "Exit",
    "GatewayError",
    "RefusedError",
    "UnavailableError",
    "UnreadableError",
    "UsageError",
]


FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of an OSError that mean a full disk."""


class Exit(IntEnum):
    """Exit codes, after sysexits where it has one; the last two are 128 and a signal's number, as shells say it."""

    DONE = 0
    INVALID = 1
    UNKNOWN = 2
    USAGE = 64
    UNREADABLE = 65
    UNAVAILABLE = 69
    BUG = 70
    INTERRUPTED = 130
    PIPE = 141


class GatewayError(Exception):
    """Root of everything that this package raises on purpose: one line for a person, a stable code for a program."""

    exit = Exit.BUG

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UsageError(GatewayError):
    """The call itself is wrong: an unknown organisation, a folder that is no home, a missing argument."""

    exit = Exit.USAGE


class UnreadableError(GatewayError):
    """Input that cannot be read as what it should be."""

    exit = Exit.UNREADABLE


class RefusedError(GatewayError):
    """Refused for a reason of business or authority: a wrong passphrase, a revert, an INVALID check."""

    exit = Exit.INVALID


class UnavailableError(GatewayError):
    """A service that is needed is not reachable, or the disk is full."""

    exit = Exit.UNAVAILABLE


class BusyError(UnavailableError):
    """Another process holds the lock of this home."""


class ConflictError(RefusedError):
    """The state has moved on: what was asked for is already so, or can no longer be."""
