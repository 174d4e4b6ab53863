"""An OpenID provider that people may sign in at."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Provider"]


@dataclass(frozen=True)
class Provider:
    """As this gateway is registered with it; without a secret as a public client."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
