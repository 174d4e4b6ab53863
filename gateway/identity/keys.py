"""Keys of machines: 256 random bits, shown once, with roles as their scope; bound to a key or a TLS certificate of the machine's own where it
proves possession."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from gateway.db.identity import ApiKey
from gateway.errors import UsageError
from gateway.identity import certificates, dpop
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole
from gateway.identity.tokens import API_KEY_PREFIX, digest, new_id, new_token, now
from gateway.service.times import DAY

__all__ = ["create", "end"]


def create(
    session: Session,
    creator: Principal,
    name: str,
    roles: Collection[UserRole],
    allowed: Collection[UserRole],
    *,
    days: int | None,
    jwk: dict[str, Any] | None,
    certificate: str | None = None,
) -> tuple[ApiKey, str]:
    """The key and its secret. UsageError for roles that the organisation's users cannot have, or a JWK or PEM that is none."""
    if not roles or not set(roles) <= set(allowed):
        raise UsageError(
            "ROLES", f"keys of this organisation can be: {', '.join(sorted(allowed)) or 'nothing'}"
        )
    secret, at = new_token(API_KEY_PREFIX), now()
    row = ApiKey(
        id=new_id("key"),
        digest=digest(secret),
        org=creator.org,
        name=name,
        roles=sorted(roles),
        thumbprint=None if jwk is None else dpop.thumbprint(jwk),
        certificate=None if certificate is None else certificates.thumbprint(certificate),
        created_by=creator.user,
        created_at=at,
        expires_at=None if days is None else at + days * DAY,
    )
    session.add(row)
    session.flush()
    return row, secret


def end(row: ApiKey) -> None:
    """From now on it counts no more."""
    row.ended_at = row.ended_at or now()
