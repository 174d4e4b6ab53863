"""The error tree of the gateway. Each error knows the exit code of the command line (DESIGN, Command line) and the status of the API."""

from __future__ import annotations

import errno
from enum import IntEnum

__all__ = [
    "FULL",
    "BusyError",
    "ConflictError",
    "Exit",
    "ForbiddenError",
    "GatewayError",
    "NotFoundError",
    "OverloadedError",
    "RefusedError",
    "StaleError",
    "TooLargeError",
    "UnauthenticatedError",
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
    status = 500

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # so that it can travel from one process to another
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


class UsageError(GatewayError):
    """The call itself is wrong: an unknown organisation, a folder that is no home, a missing argument."""

    exit = Exit.USAGE
    status = 422


class UnreadableError(GatewayError):
    """Input that cannot be read as what it should be."""

    exit = Exit.UNREADABLE
    status = 422


class RefusedError(GatewayError):
    """Refused for a reason of business or authority: a wrong passphrase, a revert, an INVALID check."""

    exit = Exit.INVALID
    status = 409


class UnavailableError(GatewayError):
    """A service that is needed is not reachable, or the disk is full."""

    exit = Exit.UNAVAILABLE
    status = 503


class BusyError(UnavailableError):
    """Another process holds the lock of this home."""


class ConflictError(RefusedError):
    """The state has moved on: what was asked for is already so, or can no longer be."""


class StaleError(RefusedError):
    """What was to be changed has changed since it was read: its ETag is another one."""

    status = 412


class NotFoundError(RefusedError):
    """No such thing, or another organisation's: nobody is told which of the two."""

    status = 404


class UnauthenticatedError(RefusedError):
    """Nobody is signed in, or what was shown as proof does not hold."""

    status = 401


class ForbiddenError(RefusedError):
    """Signed in, and not allowed to do this."""

    status = 403


class TooLargeError(UnreadableError):
    """More bytes than this endpoint takes."""

    status = 413


class OverloadedError(BusyError):
    """Too much at once; the same request is welcome `retry_after` seconds later."""

    status = 429

    def __init__(self, code: str, message: str, retry_after: int = 1) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after
