"""The second factor: codes of an app (RFC 6238, 30 seconds, six digits), each taken once, and recovery codes for who has lost it."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass

import pyotp
from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.db.identity import User
from gateway.errors import ConflictError, UnauthenticatedError
from gateway.identity.sealing import Sealing
from gateway.identity.sessions import PASSWORD, PASSWORD_AND_CODE
from gateway.identity.tokens import digest

__all__ = ["Enrolment", "begin", "check", "confirm", "new_recovery_codes", "remove"]

_CODES = 10
_STEP = 30
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, repr=False)
class Enrolment:
    """What an app needs: the secret, and the same as an address for a QR code."""

    secret: str
    uri: str


def begin(sealing: Sealing, user: User) -> Enrolment:
    """A new secret, which counts once a code of it was shown. ConflictError where one counts already."""
    if user.totp is not None:
        raise ConflictError("TOTP_ON", "a second factor is on already: remove it first")
    secret = pyotp.random_base32()
    user.totp_pending = sealing.seal(secret.encode(), user.id)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name="assetcert"))


def confirm(session: Session, sealing: Sealing, user: User, code: str, here: str | None) -> list[str]:
    """The second factor is on from now, also for the session `here`; its recovery codes, shown this once.

    UnauthenticatedError for a wrong code.
    """
    if user.totp_pending is None:
        raise ConflictError("TOTP_OFF", "begin the second factor first")
    if not _holds(session, sealing, user, user.totp_pending, code):
        raise UnauthenticatedError("BAD_CODE", "the code is not right: is the clock of your phone?")
    user.totp, user.totp_pending = user.totp_pending, None
    table.note_method(session, here, PASSWORD, PASSWORD_AND_CODE)
    return new_recovery_codes(session, user)


def new_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten codes, shown this once; the ones before count no more."""
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(_CODES)
    ]
    table.replace_recovery_codes(session, user.id, [digest(user.id + code) for code in codes])
    return codes


def check(session: Session, sealing: Sealing, user: User, code: str) -> bool:
    """Whether it is a fresh code of the app, or a recovery code, which is then spent."""
    shown = code.strip().lower().replace(" ", "")
    if user.totp is not None and shown.isdecimal():
        return _holds(session, sealing, user, user.totp, shown)
    return table.use_recovery_code(session, user.id, digest(user.id + shown))


def remove(session: Session, user: User) -> None:
    """The second factor is off, its recovery codes are gone."""
    user.totp = user.totp_pending = None
    table.replace_recovery_codes(session, user.id, [])


def _holds(session: Session, sealing: Sealing, user: User, sealed: bytes, code: str) -> bool:
    """A code of the step before counts too, for slow fingers and clocks."""
    app = pyotp.TOTP(sealing.open(sealed, user.id).decode())
    now = int(time.time()) // _STEP
    for step in (now, now - 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            return table.advance_totp(session, user.id, step)
    return False
