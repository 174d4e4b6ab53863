"""Who makes a request: a person in a session, or a machine with a key; for which organisation, in which roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.errors import ForbiddenError
from gateway.identity.roles import ADMINISTRATION, PEOPLE_ONLY, PERMISSIONS, Action, UserRole
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
    must_change: bool = False
    """Whether the password was given by somebody else: nothing but changing it is allowed."""
    strong: bool = False
    """Whether more than a password has opened the session: a code, a passkey, a provider."""

    @property
    def org(self) -> str:
        """The organisation's id as hex32, by which every query is filtered."""
        return self.organisation.hex


def may(principal: Principal, action: Action) -> bool:
    """Whether one of the principal's roles has the permission; a machine is denied what only people decide."""
    if principal.kind == "machine" and action in PEOPLE_ONLY:
        return False
    return not principal.roles.isdisjoint(PERMISSIONS[action])


def authorise(principal: Principal, action: Action, *, act: bool = False) -> None:
    """ForbiddenError says which roles may do it, and whether to `act` needs more than a password."""
    if principal.must_change and action is not Action.ME:
        raise ForbiddenError("PASSWORD_CHANGE", "choose a password of your own first")
    if not may(principal, action):
        allowed = ", ".join(sorted(PERMISSIONS[action]))
        people = " (people, no machines)" if action in PEOPLE_ONLY else ""
        raise ForbiddenError("FORBIDDEN", f"{action} is for: {allowed}{people}; ask a colleague who may")
    if act and action in ADMINISTRATION and principal.kind == "person" and not principal.strong:
        raise ForbiddenError(
            "SECOND_FACTOR",
            "this needs more than a password: set up an authenticator app or a passkey in your account, or sign in with it",
        )
