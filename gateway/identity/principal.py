"""Who makes a request: a person in a session, or a machine with a key; for which organisation, in which roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.errors import ForbiddenError
from gateway.identity.roles import PERMISSIONS, Action, UserRole
from gateway.installation import Organisation

__all__ = ["Principal", "authorise", "may"]


@dataclass(frozen=True)
class Principal:
    """`user` is the name that a person signs in with, or the id of a machine's key; `id` the row's in either table."""

    id: str
    user: str
    organisation: Organisation
    roles: frozenset[UserRole]
    kind: Literal["person", "machine"]
    locale: str
    session: str | None = None
    """The id of the session of a person; no secret."""

    @property
    def org(self) -> str:
        """The organisation's id as hex32, by which every query is filtered."""
        return self.organisation.hex


def may(principal: Principal, action: Action) -> bool:
    """Whether one of the principal's roles has the permission."""
    return not principal.roles.isdisjoint(PERMISSIONS[action])


def authorise(principal: Principal, action: Action) -> None:
    """ForbiddenError says which roles may do it."""
    if not may(principal, action):
        allowed = ", ".join(sorted(PERMISSIONS[action]))
        raise ForbiddenError("FORBIDDEN", f"{action} is for: {allowed}; ask a colleague with such a role")
