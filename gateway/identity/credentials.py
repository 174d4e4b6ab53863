"""From what a request shows to who makes it: a session's cookie, or a machine's key, beside a DPoP proof or over a client's TLS certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.orm import Session

from gateway.db import identity as table
from gateway.errors import UnauthenticatedError
from gateway.identity import certificates, dpop, sessions
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole
from gateway.identity.tokens import API_KEY_PREFIX, digest, now
from gateway.installation import Organisation

__all__ = ["Known", "Recent", "Shown", "recognise"]

_NOTED = 60
_RECENT = 1.0


@dataclass(frozen=True, repr=False)
class Shown:
    """What a request shows: the header Authorization, the proof beside it, the cookie; where it goes, which a proof names; and the thumbprint of
    the certificate that its connection showed."""

    authorization: str | None
    proof: str | None
    cookie: str | None
    method: str
    url: str
    certificate: str | None = None


@dataclass(frozen=True, repr=False)
class Known:
    """Who it is; `csrf` where a browser came by its cookie; `bare` where a key alone has proved it."""

    principal: Principal
    csrf: str | None = None
    bare: bool = False


class Recent:
    """Whom a bare key has proved a second ago at most, so that the hundreds of requests a second of one machine are one look at the database.

    A key that is ended here is taken no more at once, one that another process ends after that second. Safe for threads.
    """

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._since = 0.0
        self._ended: set[str] = set()

    def of(self, authorization: str | None) -> Known | None:
        """Who shows this header, if that is known."""
        if monotonic() - self._since > _RECENT:
            self._known, self._since = {}, monotonic()
        known = self._known.get(authorization or "")
        return known if known is not None and known.principal.id not in self._ended else None

    def keep(self, shown: Shown, known: Known | None) -> None:
        """What `recognise` has found."""
        if known is not None and known.bare and shown.authorization is not None:
            self._known[shown.authorization] = known

    def end(self, key_id: str) -> None:
        """Look at the database whenever this key is shown."""
        self._ended.add(key_id)


def recognise(session: Session, shown: Shown, organisation: Callable[[str], Organisation]) -> Known | None:
    """Who shows this; None for a cookie of a session that is over. UnauthenticatedError for a key that does not count."""
    if shown.authorization is not None:
        return _machine(session, shown, organisation)
    if shown.cookie is None or (found := sessions.resume(session, shown.cookie)) is None:
        return None
    row, user = found
    roles = frozenset(map(UserRole, user.roles))
    principal = Principal(
        user.id, user.name, organisation(user.org), roles, "person", user.locale, row.id, user.must_change,
        strong=sessions.strong(row.method),
    )  # fmt: skip
    return Known(principal, row.csrf)


def _machine(session: Session, shown: Shown, organisation: Callable[[str], Organisation]) -> Known:
    scheme, _, token = (shown.authorization or "").partition(" ")
    key = table.api_key_of(session, digest(token)) if token.startswith(API_KEY_PREFIX) else None
    at = now()
    if key is None or (key.expires_at is not None and at >= key.expires_at):
        raise UnauthenticatedError("KEY", "this key is not known, has ended or has expired: ask for another")
    bound = key.thumbprint is not None
    if scheme.lower() != ("dpop" if bound else "bearer"):
        raise UnauthenticatedError(
            "KEY_SCHEME", f"this key is sent as `Authorization: {'DPoP' if bound else 'Bearer'} …`"
        )
    if bound:
        proof = dpop.check(shown.proof, shown.method, shown.url, token, key.thumbprint or "")
        dpop.use(session, proof)
    if key.certificate is not None:
        certificates.check(shown.certificate, key.certificate)
    if key.used_at is None or at - key.used_at >= _NOTED:
        key.used_at = at
    roles = frozenset(map(UserRole, key.roles))
    principal = Principal(key.id, key.id, organisation(key.org), roles, "machine", "en")
    return Known(principal, bare=not bound and key.certificate is None)
